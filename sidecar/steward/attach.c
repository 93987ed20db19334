#include "sidecar/steward/attach.h"

#include "sidecar/steward/base.h"
#include "sidecar/steward/forward.h"
#include "sidecar/steward/full_replay.h"
#include "sidecar/steward/tail.h"

#include <inttypes.h>
#include <stdlib.h>

static struct entry_witness attach_witness(const struct lent *l, const struct attach_case *c,
                                           uint64_t seqnum)
{
    struct entry_witness w = {0};

    if (c->without_log) return w;
    w.held = log_keeper_position(l->log, seqnum, &w.at);
    return w;
}

static void attach_ask_log(const struct lent *l, const struct attach_case *c, struct entry_facts *f)
{
    struct replay_log_summary log = log_keeper_summary(l->log);

    if (c->without_log) return;
    f->log_first = log.entries > 0 ? log.first : 0;
    f->log_last = log.entries > 0 ? log.last : 0;
    f->log_real = attach_witness(l, c, f->real.seqnum);
    if (!f->kernel_usable) return;
    f->log_ours = attach_witness(l, c, f->ours.seqnum);
    f->log_mark = attach_witness(l, c, f->mark.seqnum);
}

/* With an equal position, or one of the open block, nothing else is asked: what a node does all day
 * must cost nothing. */
static enum hs_status attach_collect(const struct lent *l, const struct attach_case *c,
                                     struct entry_facts *f, struct entry_snapshot **snapshots,
                                     struct hs_error *err)
{
    const struct snapshot_record *records;
    struct kernel *kernel = spare_kernel(l->spare);
    size_t len;

    *f = (struct entry_facts){
        .real = c->real,
        .kernel_usable = kernel != NULL,
        .attached = c->attached,
        .rejected = c->rejected,
    };
    if (kernel) {
        f->ours = kernel_position(kernel);
        f->mark = kernel_mark_position(kernel);
        if (position_equal(&f->ours, &f->real)) return HS_OK;
        f->undone = !c->without_memory && kernel_reaches(kernel, &f->real);
        if (f->undone) return HS_OK;
    }
    attach_ask_log(l, c, f);
    records = snapshot_keeper_records(l->snapshots, &len);
    if (len == 0) return HS_OK;
    *snapshots = calloc(len, sizeof **snapshots);
    if (!*snapshots) return hs_fail(err, HS_NOMEM, "out of memory for the entry check");
    for (size_t i = 0; i < len; i++) {
        (*snapshots)[i].at = records[i].at;
        (*snapshots)[i].log = attach_witness(l, c, records[i].at.seqnum);
    }
    f->snapshots = *snapshots;
    f->snapshots_len = len;
    return HS_OK;
}

enum hs_status attach_decide(const struct lent *l, const struct attach_case *c, bool ask,
                             struct entry_decision *out, struct hs_error *err)
{
    struct entry_snapshot *snapshots = NULL;
    struct entry_facts facts;
    enum hs_status st = attach_collect(l, c, &facts, &snapshots, err);

    if (st != HS_OK) goto out;
    *out = entry_check(&facts);
    if (!ask || out->path != ENTRY_FULL_REPLAY || facts.rejected != ENTRY_CAUSE_NONE) goto out;
    st = tail_prove(l, &c->real, snapshots, facts.snapshots_len, err);
    if (st == HS_OK) *out = entry_check(&facts);
out:
    free(snapshots);
    return st;
}

bool attach_keeps_kernel(const struct entry_decision *d)
{
    return d->base == ENTRY_BASE_KERNEL || d->base == ENTRY_BASE_OPEN_BLOCK ||
           d->base == ENTRY_BASE_MARK;
}

bool attach_begins_anew(const struct entry_decision *d)
{
    return d->base == ENTRY_BASE_NOTHING || d->path == ENTRY_TAIL;
}

static enum hs_status attach_to_snapshot(const struct lent *l, uint64_t seqnum,
                                         struct hs_error *err)
{
    struct kernel_start_report start;
    enum hs_status st;

