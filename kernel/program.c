#include "kernel/program.h"

#include "kernel/state/errors.h"
#include "kernel/state/limits.h"
#include "kernel/state/utf8.h"
#include "kernel/text/json_printer.h"
#include "kernel/vat/js_sources.h"
#include "kernel/vat/module_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROGRAM_BYTES_MAX = HS_VALUE_BYTES_MAX / 2 }; /* as JSON it may double */

struct module {
    char name[VAT_MODULE_NAME_BYTES_MAX + 2]; /* a file's is its path, at first */
    struct buffer source;
};

struct program {
    const struct disk *disk;
    struct module *modules; /* VAT_MODULES_MAX; the entry is the first, until they are sorted */
    size_t len;
    size_t bytes; /* of all sources */
};

/* --- reading --- */

static bool is_file(const char *name)
{
    return name[0] == '.' || name[0] == '/';
}

static enum hs_status file_read(const struct program *p, const char *path, struct buffer *out,
                                struct hs_error *err)
{
    enum hs_status st =
        disk_read_all(p->disk, "kernel.config", NULL, path, PROGRAM_BYTES_MAX, out, err);

    if (st == HS_CORRUPT) return hs_fail_prefix(err, HS_INVALID, "program");
    if (st != HS_OK || utf8_valid(buffer_slice(out))) return st;
    return hs_fail(err, HS_INVALID, "%s is not UTF-8 text", path);
}

static enum hs_status shared_read(const char *name, struct buffer *out, struct hs_error *err)
{
    struct slice text;

    if (!js_module_find(slice_text(name), &text)) {
        return hs_fail(err, HS_INVALID,
                       "\"%s\" is neither a relative path nor a module that vats are given", name);
    }
    return buffer_append(out, text) == HS_OK ? HS_OK : hs_fail(err, HS_NOMEM, "%s", name);
}

static enum hs_status program_add(struct program *p, const char *name, struct hs_error *err)
{
    struct module *m = &p->modules[p->len];
    enum hs_status st;

    if (p->len == VAT_MODULES_MAX) {
        return hs_fail(err, HS_INVALID, "a program has at most %d modules", VAT_MODULES_MAX);
    }
    memcpy(m->name, name, strlen(name) + 1);
    p->len++;
    st = is_file(name) ? file_read(p, name, &m->source, err) : shared_read(name, &m->source, err);
    p->bytes += m->source.len;
    if (st != HS_OK || p->bytes <= PROGRAM_BYTES_MAX) return st;
    return hs_fail(err, HS_INVALID, "a program has at most %d bytes", PROGRAM_BYTES_MAX);
}

static enum hs_status program_find(void *data, struct slice importer, struct slice name,
                                   struct buffer *source, struct hs_error *err)
{
    struct program *p = data;
    char text[VAT_MODULE_NAME_BYTES_MAX + 1];
    enum hs_status st;

    memcpy(text, name.data, name.len);
    text[name.len] = '\0';
    st = program_add(p, text, err);
    if (st == HS_OK) {
        st = buffer_assign(source, buffer_slice(&p->modules[p->len - 1].source));
        if (st != HS_OK) return hs_fail(err, st, "%s", text);
    }
    if (st == HS_OK) return HS_OK;
    return hs_fail_prefix(err, st, "imported by %.*s", (int)importer.len, importer.data);
}

/* --- naming --- */

/* The folder that all files are in: as much of the first path as begins all of them. */
static size_t common_folder(const struct program *p)
{
    const char *first = p->modules[0].name;
    size_t len = (size_t)(strrchr(first, '/') - first);

    for (size_t i = 1; i < p->len; i++) {
        const char *other = p->modules[i].name;

        while (is_file(other) && (strncmp(first, other, len) != 0 || other[len] != '/')) {
            do {
                len--; /* both begin with the same "./", "../" or "/" */
            } while (first[len] != '/');
        }
    }
    return len;
}

