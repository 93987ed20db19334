#include "sidecar/decide/entry_check.h"

#include <assert.h>

static const char *const path_names[ENTRY_PATH_COUNT] = {
    [ENTRY_NONE] = "none",
    [ENTRY_LIVE] = "live",
    [ENTRY_SWAP] = "swap",
    [ENTRY_CATCH_UP] = "catch_up",
    [ENTRY_ROLL_BACK] = "roll_back",
    [ENTRY_TAIL] = "tail",
    [ENTRY_FULL_REPLAY] = "full_replay",
    [ENTRY_COLD] = "cold",
};

static const char *const cause_names[ENTRY_CAUSE_COUNT] = {
    [ENTRY_CAUSE_NONE] = "none",
    [ENTRY_CAUSE_NO_DATA] = "no_data",
    [ENTRY_CAUSE_GAP] = "gap",
    [ENTRY_CAUSE_AHEAD] = "ahead",
    [ENTRY_CAUSE_OTHER_HISTORY] = "other_history",
    [ENTRY_CAUSE_DIVERGED] = "diverged",
    [ENTRY_CAUSE_DAMAGED] = "damaged",
    [ENTRY_CAUSE_FAILED] = "failed",
    [ENTRY_CAUSE_KERNEL_FAILED] = "kernel_failed",
    [ENTRY_CAUSE_INCONSISTENT] = "inconsistent",
};

const char *entry_path_name(enum entry_path path)
{
    assert(path < ENTRY_PATH_COUNT);
    return path_names[path];
}

const char *entry_cause_name(enum entry_cause cause)
{
    assert(cause < ENTRY_CAUSE_COUNT);
    return cause_names[cause];
}

/* A log that holds an entry must span it, and must hold every entry that it spans. */
static bool witness_possible(const struct entry_facts *f, const struct entry_witness *w,
                             uint64_t seqnum)
{
    bool spanned = f->log_first != 0 && seqnum >= f->log_first && seqnum <= f->log_last;

    if (w->held != spanned) return false;
    return !w->held || w->at.seqnum == seqnum;
}

static bool facts_consistent(const struct entry_facts *f)
{
    if (f->log_first > f->log_last) return false;
    if ((f->log_first == 0) != (f->log_last == 0)) return false;
    if (!witness_possible(f, &f->log_real, f->real.seqnum)) return false;
    if (f->kernel_usable) {
        if (!witness_possible(f, &f->log_ours, f->ours.seqnum)) return false;
        if (!witness_possible(f, &f->log_mark, f->mark.seqnum)) return false;
        if (f->mark.seqnum > f->ours.seqnum) return false;
        if (f->undone && f->real.seqnum >= f->ours.seqnum) return false;
        if (f->undone && f->real.seqnum < f->mark.seqnum) return false;
    }
    for (size_t i = 0; i < f->snapshots_len; i++) {
        const struct entry_snapshot *s = &f->snapshots[i];

        if (!witness_possible(f, &s->log, s->at.seqnum)) return false;
        if (i > 0 && s->at.seqnum >= f->snapshots[i - 1].at.seqnum) return false;
    }
    return true;
}

/* Does the log lead from `from` to real? */
static bool log_leads(const struct entry_facts *f, const struct position *from,
                      const struct entry_witness *at_from)
{
    if (from->seqnum >= f->real.seqnum) return false; /* no entry between: not by the log */
    if (!f->log_real.held || !position_equal(&f->log_real.at, &f->real)) return false;
    if (from->seqnum + 1 < f->log_first) return false;
    return !at_from->held || position_equal(&at_from->at, from);
}

static bool reaches(const struct entry_facts *f, const struct position *from,
                    const struct entry_witness *at_from)
{
    return position_equal(from, &f->real) || log_leads(f, from, at_from);
}

static struct entry_decision decision(enum entry_path path, enum entry_base base,
                                      struct position base_at)
{
    return (struct entry_decision){.path = path, .base = base, .base_at = base_at};
}

/* Without a kernel (none was preloaded, say) the newest snapshot stands for it. Where there is
 * none, the log has nothing that it leads on from. */
