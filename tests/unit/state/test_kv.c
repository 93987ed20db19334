/* Stores: the ordered map and the layers, each against a model too simple to be wrong. */
#include "tests/unit/suite.h"

#include "kernel/state/digest.h"
#include "kernel/state/kv_layers.h"
#include "kernel/state/kv_memory.h"
#include "kernel/state/limits.h"

#include <stdio.h>

/* The model: keys k00..k49, value or absent, one array a layer. */
enum {
    KEYS = 50,
    MODEL_CRANK = 0,
    MODEL_MESSAGE,
    MODEL_BLOCK,
    MODEL_MARK,
    MODEL_FROZEN,
    MODEL_BASE,
    MODEL_LAYERS
};
enum { ABSENT = -1, UNKNOWN = -2 }; /* deleted here; this layer does not know the key */

struct model {
    int layers[MODEL_LAYERS][KEYS];
};

static void model_clear(struct model *m, int layer)
{
    for (int i = 0; i < KEYS; i++) {
        m->layers[layer][i] = layer == MODEL_BASE ? ABSENT : UNKNOWN;
    }
}

static void model_merge(struct model *m, int to, int from)
{
    for (int i = 0; i < KEYS; i++) {
        if (m->layers[from][i] != UNKNOWN) m->layers[to][i] = m->layers[from][i];
        m->layers[from][i] = UNKNOWN;
    }
}

static int model_read(const struct model *m, int key)
{
    for (int layer = 0; layer < MODEL_LAYERS; layer++) {
        if (m->layers[layer][key] != UNKNOWN) return m->layers[layer][key];
    }
    return ABSENT;
}

static struct slice key_text(int key, char out[8])
{
    (void)snprintf(out, 8, "k%02d", key);
    return slice_text(out);
}

static void check_against_model(struct kv_store *kv, const struct model *m)
{
    struct buffer key = {0}, value = {0};
    enum hs_status st = HS_OK;
    char name[8], number[16];

    for (int i = 0; i < KEYS; i++) {
        int want = model_read(m, i);
        bool found = false;

        CU_ASSERT_EQUAL(kv_store_has(kv, key_text(i, name), &found, NULL), HS_OK);
        CU_ASSERT_EQUAL(found, want != ABSENT);
        st = kv_store_get(kv, key_text(i, name), &value, NULL);
        CU_ASSERT_EQUAL(st, want == ABSENT ? HS_NOT_FOUND : HS_OK);
        (void)snprintf(number, sizeof number, "%d", want);
        if (st == HS_OK) CU_ASSERT_STRING_EQUAL(buffer_text(&value), number);
    }
    buffer_clear(&key);
    for (int i = 0; i < KEYS; i++) { /* the walk in order sees exactly the present keys */
        if (model_read(m, i) == ABSENT) continue;
        st = kv_store_next(kv, buffer_slice(&key), &key, &value, NULL);
        CU_ASSERT_EQUAL_FATAL(st, HS_OK);
        CU_ASSERT(slice_equal(buffer_slice(&key), key_text(i, name)));
        (void)snprintf(number, sizeof number, "%d", model_read(m, i));
        CU_ASSERT_STRING_EQUAL(buffer_text(&value), number);
    }
    CU_ASSERT_EQUAL(kv_store_next(kv, buffer_slice(&key), &key, &value, NULL), HS_NOT_FOUND);
    buffer_fini(&key);
    buffer_fini(&value);
}

/* The base gets what the frozen layer holds, as a snapshot's writer would do; `dice`: any part. */
static void write_frozen(const struct kv_map *frozen, struct kv_store *base, uint64_t *dice)
{
    struct kv_entry entry;
    struct buffer at = {0};

    while (kv_map_next(frozen, buffer_slice(&at), &entry)) {
        if (dice && suite_random(dice) % 2 == 0) {
            /* not written yet, or never */
        } else if (entry.deleted) {
            CU_ASSERT_EQUAL(kv_store_delete(base, entry.key, NULL), HS_OK);
        } else {
            CU_ASSERT_EQUAL(kv_store_set(base, entry.key, entry.value, NULL), HS_OK);
        }
        CU_ASSERT_EQUAL(buffer_assign(&at, entry.key), HS_OK);
    }
    buffer_fini(&at);
}

struct rig {
    struct kv_memory *base;
    struct kv_layers *layers;
    const struct kv_map *frozen;
    struct model model;
    bool in_crank; /* as it should be, whatever the layers say */
    uint64_t seed;
};

