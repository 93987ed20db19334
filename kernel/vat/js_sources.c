#include "kernel/vat/js_sources.h"

#include <assert.h>

/* Written by engine/embed.cmake. */
extern const unsigned char embedded_prelude[];
extern const size_t embedded_prelude_len;
extern const unsigned char embedded_smallcaps[];
extern const size_t embedded_smallcaps_len;
extern const unsigned char embedded_supervisor_lite[];
extern const size_t embedded_supervisor_lite_len;
extern const char embedded_engine_wasm_sha256[];

static const struct embedded_file {
    const char *name;
    const unsigned char *bytes;
    const size_t *len;
} lite[] = {
    {"prelude.js", embedded_prelude, &embedded_prelude_len},
    {"smallcaps.js", embedded_smallcaps, &embedded_smallcaps_len},
    {"supervisor_lite.js", embedded_supervisor_lite, &embedded_supervisor_lite_len},
};

size_t js_source_count(enum vat_supervisor supervisor)
{
    assert(supervisor == VAT_SUPERVISOR_LITE);
    return sizeof lite / sizeof lite[0];
}

struct js_source js_source_at(enum vat_supervisor supervisor, size_t i)
{
    assert(i < js_source_count(supervisor));
    return (struct js_source){.name = lite[i].name,
                              .text = slice_make(lite[i].bytes, *lite[i].len)};
}

const char *js_engine_wasm_sha256(void)
{
    return embedded_engine_wasm_sha256;
}
