/* Programs: what files and all they import become, and vats that are made of it. */
#include "tests/unit/kernel/machine.h"
#include "tests/unit/scratch.h"

#include "kernel/program.h"

#include <sys/stat.h>

struct files {
    struct scratch_path dir;
    struct buffer text;
    struct hs_error err;
};

static void file_put(const struct files *f, const char *name, const char *text)
{
    struct scratch_path path = scratch_join(f->dir.text, name);

    scratch_write(path.text, slice_text(text));
}

static struct files files_make(void)
{
    struct files f = {.dir = scratch_make()};
    struct scratch_path sub = scratch_join(f.dir.text, "sub");

    CU_ASSERT_EQUAL_FATAL(mkdir(sub.text, 0700), 0);
    return f;
}

static void files_end(struct files *f)
{
    struct scratch_path sub = scratch_join(f->dir.text, "sub");

    buffer_fini(&f->text);
    scratch_remove(sub);
    scratch_remove(f->dir);
}

static enum hs_status files_read(struct files *f, const char *name)
{
    struct scratch_path path = scratch_join(f->dir.text, name);

    f->err.text[0] = '\0';
    return program_read(disk_system(), path.text, &f->text, &f->err);
}

static void program__file_that_imports_nothing_is_itself(void)
{
    struct files f = files_make();

    file_put(&f, "a.js", "export const a = 1;");
    CU_ASSERT_EQUAL(files_read(&f, "a.js"), HS_OK);
    CU_ASSERT_STRING_EQUAL(buffer_text(&f.text), "export const a = 1;");
    file_put(&f, "a.js", "// 'import' from nowhere\nexport const a = () => import('x');");
    CU_ASSERT_EQUAL(files_read(&f, "a.js"), HS_OK);
    CU_ASSERT_PTR_NULL(strstr(buffer_text(&f.text), "moduleFormat"));
    files_end(&f);
}

/* Which programs are compiled to find out is decided by looking at their text. */
static void program__import_is_seen_however_it_is_written(void)
{
    static const char *const imports[] = {"import'./c.js'",
                                          "let a;import\t{ c }from\"./c.js\"",
                                          "export*from'./c.js'",
                                          "export * from/* where? */'./c.js'",
                                          "export * from // where?\n'./c.js'",
                                          "export * from\xc2\xa0\r\v\f'./c.js'",
                                          "export { c }from './c.js'"};
    struct files f = files_make();

    file_put(&f, "c.js", "export const c = (from, to) => from + to;");
    for (size_t i = 0; i < sizeof imports / sizeof *imports; i++) {
        file_put(&f, "a.js", imports[i]);
        CU_ASSERT_EQUAL(files_read(&f, "a.js"), HS_OK);
        CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&f.text), "\"./c.js\""));
    }
    files_end(&f);
}

/* A ring, one file by two ways, and a file above the first: names do not tell where it all is. */
static void program__several_files_become_one_text(void)
{
    struct files f = files_make();

    file_put(&f, "sub/a.js", "import './b.js'; import '../c.js'; import { E } from '@endo/far';");
    file_put(&f, "sub/b.js", "export * from './a.js'; import '../sub/../sub/a.js';");
    file_put(&f, "c.js", "import './sub/b.js';");
    CU_ASSERT_EQUAL(files_read(&f, "sub/a.js"), HS_OK);
    CU_ASSERT_TRUE(slice_starts_with(
        buffer_slice(&f.text),
        slice_text("{\"moduleFormat\":\"headstart-modules\",\"entry\":\"./sub/a.js\",\"modules\":{"
                   "\"./c.js\":\"import './sub/b.js';\","
                   "\"./sub/a.js\":\"import './b.js'; import '../c.js'; import { E } from "
                   "'@endo/far';\",\"./sub/b.js\":\"export * from './a.js'; import "
                   "'../sub/../sub/a.js';\",\"@endo/far\":\"")));
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&f.text), "\"@endo/pass-style\":\""));
    CU_ASSERT_PTR_NULL(strstr(buffer_text(&f.text), f.dir.text));
    files_end(&f);
}

