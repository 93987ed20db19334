#include "kernel/tables/reaping.h"

#include "kernel/state/decimal.h"
#include "kernel/tables/vat_names.h"
#include "kernel/tables/vat_options.h"
#include "kernel/text/json_text.h"

#include <assert.h>
#include <stddef.h>

static const char queue_key[] = "reapQueue";

/* Memory may grow by an eighth and this much before it makes a vat due. Near the vat's limit it is
 * half of what is left, and a quarter of the steps: they make a fifth of the limit of objects, and
 * to look at the rest takes a small part of them. */
enum {
    REAP_MEMORY_ROOM = 1 << 20,
    REAP_MEMORY_SHARE = 8,
    REAP_LIMIT_SHARE = 2,
    REAP_LIMIT_STEPS = 4,
};

/* What is left; all zero and `never`: {}. */
struct reap_dirt {
    bool never;
    uint64_t deliveries, bytes, steps;
    uint64_t memory; /* 0: the first delivery says */
};

static const struct {
    const char *name;
    size_t offset;
} dirt_rows[] = {
    {"deliveries", offsetof(struct reap_dirt, deliveries)},
    {"bytes", offsetof(struct reap_dirt, bytes)},
    {"steps", offsetof(struct reap_dirt, steps)},
    {"memory", offsetof(struct reap_dirt, memory)},
};

enum { DIRT_ROWS = sizeof dirt_rows / sizeof *dirt_rows };

static uint64_t *dirt_row(struct reap_dirt *d, int row)
{
    return (uint64_t *)(void *)((char *)d + dirt_rows[row].offset);
}

static bool dirt_parse(struct slice text, struct reap_dirt *out)
{
    struct json_text t;
    struct slice key, value;
    int row = 0;

    *out = (struct reap_dirt){.never = true};
    json_text_init(&t, text);
    (void)json_text_open(&t, '{');
    while (json_text_more(&t, '}') && json_text_key(&t, &key) && json_text_value(&t, &value)) {
        if (row == DIRT_ROWS || !json_text_is(key, dirt_rows[row].name) ||
            uint_parse(value, dirt_row(out, row)) != HS_OK) {
            return false;
        }
        row++;
    }
    out->never = row == 0;
    return json_text_end(&t) && (row == 0 || row == DIRT_ROWS);
}

static enum hs_status dirt_read(struct kv_hashed *k, const struct ref *vat, struct reap_dirt *out,
                                struct hs_error *err)
{
    struct key key;
    struct slice value;
    enum hs_status st = kv_hashed_read(k, key_of(&key, vat->text, ".reapDirt", ""), &value, err);

    if (st != HS_OK || dirt_parse(value, out)) return st;
    return kernel_store_damaged(key_slice(&key), "no work that is left", err);
}

/* `text`: an empty buffer to compose it in. */
static enum hs_status dirt_write_by(struct kv_store *kv, const struct ref *vat, struct reap_dirt *d,
                                    struct buffer *text, struct hs_error *err)
{
    struct json_printer j = json_printer_on(text);
    struct key key;
    enum hs_status st;

    json_print_open(&j, '{');
    for (int row = 0; row < DIRT_ROWS && !d->never; row++) {
        json_print_key(&j, dirt_rows[row].name);
        json_print_uint(&j, *dirt_row(d, row));
    }
    json_print_close(&j, '}');
    st = kernel_fail(err, json_print_end(&j));
    if (st == HS_OK) {
        st = kv_store_set(kv, key_of(&key, vat->text, ".reapDirt", ""), buffer_slice(text), err);
    }
    return st;
}

static enum hs_status dirt_write(struct kv_hashed *k, const struct ref *vat, struct reap_dirt *d,
                                 struct hs_error *err)
{
    struct buffer text = buffer_room_take(&k->room);
    enum hs_status st = dirt_write_by(&k->store, vat, d, &text, err);

    buffer_room_give(&k->room, &text);
    return st;
}

