#include "kernel/bootstrap.h"

#include "kernel/crank.h"
#include "kernel/devices/devices.h"
#include "kernel/genesis.h"
#include "kernel/pending.h"
#include "kernel/tables/clist.h"
#include "kernel/tables/events.h"
#include "kernel/tables/promises.h"
#include "kernel/tables/refcounts.h"
#include "kernel/tables/vat_record.h"
#include "kernel/text/capdata.h"

#include <assert.h>
#include <stdlib.h>

/* What the crank gathers on its way. */
struct bootstrap {
    struct vat_name *vats;
    size_t vats_len;
    struct buffer body;        /* of the bootstrap message, as it grows; decoded */
    struct json_printer print; /* on body */
    struct ref_list slots;     /* likewise */
};

static void bootstrap_fini(struct bootstrap *b)
{
    free(b->vats);
    buffer_fini(&b->body);
    ref_list_fini(&b->slots);
}

enum hs_status bootstrap_root(struct kv_hashed *k, const struct ref *vat, struct ref *kref,
                              struct hs_error *err)
{
    static const struct ref root = {"o+0"};

    return clist_to_kernel(k, vat, &root, kref, err);
}

/* "name":"$N.Alleged: name", and the slot. */
static enum hs_status bootstrap_add_argument(struct bootstrap *b, struct slice name,
                                             const struct ref *kref, struct hs_error *err)
{
    struct buffer reference = {0};
    enum hs_status st =
        buffer_printf(&reference, "$%zu.Alleged: %.*s", b->slots.len, (int)name.len, name.data);

    capdata_print_string(&b->print, name);
    json_print_colon(&b->print);
    json_print_string(&b->print, buffer_slice(&reference));
    if (st == HS_OK) st = ref_list_add(&b->slots, kref);
    buffer_fini(&reference);
    return kernel_fail(err, st);
}

/* Root object, held for good (pinned), and startVat. */
static enum hs_status bootstrap_start_vat(struct kernel *k, const struct vat_name *vat,
                                          struct ref *root, struct hs_error *err)
{
    struct buffer parameters = {0};
    enum hs_status st = bootstrap_root(&k->kv, &vat->id, root, err);

    if (st == HS_OK) st = refcount_hold(&k->kv, root, err);
    if (st == HS_OK) st = vat_record_parameters(&k->kv.store, &vat->id, &parameters, err);
    if (st == HS_OK) st = event_start_vat(&k->kv, &vat->id, buffer_slice(&parameters), err);
    buffer_fini(&parameters);
    return st;
}

static enum hs_status bootstrap_start_vats(struct kernel *k, struct bootstrap *b,
                                           struct hs_error *err)
{
    struct ref_list roots = {0};
    struct buffer pinned = {0};
    struct ref root;
    enum hs_status st = vat_names_all(&k->kv, &b->vats, &b->vats_len, err);

    for (size_t i = 0; i < b->vats_len && st == HS_OK; i++) {
        st = bootstrap_start_vat(k, &b->vats[i], &root, err);
        if (st == HS_OK) st = kernel_fail(err, ref_list_add(&roots, &root));
        if (st == HS_OK) {
            st = bootstrap_add_argument(b, slice_text(b->vats[i].name), &root, err);
        }
    }
    if (st == HS_OK) st = kernel_fail(err, ref_list_join(&roots, &pinned));
    if (st == HS_OK) {
        st = kv_hashed_write(&k->kv, slice_text("pinnedObjects"), buffer_slice(&pinned), err);
    }
    ref_list_fini(&roots);
    buffer_fini(&pinned);
    return st;
}

static enum hs_status device_names_damaged(struct hs_error *err)
{
    return kernel_store_damaged(slice_text("device.names"), "no list of names", err);
}

static enum hs_status bootstrap_add_device(struct kernel *k, struct bootstrap *b, struct slice name,
                                           struct hs_error *err)
{
    struct key key;
    struct ref id, node;
    struct slice value;
    enum hs_status st;

    if (name.len == 0 || name.len >= HS_NAME_BYTES_MAX) return device_names_damaged(err);
    st = kv_hashed_read(&k->kv, key_of(&key, "device.name.", name.data, ""), &value, err);
    if (st == HS_OK && ref_make(value, &id) != HS_OK) {
        st = kernel_store_damaged(key_slice(&key), "no device", err);
    }
    if (st == HS_OK) st = device_export_root(&k->kv, &id, &node, err);
    return st == HS_OK ? bootstrap_add_argument(b, name, &node, err) : st;
}

static enum hs_status bootstrap_add_devices(struct kernel *k, struct bootstrap *b,
                                            struct hs_error *err)
{
    struct buffer list = {0}, name = {0};
    struct json_text t;
    struct slice raw;
    enum hs_status st = kv_store_get_text(&k->kv.store, "device.names", &list, err);

