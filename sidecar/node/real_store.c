#include "sidecar/node/real_store.h"

#include "ipc/wire.h"
#include "kernel/state/packed.h"

#include <assert.h>
#include <stdlib.h>

struct real_store {
    struct kv_store kv; /* first: a store is its real_store */
    struct node_link *link;
    struct figures_board *board;
    /* The last scan: entries with key > after. `walk` stands behind the entry `at`, which was the
     * last one handed out, so that the next one costs a step. */
    struct buffer batch;
    struct buffer after, at;
    struct packed_walk walk;
    bool scanned, more;
};

static void real_store_count(struct real_store *r, bool scan)
{
    struct figures *f = figures_acquire(r->board);

    if (scan) {
        f->store_scans++;
    } else {
        f->store_gets++;
    }
    figures_release(r->board);
}

static enum hs_status real_store_get(struct kv_store *kv, struct slice key, struct buffer *value,
                                     struct hs_error *err)
{
    struct real_store *r = (struct real_store *)kv;
    struct buffer params = {0}, result = {0};
    struct wire_writer w;
    struct packed_value found;
    struct slice text;
    enum hs_status st;

    wire_begin(&w, &params);
    wire_put_map(&w, 1);
    wire_put_text(&w, slice_text("key"));
    wire_put_text(&w, key);
    st = wire_end(&w);
    if (st != HS_OK) {
        (void)hs_fail(err, st, "store.get: no memory to ask with");
        goto out;
    }
    real_store_count(r, false);
    st = node_link_request(r->link, "store.get", buffer_slice(&params), &result, err);
    if (st != HS_OK) goto out;
    found = packed_member(packed_root(buffer_slice(&result)), "value");
    if (packed_kind_of(found) == PACKED_NIL) {
        st = HS_NOT_FOUND;
    } else if (!packed_text(found, &text)) {
        st = hs_fail(err, HS_NODE_FAILED, "store.get: the node's answer holds no value");
    } else if (value && buffer_assign(value, text) != HS_OK) {
        st = hs_fail(err, HS_NOMEM, "a value of %zu bytes", text.len);
    }
out:
    buffer_fini(&params);
    buffer_fini(&result);
    return st;
}

static enum hs_status real_store_has(struct kv_store *kv, struct slice key, bool *found,
                                     struct hs_error *err)
{
    enum hs_status st = real_store_get(kv, key, NULL, err);

    *found = st == HS_OK;
    return st == HS_NOT_FOUND ? HS_OK : st;
}

/* --- one store.scan --- */

static enum hs_status scan_ask(struct real_store *r, struct slice after, struct exchange **out,
                               struct hs_error *err)
{
    struct buffer params = {0};
    struct wire_writer w;
    enum hs_status st;

    *out = NULL;
    wire_begin(&w, &params);
    wire_put_map(&w, 2);
    wire_put_text(&w, slice_text("after"));
    wire_put_text(&w, after);
    wire_put_text(&w, slice_text("bytes"));
    wire_put_uint(&w, REAL_STORE_BATCH_BYTES);
    st = wire_end(&w);
    if (st != HS_OK) {
        (void)hs_fail(err, st, "store.scan: no memory to ask with");
    } else {
        real_store_count(r, true);
        st = node_link_ask(r->link, "store.scan", buffer_slice(&params), out, err);
    }
    buffer_fini(&params);
    return st;
}

static enum hs_status scan_await(struct exchange *x, struct buffer *batch, bool *more,
                                 struct hs_error *err)
{
    enum hs_status st = node_link_await(x, batch, err);

    if (st != HS_OK) return st;
    if (packed_bool(packed_member(packed_root(buffer_slice(batch)), "more"), more)) return HS_OK;
    return hs_fail(err, HS_NODE_FAILED, "store.scan: the node's answer lacks `more`");
}

static enum hs_status scan_leads_nowhere(struct hs_error *err)
{
    return hs_fail(err, HS_NODE_FAILED, "store.scan: the node's answer leads nowhere");
}

static enum hs_status batch_walk(const struct buffer *batch, struct packed_walk *walk,
                                 struct hs_error *err)
{
    if (packed_walk_begin(packed_member(packed_root(buffer_slice(batch)), "entries"), walk)) {
        return HS_OK;
    }
    return hs_fail(err, HS_NODE_FAILED, "store.scan: the node's answer holds no entries");
}

static bool batch_next(struct packed_walk *walk, struct slice *key, struct slice *value)
{
    struct packed_value entry;

    if (!packed_walk_next(walk, &entry)) return false;
    return packed_text(packed_at(entry, 0), key) && packed_text(packed_at(entry, 1), value);
}

/* --- the store's next entry, from the last scan while that reaches --- */

/* Begin going through the batch again. */
static enum hs_status batch_rewind(struct real_store *r, struct hs_error *err)
{
    buffer_clear(&r->at);
    return batch_walk(&r->batch, &r->walk, err);
}

static enum hs_status batch_fetch(struct real_store *r, struct slice after, struct hs_error *err)
{
    struct exchange *x = NULL;
    enum hs_status st;

    real_store_forget(r);
    st = buffer_assign(&r->after, after);
    if (st != HS_OK) return hs_fail(err, st, "store.scan: no memory to ask with");
    st = scan_ask(r, buffer_slice(&r->after), &x, err);
    if (st == HS_OK) st = scan_await(x, &r->batch, &r->more, err);
    if (st == HS_OK) st = batch_rewind(r, err);
    r->scanned = st == HS_OK;
    return st;
}

/* The first entry of the batch with key > after. Forward steps are the rule; a step back rewinds.
 */
