#include "sidecar/base_switch.h"

#include <assert.h>
#include <stdlib.h>

struct base_switch {
    struct kv_store kv; /* first: a store is its switch */
    struct kv_store *target;
};

static struct kv_store *switch_target(struct kv_store *kv)
{
    struct base_switch *b = (struct base_switch *)kv;

    assert(b->target);
    return b->target;
}

static enum hs_status switch_get(struct kv_store *kv, struct slice key, struct buffer *value,
                                 struct hs_error *err)
{
    return kv_store_get(switch_target(kv), key, value, err);
}

static enum hs_status switch_has(struct kv_store *kv, struct slice key, bool *found,
                                 struct hs_error *err)
{
    return kv_store_has(switch_target(kv), key, found, err);
}

static enum hs_status switch_next(struct kv_store *kv, struct slice after, struct buffer *key,
                                  struct buffer *value, struct hs_error *err)
{
    return kv_store_next(switch_target(kv), after, key, value, err);
}

static const struct kv_store_ops switch_ops = {
    .get = switch_get,
    .has = switch_has,
    .next = switch_next,
};

enum hs_status base_switch_open(struct base_switch **out, struct hs_error *err)
{
    struct base_switch *b = calloc(1, sizeof *b);

    *out = NULL;
    if (!b) return hs_fail(err, HS_NOMEM, "base switch");
    b->kv.ops = &switch_ops;
    *out = b;
    return HS_OK;
}

void base_switch_close(struct base_switch *b)
{
    free(b);
}

struct kv_store *base_switch_store(struct base_switch *b)
{
    return &b->kv;
}

void base_switch_to(struct base_switch *b, struct kv_store *target)
{
    assert(target && target != &b->kv);
    b->target = target;
}
