#include "kernel/state/kv_cache.h"

#include "kernel/state/digest.h"
#include "kernel/state/kv_gaps.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

/* A value over the budget's sixteenth would displace too much for one key. Few buckets come to so
 * many entries, unless somebody chose the keys for it: his go, and nobody searches long. */
enum { BUCKETS = 1 << 15, BUCKET_ENTRIES_MAX = 16, SHARE_OF_BUDGET = 16 };

struct cached {
    struct cached *next; /* in its bucket, where, too, the one asked for last is first */
    TAILQ_ENTRY(cached) use;
    uint64_t hash;
    size_t key_len, value_len;
    bool absent;
    char bytes[]; /* key, value */
};

TAILQ_HEAD(cached_uses, cached);

struct kv_cache {
    struct cached **buckets;
    struct cached_uses uses; /* the one asked for last is first */
    size_t bytes, bytes_max;
    struct kv_gaps gaps;
    struct buffer absent; /* the key that was absent last */
};

enum hs_status kv_cache_open(size_t bytes_max, struct kv_cache **out, struct hs_error *err)
{
    struct kv_cache *c = calloc(1, sizeof *c);

    assert(out && bytes_max > 0);
    if (!c) return hs_fail(err, HS_NOMEM, "read cache: out of memory");
    TAILQ_INIT(&c->uses);
    c->buckets = calloc(BUCKETS, sizeof(struct cached *));
    if (!c->buckets || kv_gaps_init(&c->gaps, err) != HS_OK) {
        kv_cache_close(c);
        return hs_fail(err, HS_NOMEM, "read cache: out of memory");
    }
    c->bytes_max = bytes_max;
    *out = c;
    return HS_OK;
}

void kv_cache_close(struct kv_cache *c)
{
    struct cached *e, *next;

    if (!c) return;
    for (e = TAILQ_FIRST(&c->uses); e; e = next) {
        next = TAILQ_NEXT(e, use);
        free(e);
    }
    kv_gaps_fini(&c->gaps);
    buffer_fini(&c->absent);
    free(c->buckets);
    free(c);
}

static size_t bytes_of(size_t key_len, size_t value_len)
{
    return sizeof(struct cached) + key_len + value_len;
}

/* Where the pointer to the key's entry is, or would be. */
static struct cached **place_of(const struct kv_cache *c, struct slice key, uint64_t hash)
{
    struct cached **at = &c->buckets[hash % BUCKETS];

    while (*at) {
        const struct cached *e = *at;

        if (e->hash == hash && slice_equal(key, slice_make(e->bytes, e->key_len))) break;
        at = &(*at)->next;
    }
    return at;
}

static void entry_drop(struct kv_cache *c, struct cached **at)
{
    struct cached *e = *at;

    *at = e->next;
    TAILQ_REMOVE(&c->uses, e, use);
    c->bytes -= bytes_of(e->key_len, e->value_len);
    free(e);
}

/* To the front, of its bucket and of all. */
static void entry_use(struct kv_cache *c, struct cached **at)
{
    struct cached *e = *at, **bucket = &c->buckets[e->hash % BUCKETS];

    *at = e->next;
    e->next = *bucket;
    *bucket = e;
    TAILQ_REMOVE(&c->uses, e, use);
    TAILQ_INSERT_HEAD(&c->uses, e, use);
}

/* Does the key lie in a gap? Where one begins, a key may be. */
static bool gap_holds(const struct kv_cache *c, struct slice key)
{
    struct kv_gap gap;

    return kv_gaps_find(&c->gaps, key, &gap) && !slice_equal(gap.begin, key);
}

enum kv_cached kv_cache_find(struct kv_cache *c, struct slice key, uint64_t checksum,
                             struct slice *value)
{
    struct cached **at = place_of(c, key, checksum), *e = *at;

