/* The read cache against a store that it is kept beside, and what of it a kernel's layers use. */
#include "tests/unit/suite.h"

#include "kernel/state/digest.h"
#include "kernel/state/kv_cache.h"
#include "kernel/state/kv_layers.h"
#include "kernel/state/kv_memory.h"

#include <stdio.h>
#include <string.h>

enum { KEYS = 200, BUDGET = 8192, LARGE = BUDGET / 4 };

static struct slice key_of(unsigned number, char text[16])
{
    (void)snprintf(text, 16, "key%u", number);
    return slice_text(text);
}

static void ask(struct kv_cache *c, struct kv_store *kv, struct slice key)
{
    struct buffer truth = {0};
    bool absent = kv_store_get(kv, key, &truth, NULL) == HS_NOT_FOUND;
    struct slice value;

    switch (kv_cache_find(c, key, checksum64(key), &value)) {
    case KV_CACHED_VALUE:
        CU_ASSERT(!absent);
        CU_ASSERT(slice_equal(value, buffer_slice(&truth)));
        break;
    case KV_CACHED_ABSENT: CU_ASSERT(absent); break;
    case KV_CACHED_NOT:
        kv_cache_put(c, key, absent ? (struct slice){0} : buffer_slice(&truth), absent);
        break;
    }
    buffer_fini(&truth);
}

static void change(struct kv_cache *c, struct kv_store *kv, struct slice key, uint64_t dice)
{
    static char bytes[LARGE];
    size_t len = dice % 8 == 0 ? sizeof bytes : dice % 40;

    if (dice % 5 == 0) {
        CU_ASSERT_EQUAL(kv_store_delete(kv, key, NULL), HS_OK);
        kv_cache_written(c, key, (struct slice){0}, true);
        return;
    }
    memset(bytes, (int)(dice & 0x7f), len);
    CU_ASSERT_EQUAL(kv_store_set(kv, key, slice_make(bytes, len), NULL), HS_OK);
    kv_cache_written(c, key, slice_make(bytes, len), false);
}

