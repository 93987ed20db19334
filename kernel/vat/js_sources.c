#include "kernel/vat/js_sources.h"

#include <assert.h>

/* Written by engine/embed.cmake. */
extern const unsigned char embedded_prelude[];
extern const size_t embedded_prelude_len;
extern const unsigned char embedded_supervisor_lite[];
extern const size_t embedded_supervisor_lite_len;
extern const char embedded_engine_wasm_sha256[];

struct slice js_source_prelude(void)
{
    return slice_make(embedded_prelude, embedded_prelude_len);
}

struct slice js_source_supervisor(enum vat_supervisor supervisor)
{
    assert(supervisor == VAT_SUPERVISOR_LITE);
    return slice_make(embedded_supervisor_lite, embedded_supervisor_lite_len);
}

const char *js_engine_wasm_sha256(void)
{
    return embedded_engine_wasm_sha256;
}