static void rig_write(struct rig *r)
{
    int key = (int)(suite_random(&r->seed) % KEYS), value = (int)(suite_random(&r->seed) % 1000);
    int layer = r->in_crank ? MODEL_CRANK : MODEL_MESSAGE;
    char name[8], number[16];
    struct kv_store *kv = kv_layers_store(r->layers);

    if (suite_random(&r->seed) % 3 == 0) {
        CU_ASSERT_EQUAL(kv_store_delete(kv, key_text(key, name), NULL), HS_OK);
        r->model.layers[layer][key] = ABSENT;
        return;
    }
    (void)snprintf(number, sizeof number, "%d", value);
    if (model_read(&r->model, key) == ABSENT && suite_random(&r->seed) % 2 == 0) {
        CU_ASSERT_EQUAL(kv_layers_create(r->layers, key_text(key, name), slice_text(number), NULL),
                        HS_OK);
    } else {
        CU_ASSERT_EQUAL(kv_store_set(kv, key_text(key, name), slice_text(number), NULL), HS_OK);
    }
    r->model.layers[layer][key] = value;
}

static void rig_crank(struct rig *r)
{
    r->in_crank = !r->in_crank;
    if (r->in_crank) {
        kv_layers_crank_begin(r->layers);
        return;
    }
    if (suite_random(&r->seed) % 3 == 0) {
        kv_layers_crank_abort(r->layers);
        model_clear(&r->model, MODEL_CRANK);
    } else {
        kv_layers_crank_commit(r->layers);
        model_merge(&r->model, MODEL_MESSAGE, MODEL_CRANK);
    }
}

static void rig_freeze_or_thaw(struct rig *r)
{
    if (!r->frozen) {
        CU_ASSERT_EQUAL(kv_layers_freeze(r->layers, &r->frozen, NULL), HS_OK);
        model_merge(&r->model, MODEL_FROZEN, MODEL_MARK);
        write_frozen(r->frozen, kv_memory_store(r->base), &r->seed);
        return;
    }
    CU_ASSERT_EQUAL(kv_layers_freeze(r->layers, &r->frozen, NULL), HS_BUSY);
    if (suite_random(&r->seed) % 3 == 0) { /* the snapshot failed: back under the mark layer */
        kv_layers_thaw(r->layers, false);
        model_merge(&r->model, MODEL_FROZEN, MODEL_MARK);
        model_merge(&r->model, MODEL_MARK, MODEL_FROZEN);
    } else {
        write_frozen(r->frozen, kv_memory_store(r->base), NULL);
        kv_layers_thaw(r->layers, true);
        model_merge(&r->model, MODEL_BASE, MODEL_FROZEN);
    }
    r->frozen = NULL;
}

static void rig_step(struct rig *r)
{
    uint64_t dice = suite_random(&r->seed) % 20;

    if (dice < 12) {
        rig_write(r);
    } else if (dice < 15) {
        rig_crank(r);
    } else if (dice == 15) {
        rig_freeze_or_thaw(r);
    } else if (dice == 16) {
        kv_layers_back_to_mark(r->layers);
        r->in_crank = false;
        for (int layer = MODEL_CRANK; layer <= MODEL_BLOCK; layer++) {
            model_clear(&r->model, layer);
        }
        CU_ASSERT(kv_layers_at_mark(r->layers));
    } else if (!r->in_crank) {
        kv_layers_message_commit(r->layers);
        model_merge(&r->model, MODEL_BLOCK, MODEL_MESSAGE);
        if (dice < 19) return;
        kv_layers_mark(r->layers);
        model_merge(&r->model, MODEL_MARK, MODEL_BLOCK);
    }
}