static bool batch_find(struct real_store *r, struct slice after, struct slice *key,
                       struct slice *value, struct hs_error *err)
{
    if (slice_compare(after, buffer_slice(&r->at)) < 0 && batch_rewind(r, err) != HS_OK) {
        return false;
    }
    while (batch_next(&r->walk, key, value)) {
        if (slice_compare(*key, after) > 0) return true;
    }
    return false;
}

static enum hs_status entry_hand_out(struct real_store *r, struct slice found, struct slice text,
                                     struct buffer *key, struct buffer *value, struct hs_error *err)
{
    enum hs_status st = buffer_assign(&r->at, found);

    if (st == HS_OK) st = buffer_assign(key, found);
    if (st == HS_OK && value) st = buffer_assign(value, text);
    if (st != HS_OK) (void)hs_fail(err, st, "an entry of %zu bytes", found.len + text.len);
    return st;
}

static enum hs_status real_store_next(struct kv_store *kv, struct slice after, struct buffer *key,
                                      struct buffer *value, struct hs_error *err)
{
    struct real_store *r = (struct real_store *)kv;
    struct slice found = {0}, text = {0};
    enum hs_status st;

    if (r->scanned && slice_compare(after, buffer_slice(&r->after)) >= 0) {
        if (batch_find(r, after, &found, &text, err)) {
            return entry_hand_out(r, found, text, key, value, err);
        }
        if (!r->more) {
            r->scanned = false; /* the walk stands at its end */
            return HS_NOT_FOUND;
        }
    }
    st = batch_fetch(r, after, err);
    if (st != HS_OK) return st;
    if (batch_find(r, after, &found, &text, err)) {
        return entry_hand_out(r, found, text, key, value, err);
    }
    if (r->more) return scan_leads_nowhere(err);
    r->scanned = false;
    return HS_NOT_FOUND;
}

/* --- every entry, one scan ahead --- */

struct pass {
    struct real_store *real;
    struct exchange *ahead;    /* the scan that was asked for; NULL: none */
    struct buffer batch;       /* the scan that is gone through, */
    struct buffer after, last; /* what it was asked after, and its last key */
    bool more;
};

/* Where the next scan begins is known once this one's last key is. */
static enum hs_status pass_find_last(struct pass *p, struct hs_error *err)
{
    struct packed_walk walk;
    struct slice key, value, last = {0};
    enum hs_status st = batch_walk(&p->batch, &walk, err);

    if (st != HS_OK) return st;
    while (batch_next(&walk, &key, &value)) {
        last = key;
    }
    if (p->more && slice_compare(last, buffer_slice(&p->after)) <= 0)
        return scan_leads_nowhere(err);
    st = buffer_assign(&p->last, last);
    return st == HS_OK ? HS_OK : hs_fail(err, st, "a key of %zu bytes", last.len);
}

/* The scan that was asked for, and the question after it. */
static enum hs_status pass_turn(struct pass *p, struct hs_error *err)
{
    struct exchange *x = p->ahead;
    enum hs_status st;

    p->ahead = NULL;
    buffer_take(&p->after, &p->last);
    st = scan_await(x, &p->batch, &p->more, err);
    if (st == HS_OK) st = pass_find_last(p, err);
    return st == HS_OK && p->more ? scan_ask(p->real, buffer_slice(&p->last), &p->ahead, err) : st;
}

static enum hs_status pass_hand_out(struct pass *p, real_store_entry_fn take, void *data,
                                    struct hs_error *err)
{
    struct packed_walk walk;
    struct slice key, value;
    enum hs_status st = batch_walk(&p->batch, &walk, err);

    while (st == HS_OK && batch_next(&walk, &key, &value)) {
        if (slice_compare(key, buffer_slice(&p->after)) > 0) st = take(data, key, value, err);
    }
    return st;
}

/* No question is left behind; what its answer says is nobody's any more. */
static void pass_end(struct pass *p)
{
    if (p->ahead && node_link_await(p->ahead, &p->batch, NULL) == HS_OK) p->ahead = NULL;
    buffer_fini(&p->batch);
    buffer_fini(&p->after);
    buffer_fini(&p->last);
}

enum hs_status real_store_each(struct real_store *r, real_store_entry_fn take, void *data,
                               struct hs_error *err)
{
    struct pass p = {.real = r};
    enum hs_status st = scan_ask(r, slice_make(NULL, 0), &p.ahead, err);

    while (st == HS_OK && p.ahead) {
        st = pass_turn(&p, err);
        if (st == HS_OK) st = pass_hand_out(&p, take, data, err);
    }
    pass_end(&p);
    return st;
}

static const struct kv_store_ops real_store_ops = {
    .get = real_store_get,
    .has = real_store_has,
    .next = real_store_next,
};

enum hs_status real_store_open(struct node_link *link, struct figures_board *board,
                               struct real_store **out, struct hs_error *err)
{
    struct real_store *r = calloc(1, sizeof *r);

    *out = NULL;
    if (!r) return hs_fail(err, HS_NOMEM, "no memory for the real store");
    r->kv.ops = &real_store_ops;
    r->link = link;
    r->board = board;
    *out = r;
    return HS_OK;
}

void real_store_close(struct real_store *r)
{
    if (!r) return;
    buffer_fini(&r->batch);
    buffer_fini(&r->after);
    buffer_fini(&r->at);
    free(r);
}

struct kv_store *real_store_kv(struct real_store *r)
{
    return &r->kv;
}

void real_store_forget(struct real_store *r)
{
    r->scanned = false;
    buffer_clear(&r->at);
    buffer_clear(&r->batch);
}
