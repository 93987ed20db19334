/* The ordered map by itself: its index tells what the tree tells, however keys fall into it. */
#include "tests/unit/suite.h"

#include "kernel/state/digest.h"
#include "kernel/state/kv_map.h"
#include "kernel/state/kv_node.h"

#include <stdio.h>
#include <stdlib.h>

enum { COLLIDING = 60, AMONG = 500, KEY_BYTES = 24, BUCKETS_MAX = 512 };

static void put(struct kv_map *m, const char *key, const char *value)
{
    CU_ASSERT_EQUAL_FATAL(kv_map_put(m, slice_text(key), slice_text(value), false, NULL), HS_OK);
}

static bool has(const struct kv_map *m, const char *key, const char *value)
{
    struct kv_entry entry;

    return kv_map_find(m, slice_text(key), &entry) && slice_equal(entry.value, slice_text(value));
}

/* Keys whose hashes end alike, so that they fall into one bucket as long as there are at most
 * BUCKETS_MAX. */
static void colliding_keys(char keys[COLLIDING][KEY_BYTES])
{
    int found = 0;

    for (unsigned i = 0; found < COLLIDING; i++) {
        (void)snprintf(keys[found], KEY_BYTES, "c%u", i);
        if (checksum64(slice_text(keys[found])) % BUCKETS_MAX == 5) found++;
    }
}

static void kv_map__keys_that_collide_are_all_found(void)
{
    static char keys[COLLIDING][KEY_BYTES];
    struct kv_map *m = NULL;
    struct kv_entry entry = {0};
    char name[KEY_BYTES];
    size_t walked = 0;

    colliding_keys(keys);
    CU_ASSERT_EQUAL_FATAL(kv_map_open(&m, NULL), HS_OK);
    for (int i = 0; i < AMONG; i++) {
        (void)snprintf(name, sizeof name, "k%d", i);
        put(m, name, "among");
        if (i < COLLIDING) put(m, keys[i], keys[i]);
    }
    for (int i = 0; i < COLLIDING; i++) {
        CU_ASSERT(has(m, keys[i], keys[i]));
    }
    for (int i = 0; i < COLLIDING; i += 2) { /* those in the bucket go, and some of those beside */
        kv_map_remove(m, slice_text(keys[i]));
    }
    for (int i = 0; i < COLLIDING; i++) {
        CU_ASSERT_EQUAL(has(m, keys[i], keys[i]), i % 2 == 1);
        put(m, keys[i], "again");
        CU_ASSERT(has(m, keys[i], "again"));
    }
    while (kv_map_next(m, entry.key, &entry)) {
        walked++;
    }
    CU_ASSERT_EQUAL(walked, AMONG + COLLIDING);
    CU_ASSERT_EQUAL(kv_map_count(m), walked);
    kv_map_close(m);
}

static void kv_map__walk_goes_where_next_goes(void)
{
    enum { KEYS = 300 };
    struct kv_map_place place = {.begun = false}, empty = {.begun = false};
    struct kv_entry walked, next = {0};
    struct kv_map *m = NULL;
    size_t entries = 0;

    CU_ASSERT_EQUAL_FATAL(kv_map_open(&m, NULL), HS_OK);
    CU_ASSERT(!kv_map_walk(m, &empty, &walked));
    for (int i = 0; i < KEYS; i++) {
        char key[24];

        (void)snprintf(key, sizeof key, "key.%d", i * 7919 % 1009);
        CU_ASSERT_EQUAL(
            kv_map_put(m, slice_text(key), slice_text(i % 3 == 0 ? "" : key), i % 3 == 0, NULL),
            HS_OK);
    }
    while (kv_map_walk(m, &place, &walked)) {
        CU_ASSERT_FATAL(kv_map_next(m, next.key, &next));
        CU_ASSERT(slice_equal(walked.key, next.key) && slice_equal(walked.value, next.value));
        CU_ASSERT_EQUAL(walked.deleted, next.deleted);
        entries++;
    }
    CU_ASSERT_EQUAL(entries, KEYS);
    CU_ASSERT(!kv_map_next(m, next.key, &next));
    kv_map_close(m);
}

/* A value moves out of its node and back, and may be taken from where it goes. */
static void kv_map__values_of_every_size_replace_one_another(void)
{
    enum { VALUE_MAX = 2000 };
    static char value[VALUE_MAX];
    struct kv_node_room room = {0};
    struct kv_map *m = NULL;
    struct kv_entry entry;

    memset(value, 'v', sizeof value);
    CU_ASSERT_EQUAL_FATAL(kv_map_open_among(&room, &m, NULL), HS_OK);
    for (size_t round = 0; round < 200; round++) {
        size_t len = round * 7919 % VALUE_MAX;

        CU_ASSERT_EQUAL(kv_map_put(m, slice_text("key"), slice_make(value, len), false, NULL),
                        HS_OK);
        CU_ASSERT(kv_map_find(m, slice_text("key"), &entry));
        CU_ASSERT(slice_equal(entry.value, slice_make(value, len)));
        CU_ASSERT_EQUAL(kv_map_bytes(m), strlen("key") + len);
        if (len == 0) continue;
        CU_ASSERT_EQUAL(kv_map_put(m, slice_text("key"), slice_make(entry.value.data + 1, len - 1),
                                   false, NULL),
                        HS_OK);
        CU_ASSERT(kv_map_find(m, slice_text("key"), &entry));
        CU_ASSERT(slice_equal(entry.value, slice_make(value, len - 1)));
        if (round % 3 == 0) kv_map_remove(m, slice_text("key"));
    }
    kv_map_close(m);
    kv_node_room_fini(&room);
}