static void kv_layers__random_walk_equals_the_model(void)
{
    struct rig r = {.seed = suite_seed()};

    CU_ASSERT_EQUAL_FATAL(kv_memory_open(&r.base, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(kv_layers_open(kv_memory_store(r.base), &r.layers, NULL), HS_OK);
    for (int layer = 0; layer < MODEL_LAYERS; layer++) {
        model_clear(&r.model, layer);
    }
    for (int step = 0; step < 20000; step++) {
        rig_step(&r);
        if (step % 50 == 0) check_against_model(kv_layers_store(r.layers), &r.model);
    }
    check_against_model(kv_layers_store(r.layers), &r.model);
    if (r.frozen) kv_layers_thaw(r.layers, false);
    kv_layers_close(r.layers);
    kv_memory_close(r.base);
}

static void kv_layers__message_changes_are_net(void)
{
    struct kv_memory *base = NULL;
    struct kv_layers *l = NULL;
    struct kv_store *kv;
    struct kv_entry entry;

    CU_ASSERT_EQUAL_FATAL(kv_memory_open(&base, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(kv_layers_open(kv_memory_store(base), &l, NULL), HS_OK);
    kv = kv_layers_store(l);
    kv_layers_crank_begin(l);
    CU_ASSERT_EQUAL(kv_store_set(kv, slice_text("a"), slice_text("1"), NULL), HS_OK);
    CU_ASSERT_EQUAL(kv_store_set(kv, slice_text("b"), slice_text("1"), NULL), HS_OK);
    kv_layers_crank_commit(l);
    kv_layers_crank_begin(l);
    CU_ASSERT_EQUAL(kv_store_set(kv, slice_text("a"), slice_text("2"), NULL), HS_OK);
    CU_ASSERT_EQUAL(kv_store_delete(kv, slice_text("b"), NULL), HS_OK);
    kv_layers_crank_commit(l);
    CU_ASSERT_EQUAL(kv_map_count(kv_layers_message_changes(l)), 2);
    CU_ASSERT(kv_map_find(kv_layers_message_changes(l), slice_text("a"), &entry));
    CU_ASSERT(slice_equal(entry.value, slice_text("2")));
    CU_ASSERT(kv_map_find(kv_layers_message_changes(l), slice_text("b"), &entry));
    CU_ASSERT(entry.deleted);
    kv_layers_message_commit(l);
    CU_ASSERT_EQUAL(kv_map_count(kv_layers_message_changes(l)), 0);
    kv_layers_close(l);
    kv_memory_close(base);
}

static void kv_layers__created_and_deleted_leaves_no_trace(void)
{
    struct kv_memory *base = NULL;
    struct kv_layers *l = NULL;
    struct kv_store *kv;

    CU_ASSERT_EQUAL_FATAL(kv_memory_open(&base, NULL), HS_OK);
    CU_ASSERT_EQUAL(kv_store_set(kv_memory_store(base), slice_text("old"), slice_text("1"), NULL),
                    HS_OK);
    CU_ASSERT_EQUAL_FATAL(kv_layers_open(kv_memory_store(base), &l, NULL), HS_OK);
    kv = kv_layers_store(l);
    kv_layers_crank_begin(l);
    CU_ASSERT_EQUAL(kv_layers_create(l, slice_text("new"), slice_text("1"), NULL), HS_OK);
    kv_layers_crank_commit(l);
    kv_layers_crank_begin(l);
    CU_ASSERT_EQUAL(kv_store_delete(kv, slice_text("new"), NULL), HS_OK);
    CU_ASSERT_EQUAL(kv_store_delete(kv, slice_text("old"), NULL), HS_OK);
    kv_layers_crank_commit(l);
    CU_ASSERT_EQUAL(kv_map_count(kv_layers_message_changes(l)), 1); /* the deletion of "old" */
    /* Created again over its deletion, it still hides what the base holds when it goes. */
    CU_ASSERT_EQUAL(kv_layers_create(l, slice_text("old"), slice_text("2"), NULL), HS_OK);
    kv_layers_message_commit(l);
    CU_ASSERT_EQUAL(kv_store_delete(kv, slice_text("old"), NULL), HS_OK);
    kv_layers_message_commit(l);
    kv_layers_mark(l);
    CU_ASSERT_EQUAL(kv_store_next(kv, slice_text(""), &(struct buffer){0}, NULL, NULL),
                    HS_NOT_FOUND);
    kv_layers_close(l);
    kv_memory_close(base);
}

static void check_value(struct kv_store *kv, const char *key, const char *want)
{
    struct buffer value = {0};
    enum hs_status st = kv_store_get(kv, slice_text(key), &value, NULL);

    CU_ASSERT_EQUAL(st, want ? HS_OK : HS_NOT_FOUND);
    if (want) CU_ASSERT_STRING_EQUAL(buffer_text(&value), want);
    buffer_fini(&value);
}

static void kv_layers__read_through_sees_own_message_and_the_other_store(void)
{
    struct kv_memory *base = NULL, *node = NULL;
    struct kv_layers *l = NULL;
    struct kv_store *kv;
    struct buffer key = {0};

    CU_ASSERT_EQUAL_FATAL(kv_memory_open(&base, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(kv_memory_open(&node, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(kv_layers_open(kv_memory_store(base), &l, NULL), HS_OK);
    kv = kv_layers_store(l);
    CU_ASSERT_EQUAL(kv_store_set(kv, slice_text("block"), slice_text("ours"), NULL), HS_OK);
    kv_layers_message_commit(l);
    CU_ASSERT_EQUAL(
        kv_store_set(kv_memory_store(node), slice_text("node"), slice_text("theirs"), NULL), HS_OK);
    kv_layers_read_through(l, kv_memory_store(node));
    check_value(kv, "block", NULL); /* the node's store does not have it: neither have we */
    check_value(kv, "node", "theirs");
    CU_ASSERT_EQUAL(kv_store_set(kv, slice_text("node"), slice_text("message"), NULL), HS_OK);
    check_value(kv, "node", "message");
    CU_ASSERT_EQUAL(kv_store_next(kv, slice_text(""), &key, NULL, NULL), HS_OK);
    CU_ASSERT_STRING_EQUAL(buffer_text(&key), "node");
    kv_layers_message_commit(l);
    kv_layers_read_through(l, NULL);
    check_value(kv, "block", "ours");
    check_value(kv, "node", "message");
    buffer_fini(&key);
    kv_layers_close(l);
    kv_memory_close(node);
    kv_memory_close(base);
}

static void kv_store__bounds_are_refused(void)
{
    struct kv_memory *m = NULL;
    struct kv_store *kv;
    char *long_key = calloc(1, HS_KEY_BYTES_MAX + 1);
    bool found = true;

    CU_ASSERT_EQUAL_FATAL(kv_memory_open(&m, NULL), HS_OK);
    kv = kv_memory_store(m);
    memset(long_key, 'k', HS_KEY_BYTES_MAX + 1);
    CU_ASSERT_EQUAL(kv_store_set(kv, slice_text(""), slice_text("v"), NULL), HS_TOO_LARGE);
    CU_ASSERT_EQUAL(
        kv_store_set(kv, slice_make(long_key, HS_KEY_BYTES_MAX + 1), slice_text("v"), NULL),
        HS_TOO_LARGE);
    CU_ASSERT_EQUAL(kv_store_set(kv, slice_make(long_key, HS_KEY_BYTES_MAX), slice_text(""), NULL),
                    HS_OK);
    CU_ASSERT_EQUAL(kv_store_has(kv, slice_make(long_key, HS_KEY_BYTES_MAX), &found, NULL), HS_OK);
    CU_ASSERT(found);
    CU_ASSERT_EQUAL(kv_store_delete(kv, slice_text("absent"), NULL), HS_OK);
    kv_memory_close(m);
    free(long_key);
}

static void kv_store__digests_see_every_difference(void)
{
    struct kv_memory *a = NULL, *b = NULL;
    uint64_t da, db, n;
    char ha[SHA256_HEX_BYTES], hb[SHA256_HEX_BYTES];

    CU_ASSERT_EQUAL_FATAL(kv_memory_open(&a, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(kv_memory_open(&b, NULL), HS_OK);
    for (int i = 0; i < 10; i++) { /* the same entries in opposite order */
        char name[8];

        CU_ASSERT_EQUAL(kv_store_set(kv_memory_store(a), key_text(i, name), slice_text("v"), NULL),
                        HS_OK);
        CU_ASSERT_EQUAL(
            kv_store_set(kv_memory_store(b), key_text(9 - i, name), slice_text("v"), NULL), HS_OK);
    }
    CU_ASSERT_EQUAL(kv_store_digest(kv_memory_store(a), &da, &n, NULL), HS_OK);
    CU_ASSERT_EQUAL(kv_store_digest(kv_memory_store(b), &db, &n, NULL), HS_OK);
    CU_ASSERT(da == db && n == 10);
    CU_ASSERT_EQUAL(kv_store_sha256(kv_memory_store(a), ha, NULL), HS_OK);
    CU_ASSERT_EQUAL(kv_store_sha256(kv_memory_store(b), hb, NULL), HS_OK);
    CU_ASSERT_STRING_EQUAL(ha, hb);
    CU_ASSERT_EQUAL(kv_store_set(kv_memory_store(b), slice_text("k03"), slice_text("w"), NULL),
                    HS_OK);
    CU_ASSERT_EQUAL(kv_store_digest(kv_memory_store(b), &db, &n, NULL), HS_OK);
    CU_ASSERT_EQUAL(kv_store_sha256(kv_memory_store(b), hb, NULL), HS_OK);
    CU_ASSERT_NOT_EQUAL(da, db);
    CU_ASSERT_STRING_NOT_EQUAL(ha, hb);
    kv_memory_close(a);
    kv_memory_close(b);
}

static const struct suite_case cases[] = {
    SUITE_CASE(kv_layers__random_walk_equals_the_model),
    SUITE_CASE(kv_layers__message_changes_are_net),
    SUITE_CASE(kv_layers__created_and_deleted_leaves_no_trace),
    SUITE_CASE(kv_layers__read_through_sees_own_message_and_the_other_store),
    SUITE_CASE(kv_store__bounds_are_refused),
    SUITE_CASE(kv_store__digests_see_every_difference),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("kv", cases, argc, argv);
}
