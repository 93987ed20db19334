#include "kernel/chain_upgrade.h"

#include "kernel/tables/vat_record.h"
#include "kernel/text/capdata.h"
#include "kernel/vat_admin.h"

/* What `v$N.vatParameters` says. */
static enum hs_status parameters_read(struct kernel *k, const struct ref *vat, struct buffer *text,
                                      struct capdata *out, struct hs_error *err)
{
    struct key key;
    struct json_text t;
    enum hs_status st = vat_record_parameters(&k->kv.store, vat, text, err);

    if (st != HS_OK) return st;
    json_text_init(&t, buffer_slice(text));
    st = capdata_read(&t, out);
    if (st == HS_OK && json_text_end(&t)) return HS_OK;
    if (st == HS_OK || st == HS_INVALID) {
        return kernel_store_damaged(key_of(&key, vat->text, ".vatParameters", ""), "no capdata",
                                    err);
    }
    return kernel_fail(err, st);
}

enum hs_status chain_upgrade_queue(struct kernel *k, const struct ref *vat,
                                   const struct bundle_id *bundle, struct slice message,
                                   struct hs_error *err)
{
    struct vat_details d = {.upgrade = 1};
    struct capdata parameters = {0};
    struct buffer text = {0}, details = {0};
    enum hs_status st = parameters_read(k, vat, &text, &parameters, err);

    if (bundle) d.program.bundle = *bundle;
    if (st == HS_OK) st = kernel_fail(err, buffer_assign(&d.message, message));
    if (st == HS_OK) st = kernel_fail(err, vat_details_print(&d, &details));
    if (st == HS_OK) {
        st = event_of_vat(&k->kv, EVENT_UPGRADE_VAT, vat, buffer_slice(&details), &parameters, err);
    }
    vat_details_fini(&d);
    capdata_fini(&parameters);
    buffer_fini(&text);
    buffer_fini(&details);
    return st;
}
