/* Modules: how they are named, and vats whose program has several. */
#include "tests/unit/vat/rig.h"

#include "kernel/vat/module_names.h"

static void name__is_found_from_the_importer(void)
{
    static const struct {
        const char *base, *specifier, *name; /* NULL: refused */
    } cases[] = {
        {"./a.js", "./b.js", "./b.js"},
        {"./lib/a.js", "../b.js", "./b.js"},
        {"./lib/a.js", "./././b.js", "./lib/b.js"},
        {"./lib/a.js", "./x/../y/b.js", "./lib/y/b.js"},
        {"./lib/a.js", "../../b.js", NULL},
        {"./a.js", "../b.js", NULL},
        {"../x/a.js", "../b.js", "../b.js"},
        {"../x/a.js", "../../b.js", NULL},
        {"/x/a.js", "../b.js", "/b.js"},
        {"/x/a.js", "../../b.js", NULL},
        {"/a.js", "./b.js", "/b.js"},
        {"./a.js", "@endo/far", "@endo/far"},
        {"./a.js", "b.js", "b.js"},
        {"@endo/far", "@endo/errors", "@endo/errors"},
        {"@endo/far", "./b.js", NULL},
        {"./a.js", "/b.js", NULL},
        {"./a.js", "..", NULL},
        {"./a.js", ".b.js", NULL},
        {"./a.js", "", NULL},
        {"./a.js", "./", NULL},
        {"./a.js", ".//b.js", NULL},
        {"", "./b.js", NULL},
    };
    static char longest[VAT_MODULE_NAME_BYTES_MAX + 8];
    char name[VAT_MODULE_NAME_BYTES_MAX + 1];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool good =
            module_name_resolve(slice_text(cases[i].base), slice_text(cases[i].specifier), name);

        CU_ASSERT_EQUAL(good, cases[i].name != NULL);
        if (good && strcmp(name, cases[i].name) != 0) {
            (void)printf("\n    %s from %s is %s\n", cases[i].specifier, cases[i].base, name);
            CU_FAIL("another name");
        }
    }
    memset(longest, 'x', VAT_MODULE_NAME_BYTES_MAX);
    memcpy(longest, "./", 2);
    CU_ASSERT_TRUE(module_name_resolve(slice_text("./a"), slice_text(longest), name));
    CU_ASSERT_FALSE(module_name_resolve(slice_text("./s/a"), slice_text(longest), name));
    longest[VAT_MODULE_NAME_BYTES_MAX] = 'x';
    CU_ASSERT_FALSE(module_name_resolve(slice_text("./a"), slice_text(longest), name));
}

#define PROGRAM(modules)                                                                           \
    "{\"moduleFormat\":\"headstart-modules\",\"entry\":\"./a.js\",\"modules\":{" modules "}}"

static void program__modules_are_made_once_in_order(void)
{
    struct rig r;

    rig_start(&r, PROGRAM("\"./a.js\":\"import { log } from './b.js'; import './lib/c.js';"
                          "log.push('a'); export const buildRootObject = () =>"
                          "Far('root', { log: () => [...log], later: async () => {"
                          "try { await import('./b.js'); } catch (e) { return e.message; } } });\","
                          "\"./b.js\":\"import './lib/c.js'; export const log = ['b'];\","
                          "\"./lib/c.js\":\"import { log } from '../b.js'; import { name } from "
                          "'bare'; export const get = () => log;\","
                          "\"bare\":\"export const name = 1;\""));
    CU_ASSERT_EQUAL(rig_call_plain(&r, "log"), HS_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&r.requests), "#['b','a']"));
    CU_ASSERT_EQUAL(rig_call_plain(&r, "later"), HS_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&r.requests), "cannot import modules"));
    rig_close(&r);
}

static void program__bad_one_is_an_error_in_words(void)
{
    static const struct {
        const char *program, *words;
    } cases[] = {
        {PROGRAM("\"./b.js\":\"\""), "no module to begin with"},
        {PROGRAM("\"./a.js\":5"), "no module to begin with"},
        {PROGRAM("\"./a.js\":\"import './b.js';\""), "no such module: './b.js'"},
        {PROGRAM("\"./a.js\":\"import 'constructor';\""), "no such module: 'constructor'"},
        {PROGRAM("\"./a.js\":\"import '__proto__';\""), "no such module: '__proto__'"},
        {PROGRAM("\"./a.js\":\"import '../b.js';\""), "no name of a module"},
        {PROGRAM("\"./a.js\":\"import './b.js';\",\"./b.js\":\"export let x = ;\""), "SyntaxError"},
        {PROGRAM("\"./a.js\":\"import './b.js';\",\"./b.js\":\"throw Error('b');\""), "Error: b"},
        {PROGRAM("\"./a.js\":\"import { x } from './a.js';\""), "SyntaxError"},
        {PROGRAM("\"./a.js\":\"1\"") "x", "SyntaxError"},
        {"{\"moduleFormat\":\"headstart-modules\",\"entry\":\"./a.js\"}", "has 'entry' and"},
        {"{\"moduleFormat\":\"headstart-modules\",\"entry\":5,\"modules\":{}}", "has 'entry' and"},
        {"{\"moduleFormat\":\"other\",\"entry\":\"./a.js\"}", "SyntaxError"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rig r;

        rig_open(&r, vat_limits_default());
        CU_ASSERT_EQUAL(rig_set_bundle(&r, cases[i].program), HS_OK);
        if (!strstr(buffer_text(&r.result), "['error',") ||
            !strstr(buffer_text(&r.result), cases[i].words)) {
            (void)printf("\n    %s\n    gave %s\n", cases[i].program, buffer_text(&r.result));
            CU_FAIL("other words");
        }
        rig_close(&r);
    }
}

static const struct suite_case cases[] = {
    SUITE_CASE(name__is_found_from_the_importer),
    SUITE_CASE(program__modules_are_made_once_in_order),
    SUITE_CASE(program__bad_one_is_an_error_in_words),
};

int main(int argc, char **argv)
{
    return RIG_MAIN("vat modules", cases, argc, argv);
}
