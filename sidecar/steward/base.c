#include "sidecar/steward/base.h"

#include "kernel/state/decimal.h"
#include "sidecar/report/progress.h"

#include <inttypes.h>

bool base_disk_failed(enum hs_status status)
{
    switch (status) {
    case HS_IO:
    case HS_CORRUPT: /* another kind of thing in a file's place, say */
    case HS_NOT_FOUND:
    case HS_EXISTS:
    case HS_LOCKED:
    case HS_UNAVAILABLE: return true;
    default: return false;
    }
}

enum hs_status base_start_kernel(const struct lent *l, struct kernel_start_report *report,
                                 struct hs_error *err)
{
    const struct snapshot_record *newest = snapshot_keeper_newest(l->snapshots);
    struct spare_base disk = {.kv = snapshot_keeper_base(l->snapshots)};

    disk.images = snapshot_keeper_images(l->snapshots, &disk.images_elsewhere);
    if (newest) disk.image_bytes = newest->pages * HS_HEAP_PAGE_BYTES;
    return spare_start(l->spare, &disk, l->phase, report, err);
}

enum hs_status base_begin_in_memory(const struct lent *l, struct hs_error *err)
{
    logger_write(l->reporter->logger, LOG_LEVEL_ERROR,
                 "the snapshot store cannot be written: %s; the kernel runs from memory, until a "
                 "snapshot can be written",
                 err->text);
    snapshot_keeper_refused(l->snapshots, err->text);
    return spare_begin_memory(l->spare, err);
}

enum hs_status base_begin_anew(const struct lent *l, struct hs_error *err)
{
    enum hs_status st;

    spare_drop(l->spare);
    if (l->memory_only) return spare_begin_memory(l->spare, err);
    st = snapshot_keeper_begin_anew(l->snapshots, err);
    return base_disk_failed(st) ? base_begin_in_memory(l, err) : st;
}

enum hs_status base_start_empty(const struct lent *l, struct hs_error *err)
{
    struct kernel_start_report report;
    enum hs_status st = base_begin_anew(l, err);

    if (st == HS_OK && !spare_memory(l->spare)) st = snapshot_keeper_fill_end(l->snapshots, err);
    if (base_disk_failed(st)) st = base_begin_in_memory(l, err);
    if (st == HS_OK) st = base_start_kernel(l, &report, err);
    if (!base_disk_failed(st) || spare_memory(l->spare)) return st;
    st = base_begin_in_memory(l, err);
    return st == HS_OK ? base_start_kernel(l, &report, err) : st;
}

struct kv_store *base_store(const struct lent *l)
{
    struct kv_store *memory = spare_memory(l->spare);

    return memory ? memory : snapshot_keeper_base(l->snapshots);
}

static enum hs_status base_put(const struct lent *l, struct slice key, struct slice value,
                               struct hs_error *err)
{
    struct kv_store *memory = spare_memory(l->spare);

    if (memory) return kv_store_set(memory, key, value, err);
    return snapshot_keeper_fill(l->snapshots, key, value, err);
}

struct copying {
    const struct lent *lent;
    struct progress progress;
    uint64_t entries;
};

static enum hs_status copying_take(void *data, struct slice key, struct slice value,
                                   struct hs_error *err)
{
    struct copying *c = data;
    enum hs_status st = base_put(c->lent, key, value, err);

    if (st != HS_OK) return st;
    progress_step(&c->progress, ++c->entries, 0);
    if (!atomic_load(c->lent->stopping)) return HS_OK;
    return hs_fail(err, HS_CANCELLED, "the sidecar stops");
}

static enum hs_status base_copy(const struct lent *l, struct hs_error *err)
{
    struct copying c = {.lent = l};
    enum hs_status st;
    uint64_t us;

    progress_begin(&c.progress, l->reporter, l->phase, "store entries", 0, 0);
    st = real_store_each(l->real, copying_take, &c, err);
    us = progress_end(&c.progress);
    figures_measured(l->reporter->board, RATE_STORE_ENTRIES, c.entries, us);
    if (st != HS_OK) return st;
    return spare_memory(l->spare) ? HS_OK : snapshot_keeper_fill_end(l->snapshots, err);
}

/* The store says itself where it stands: compare before hours of replay, not after. */
static enum hs_status base_check(const struct lent *l, const struct position *real,
                                 struct hs_error *err)
{
    struct kv_store *base = base_store(l);
    struct buffer seqnum = {0}, hash = {0};
    struct position at;
    uint64_t number = 0;
    enum hs_status st = kv_store_get_text(base, "kernel.seqnum", &seqnum, err);

    if (st == HS_OK) st = kv_store_get_text(base, "kernel.hash", &hash, err);
    if (st == HS_OK) st = uint_parse(buffer_slice(&seqnum), &number);
    if (st == HS_OK) st = position_make(number, buffer_slice(&hash), &at, err);
    /* What the copy lacks, the node's store lacks; any other failure of reading it is ours. */
    if (st != HS_NOT_FOUND && (base_disk_failed(st) || st == HS_NOMEM)) goto out;
    if (st != HS_OK) {
        st = hs_fail(err, HS_NODE_FAILED,
                     "the node's store has no well-formed kernel.seqnum and kernel.hash");
    } else if (!position_equal(&at, real)) {
        st = hs_fail(err, HS_NODE_FAILED,
                     "the node's store stands at seqnum %" PRIu64 " hash %s, but its delivery says "
                     "%" PRIu64 " hash %s",
                     at.seqnum, at.hash, real->seqnum, real->hash);
    }
out:
    buffer_fini(&seqnum);
    buffer_fini(&hash);
    return st;
}

enum hs_status base_fill(const struct lent *l, const struct position *real, struct hs_error *err)
{
    enum hs_status st = base_copy(l, err);

    return st == HS_OK ? base_check(l, real, err) : st;
}
