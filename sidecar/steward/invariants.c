#include "sidecar/steward/invariants.h"

#include <inttypes.h>
#include <stdio.h>

static bool phase_is_settled(enum phase phase)
{
    return phase == PHASE_PRIMED || phase == PHASE_LIVE || phase == PHASE_DETACHED;
}

static const char *kernel_broken(const struct invariant_facts *f)
{
    if (f->phase == PHASE_LOADING && f->kernel) return "loading begins without a kernel";
    if (f->phase == PHASE_LIVE && !f->kernel) return "live has a kernel";
    if (!f->kernel) return NULL;
    if (f->mark.seqnum > f->at.seqnum) return "the mark is not ahead of the kernel";
    if (phase_is_settled(f->phase) && f->floor.seqnum > f->at.seqnum) {
        return "the floor is not ahead of the kernel";
    }
    if (f->delivered && !f->attached) return "a delivery's node was met";
    return NULL;
}

static const char *log_broken(const struct invariant_facts *f)
{
    const struct replay_log_summary *log = &f->log;

    if (!f->log_kept) return NULL;
    if ((log->entries == 0) != (log->first == 0 && log->last == 0)) {
        return "a log without entries has no bounds";
    }
    if (log->entries > 0 && log->last - log->first + 1 != log->entries) {
        return "the log holds every entry between its bounds";
    }
    if (log->synced > log->last) return "what is synced is in the log";
    if (f->delivered && !f->log_fenced && log->last != f->at.seqnum) {
        return "the log ends where the kernel stands";
    }
    return NULL;
}

static const char *snapshots_broken(const struct invariant_facts *f)
{
    for (size_t i = 1; i < f->snapshots_len; i++) {
        if (f->snapshots[i].at.seqnum >= f->snapshots[i - 1].at.seqnum) {
            return "snapshots are listed newest first";
        }
    }
    if (f->phase != PHASE_LIVE || !f->kernel || f->in_memory || f->snapshots_len == 0) return NULL;
    return f->snapshots[0].at.seqnum > f->mark.seqnum ? "no snapshot is ahead of the mark" : NULL;
}

const char *invariant_broken(const struct invariant_facts *f)
{
    const char *broken = kernel_broken(f);

    if (!broken) broken = log_broken(f);
    return broken ? broken : snapshots_broken(f);
}

void invariant_facts_text(const struct invariant_facts *f, char *text, size_t room)
{
    (void)snprintf(text, room,
                   "phase %s%s, kernel %s%s%s at %" PRIu64 " mark %" PRIu64 " floor %" PRIu64
                   ", log %s%s %" PRIu64 " to %" PRIu64 " (%" PRIu64 " entries, synced %" PRIu64
                   "), %zu snapshots, newest %" PRIu64,
                   phase_name(f->phase), f->delivered ? " after a delivery" : "",
                   f->kernel ? "there" : "none", f->attached ? " attached" : "",
                   f->in_memory ? " in memory" : "", f->kernel ? f->at.seqnum : 0,
                   f->kernel ? f->mark.seqnum : 0, f->floor.seqnum, f->log_kept ? "kept" : "none",
                   f->log_fenced ? " fenced" : "", f->log.first, f->log.last, f->log.entries,
                   f->log.synced, f->snapshots_len,
                   f->snapshots_len > 0 ? f->snapshots[0].at.seqnum : 0);
}
