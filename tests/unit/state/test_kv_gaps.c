/* Gaps: keys that are gone are walked over once, and what is not gone is never jumped. */
#include "tests/unit/suite.h"

#include "kernel/state/kv_gaps.h"
#include "kernel/state/kv_layers.h"
#include "kernel/state/kv_memory.h"
#include "kernel/state/limits.h"

#include <stdio.h>

enum { KEYS = 400 };

static struct slice key_text(unsigned key, char out[8])
{
    (void)snprintf(out, 8, "k%04u", key % 10000);
    return slice_text(out);
}

/* A base that counts how often it is asked for the next key. */
struct counted {
    struct kv_store store; /* first: the interface is this object */
    struct kv_memory *held;
    uint64_t asked;
};

static struct counted *counted_of(struct kv_store *kv)
{
    return (struct counted *)kv;
}

static enum hs_status counted_get(struct kv_store *kv, struct slice key, struct buffer *value,
                                  struct hs_error *err)
{
    return kv_store_get(kv_memory_store(counted_of(kv)->held), key, value, err);
}

static enum hs_status counted_has(struct kv_store *kv, struct slice key, bool *found,
                                  struct hs_error *err)
{
    return kv_store_has(kv_memory_store(counted_of(kv)->held), key, found, err);
}

static enum hs_status counted_next(struct kv_store *kv, struct slice after, struct buffer *key,
                                   struct buffer *value, struct hs_error *err)
{
    counted_of(kv)->asked++;
    return kv_store_next(kv_memory_store(counted_of(kv)->held), after, key, value, err);
}

struct rig {
    struct counted base;
    struct kv_layers *layers;
    struct buffer key, value;
    uint64_t seed;
};