static enum entry_cause kept_cause(const struct entry_facts *f)
{
    uint64_t ours;

    if (!f->kernel_usable && f->snapshots_len == 0) return ENTRY_CAUSE_GAP;
    ours = f->kernel_usable ? f->ours.seqnum : f->snapshots[0].at.seqnum;
    if (ours == f->real.seqnum) return ENTRY_CAUSE_OTHER_HISTORY;
    return ours > f->real.seqnum ? ENTRY_CAUSE_AHEAD : ENTRY_CAUSE_GAP;
}

static enum entry_cause replay_cause(const struct entry_facts *f)
{
    bool unmoved = !f->kernel_usable || position_is_origin(&f->ours);

    if (f->rejected != ENTRY_CAUSE_NONE) return f->rejected;
    if (unmoved && f->log_first == 0 && f->snapshots_len == 0) return ENTRY_CAUSE_NO_DATA;
    if (f->log_real.held && !position_equal(&f->log_real.at, &f->real)) {
        return ENTRY_CAUSE_OTHER_HISTORY;
    }
    return kept_cause(f);
}

/* The ways that need the node's store, or nothing at all. */
static struct entry_decision decide_from_node(const struct entry_facts *f)
{
    struct entry_decision d;

    if (f->real.seqnum == 0) return decision(ENTRY_COLD, ENTRY_BASE_NOTHING, position_origin());
    for (size_t i = 0; f->rejected == ENTRY_CAUSE_NONE && i < f->snapshots_len; i++) {
        const struct entry_snapshot *s = &f->snapshots[i];

        if (s->on_real_history && s->at.seqnum < f->real.seqnum) {
            return decision(ENTRY_TAIL, ENTRY_BASE_SNAPSHOT, s->at);
        }
    }
    d = decision(ENTRY_FULL_REPLAY, ENTRY_BASE_NOTHING, position_origin());
    d.cause = replay_cause(f);
    return d;
}

static struct entry_decision decide_from_kernel(const struct entry_facts *f)
{
    if (f->undone) return decision(ENTRY_ROLL_BACK, ENTRY_BASE_OPEN_BLOCK, f->real);
    if (position_equal(&f->ours, &f->real)) {
        enum entry_path path = f->attached ? ENTRY_LIVE : ENTRY_SWAP;

        if (f->real.seqnum == 0) path = ENTRY_COLD;
        return decision(path, ENTRY_BASE_KERNEL, f->ours);
    }
    if (log_leads(f, &f->ours, &f->log_ours)) {
        return decision(ENTRY_CATCH_UP, ENTRY_BASE_KERNEL, f->ours);
    }
    if (reaches(f, &f->mark, &f->log_mark)) {
        return decision(ENTRY_ROLL_BACK, ENTRY_BASE_MARK, f->mark);
    }
    return (struct entry_decision){.path = ENTRY_NONE};
}

struct entry_decision entry_check(const struct entry_facts *facts)
{
    struct entry_decision d = {.path = ENTRY_NONE};

    assert(position_valid(facts->real.seqnum, slice_text(facts->real.hash)));
    if (!facts_consistent(facts)) {
        d = decision(ENTRY_FULL_REPLAY, ENTRY_BASE_NOTHING, position_origin());
        d.cause = ENTRY_CAUSE_INCONSISTENT;
        if (facts->real.seqnum == 0) d.path = ENTRY_COLD;
        return d;
    }
    if (facts->rejected != ENTRY_CAUSE_NONE) return decide_from_node(facts);
    if (facts->kernel_usable) d = decide_from_kernel(facts);
    for (size_t i = 0; d.path == ENTRY_NONE && i < facts->snapshots_len; i++) {
        const struct entry_snapshot *s = &facts->snapshots[i];

        if (reaches(facts, &s->at, &s->log)) {
            d = decision(facts->kernel_usable ? ENTRY_ROLL_BACK : ENTRY_CATCH_UP,
                         ENTRY_BASE_SNAPSHOT, s->at);
        }
    }
    if (d.path == ENTRY_NONE) d = decide_from_node(facts);
    assert(d.path != ENTRY_NONE);
    return d;
}
