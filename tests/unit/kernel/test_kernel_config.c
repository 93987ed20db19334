#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#include "kernel/config.h"

/* A folder with a program, and a configuration that the case writes. */
struct place {
    struct scratch_path dir, file;
    struct hs_error err;
};

static void place_open(struct place *p, const char *json)
{
    struct scratch_path source;

    *p = (struct place){.dir = scratch_make()};
    p->file = scratch_join(p->dir.text, "kernel.json");
    source = scratch_join(p->dir.text, "vat.js");
    scratch_write(source.text, slice_text("// a program"));
    scratch_write(p->file.text, slice_text(json));
}

static void config__good_one_is_read_in_order(void)
{
    struct place p;
    struct kernel_config *c = NULL;
    struct kernel_config_vat vat;

    place_open(&p, "{\"bootstrap\":\"b\",\"vats\":{\"b\":{\"source\":\"vat.js\"},\"a\":{\"source\":"
                   "\"vat.js\",\"parameters\":{\"z\":1,\"a\":[\"x\"]}}},"
                   "\"devices\":{\"bridge\":{\"type\":\"bridge\"}}}");
    CU_ASSERT_EQUAL_FATAL(kernel_config_load(disk_system(), p.file.text, &c, &p.err), HS_OK);
    CU_ASSERT_STRING_EQUAL(kernel_config_bootstrap(c), "b");
    CU_ASSERT_EQUAL_FATAL(kernel_config_vat_count(c), 2);
    vat = kernel_config_vat_at(c, 0);
    CU_ASSERT_STRING_EQUAL(vat.name, "b");
    CU_ASSERT_TRUE(slice_equal(vat.source, slice_text("// a program")));
    CU_ASSERT_TRUE(slice_equal(vat.parameters, slice_text("{}")));
    vat = kernel_config_vat_at(c, 1);
    CU_ASSERT_TRUE(slice_equal(vat.parameters, slice_text("{\"z\":1,\"a\":[\"x\"]}")));
    CU_ASSERT_EQUAL(kernel_config_device_count(c), 1);
    CU_ASSERT_STRING_EQUAL(kernel_config_device_at(c, 0).type, "bridge");
    kernel_config_close(c);
    scratch_remove(p.dir);
}

static void config__bad_ones_are_refused_in_one_line(void)
{
    static const struct {
        const char *json;
        enum hs_status status;
        const char *words;
    } bad[] = {
        {"", HS_INVALID, "kernel.json:1"},
        {"{", HS_INVALID, "not well-formed JSON"},
        {"[]", HS_INVALID, "must be an object"},
        {"{}", HS_INVALID, "\"vats\" is missing"},
        {"{\"vats\":{}}", HS_INVALID, "1 to"},
        {"{\"vats\":[]}", HS_INVALID, "\"vats\" is missing"},
        {"{\"vats\":{\"a\":7}}", HS_INVALID, "\"a\""},
        {"{\"vats\":{\"\":{\"source\":\"vat.js\"}}}", HS_INVALID, "bad name"},
        {"{\"vats\":{\"a\":{}}}", HS_INVALID, "no \"source\""},
        {"{\"vats\":{\"a\":{\"source\":\"other.js\"}}}", HS_NOT_FOUND, "other.js"},
        {"{\"vats\":{\"a\":{\"source\":\"vat.js\",\"parameters\":[]}}}", HS_INVALID, "parameters"},
        {"{\"vats\":{\"a\":{\"source\":\"vat.js\",\"extra\":1}}}", HS_INVALID, "extra"},
        {"{\"vats\":{\"a\":{\"source\":\"vat.js\"}},\"vatz\":{}}", HS_INVALID, "vatz"},
        {"{\"vats\":{\"a\":{\"source\":\"vat.js\"},\"a\":{\"source\":\"vat.js\"}}}", HS_INVALID,
         "duplicate"},
        {"{\"vats\":{\"a\":{\"source\":\"vat.js\"}},\"bootstrap\":\"b\"}", HS_INVALID, "\"b\""},
        {"{\"vats\":{\"a\":{\"source\":\"vat.js\"}},\"bootstrap\":7}", HS_INVALID, "bootstrap"},
        {"{\"vats\":{\"a\":{\"source\":\"vat.js\"}},\"devices\":[]}", HS_INVALID, "devices"},
        {"{\"vats\":{\"a\":{\"source\":\"vat.js\"}},\"devices\":{\"d\":{\"type\":\"x\"}}}",
         HS_INVALID, "bridge"},
    };
    struct kernel_config *c = NULL;
    struct place p;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        place_open(&p, bad[i].json);
        CU_ASSERT_EQUAL(kernel_config_load(disk_system(), p.file.text, &c, &p.err), bad[i].status);
        if (!strstr(p.err.text, bad[i].words)) (void)printf("\n    %s\n", p.err.text);
        CU_ASSERT_PTR_NOT_NULL(strstr(p.err.text, bad[i].words));
        CU_ASSERT_PTR_NOT_NULL(strstr(p.err.text, "kernel.json"));
        CU_ASSERT_PTR_NULL(strchr(p.err.text, '\n'));
        scratch_remove(p.dir);
    }
    CU_ASSERT_EQUAL(kernel_config_load(disk_system(), "/nonexistent/kernel.json", &c, &p.err),
                    HS_NOT_FOUND);
}

static void config__source_that_is_no_text_is_refused(void)
{
    struct kernel_config *c = NULL;
    struct scratch_path source;
    struct place p;

    place_open(&p, "{\"vats\":{\"a\":{\"source\":\"vat.js\"}}}");
    source = scratch_join(p.dir.text, "vat.js");
    scratch_write(source.text, slice_text("// \xff"));
    CU_ASSERT_EQUAL(kernel_config_load(disk_system(), p.file.text, &c, &p.err), HS_INVALID);
    CU_ASSERT_PTR_NOT_NULL(strstr(p.err.text, "UTF-8"));
    scratch_remove(p.dir);
}

int main(int argc, char **argv)
{
    static const struct suite_case cases[] = {
        SUITE_CASE(config__good_one_is_read_in_order),
        SUITE_CASE(config__bad_ones_are_refused_in_one_line),
        SUITE_CASE(config__source_that_is_no_text_is_refused),
    };

    return SUITE_RUN("kernel_config", cases, argc, argv);
}
