#include "kernel/vat_handler.h"

#include "kernel/tables/device_handler.h"
#include "kernel/tables/events.h"
#include "kernel/tables/meters.h"

#include <inttypes.h>

enum hs_status vat_handler_set(struct kv_hashed *k, const struct ref *device, const struct ref *vat,
                               const struct ref *object, struct hs_error *err)
{
    struct device_handler next = {.handler = *object, .vat = *vat};

    return device_handler_replace(k, device, &next, err);
}

/* `args`: what stands between the brackets of the list, smallcaps. */
static enum hs_status handler_tell(struct kv_hashed *k, const struct ref *device,
                                   const char *method, const struct buffer *args,
                                   const struct ref_list *slots, struct hs_error *err)
{
    struct buffer body = {0}, raw = {0};
    struct device_handler to;
    enum hs_status st = device_handler_read(k, device, &to, err);

    if (st != HS_OK || to.handler.text[0] == '\0') return st;
    st = buffer_printf(&body, "#[\"%s\",[", method);
    if (st == HS_OK) st = buffer_append(&body, buffer_slice(args));
    if (st == HS_OK) st = buffer_append_text(&body, "]]");
    if (st == HS_OK) st = json_text_encode(&raw, buffer_slice(&body));
    st = kernel_fail(err, st);
    if (st == HS_OK) {
        st = event_send(k, QUEUE_ACCEPTANCE, &to.handler, buffer_slice(&raw), slots, NULL, err);
    }
    buffer_fini(&body);
    buffer_fini(&raw);
    return st;
}

enum hs_status vat_handler_created(struct kv_hashed *k, const struct ref *device,
                                   const struct ref *vat, const struct ref *root,
                                   struct hs_error *err)
{
    struct buffer args = {0};
    struct ref_list slots = {0};
    enum hs_status st = buffer_printf(&args, "\"%s\",\"$0.Alleged: root\"", vat->text);

    if (st == HS_OK) st = ref_list_add(&slots, root);
    st = kernel_fail(err, st);
    if (st == HS_OK) st = handler_tell(k, device, "created", &args, &slots, err);
    buffer_fini(&args);
    ref_list_fini(&slots);
    return st;
}

enum hs_status vat_handler_upgraded(struct kv_hashed *k, const struct ref *device, uint64_t upgrade,
                                    uint64_t incarnation, struct hs_error *err)
{
    static const struct ref_list none = {0};
    struct buffer args = {0};
    enum hs_status st =
        kernel_fail(err, buffer_printf(&args, "\"%" PRIu64 "\",%" PRIu64, upgrade, incarnation));

    if (st == HS_OK) st = handler_tell(k, device, "upgraded", &args, &none, err);
    buffer_fini(&args);
    return st;
}

/* {"#error":…}: a body without its first byte. */
static enum hs_status append_error(struct buffer *args, const char *why)
{
    struct buffer body = {0};
    enum hs_status st = capdata_error(&body, "Error", why);

    if (st == HS_OK) st = buffer_append(args, slice_make(body.data + 1, body.len - 1));
    buffer_fini(&body);
    return st;
}

enum hs_status vat_handler_failed(struct kv_hashed *k, const struct ref *device,
                                  const struct ref *vat, uint64_t upgrade, const char *why,
                                  struct hs_error *err)
{
    static const struct ref_list none = {0};
    struct buffer args = {0};
    enum hs_status st = upgrade == 0 ? buffer_printf(&args, "\"%s\",", vat->text)
                                     : buffer_printf(&args, "\"%" PRIu64 "\",", upgrade);

    if (st == HS_OK) st = append_error(&args, why);
    st = kernel_fail(err, st);
    if (st == HS_OK) {
        st =
            handler_tell(k, device, upgrade == 0 ? "notCreated" : "notUpgraded", &args, &none, err);
    }
    buffer_fini(&args);
    return st;
}

/* Who made it, as `id`.admin says; *found false: nobody. */
static enum hs_status admin_find(struct kv_hashed *k, const struct ref *id, struct ref *device,
                                 bool *found, struct hs_error *err)
{
    struct key key;
    struct slice value;
    enum hs_status st = kv_hashed_find(k, key_of(&key, id->text, ".admin", ""), &value, found, err);

    if (st != HS_OK || !*found || ref_make(value, device) == HS_OK) return st;
    return kernel_store_damaged(key_slice(&key), "no device", err);
}

enum hs_status vat_handler_ended(struct kv_hashed *k, const struct ref *vat,
                                 const struct vat_last_word *word, struct hs_error *err)
{
    struct buffer args = {0};
    struct slice value = {NULL, 0};
    struct ref device;
    bool found;
    enum hs_status st = admin_find(k, vat, &device, &found, err);

    if (st != HS_OK || !found) return st;
    if (slice_starts_with(word->body, slice_text("#"))) {
        value = slice_make(word->body.data + 1, word->body.len - 1);
    }
    /* What it left may be anything, if it got past its supervisor. */
    if (value.len == 0 || !json_text_is_value(value)) value = slice_text("\"#undefined\"");
    st = buffer_printf(&args, "\"%s\",%s,", vat->text, word->failed ? "true" : "false");
    if (st == HS_OK) st = buffer_append(&args, value);
    st = kernel_fail(err, st);
    if (st == HS_OK) st = handler_tell(k, &device, "ended", &args, &word->slots, err);
    buffer_fini(&args);
    return st;
}

enum hs_status vat_handler_meter_crossed(struct kv_hashed *k, const struct ref *meter,
                                         struct hs_error *err)
{
    static const struct ref_list none = {0};
    struct buffer args = {0};
    struct vat_meter m = {0};
    struct ref device;
    bool found, ended = false;
    enum hs_status st = meter_read(k, meter, &m, &found, err);

    if (st == HS_OK && found) st = meter_has_ended(k, meter, &ended, err);
    if (ended) return HS_OK; /* nobody waits */
    if (st == HS_OK && found) st = admin_find(k, meter, &device, &found, err);
    if (st != HS_OK || !found) return st;
    st =
        kernel_fail(err, buffer_printf(&args, "\"%s\",\"+%" PRIu64 "\"", meter->text, m.remaining));
    if (st == HS_OK) st = handler_tell(k, &device, "meterCrossed", &args, &none, err);
    buffer_fini(&args);
    return st;
}