/* All keys lie in the base, and one behind them. */
static void rig_open(struct rig *r)
{
    static const struct kv_store_ops ops = {
        .get = counted_get, .has = counted_has, .next = counted_next};
    struct kv_store *held;
    char name[8];

    *r = (struct rig){.base = {.store = {.ops = &ops}}, .seed = suite_seed()};
    CU_ASSERT_EQUAL_FATAL(kv_memory_open(&r->base.held, NULL), HS_OK);
    held = kv_memory_store(r->base.held);
    for (unsigned i = 0; i < KEYS; i++) {
        CU_ASSERT_EQUAL(kv_store_set(held, key_text(i, name), slice_text("base"), NULL), HS_OK);
    }
    CU_ASSERT_EQUAL(kv_store_set(held, slice_text("z"), slice_text("last"), NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(kv_layers_open(&r->base.store, &r->layers, NULL), HS_OK);
}

static void rig_close(struct rig *r)
{
    kv_layers_close(r->layers);
    kv_memory_close(r->base.held);
    buffer_fini(&r->key);
    buffer_fini(&r->value);
}

static void rig_set(struct rig *r, unsigned key)
{
    char name[8];

    CU_ASSERT_EQUAL(
        kv_store_set(kv_layers_store(r->layers), key_text(key, name), slice_text("new"), NULL),
        HS_OK);
}

static void rig_delete(struct rig *r, unsigned first, unsigned len)
{
    char name[8];

    for (unsigned i = first; i < first + len && i < KEYS; i++) {
        CU_ASSERT_EQUAL(kv_store_delete(kv_layers_store(r->layers), key_text(i, name), NULL),
                        HS_OK);
    }
}

static void rig_expect_next(struct rig *r, struct slice after, struct slice wanted)
{
    CU_ASSERT_EQUAL_FATAL(
        kv_store_next(kv_layers_store(r->layers), after, &r->key, &r->value, NULL), HS_OK);
    CU_ASSERT_TRUE(slice_equal(buffer_slice(&r->key), wanted));
}

static void deleted__are_walked_over_once(void)
{
    struct rig r;
    char name[8];

    rig_open(&r);
    rig_delete(&r, 0, KEYS);
    for (unsigned i = 0; i < 200; i++) {
        rig_expect_next(&r, slice_text("k"), slice_text("z"));
        rig_expect_next(&r, key_text(i, name), slice_text("z"));
        rig_set(&r, KEYS / 2 + i % 100); /* in the middle of what is known to be empty */
        rig_expect_next(&r, slice_text("k"), key_text(KEYS / 2 + i % 100, name));
        rig_delete(&r, KEYS / 2 + i % 100, 1);
    }
    CU_ASSERT_TRUE(r.base.asked < 5 * KEYS);
    rig_close(&r);
}

/* Each key that a walk comes to goes as well. */
static void deleted__one_after_the_other_are_walked_over_once(void)
{
    struct rig r;
    char name[8];

    rig_open(&r);
    rig_delete(&r, 0, KEYS / 2);
    for (unsigned i = KEYS / 2; i < KEYS; i++) {
        rig_expect_next(&r, slice_text("k"), key_text(i, name));
        rig_delete(&r, i, 1);
    }
    CU_ASSERT_TRUE(r.base.asked < 20 * KEYS);
    rig_close(&r);
}

/* What the store has, asked key by key, is what a walk must find. */
static void rig_check(struct rig *r)
{
    struct kv_store *kv = kv_layers_store(r->layers);
    unsigned after = (unsigned)(suite_random(&r->seed) % KEYS), next = after + 1;
    bool found = false;
    char name[8], other[8];

    for (; next < KEYS; next++) {
        CU_ASSERT_EQUAL(kv_store_has(kv, key_text(next, name), &found, NULL), HS_OK);
        if (found) break;
    }
    rig_expect_next(r, key_text(after, other), found ? key_text(next, name) : slice_text("z"));
    CU_ASSERT_EQUAL(kv_store_get(kv, buffer_slice(&r->key), &r->key, NULL), HS_OK);
    CU_ASSERT_TRUE(slice_equal(buffer_slice(&r->key), buffer_slice(&r->value)));
}

static void rig_move(struct rig *r, bool *in_crank)
{
    uint64_t dice = suite_random(&r->seed) % 8;
    size_t savepoints = kv_layers_savepoints(r->layers);

    if (*in_crank) {
        if (dice % 2 == 0) {
            kv_layers_crank_abort(r->layers);
        } else {
            kv_layers_crank_commit(r->layers);
        }
        *in_crank = false;
    } else if (dice < 4) {
        kv_layers_crank_begin(r->layers);
        *in_crank = true;
    } else if (dice == 4) {
        kv_layers_message_abort(r->layers);
    } else {
        kv_layers_message_commit(r->layers);
        if (dice == 5 && savepoints < 4) {
            CU_ASSERT_EQUAL(kv_layers_savepoint(r->layers, NULL), HS_OK);
        } else if (dice == 6 && savepoints > 0) {
            kv_layers_back_to(r->layers, suite_random(&r->seed) % savepoints);
        } else if (suite_random(&r->seed) % 4 == 0) {
            kv_layers_mark(r->layers);
        } else if (suite_random(&r->seed) % 8 == 0) {
            kv_layers_back_to_mark(r->layers);
        }
    }
}

static void walks__find_what_is_there_whatever_was_undone(void)
{
    struct rig r;
    bool in_crank = false;

    rig_open(&r);
    for (int i = 0; i < 20000; i++) {
        uint64_t dice = suite_random(&r.seed) % 16;
        unsigned key = (unsigned)(suite_random(&r.seed) % KEYS);

        if (dice == 0) {
            rig_delete(&r, key, 1 + (unsigned)(suite_random(&r.seed) % 60));
        } else if (dice < 6) {
            rig_set(&r, key);
        } else if (dice < 8) {
            rig_delete(&r, key, 1);
        } else if (dice == 8) {
            rig_move(&r, &in_crank);
        } else {
            rig_check(&r);
        }
    }
    rig_close(&r);
}

/* Of keys as long as they may be, too. */
static void gaps__take_a_bounded_part_of_memory(void)
{
    static char begin[HS_KEY_BYTES_MAX], within[HS_KEY_BYTES_MAX], end[HS_KEY_BYTES_MAX];
    struct kv_gaps g;

    CU_ASSERT_EQUAL_FATAL(kv_gaps_init(&g, NULL), HS_OK);
    within[2] = 1;
    end[2] = 2;
    for (unsigned i = 0; i < 1000; i++) {
        begin[0] = within[0] = end[0] = (char)(i >> 8);
        begin[1] = within[1] = end[1] = (char)i;
        kv_gaps_add(&g, slice_make(begin, sizeof begin), slice_make(end, sizeof end));
        kv_gaps_split(&g, slice_make(within, sizeof within));
        CU_ASSERT_TRUE(kv_map_bytes(g.begins) < 16 << 20);
    }
    CU_ASSERT_TRUE(kv_map_count(g.begins) > 0);
    kv_gaps_fini(&g);
}

static const struct suite_case cases[] = {
    SUITE_CASE(deleted__are_walked_over_once),
    SUITE_CASE(deleted__one_after_the_other_are_walked_over_once),
    SUITE_CASE(walks__find_what_is_there_whatever_was_undone),
    SUITE_CASE(gaps__take_a_bounded_part_of_memory),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("kv_gaps", cases, argc, argv);
}
