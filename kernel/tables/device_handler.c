#include "kernel/tables/device_handler.h"

#include "kernel/tables/refcounts.h"
#include "kernel/text/json_printer.h"
#include "kernel/text/json_text.h"

static bool device_handler_ref(struct slice raw, struct ref *out)
{
    return raw.data[0] == '"' && ref_make(json_text_inner(raw), out) == HS_OK;
}

enum hs_status device_handler_parse(struct slice state, struct device_handler *out)
{
    struct json_text t;
    struct slice key, value;
    bool good = true;

    *out = (struct device_handler){{""}, {""}};
    json_text_init(&t, state);
    (void)json_text_open(&t, '{');
    while (json_text_more(&t, '}') && json_text_key(&t, &key) && json_text_value(&t, &value)) {
        if (json_text_is(key, "inboundHandler")) {
            good = good && device_handler_ref(value, &out->handler) &&
                   kref_kind(&out->handler) == REF_OBJECT;
        } else if (json_text_is(key, "vat")) {
            good = good && device_handler_ref(value, &out->vat) && ref_is_vat(&out->vat);
        }
    }
    good =
        good && json_text_end(&t) && (out->handler.text[0] == '\0') == (out->vat.text[0] == '\0');
    return good ? HS_OK : HS_INVALID;
}

enum hs_status device_handler_read(struct kv_hashed *k, const struct ref *device,
                                   struct device_handler *out, struct hs_error *err)
{
    struct key key;
    struct slice state;
    enum hs_status st =
        kv_hashed_read(k, key_of(&key, device->text, ".deviceState", ""), &state, err);

    if (st != HS_OK || device_handler_parse(state, out) == HS_OK) return st;
    return kernel_store_damaged(key_slice(&key), "no handler of a bridge", err);
}

enum hs_status device_handler_replace(struct kv_hashed *k, const struct ref *device,
                                      const struct device_handler *next, struct hs_error *err)
{
    struct buffer state = {0};
    struct json_printer j = json_printer_on(&state);
    struct device_handler before;
    struct key key;
    enum hs_status st = device_handler_read(k, device, &before, err);

    if (st == HS_OK && next) st = refcount_hold(k, &next->handler, err);
    if (st == HS_OK && before.handler.text[0] != '\0') {
        st = refcount_release(k, &before.handler, err);
    }
    json_print_open(&j, '{');
    if (next) {
        json_print_key(&j, "inboundHandler");
        json_print_word(&j, next->handler.text);
        json_print_key(&j, "vat");
        json_print_word(&j, next->vat.text);
    }
    json_print_close(&j, '}');
    if (st == HS_OK) st = kernel_fail(err, json_print_end(&j));
    if (st == HS_OK) {
        st = kv_hashed_write(k, key_of(&key, device->text, ".deviceState", ""),
                             buffer_slice(&state), err);
    }
    buffer_fini(&state);
    return st;
}