    spare_drop(l->spare);
    st = snapshot_keeper_return_to(l->snapshots, seqnum, err);
    return st == HS_OK ? base_start_kernel(l, &start, err) : st;
}

/* Stand where the decision begins. A way from the node's store, or from nothing, ends there. */
static enum hs_status attach_begin(const struct lent *l, const struct attach_case *c,
                                   const struct entry_decision *d, struct way_report *report,
                                   struct hs_error *err)
{
    switch (d->base) {
    case ENTRY_BASE_KERNEL: return HS_OK;
    case ENTRY_BASE_OPEN_BLOCK: return spare_return_to(l->spare, &d->base_at, err);
    case ENTRY_BASE_MARK: return kernel_back_to_mark(spare_kernel(l->spare), err);
    case ENTRY_BASE_SNAPSHOT:
        if (d->path == ENTRY_TAIL) return tail_run(l, d->base_at.seqnum, &c->real, report, err);
        return attach_to_snapshot(l, d->base_at.seqnum, err);
    case ENTRY_BASE_NOTHING: break;
    }
    if (position_is_origin(&c->real)) return base_start_empty(l, err);
    return full_replay_run(l, &c->real, report,
                           err); /* a state vector, too, is in the store only */
}

/* A node at the origin must have an empty store: (0, "") proves nothing about what is in one. */
static enum hs_status attach_check_empty(const struct lent *l, struct hs_error *err)
{
    struct buffer key = {0};
    enum hs_status st = kv_store_next(real_store_kv(l->real), slice_text(""), &key, NULL, err);

    if (st == HS_OK) {
        st = hs_fail(err, HS_NODE_FAILED,
                     "the node says seqnum 0, but its store is not empty: it holds \"%.*s\"; a new "
                     "chain needs an empty store, an old one its kernel.seqnum and kernel.hash",
                     (int)(key.len < 64 ? key.len : 64), buffer_text(&key));
    }
    buffer_fini(&key);
    return st == HS_NOT_FOUND ? HS_OK : st;
}

enum hs_status attach_verify(const struct lent *l, struct hs_error *err)
{
    uint64_t ours = 0, theirs = 0, our_entries = 0, their_entries = 0;
    enum hs_status st =
        kv_store_digest(kernel_store(spare_kernel(l->spare)), &ours, &our_entries, err);

    if (st != HS_OK) return st;
    st = kv_store_digest(real_store_kv(l->real), &theirs, &their_entries, err);
    if (st != HS_OK) return st;
    if (ours == theirs && our_entries == their_entries) return HS_OK;
    return hs_fail(err, HS_DIVERGED,
                   "the node's store has %" PRIu64 " entries with digest %016" PRIx64
                   ", ours at the same position %" PRIu64 " with %016" PRIx64,
                   their_entries, theirs, our_entries, ours);
}

enum hs_status attach_run(const struct lent *l, const struct attach_case *c,
                          const struct entry_decision *d, struct way_report *report,
                          struct hs_error *err)
{
    const struct position *real = &c->real;
    struct position at;
    enum hs_status st = position_is_origin(real) ? attach_check_empty(l, err) : HS_OK;

    if (st == HS_OK) st = attach_begin(l, c, d, report, err);
    if (st == HS_OK) st = forward_run(l, real->seqnum, report, err);
    if (st != HS_OK) return st;
    at = kernel_position(spare_kernel(l->spare));
    if (!position_equal(&at, real)) {
        return hs_fail(err, HS_KERNEL_FAILED,
                       "the kernel came to seqnum %" PRIu64 " hash %s; the node stands at %" PRIu64
                       " hash %s",
                       at.seqnum, at.hash, real->seqnum, real->hash);
    }
    if (!l->config->verify_swap || c->attached) return HS_OK;
    return attach_begins_anew(d) || d->path == ENTRY_COLD ? HS_OK : attach_verify(l, err);
}