/* What merges over it displaced, comes back; whatever sizes the maps have, emptied and filled. */
static void kv_map__undo_gives_back_what_merges_displaced(void)
{
    struct kv_node_room room = {0};
    struct kv_map *below = NULL, *above = NULL, *undo = NULL;
    char name[KEY_BYTES], text[KEY_BYTES];

    CU_ASSERT_EQUAL_FATAL(kv_map_open_among(&room, &below, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(kv_map_open_among(&room, &above, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(kv_map_open_among(&room, &undo, NULL), HS_OK);
    for (int i = 0; i < AMONG; i++) {
        (void)snprintf(name, sizeof name, "k%d", i);
        put(below, name, name);
    }
    for (int round = 1; round < 60; round++) {
        for (int i = 0; i < round * round % 97; i++) {
            (void)snprintf(name, sizeof name, "k%d", i * round % (2 * AMONG));
            (void)snprintf(text, sizeof text, "%d", round);
            put(above, name, text);
        }
        CU_ASSERT(kv_map_merge_undoably(below, above, undo));
        CU_ASSERT_EQUAL(kv_map_count(above), 0);
        if (round % 5 == 0) kv_map_undo(below, undo);
    }
    kv_map_undo(below, undo);
    CU_ASSERT_EQUAL(kv_map_count(below), AMONG);
    for (int i = 0; i < AMONG; i++) {
        (void)snprintf(name, sizeof name, "k%d", i);
        CU_ASSERT(has(below, name, name));
    }
    kv_map_close(undo);
    kv_map_close(above);
    kv_map_close(below);
    kv_node_room_fini(&room);
}

/* Keys of a few letters, low and high, with long beginnings in common. */
static struct slice draw_key(uint64_t *random, char key[KEY_BYTES])
{
    static const char letters[] = {'\0', 'a', '\x7f', '\x80', '\xff'};
    size_t len = 1 + suite_random(random) % (KEY_BYTES - 1);

    memset(key, 'a', KEY_BYTES);
    for (int i = 0; i < 2; i++) {
        key[suite_random(random) % len] = letters[suite_random(random) % sizeof letters];
    }
    return slice_make(key, len);
}

static void kv_map__keys_come_in_the_order_of_their_bytes(void)
{
    enum { DRAWN = 3000 };
    uint64_t random = suite_seed();
    struct kv_map *m = NULL;
    struct kv_entry entry = {0}, next;
    char key[KEY_BYTES];
    size_t walked = 0;

    CU_ASSERT_EQUAL_FATAL(kv_map_open(&m, NULL), HS_OK);
    for (int i = 0; i < DRAWN; i++) {
        struct slice drawn = draw_key(&random, key);

        CU_ASSERT_EQUAL_FATAL(kv_map_put(m, drawn, drawn, false, NULL), HS_OK);
    }
    while (kv_map_next(m, entry.key, &next)) {
        CU_ASSERT(slice_compare(entry.key, next.key) < 0);
        CU_ASSERT(slice_equal(next.key, next.value));
        entry = next;
        walked++;
    }
    CU_ASSERT_EQUAL(walked, kv_map_count(m));
    kv_map_close(m);
}

/* A small layer takes a large one's place: what that knew is not known any more. */
static void kv_map__emptied_map_forgets_its_keys(void)
{
    static char keys[COLLIDING][KEY_BYTES];
    struct kv_node_room room = {0};
    struct kv_map *below = NULL, *above = NULL;
    struct kv_entry entry;
    char name[KEY_BYTES];

    colliding_keys(keys);
    CU_ASSERT_EQUAL_FATAL(kv_map_open_among(&room, &below, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(kv_map_open_among(&room, &above, NULL), HS_OK);
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < AMONG * (round % 2 ? 1 : 40); i++) {
            (void)snprintf(name, sizeof name, "k%d", i);
            put(below, name, "below");
        }
        for (int i = 0; i < COLLIDING; i++) {
            put(below, keys[i], keys[i]);
        }
        kv_map_merge(above, below); /* into nothing: they change places */
        CU_ASSERT(has(above, keys[COLLIDING - 1], keys[COLLIDING - 1]));
        CU_ASSERT_FALSE(kv_map_find(below, slice_text(keys[0]), &entry));
        put(below, keys[1], "new");
        kv_map_clear(above);
        CU_ASSERT_FALSE(kv_map_find(above, slice_text("k1"), &entry));
        for (int i = 0; i < COLLIDING; i += 2) {
            CU_ASSERT_FALSE(kv_map_find(above, slice_text(keys[i]), &entry));
            put(above, keys[i], "again");
            CU_ASSERT(has(above, keys[i], "again"));
        }
        kv_map_merge(above, below);
        CU_ASSERT(has(above, keys[1], "new"));
        kv_map_clear(above);
    }
    kv_map_close(above);
    kv_map_close(below);
    kv_node_room_fini(&room);
}

static const struct suite_case cases[] = {
    SUITE_CASE(kv_map__keys_come_in_the_order_of_their_bytes),
    SUITE_CASE(kv_map__emptied_map_forgets_its_keys),
    SUITE_CASE(kv_map__keys_that_collide_are_all_found),
    SUITE_CASE(kv_map__walk_goes_where_next_goes),
    SUITE_CASE(kv_map__values_of_every_size_replace_one_another),
    SUITE_CASE(kv_map__undo_gives_back_what_merges_displaced),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("kv_map", cases, argc, argv);
}
