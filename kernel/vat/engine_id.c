#include "kernel/vat/engine_id.h"

#include "kernel/vat/boot.h"
#include "kernel/vat/js_sources.h"

enum {
    SUPERVISOR_COUNT = VAT_SUPERVISOR_LITE + 1,
    /* Counts up whenever the same module and sources would make or need another heap: host calls,
     * how the supervisor is compiled, how an image is cut. */
    VAT_HEAP_FORMAT = 3,
};

enum hs_status vat_engine_id(char hex[SHA256_HEX_BYTES], struct hs_error *err)
{
    struct buffer text = {0};
    enum hs_status st =
        buffer_printf(&text, "headstart vat heap %d\nwasm %s\nstack %d\n", VAT_HEAP_FORMAT,
                      js_engine_wasm_sha256(), VAT_STACK_BYTES_MAX);

    for (int i = 0; i < SUPERVISOR_COUNT; i++) {
        for (size_t k = 0; k < js_source_count((enum vat_supervisor)i) && st == HS_OK; k++) {
            struct js_source source = js_source_at((enum vat_supervisor)i, k);

            st = buffer_printf(&text, "%s %zu\n", source.name, source.text.len);
            if (st == HS_OK) st = buffer_append(&text, source.text);
        }
    }
    if (st == HS_OK) {
        st = sha256_hex(buffer_slice(&text), hex, err);
    } else {
        st = hs_fail(err, st, "hash the vat engine's sources");
    }
    buffer_fini(&text);
    return st;
}