/* From paths to names: from that folder on. */
static void program_name(struct program *p)
{
    size_t folder = common_folder(p);

    for (size_t i = 0; i < p->len; i++) {
        char *name = p->modules[i].name;

        if (!is_file(name)) continue;
        memmove(name + 1, name + folder, strlen(name + folder) + 1);
        name[0] = '.';
    }
}

static int module_compare(const void *a, const void *b)
{
    const struct module *x = a, *y = b;

    return strcmp(x->name, y->name);
}

/* --- the text --- */

static enum hs_status program_print(struct program *p, struct buffer *out, struct hs_error *err)
{
    struct json_printer j = json_printer_on(out);
    enum hs_status st;

    program_name(p);
    json_print_open(&j, '{');
    json_print_key(&j, "moduleFormat");
    json_print_word(&j, "headstart-modules");
    json_print_key(&j, "entry");
    json_print_string(&j, slice_text(p->modules[0].name));
    json_print_key(&j, "modules");
    qsort(p->modules, p->len, sizeof *p->modules, module_compare);
    json_print_open(&j, '{');
    for (size_t i = 0; i < p->len; i++) {
        json_print_string(&j, slice_text(p->modules[i].name));
        json_print_colon(&j);
        json_print_string(&j, buffer_slice(&p->modules[i].source));
    }
    json_print_close(&j, '}');
    json_print_close(&j, '}');
    st = json_print_end(&j);
    if (st == HS_OK && out->len <= HS_VALUE_BYTES_MAX) return HS_OK;
    if (st == HS_NOMEM) return hs_fail(err, st, "a program of %zu bytes", p->bytes);
    return hs_fail(err, HS_INVALID, "the program is too large: at most %d bytes",
                   HS_VALUE_BYTES_MAX);
}

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$';
}

/* What may stand between `from` and the module's name: blanks, comments, blanks beyond ASCII. */
static bool may_name(const char *after)
{
    after += strspn(after, " \t\n\v\f\r");
    return *after == '"' || *after == '\'' || *after == '/' || ((unsigned char)*after & 0x80) != 0;
}

/* Is `word` in the text, as a word, and where it decides so, in front of a module's name? */
static bool has_word(const char *text, const char *word, bool named)
{
    const size_t len = strlen(word);

    for (const char *at = strstr(text, word); at; at = strstr(at + len, word)) {
        if ((at > text && is_word_byte(at[-1])) || is_word_byte(at[len])) continue;
        if (!named || may_name(at + len)) return true;
    }
    return false;
}

/* Could this import anything? Neither word can be written in another way. Compiling to find out
 * takes a start some milliseconds, so most programs are known by looking. */
static bool may_import(const struct buffer *source)
{
    return has_word(buffer_text(source), "import", false) ||
           has_word(buffer_text(source), "from", true);
}

static enum hs_status program_gather(struct program *p, const char *path, struct buffer *out,
                                     struct hs_error *err)
{
    const struct module_finder finder = {.data = p, .read = program_find};
    struct module *entry = p->modules;
    enum hs_status st = program_add(p, path, err);

    if (st == HS_OK && may_import(&entry->source)) {
        st = module_walk(&finder, path, buffer_slice(&entry->source), err);
    }
    if (st != HS_OK) return st;
    if (p->len > 1) return program_print(p, out, err);
    buffer_take(out, &entry->source);
    return HS_OK;
}

enum hs_status program_read(const struct disk *disk, const char *path, struct buffer *out,
                            struct hs_error *err)
{
    struct program p = {.disk = disk, .modules = calloc(VAT_MODULES_MAX, sizeof *p.modules)};
    char name[VAT_MODULE_NAME_BYTES_MAX + 1];
    int len = snprintf(name, sizeof name, "%s%s", is_file(path) ? "" : "./", path);
    enum hs_status st;

    buffer_clear(out);
    if (!p.modules) return hs_fail(err, HS_NOMEM, "%s", path);
    st = (size_t)len < sizeof name ? program_gather(&p, name, out, err)
                                   : hs_fail(err, HS_INVALID, "%.99s…: too long a path", path);
    for (size_t i = 0; i < p.len; i++)
        buffer_fini(&p.modules[i].source);
    free(p.modules);
    return st;
}
