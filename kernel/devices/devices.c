#include "kernel/devices/devices.h"

#include "kernel/devices/device_arguments.h"
#include "kernel/devices/device_types.h"
#include "kernel/state/utf8.h"

#include <string.h>

enum hs_status device_answer_value(struct device_call *c, struct slice body, struct hs_error *err)
{
    struct buffer raw = {0};
    struct json_printer j = json_printer_on(c->answer);

    printer_note(&j.text, json_text_encode(&raw, body));
    json_print_open(&j, '[');
    json_print_word(&j, "ok");
    capdata_print(&j, buffer_slice(&raw), NULL);
    json_print_close(&j, ']');
    buffer_fini(&raw);
    return kernel_fail(err, json_print_end(&j));
}

enum hs_status device_answer_nothing(struct device_call *c, struct hs_error *err)
{
    return device_answer_value(c, slice_text("#\"#undefined\""), err);
}

enum hs_status device_answer_error(struct device_call *c, struct slice words, struct hs_error *err)
{
    struct json_printer j = json_printer_on(c->answer);

    json_print_open(&j, '[');
    json_print_word(&j, "error");
    json_print_string(&j, words);
    json_print_close(&j, ']');
    return kernel_fail(err, json_print_end(&j));
}

/* What d$N is; `options` is {"type":"…"}. */
static enum hs_status device_read_type(struct kernel *k, const struct ref *id,
                                       const struct device_type **type, struct hs_error *err)
{
    struct key key;
    struct json_text t;
    struct slice options, name, raw;
    enum hs_status st =
        kv_hashed_read(&k->kv, key_of(&key, id->text, ".options", ""), &options, err);

    if (st != HS_OK) return st;
    json_text_init(&t, options);
    *type = NULL;
    if (json_text_open(&t, '{') && json_text_next(&t, '}') && json_text_key(&t, &name) &&
        json_text_is(name, "type") && json_text_string(&t, &raw)) {
        *type = device_type_find(json_text_inner(raw));
    }
    return *type ? HS_OK : kernel_store_damaged(key_slice(&key), "no known type of device", err);
}

static enum hs_status device_refuse_method(struct device_call *c, const struct device_type *type,
                                           struct slice method, struct hs_error *err)
{
    struct buffer words = {0};
    enum hs_status st =
        kernel_fail(err, buffer_printf(&words, "the %s has no method %.*s", type->name,
                                       (int)utf8_cut(method, 64), method.len ? method.data : ""));

    if (st == HS_OK) st = device_answer_error(c, buffer_slice(&words), err);
    buffer_fini(&words);
    return st;
}

static enum hs_status device_run_method(struct device_call *c, const struct device_method *method,
                                        struct hs_error *err)
{
    struct device_arguments a;
    enum hs_status st = device_arguments_init(&a, c->args, err);

    if (st == HS_OK) st = method->run(c, &a, err);
    if (st == HS_OK && a.problem) st = device_answer_error(c, slice_text(a.problem), err);
    device_arguments_fini(&a);
    return st;
}

enum hs_status device_call(struct kernel *k, const struct ref *caller, const struct ref *device,
                           struct slice method, const struct capdata *args, struct buffer *answer,
                           struct hs_error *err)
{
    struct device_call c = {.kernel = k, .caller = *caller, .args = args, .answer = answer};
    const struct device_type *type;
    struct key key;
    struct slice owner;
    enum hs_status st =
        kv_hashed_read(&k->kv, key_of(&key, device->text, ".owner", ""), &owner, err);

    if (st == HS_OK && ref_make(owner, &c.device) != HS_OK) {
        st = kernel_store_damaged(key_slice(&key), "no device", err);
    }
    if (st == HS_OK) st = device_read_type(k, &c.device, &type, err);
    if (st != HS_OK) return st;
    for (const struct device_method *m = type->methods; m->name; m++) {
        if (slice_equal(method, slice_text(m->name))) return device_run_method(&c, m, err);
    }
    return device_refuse_method(&c, type, method, err);
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

enum hs_status device_find_bridge(struct kernel *k, struct slice name, struct ref *device,
                                  bool *found, struct hs_error *err)
{
    const struct device_type *type = NULL;
    char text[HS_NAME_BYTES_MAX];
    struct key key;
    struct slice value;
    enum hs_status st;

    *found = false;
    if (name.len == 0 || name.len >= sizeof text || memchr(name.data, '\0', name.len)) return HS_OK;
    memcpy(text, name.data, name.len);
    text[name.len] = '\0';
    st = kv_hashed_find(&k->kv, key_of(&key, "device.name.", text, ""), &value, found, err);
    if (st != HS_OK || !*found) return st;
    if (ref_make(value, device) != HS_OK) {
        return kernel_store_damaged(key_slice(&key), "no device", err);
    }
    st = device_read_type(k, device, &type, err);
    *found = type == &device_type_bridge;
    return st;
}
