#include "kernel/devices.h"

#include "kernel/state/utf8.h"

/* The only element of a list is sent as itself. */
static struct slice device_sole_element(struct slice list)
{
    struct json_text t;
    struct slice element;

    json_text_init(&t, list);
    if (json_text_open(&t, '[') && json_text_next(&t, ']') && json_text_value(&t, &element) &&
        json_text_close(&t, ']') && json_text_end(&t)) {
        return element;
    }
    return list;
}

static enum hs_status bridge_call_outbound(struct kernel *k, const struct capdata *args,
                                           struct buffer *answer, struct hs_error *err)
{
    struct buffer body = {0}, json = {0};
    enum hs_status st;

    if (k->outputs.len >= HS_OUTPUTS_MAX) {
        return kernel_fail(err, buffer_append_text(answer, "[\"error\",\"too many outputs\"]"));
    }
    st = json_text_decode(&body, args->body);
    if (st == HS_OK) st = capdata_to_json(&json, buffer_slice(&body));
    st = kernel_fail(err, st);
    if (st == HS_OK) {
        st = kernel_say(k, &k->outputs, device_sole_element(buffer_slice(&json)), err);
    }
    if (st == HS_OK) {
        st =
            kernel_fail(err, buffer_append_text(answer, "[\"ok\",{\"body\":\"#\\\"#undefined\\\"\","
                                                        "\"slots\":[]}]"));
    }
    buffer_fini(&body);
    buffer_fini(&json);
    return st;
}

/* `options` is {"type":"…"}; the type's raw string. */
static bool device_type(struct slice options, struct slice *type)
{
    struct json_text t;
    struct slice key;

    json_text_init(&t, options);
    return json_text_open(&t, '{') && json_text_next(&t, '}') && json_text_key(&t, &key) &&
           json_text_is(key, "type") && json_text_string(&t, type);
}

static enum hs_status device_fail(struct buffer *answer, const char *what, struct slice name,
                                  struct hs_error *err)
{
    struct buffer text = {0};
    struct printer words = printer_on(&text);
    struct json_printer j = json_printer_on(answer);

    printer_text(&words, what);
    printer_bytes(&words, slice_make(name.data, utf8_cut(name, 64)));
    printer_note(&j.text, printer_end(&words));
    json_print_open(&j, '[');
    json_print_word(&j, "error");
    json_print_string(&j, buffer_slice(&text));
    json_print_close(&j, ']');
    buffer_fini(&text);
    return kernel_fail(err, json_print_end(&j));
}

enum hs_status device_call(struct kernel *k, const struct ref *device, struct slice method,
                           const struct capdata *args, struct buffer *answer, struct hs_error *err)
{
    struct key key;
    struct ref id;
    struct slice value, type;
    enum hs_status st =
        kv_hashed_read(&k->kv, key_of(&key, device->text, ".owner", ""), &value, err);

    if (st == HS_OK && ref_make(value, &id) != HS_OK) {
        st = kernel_store_damaged(key_slice(&key), "no device", err);
    }
    if (st != HS_OK) return st;
    st = kv_hashed_read(&k->kv, key_of(&key, id.text, ".options", ""), &value, err);
    if (st != HS_OK) return st;
    if (!device_type(value, &type) || !json_text_is(type, "bridge")) {
        return kernel_store_damaged(key_slice(&key), "no known type of device", err);
    }
    if (slice_equal(method, slice_text("callOutbound"))) {
        return bridge_call_outbound(k, args, answer, err);
    }
    return device_fail(answer, "the bridge has no method ", method, err);
}

enum hs_status device_export_root(struct kv_hashed *k, const struct ref *device, struct ref *kref,
                                  struct hs_error *err)
{
    struct key key;
    uint64_t number;
    enum hs_status st = kv_hashed_allot(k, slice_text("kd.nextID"), &number, err);

    if (st != HS_OK) return st;
    *kref = ref_number("kd", number);
    st = kv_hashed_write(k, key_of(&key, kref->text, ".owner", ""), ref_slice(device), err);
    if (st == HS_OK) {
        st = kv_hashed_write_text(k, key_of(&key, device->text, ".c.", kref->text), "R d+0", err);
    }
    if (st == HS_OK) {
        st = kv_hashed_write(k, key_of(&key, device->text, ".c.", "d+0"), ref_slice(kref), err);
    }
    return st;
}
