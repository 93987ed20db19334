#include "kernel/vat/js_sources.h"

#include "kernel/vat/embedded.h"

#include <assert.h>
#include <string.h>

size_t js_engine_count(void)
{
    return embedded_engines_count;
}

size_t js_source_count(size_t engine)
{
    assert(engine < embedded_engines_count);
    return embedded_engines[engine].files_len;
}

struct js_source js_source_at(size_t engine, size_t i)
{
    const struct embedded_file *file;

    assert(i < js_source_count(engine));
    file = &embedded_engines[engine].files[i];
    return (struct js_source){.name = file->name, .text = slice_make(file->bytes, file->len)};
}

bool js_module_find(struct slice name, struct slice *text)
{
    for (size_t i = 0; i < embedded_modules_count; i++) {
        if (!slice_equal(name, slice_text(embedded_modules[i].name))) continue;
        *text = slice_make(embedded_modules[i].bytes, embedded_modules[i].len);
        return true;
    }
    return false;
}

struct slice js_builtin(const char *name)
{
    for (size_t i = 0; i < embedded_builtin_count; i++) {
        if (strcmp(embedded_builtin[i].name, name) != 0) continue;
        return slice_make(embedded_builtin[i].bytes, embedded_builtin[i].len);
    }
    return slice_make(NULL, 0);
}

const char *js_engine_wasm_sha256(void)
{
    return embedded_engine_wasm_sha256;
}