/* As the vat's options say, or else the rules. */
static struct reap_dirt dirt_full(const struct vat_options *options,
                                  const struct kernel_rules *rules)
{
    struct reap_dirt full = {.deliveries = rules->reap_interval, .bytes = rules->reap_bytes};

    if (!options->reaps.set) return full;
    full.never = options->reaps.never;
    if (!full.never) full.deliveries = options->reaps.interval;
    return full;
}

enum hs_status reap_dirt_begin(struct kv_store *kv, const struct ref *vat,
                               const struct kernel_rules *rules, struct hs_error *err)
{
    struct buffer text = {0};
    struct vat_options options;
    struct reap_dirt dirt;
    enum hs_status st = vat_options_read(kv, vat, &options, err);

    if (st != HS_OK) return st;
    dirt = dirt_full(&options, rules);
    st = dirt_write_by(kv, vat, &dirt, &text, err);
    buffer_fini(&text);
    return st;
}

static bool queue_read(struct slice list, const struct ref *vat, struct ref *first, bool *found)
{
    struct json_text t;
    struct slice raw;
    struct ref id;
    bool any = false;

    *found = false;
    json_text_init(&t, list);
    (void)json_text_open(&t, '[');
    while (json_text_more(&t, ']') && json_text_string(&t, &raw)) {
        if (ref_make(json_text_inner(raw), &id) != HS_OK || !ref_is_vat(&id)) return false;
        if (!any) *first = id;
        any = true;
        *found = *found || (vat && ref_equal(&id, vat));
    }
    return json_text_end(&t) && (vat || any);
}

/* *found: is `vat` in the queue? *first: who is next, if anybody; with no vat, somebody must be. */
static enum hs_status queue_find(struct kv_hashed *k, const struct ref *vat, struct ref *first,
                                 bool *found, struct hs_error *err)
{
    struct slice list;
    enum hs_status st = kv_hashed_read(k, slice_text(queue_key), &list, err);

    if (st != HS_OK || queue_read(list, vat, first, found)) return st;
    return kernel_store_damaged(slice_text(queue_key), "no list of vats", err);
}

static enum hs_status queue_enter(struct kv_hashed *k, const struct ref *vat, struct hs_error *err)
{
    struct ref first;
    bool found = false;
    enum hs_status st = k->reap_pending ? queue_find(k, vat, &first, &found, err) : HS_OK;

    if (st != HS_OK || found) return st;
    k->reap_pending = true;
    return name_list_add(&k->store, queue_key, ref_slice(vat), err);
}

static enum hs_status queue_remove(struct kv_hashed *k, const struct ref *vat, struct hs_error *err)
{
    struct slice list;
    enum hs_status st = name_list_remove(&k->store, queue_key, ref_slice(vat), err);

    if (st == HS_OK) st = kv_hashed_read(k, slice_text(queue_key), &list, err);
    if (st == HS_OK) k->reap_pending = !slice_equal(list, slice_text("[]"));
    return st;
}

enum hs_status reap_queue_take(struct kv_hashed *k, struct ref *vat, struct hs_error *err)
{
    bool found;
    enum hs_status st = queue_find(k, NULL, vat, &found, err);

    assert(k->reap_pending);
    return st == HS_OK ? queue_remove(k, vat, err) : st;
}

enum hs_status reap_queue_leave(struct kv_hashed *k, const struct ref *vat, struct hs_error *err)
{
    struct ref first;
    bool found;
    enum hs_status st;

    if (!k->reap_pending) return HS_OK;
    st = queue_find(k, vat, &first, &found, err);
    return st == HS_OK && found ? queue_remove(k, vat, err) : st;
}

static bool setting_equal(const struct reap_setting *a, const struct reap_setting *b)
{
    return a->set == b->set && a->never == b->never && a->interval == b->interval;
}

/* What was done since the last reap stays done. None left stays none: the vat is due, or its limit
 * is near. */
static void dirt_recount(struct reap_dirt *d, uint64_t before, uint64_t interval)
{
    uint64_t done = before > d->deliveries ? before - d->deliveries : 0;

    if (d->deliveries > 0) d->deliveries = interval > done ? interval - done : 0;
}

