#include "kernel/state/kv_gaps.h"

#include <assert.h>

enum { GAPS_MAX = 65536, GAPS_BYTES_MAX = 8 << 20 }; /* a key may have 64 KiB */

enum hs_status kv_gaps_init(struct kv_gaps *g, struct hs_error *err)
{
    return kv_map_open(&g->begins, err);
}

void kv_gaps_fini(struct kv_gaps *g)
{
    kv_map_close(g->begins);
    g->begins = NULL;
}

bool kv_gaps_find(const struct kv_gaps *g, struct slice after, struct kv_gap *out)
{
    struct kv_entry entry;

    if (!kv_map_next(g->begins, after, &entry)) return false;
    *out = (struct kv_gap){.begin = entry.value, .end = entry.key};
    return slice_compare(out->begin, after) <= 0;
}

static bool gaps_are_many(const struct kv_gaps *g)
{
    return kv_map_count(g->begins) >= GAPS_MAX || kv_map_bytes(g->begins) >= GAPS_BYTES_MAX;
}

void kv_gaps_add(struct kv_gaps *g, struct slice begin, struct slice end)
{
    struct kv_entry inner;

    assert(slice_compare(begin, end) < 0);
    while (kv_map_next(g->begins, begin, &inner) && slice_compare(inner.key, end) <= 0) {
        kv_map_remove(g->begins, inner.key);
    }
    if (gaps_are_many(g)) kv_gaps_clear(g);
    (void)(kv_map_put(g->begins, end, begin, false, NULL) == HS_OK);
}

void kv_gaps_split(struct kv_gaps *g, struct slice key)
{
    struct kv_gap gap;

    if (kv_map_count(g->begins) == 0) return;
    if (!kv_gaps_find(g, key, &gap) || slice_equal(gap.begin, key)) return;
    if (gaps_are_many(g) || kv_map_put(g->begins, key, gap.begin, false, NULL) != HS_OK ||
        kv_map_put(g->begins, gap.end, key, false, NULL) != HS_OK) {
        kv_gaps_clear(g);
    }
}

void kv_gaps_clear(struct kv_gaps *g)
{
    if (kv_map_count(g->begins) > 0) kv_map_clear(g->begins);
}