    json_text_init(&t, buffer_slice(&list));
    (void)json_text_open(&t, '[');
    while (st == HS_OK && json_text_more(&t, ']') && json_text_string(&t, &raw)) {
        buffer_clear(&name);
        st = kernel_fail(err, json_text_decode(&name, raw));
        if (st == HS_OK) st = bootstrap_add_device(k, b, buffer_slice(&name), err);
    }
    if (st == HS_NOT_FOUND || (st == HS_OK && !json_text_end(&t))) {
        st = device_names_damaged(err);
    }
    buffer_fini(&list);
    buffer_fini(&name);
    return st;
}

/* Send what was gathered to the bootstrap vat, if there is one. */
static enum hs_status bootstrap_send(struct kernel *k, struct bootstrap *b, struct hs_error *err)
{
    struct slice value;
    struct ref vat, root, result;
    struct buffer raw = {0};
    bool found;
    enum hs_status st = kv_hashed_find(&k->kv, slice_text("kernel.bootstrap"), &value, &found, err);

    if (st != HS_OK || !found) return st;
    if (ref_make(value, &vat) != HS_OK || !ref_is_vat(&vat)) {
        return kernel_store_damaged(slice_text("kernel.bootstrap"), "no vat", err);
    }
    st = bootstrap_root(&k->kv, &vat, &root, err);
    if (st == HS_OK) st = promise_create(&k->kv, NULL, 1, &result, err);
    if (st == HS_OK) st = pending_add(k, &result, 0, err);
    if (st == HS_OK) st = kernel_fail(err, json_text_encode(&raw, buffer_slice(&b->body)));
    if (st == HS_OK) {
        st = event_send(&k->kv, QUEUE_ACCEPTANCE, &root, buffer_slice(&raw), &b->slots, &result,
                        err);
    }
    buffer_fini(&raw);
    return st;
}

/* The message's body: #["bootstrap",[{vats},{devices}]]. */
static enum hs_status bootstrap_gather(struct kernel *k, struct bootstrap *b, struct hs_error *err)
{
    struct json_printer *j = &b->print;
    enum hs_status st;

    *j = json_printer_on(&b->body);
    printer_text(&j->text, "#");
    json_print_open(j, '[');
    json_print_word(j, "bootstrap");
    json_print_open(j, '[');
    json_print_open(j, '{');
    st = bootstrap_start_vats(k, b, err);
    json_print_close(j, '}');
    json_print_open(j, '{');
    if (st == HS_OK) st = bootstrap_add_devices(k, b, err);
    json_print_close(j, '}');
    json_print_close(j, ']');
    json_print_close(j, ']');
    return st == HS_OK ? kernel_fail(err, json_print_end(j)) : st;
}

static enum hs_status bootstrap_crank(struct kernel *k, void *data, struct hs_error *err)
{
    struct bootstrap *b = data;
    enum hs_status st = bootstrap_gather(k, b, err);

    if (st == HS_OK) st = bootstrap_send(k, b, err);
    if (st != HS_OK) return st;
    return kv_hashed_write_text(&k->kv, slice_text("initialized"), "true", err);
}

static enum hs_status bootstrap_unstarted(const struct kernel *k, struct hs_error *err)
{
    return hs_fail(err, HS_INVALID, "the kernel cannot be initialised: %.*s", (int)k->casualty.len,
                   k->casualty.data);
}

/* A chain that begins with a vat that never ran, or a bootstrap that failed, would be no use to
 * anybody: the message in which it comes out fails, and says why, until the configuration is
 * repaired. */
enum hs_status bootstrap_check(struct kernel *k, struct hs_error *err)
{
    struct settlement s;
    struct ref kpid;
    bool waits = false;
    enum hs_status st = HS_OK;

    if (settlements_take(&k->settled, 0, &s)) {
        if (s.status == MESSAGE_REJECTED) {
            st = hs_fail(err, HS_INVALID,
                         "the kernel cannot be initialised: bootstrap was rejected: %s",
                         buffer_text(&s.value));
        }
        buffer_fini(&s.value);
    } else if (k->unstarted) {
        st = pending_bootstrap(k, &kpid, &waits, err);
        if (waits) st = bootstrap_unstarted(k, err);
    }
    return st;
}

static enum hs_status bootstrap_state_vector(struct kernel *k, void *data, struct hs_error *err)
{
    (void)data;
    return genesis_enter(&k->kv, k->options.config, err);
}

enum hs_status bootstrap_initialise(struct kernel *k, struct hs_error *err)
{
    bool found;
    enum hs_status st = kv_hashed_has(&k->kv, slice_text("vat.nextID"), &found, err);

    if (st != HS_OK || found) return st;
    return crank_run(k, bootstrap_state_vector, NULL, err);
}

enum hs_status bootstrap_run(struct kernel *k, struct hs_error *err)
{
    struct bootstrap b = {0};
    bool idle;
    enum hs_status st;

    assert(!k->now.initialized);
    st = crank_run(k, bootstrap_crank, &b, err);
    if (st == HS_OK) st = crank_run_some(k, false, &idle, err);
    bootstrap_fini(&b);
    if (st != HS_OK || k->casualty.len == 0) return st;
    return bootstrap_unstarted(k, err);
}