static void program__bad_ones_are_refused_with_who_imports_them(void)
{
    static const struct {
        const char *a, *b;
        enum hs_status status;
        const char *words;
    } bad[] = {
        {"import './none.js';", "", HS_NOT_FOUND, "none.js"},
        {"import './sub/b.js';", "import './none.js';", HS_NOT_FOUND, "sub/none.js"},
        {"import './sub/b.js';", "import './none.js';", HS_NOT_FOUND, "/sub/b.js"},
        {"import 'lodash';", "", HS_INVALID, "\"lodash\" is neither"},
        {"import '/etc/hostname';", "", HS_INVALID, "no name of a module"},
        {"import '.';", "", HS_INVALID, "no name of a module"},
        {"import './sub//b.js';", "", HS_INVALID, "no name of a module"},
        {"import '../../../../../../../../../../../../x.js';", "", HS_INVALID, "outside"},
        {"import './sub/b.js'; export let x = ;", "", HS_INVALID, "SyntaxError"},
        {"import './sub/b.js';", "\n\nexport let x = ;", HS_INVALID, "sub/b.js:3"},
        {"import { no } from './sub/b.js';", "\xff", HS_INVALID, "sub/b.js is not UTF-8"},
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct files f = files_make();

        file_put(&f, "a.js", bad[i].a);
        file_put(&f, "sub/b.js", bad[i].b);
        CU_ASSERT_EQUAL(files_read(&f, "a.js"), bad[i].status);
        if (!strstr(f.err.text, bad[i].words)) {
            (void)printf("\n    case %zu said: %s\n", i, f.err.text);
            CU_FAIL("other words");
        }
        CU_ASSERT_PTR_NULL(strchr(f.err.text, '\n'));
        files_end(&f);
    }
}

/* Each vat has modules of its own, over every way back. */
static void vat__of_several_modules_lives_as_any_other(void)
{
    struct machine straight, restarted;

    machine_open(&straight, "modules.json");
    machine_open(&restarted, "modules.json");
    for (int i = 0; i < 2; i++) {
        struct machine *m = i == 0 ? &straight : &restarted;

        CU_ASSERT_STRING_EQUAL(machine_call(m, "a", "add", "2"), "\"main 42\"");
        CU_ASSERT_STRING_EQUAL(machine_call(m, "b", "add", "2"), "\"main 3\"");
    }
    machine_ok(machine_restart(&restarted, false), &restarted);
    CU_ASSERT_TRUE(machine_equal(&straight, &restarted));
    for (int i = 0; i < 2; i++) {
        struct machine *m = i == 0 ? &straight : &restarted;

        CU_ASSERT_STRING_EQUAL(machine_call(m, "a", "bag", ""),
                               "{\"@tag\":\"bag\",\"payload\":[40,2]}");
        CU_ASSERT_STRING_EQUAL(machine_call(m, "a", "style", "[]"), "[\"copyArray\",\"t\"]");
        CU_ASSERT_STRING_EQUAL(machine_call(m, "a", "refuse", "[1]"),
                               "{\"error\":\"Error: not [1]\"}");
        CU_ASSERT_PTR_NOT_NULL(strstr(machine_call(m, "a", "load", ""), "cannot import modules"));
    }
    CU_ASSERT_TRUE(machine_equal(&straight, &restarted));
    machine_close(&straight);
    machine_close(&restarted);
}

static const struct suite_case cases[] = {
    SUITE_CASE(program__file_that_imports_nothing_is_itself),
    SUITE_CASE(program__import_is_seen_however_it_is_written),
    SUITE_CASE(program__several_files_become_one_text),
    SUITE_CASE(program__bad_ones_are_refused_with_who_imports_them),
    SUITE_CASE(vat__of_several_modules_lives_as_any_other),
};

int main(int argc, char **argv)
{
    return MACHINE_MAIN("kernel_program", cases, argc, argv);
}