enum hs_status reap_dirt_change(struct kv_hashed *k, const struct ref *vat,
                                const struct kernel_rules *rules, const struct vat_options *before,
                                const struct vat_options *options, struct hs_error *err)
{
    struct reap_dirt dirt, full = dirt_full(options, rules);
    uint64_t interval = before->reaps.set ? before->reaps.interval : rules->reap_interval;
    enum hs_status st = dirt_read(k, vat, &dirt, err);

    if (st != HS_OK) return st;
    if (dirt.never || full.never) {
        dirt = full;
    } else if (!setting_equal(&options->reaps, &before->reaps)) {
        dirt_recount(&dirt, interval, full.deliveries);
    }
    st = dirt_write(k, vat, &dirt, err);
    if (st != HS_OK || dirt.never || options->memory >= before->memory) return st;
    return queue_enter(k, vat, err); /* the reap sets its bounds by the new limit */
}

static void count_down(uint64_t *left, uint64_t by)
{
    *left -= by < *left ? by : *left;
}

/* How far the vat's memory may grow from what it is. Where that is less than elsewhere the limit is
 * near: what has grown does not shrink again, so inside of it garbage comes and goes unseen, and
 * the vat is due whenever it has done so many steps. Where the rules want none it goes on waiting
 * for deliveries, or each of them would make it due. */
static void dirt_bound(struct reap_dirt *d, uint64_t memory, uint64_t limit,
                       const struct kernel_rules *rules)
{
    uint64_t left = limit > memory ? limit - memory : 0;
    uint64_t growth = memory / REAP_MEMORY_SHARE + REAP_MEMORY_ROOM;

    if (growth > left / REAP_LIMIT_SHARE) {
        growth = left / REAP_LIMIT_SHARE;
        if (rules->reap_work > 0) d->deliveries = 0;
        d->steps = memory * rules->reap_work / REAP_LIMIT_STEPS;
    }
    d->memory = memory + growth;
}

static enum hs_status dirt_bound_first(struct kv_hashed *k, const struct ref *vat,
                                       const struct kernel_rules *rules, struct reap_dirt *d,
                                       uint64_t memory, struct hs_error *err)
{
    struct vat_options options;
    enum hs_status st = vat_options_find(k, vat, &options, err);

    if (st == HS_OK) dirt_bound(d, memory, options.memory, rules);
    return st;
}

enum hs_status reap_dirt_add(struct kv_hashed *k, const struct ref *vat,
                             const struct kernel_rules *rules, const struct reap_work *work,
                             struct hs_error *err)
{
    struct reap_dirt dirt;
    enum hs_status st = dirt_read(k, vat, &dirt, err);

    if (st != HS_OK || dirt.never) return st;
    count_down(&dirt.deliveries, 1);
    count_down(&dirt.bytes, work->bytes);
    count_down(&dirt.steps, work->steps);
    if (dirt.memory == 0) st = dirt_bound_first(k, vat, rules, &dirt, work->memory, err);
    if (st == HS_OK) st = dirt_write(k, vat, &dirt, err);
    if (st != HS_OK) return st;
    if (work->memory <= dirt.memory &&
        (dirt.steps > 0 || (dirt.deliveries > 0 && dirt.bytes > 0))) {
        return HS_OK;
    }
    return queue_enter(k, vat, err);
}

enum hs_status reap_dirt_clear(struct kv_hashed *k, const struct ref *vat,
                               const struct kernel_rules *rules, uint64_t memory, bool again,
                               struct hs_error *err)
{
    struct vat_options options;
    struct reap_dirt dirt;
    enum hs_status st = vat_options_find(k, vat, &options, err);

    if (st != HS_OK) return st;
    dirt = dirt_full(&options, rules);
    dirt.steps = memory * rules->reap_work;
    dirt_bound(&dirt, memory, options.memory, rules);
    if (dirt.never) dirt = (struct reap_dirt){.never = true};
    st = dirt_write(k, vat, &dirt, err);
    return st == HS_OK && again ? queue_enter(k, vat, err) : st;
}