    if (!e) return gap_holds(c, key) ? KV_CACHED_ABSENT : KV_CACHED_NOT;
    if (e != TAILQ_FIRST(&c->uses)) entry_use(c, at);
    *value = slice_make(e->bytes + e->key_len, e->value_len);
    return e->absent ? KV_CACHED_ABSENT : KV_CACHED_VALUE;
}

static void make_room(struct kv_cache *c, size_t bytes)
{
    while (c->bytes + bytes > c->bytes_max) {
        const struct cached *last = TAILQ_LAST(&c->uses, cached_uses);

        entry_drop(c, place_of(c, slice_make(last->bytes, last->key_len), last->hash));
    }
}

static void bucket_make_room(struct kv_cache *c, uint64_t hash)
{
    struct cached **at = &c->buckets[hash % BUCKETS];

    for (int i = 1; *at && i < BUCKET_ENTRIES_MAX; i++) {
        at = &(*at)->next;
    }
    if (*at) entry_drop(c, at);
}

static void entry_add(struct kv_cache *c, struct slice key, uint64_t hash, struct slice value,
                      bool absent)
{
    size_t bytes = bytes_of(key.len, value.len);
    struct cached *e;

    if (bytes > c->bytes_max / SHARE_OF_BUDGET) return;
    e = malloc(bytes);
    if (!e) return;
    make_room(c, bytes);
    bucket_make_room(c, hash);
    e->hash = hash;
    e->key_len = key.len;
    e->value_len = value.len;
    e->absent = absent;
    memcpy(e->bytes, key.data, key.len);
    if (value.len > 0) memcpy(e->bytes + key.len, value.data, value.len);
    e->next = c->buckets[hash % BUCKETS];
    c->buckets[hash % BUCKETS] = e;
    TAILQ_INSERT_HEAD(&c->uses, e, use);
    c->bytes += bytes;
}

void kv_cache_put(struct kv_cache *c, struct slice key, struct slice value, bool absent)
{
    uint64_t hash = checksum64(key);
    struct cached **at = place_of(c, key, hash);

    assert(key.len > 0 && !(absent && value.len > 0));
    if (*at) entry_drop(c, at);
    entry_add(c, key, hash, value, absent);
}

static size_t len_less_digits(struct slice key)
{
    size_t len = key.len;

    while (len > 0 && key.data[len - 1] >= '0' && key.data[len - 1] <= '9') {
        len--;
    }
    return len;
}

/* The same name but for a number at its end, which is larger. */
static bool key_counts_on(struct slice key, struct slice from)
{
    size_t len = len_less_digits(key);

    return len < key.len && len < from.len && len == len_less_digits(from) &&
           memcmp(key.data, from.data, len) == 0 && slice_compare(from, key) < 0;
}

bool kv_cache_absent(struct kv_cache *c, struct slice key)
{
    bool counts_on = key_counts_on(key, buffer_slice(&c->absent));

    if (buffer_assign(&c->absent, key) != HS_OK) return false;
    if (!counts_on) kv_cache_put(c, key, (struct slice){0}, true);
    return counts_on;
}

void kv_cache_gap(struct kv_cache *c, struct slice key, struct slice next)
{
    kv_gaps_add(&c->gaps, key, next);
}

void kv_cache_written(struct kv_cache *c, struct slice key, struct slice value, bool absent)
{
    uint64_t hash = checksum64(key);
    struct cached **at = place_of(c, key, hash);

    assert(key.len > 0 && !(absent && value.len > 0));
    if (!absent) kv_gaps_split(&c->gaps, key);
    if (!*at) return;
    if ((*at)->value_len == value.len) {
        (*at)->absent = absent;
        if (value.len > 0) memcpy((*at)->bytes + key.len, value.data, value.len);
        return;
    }
    entry_drop(c, at);
    entry_add(c, key, hash, value, absent);
}

void kv_cache_clear(struct kv_cache *c)
{
    make_room(c, c->bytes_max);
    kv_gaps_clear(&c->gaps);
    buffer_clear(&c->absent);
}

size_t kv_cache_bytes(const struct kv_cache *c)
{
    return c->bytes;
}
