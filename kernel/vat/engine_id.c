#include "kernel/vat/engine_id.h"

#include "kernel/vat/boot.h"
#include "kernel/vat/embedded.h"
#include "kernel/vat/js_sources.h"

enum {
    /* Counts up whenever the same module and sources would make or need another heap: host calls,
     * how the supervisor is compiled, how an image is cut. */
    VAT_HEAP_FORMAT = 3,
};

_Static_assert((int)VAT_ENGINES_MAX == (int)EMBEDDED_ENGINES_MAX, "each engine has its id");

enum hs_status vat_engine_id(size_t number, char hex[SHA256_HEX_BYTES], struct hs_error *err)
{
    struct buffer text = {0};
    enum hs_status st =
        buffer_printf(&text, "headstart vat heap %d\nwasm %s\nstack %d\n", VAT_HEAP_FORMAT,
                      js_engine_wasm_sha256(), VAT_STACK_BYTES_MAX);

    for (size_t i = 0; i < js_source_count(number) && st == HS_OK; i++) {
        struct js_source source = js_source_at(number, i);

        st = buffer_printf(&text, "%s %zu\n", source.name, source.text.len);
        if (st == HS_OK) st = buffer_append(&text, source.text);
    }
    if (st == HS_OK) {
        st = sha256_hex(buffer_slice(&text), hex, err);
    } else {
        st = hs_fail(err, st, "hash the vat engine's sources");
    }
    buffer_fini(&text);
    return st;
}

size_t vat_engine_count(void)
{
    return js_engine_count();
}

enum hs_status vat_images_epoch(char hex[SHA256_HEX_BYTES], struct hs_error *err)
{
    return sha256_hex(slice_text("headstart heap images 1\n"), hex, err);
}