static void kv_cache__says_what_the_store_holds_within_its_budget(void)
{
    uint64_t seed = suite_seed();
    struct kv_memory *store = NULL;
    struct kv_cache *c = NULL;

    CU_ASSERT_EQUAL_FATAL(kv_memory_open(&store, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(kv_cache_open(BUDGET, &c, NULL), HS_OK);
    for (int step = 0; step < 100000; step++) {
        char text[16];
        struct slice key = key_of((unsigned)(suite_random(&seed) % KEYS), text);

        if (suite_random(&seed) % 4 == 0) {
            change(c, kv_memory_store(store), key, suite_random(&seed));
        } else {
            ask(c, kv_memory_store(store), key);
        }
        CU_ASSERT(kv_cache_bytes(c) <= BUDGET);
    }
    CU_ASSERT(kv_cache_bytes(c) > BUDGET / 2);
    kv_cache_close(c);
    kv_memory_close(store);
}

static void kv_cache__what_is_asked_for_stays(void)
{
    struct kv_cache *c = NULL;
    struct slice value;
    char text[16];

    CU_ASSERT_EQUAL_FATAL(kv_cache_open(BUDGET, &c, NULL), HS_OK);
    kv_cache_put(c, slice_text("hot"), slice_text("1"), false);
    kv_cache_put(c, slice_text("cold"), slice_text("1"), false);
    for (unsigned i = 0; i < 1000; i++) {
        kv_cache_put(c, key_of(i, text), slice_text("once"), false);
        CU_ASSERT_EQUAL(kv_cache_find(c, slice_text("hot"), checksum64(slice_text("hot")), &value),
                        KV_CACHED_VALUE);
    }
    CU_ASSERT_EQUAL(kv_cache_find(c, slice_text("cold"), checksum64(slice_text("cold")), &value),
                    KV_CACHED_NOT);
    kv_cache_close(c);
}

/* Whoever chooses keys that fall together displaces his own: no search becomes long. */
static void kv_cache__keys_that_collide_are_few(void)
{
    enum { COLLIDING = 64, BUCKETS = 1 << 15, BUCKET_ENTRIES_MAX = 16 };
    uint64_t hash = checksum64(slice_text("hot")) % BUCKETS;
    struct kv_cache *c = NULL;
    struct slice value;
    unsigned put = 0;
    size_t bytes;

    CU_ASSERT_EQUAL_FATAL(kv_cache_open(1 << 20, &c, NULL), HS_OK);
    kv_cache_put(c, slice_text("hot"), slice_text(""), false);
    bytes = kv_cache_bytes(c) + 16; /* of each at most */
    for (unsigned i = 0; put < COLLIDING; i++) {
        char text[16];
        struct slice key = key_of(i, text);

        if (checksum64(key) % BUCKETS != hash) continue;
        put++;
        kv_cache_put(c, key, slice_text(""), true);
        CU_ASSERT_EQUAL(kv_cache_find(c, key, checksum64(key), &value), KV_CACHED_ABSENT);
        CU_ASSERT_EQUAL(kv_cache_find(c, slice_text("hot"), checksum64(slice_text("hot")), &value),
                        KV_CACHED_VALUE);
    }
    CU_ASSERT(kv_cache_bytes(c) <= BUCKET_ENTRIES_MAX * bytes);
    kv_cache_close(c);
}

/* Keys of one name and many numbers, absent mostly, in a store that changes: gaps are learned. */
static void kv_cache__gaps_hold_no_key_of_the_store(void)
{
    uint64_t seed = suite_seed();
    struct kv_memory *store = NULL;
    struct kv_cache *c = NULL;
    unsigned learned = 0, answered = 0;

    CU_ASSERT_EQUAL_FATAL(kv_memory_open(&store, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(kv_cache_open(BUDGET, &c, NULL), HS_OK);
    for (unsigned step = 0; step < 30000; step++) {
        struct kv_store *kv = kv_memory_store(store);
        struct slice value, key;
        char text[16];
        bool held = false;

        if (suite_random(&seed) % 20 == 0) {
            change(c, kv, key_of((unsigned)(suite_random(&seed) % 30000), text), step);
        }
        key = key_of(step / 2 + (unsigned)(suite_random(&seed) % 3), text);
        CU_ASSERT_EQUAL(kv_store_has(kv, key, &held, NULL), HS_OK);
        switch (kv_cache_find(c, key, checksum64(key), &value)) {
        case KV_CACHED_VALUE: CU_ASSERT(held); break;
        case KV_CACHED_ABSENT:
            CU_ASSERT(!held);
            answered++;
            break;
        case KV_CACHED_NOT: {
            struct buffer next = {0};

            if (held || !kv_cache_absent(c, key)) break;
            if (kv_store_next(kv, key, &next, NULL, NULL) == HS_OK) {
                kv_cache_gap(c, key, buffer_slice(&next));
                learned++;
            }
            buffer_fini(&next);
            break;
        }
        }
    }
    CU_ASSERT(learned > 0);
    CU_ASSERT(answered > 10000);
    kv_cache_close(c);
    kv_memory_close(store);
}

/* A base that counts what it is asked. */
struct counted {
    struct kv_store store; /* first */
    struct kv_store *below;
    unsigned gets;
};

static enum hs_status counted_get(struct kv_store *kv, struct slice key, struct buffer *value,
                                  struct hs_error *err)
{
    ((struct counted *)kv)->gets++;
    return kv_store_get(((struct counted *)kv)->below, key, value, err);
}

static const struct kv_store_ops counted_ops = {.get = counted_get};

static void check_reads(struct kv_store *kv, const char *key, const char *want)
{
    struct buffer value = {0};
    bool found = want == NULL;

    CU_ASSERT_EQUAL(kv_store_get(kv, slice_text(key), &value, NULL), want ? HS_OK : HS_NOT_FOUND);
    if (want) CU_ASSERT_STRING_EQUAL(buffer_text(&value), want);
    CU_ASSERT_EQUAL(kv_store_has(kv, slice_text(key), &found, NULL), HS_OK);
    CU_ASSERT_EQUAL(found, want != NULL);
    buffer_fini(&value);
}

/* What a snapshot writes to the base is what the cache says afterwards, without asking. */
static void kv_layers__ask_the_base_once_and_follow_what_is_written_there(void)
{
    struct kv_memory *memory = NULL;
    struct kv_layers *l = NULL;
    const struct kv_map *frozen;
    struct counted base = {.store = {.ops = &counted_ops}};
    struct kv_store *kv;

    CU_ASSERT_EQUAL_FATAL(kv_memory_open(&memory, NULL), HS_OK);
    base.below = kv_memory_store(memory);
    CU_ASSERT_EQUAL(kv_store_set(base.below, slice_text("a"), slice_text("1"), NULL), HS_OK);
    CU_ASSERT_EQUAL(kv_store_set(base.below, slice_text("b"), slice_text("1"), NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(kv_layers_open(&base.store, &l, NULL), HS_OK);
    kv = kv_layers_store(l);
    for (int i = 0; i < 3; i++) {
        check_reads(kv, "a", "1");
        check_reads(kv, "b", "1");
        check_reads(kv, "none", NULL);
    }
    CU_ASSERT_EQUAL(base.gets, 3);
    CU_ASSERT_EQUAL(kv_store_set(kv, slice_text("a"), slice_text("22"), NULL), HS_OK);
    CU_ASSERT_EQUAL(kv_store_delete(kv, slice_text("b"), NULL), HS_OK);
    CU_ASSERT_EQUAL(kv_store_set(kv, slice_text("none"), slice_text("3"), NULL), HS_OK);
    kv_layers_message_commit(l);
    kv_layers_mark(l);
    CU_ASSERT_EQUAL(kv_layers_freeze(l, &frozen, NULL), HS_OK);
    CU_ASSERT_EQUAL(kv_store_set(base.below, slice_text("a"), slice_text("22"), NULL), HS_OK);
    CU_ASSERT_EQUAL(kv_store_delete(base.below, slice_text("b"), NULL), HS_OK);
    CU_ASSERT_EQUAL(kv_store_set(base.below, slice_text("none"), slice_text("3"), NULL), HS_OK);
    kv_layers_thaw(l, true);
    check_reads(kv, "a", "22");
    check_reads(kv, "b", NULL);
    check_reads(kv, "none", "3");
    CU_ASSERT_EQUAL(base.gets, 3);
    kv_layers_close(l);
    kv_memory_close(memory);
}

enum { WRITTEN_KEYS = 5000, A_MESSAGE_MAX = 64 };

/* The base holds what the frozen layer does. */
static void write_to(struct kv_store *kv, const struct kv_map *frozen)
{
    struct kv_map_place place = {.begun = false};
    struct kv_entry e;

    while (kv_map_walk(frozen, &place, &e)) {
        CU_ASSERT_EQUAL(e.deleted ? kv_store_delete(kv, e.key, NULL)
                                  : kv_store_set(kv, e.key, e.value, NULL),
                        HS_OK);
    }
}

/* What each key holds after a round: another value, or nothing for every third, and at first. */
static const char *value_after(unsigned key, unsigned round, char text[16])
{
    if (round == 0 || (key + round) % 3 == 0) return NULL;
    (void)snprintf(text, 16, "%u.%u", round, key % 7);
    return text;
}

static void put_all(struct kv_layers *l, unsigned round)
{
    for (unsigned i = 0; i < WRITTEN_KEYS; i++) {
        char name[16], text[16];
        const char *value = value_after(i, round, text);
        struct slice key = key_of(i, name);

        CU_ASSERT_EQUAL(value ? kv_store_set(kv_layers_store(l), key, slice_text(value), NULL)
                              : kv_store_delete(kv_layers_store(l), key, NULL),
                        HS_OK);
    }
    kv_layers_message_commit(l);
    kv_layers_mark(l);
}

static void check_all(struct kv_layers *l, unsigned round)
{
    for (unsigned i = 0; i < WRITTEN_KEYS; i += 17) {
        char name[16], text[16];

        (void)key_of(i, name);
        check_reads(kv_layers_store(l), name, value_after(i, round, text));
    }
}

static void snapshot_of(struct kv_layers *l, struct kv_store *base)
{
    const struct kv_map *frozen;

    CU_ASSERT_EQUAL_FATAL(kv_layers_freeze(l, &frozen, NULL), HS_OK);
    write_to(base, frozen);
    kv_layers_thaw(l, true);
}

/* However much a snapshot wrote, no message pays for all of it, and every read is right meanwhile.
 */
static void kv_layers__a_message_takes_a_bounded_part_of_what_a_snapshot_leaves(void)
{
    struct kv_memory *memory = NULL;
    struct kv_layers *l = NULL;
    size_t left, messages = 0, whole = 0;

    CU_ASSERT_EQUAL_FATAL(kv_memory_open(&memory, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(kv_layers_open(kv_memory_store(memory), &l, NULL), HS_OK);
    check_all(l, 0); /* the cache knows that none is there; after the next round it must not */
    put_all(l, 1);
    snapshot_of(l, kv_memory_store(memory));
    for (left = kv_layers_left_behind(l); left > 0; messages++) {
        size_t before = left;

        whole += before == WRITTEN_KEYS;
        if (messages % 20 == 0) check_all(l, 1);
        kv_layers_message_commit(l);
        left = kv_layers_left_behind(l);
        CU_ASSERT_FATAL(left <= before && before - left <= A_MESSAGE_MAX);
        CU_ASSERT_FATAL(messages <= WRITTEN_KEYS);
    }
    CU_ASSERT(whole >= WRITTEN_KEYS / A_MESSAGE_MAX); /* none was freed before all were followed */
    CU_ASSERT(messages <= 2 * WRITTEN_KEYS / A_MESSAGE_MAX + 3);
    check_all(l, 1);
    kv_layers_close(l);
    kv_memory_close(memory);
}

/* The next snapshot comes while the last one's entries are followed, or cleared, and fails or not.
 */
static void kv_layers__a_snapshot_may_follow_on_one_that_is_not_followed_yet(void)
{
    for (unsigned messages = 0; messages < 200; messages += 13) {
        struct kv_memory *memory = NULL;
        struct kv_layers *l = NULL;
        const struct kv_map *frozen;

        CU_ASSERT_EQUAL_FATAL(kv_memory_open(&memory, NULL), HS_OK);
        CU_ASSERT_EQUAL_FATAL(kv_layers_open(kv_memory_store(memory), &l, NULL), HS_OK);
        check_all(l, 0);
        for (unsigned round = 1; round < 4; round++) {
            put_all(l, round);
            snapshot_of(l, kv_memory_store(memory));
            for (unsigned i = 0; i < messages; i++) {
                kv_layers_message_commit(l);
            }
            check_all(l, round);
        }
        put_all(l, 4);
        CU_ASSERT_EQUAL_FATAL(kv_layers_freeze(l, &frozen, NULL), HS_OK);
        put_all(l, 5);
        kv_layers_thaw(l, false);
        check_all(l, 5);
        snapshot_of(l, kv_memory_store(memory));
        check_all(l, 5);
        kv_layers_close(l); /* with entries left behind */
        kv_memory_close(memory);
    }
}

static const struct suite_case cases[] = {
    SUITE_CASE(kv_cache__says_what_the_store_holds_within_its_budget),
    SUITE_CASE(kv_cache__what_is_asked_for_stays),
    SUITE_CASE(kv_cache__keys_that_collide_are_few),
    SUITE_CASE(kv_cache__gaps_hold_no_key_of_the_store),
    SUITE_CASE(kv_layers__ask_the_base_once_and_follow_what_is_written_there),
    SUITE_CASE(kv_layers__a_message_takes_a_bounded_part_of_what_a_snapshot_leaves),
    SUITE_CASE(kv_layers__a_snapshot_may_follow_on_one_that_is_not_followed_yet),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("kv_cache", cases, argc, argv);
}
