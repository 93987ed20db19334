#include "sidecar/data/rates.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { RATES_VERSION = 1, RATES_FILE_BYTES_MAX = 4096 };

/* Beyond this much measured time, what is old loses weight: hardware and workload change. */
static const uint64_t rates_window_us = 60000000;
/* Bounds of what a file may claim, so that no sum overflows. */
static const uint64_t rates_count_max = UINT64_C(1) << 53;

static const char rates_file[] = "RATES";
static const char rates_place[] = "data.rates";

static const char *const rate_names[RATE_KIND_COUNT] = {
    [RATE_MESSAGES] = "messages_per_s",
    [RATE_IMAGE_BYTES] = "image_bytes_per_s",
    [RATE_TRANSCRIPT_ENTRIES] = "transcript_entries_per_s",
    [RATE_STORE_ENTRIES] = "store_entries_per_s",
};
static const char *const count_names[RATE_KIND_COUNT] = {
    [RATE_MESSAGES] = "messages",
    [RATE_IMAGE_BYTES] = "image_bytes",
    [RATE_TRANSCRIPT_ENTRIES] = "transcript_entries",
    [RATE_STORE_ENTRIES] = "store_entries",
};

void rates_add(struct rates *r, enum rate_kind kind, uint64_t count, uint64_t us)
{
    assert(kind < RATE_KIND_COUNT);
    if (count == 0) return;
    r->of[kind].count += count;
    r->of[kind].us += us;
    if (r->of[kind].us > rates_window_us) {
        r->of[kind].count /= 2;
        r->of[kind].us /= 2;
    }
}

double rates_per_s(const struct rates *r, enum rate_kind kind)
{
    assert(kind < RATE_KIND_COUNT);
    if (r->of[kind].us == 0) return 0;
    return (double)r->of[kind].count * 1e6 / (double)r->of[kind].us;
}

json_t *rates_json(const struct rates *r)
{
    json_t *map = json_object();

    for (size_t i = 0; i < RATE_KIND_COUNT; i++) {
        double per_s = rates_per_s(r, (enum rate_kind)i);
        json_t *value =
            per_s > 0 ? json_real((double)(uint64_t)(per_s * 1000 + 0.5) / 1000) : json_null();

        if (json_object_set_new(map, rate_names[i], value) != 0) {
            json_decref(map);
            return NULL;
        }
    }
    return map;
}

struct rates rates_of_json(const json_t *map)
{
    struct rates r = {0};

    for (size_t i = 0; i < RATE_KIND_COUNT; i++) {
        double per_s = json_number_value(json_object_get(map, rate_names[i]));

        /* A thousand seconds' worth keeps the three digits that are told. */
        if (per_s <= 0 || per_s > (double)rates_count_max / 1000) continue;
        r.of[i].count = (uint64_t)(per_s * 1000 + 0.5);
        r.of[i].us = UINT64_C(1000000000);
    }
    return r;
}

enum hs_status rates_save(const struct disk *disk, const struct rates *r, const char *data_dir,
                          struct hs_error *err)
{
    json_t *map = json_pack("{s:i}", "version", RATES_VERSION);
    enum hs_status st = map ? HS_OK : HS_NOMEM;
    char *text = NULL;

    for (size_t i = 0; i < RATE_KIND_COUNT && st == HS_OK; i++) {
        json_t *rate = json_pack("{s:I,s:I}", "count", (json_int_t)r->of[i].count, "us",
                                 (json_int_t)r->of[i].us);

        if (json_object_set_new(map, count_names[i], rate) != 0) st = HS_NOMEM;
    }
    if (st == HS_OK) text = json_dumps(map, JSON_INDENT(2));
    json_decref(map);
    if (!text) return hs_fail(err, HS_NOMEM, "rates");
    st = disk_replace(disk, rates_place, data_dir, rates_file, slice_text(text), err);
    free(text);
    return st;
}

static void rate_read(const json_t *map, size_t kind, struct rates *out)
{
    const json_t *rate = json_object_get(map, count_names[kind]);
    json_int_t count = json_integer_value(json_object_get(rate, "count"));
    json_int_t us = json_integer_value(json_object_get(rate, "us"));

    if (count <= 0 || us <= 0 || (uint64_t)count > rates_count_max) return;
    if ((uint64_t)us > rates_window_us) return;
    out->of[kind].count = (uint64_t)count;
    out->of[kind].us = (uint64_t)us;
}

struct rates rates_load(const struct disk *disk, const char *data_dir)
{
    struct rates r = {0};
    struct buffer text = {0};
    json_t *map = NULL;

    if (disk_read_all(disk, rates_place, data_dir, rates_file, RATES_FILE_BYTES_MAX, &text, NULL) ==
        HS_OK) {
        map = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
    }
    if (json_integer_value(json_object_get(map, "version")) == RATES_VERSION) {
        for (size_t i = 0; i < RATE_KIND_COUNT; i++) {
            rate_read(map, i, &r);
        }
    }
    json_decref(map);
    buffer_fini(&text);
    return r;
}
