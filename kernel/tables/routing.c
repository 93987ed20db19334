#include "kernel/tables/routing.h"

#include "kernel/tables/objects.h"
#include "kernel/tables/promises.h"
#include "kernel/tables/resolution.h"
#include "kernel/tables/termination.h"
#include "kernel/tables/vat_names.h"

#include <assert.h>

void route_fini(struct route *r)
{
    buffer_fini(&r->body);
    ref_list_fini(&r->slots);
}

static enum hs_status route_error(struct route *out, const char *message, struct hs_error *err)
{
    out->kind = ROUTE_REFUSE;
    buffer_clear(&out->body);
    ref_list_clear(&out->slots);
    return kernel_fail(err, capdata_error(&out->body, "Error", message));
}

static enum hs_status route_ended(struct kv_hashed *k, const struct ref *vat, struct route *out,
                                  struct hs_error *err)
{
    struct buffer words = {0};
    enum hs_status st = termination_words(k, vat, &words, err);

    if (st == HS_OK) st = route_error(out, buffer_text(&words), err);
    buffer_fini(&words);
    return st;
}

/* The vat that exports it, if it can be spoken to. */
static enum hs_status route_owner(struct kv_hashed *k, const struct ref *object, struct ref *vat,
                                  bool *open, struct hs_error *err)
{
    bool ended = false;
    enum hs_status st = object_owner(k, object, vat, err);

    if (st == HS_OK) st = vat_names_ended(k, vat, &ended, err);
    *open = st == HS_OK && vat->text[0] != '\0' && !ended;
    return st;
}

enum hs_status route_is_open(struct kv_hashed *k, const struct ref *object, bool *open,
                             struct hs_error *err)
{
    struct ref vat;

    return route_owner(k, object, &vat, open, err);
}

static enum hs_status route_object(struct kv_hashed *k, const struct ref *object, struct route *out,
                                   struct hs_error *err)
{
    bool open = false;
    enum hs_status st = route_owner(k, object, &out->vat, &open, err);

    if (st != HS_OK) return st;
    if (!open) return route_ended(k, &out->vat, out, err);
    out->kind = ROUTE_VAT;
    out->object = *object;
    return HS_OK;
}

static enum hs_status route_settled(struct kv_hashed *k, const struct ref *promise,
                                    enum promise_state state, struct route *out,
                                    struct hs_error *err)
{
    struct ref object;
    enum hs_status st = promise_data(k, promise, &out->body, &out->slots, err);

    if (st != HS_OK) return st;
    if (state == PROMISE_REJECTED) {
        out->kind = ROUTE_REFUSE;
        return HS_OK;
    }
    if (out->slots.len != 1 || kref_kind(&out->slots.items[0]) != REF_OBJECT ||
        !capdata_is_slot(buffer_slice(&out->body))) {
        return route_error(out, "cannot send to data: the promise was fulfilled with no object",
                           err);
    }
    object = out->slots.items[0];
    return route_object(k, &object, out, err);
}

/* Nobody will settle what a vat that ended was to decide, but its clean-up, later. */
static enum hs_status route_unresolved(struct kv_hashed *k, const struct ref *promise,
                                       struct route *out, struct hs_error *err)
{
    bool ended = false;
    enum hs_status st = promise_decider(k, promise, &out->vat, err);

    if (st == HS_OK && out->vat.text[0] != '\0') st = vat_names_ended(k, &out->vat, &ended, err);
    if (st != HS_OK) return st;
    if (ended) return route_ended(k, &out->vat, out, err);
    out->kind = ROUTE_WAIT;
    return HS_OK;
}

enum hs_status route_find(struct kv_hashed *k, const struct ref *target, struct route *out,
                          struct hs_error *err)
{
    enum promise_state state;
    enum hs_status st;

    *out = (struct route){0};
    if (kref_kind(target) == REF_OBJECT) return route_object(k, target, out, err);
    if (kref_kind(target) != REF_PROMISE) return route_error(out, "cannot send to a device", err);
    st = promise_state_read(k, target, &state, err);
    if (st != HS_OK) return st;
    if (state != PROMISE_UNRESOLVED) return route_settled(k, target, state, out, err);
    return route_unresolved(k, target, out, err);
}

enum hs_status route_refuse(struct kv_hashed *k, const struct route *r, const struct event *e,
                            struct hs_error *err)
{
    assert(r->kind == ROUTE_REFUSE && e->kind == EVENT_SEND);
    if (e->promise.text[0] == '\0') return HS_OK;
    return resolution_settle(k, &e->promise, true, buffer_slice(&r->body), &r->slots, NULL, err);
}
