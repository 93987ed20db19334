/* The entry check against an oracle, over every combination of a small world.
 *
 * The world: seqnums 0..3 and two histories that are the same up to a fork. The oracle knows which
 * history each thing is of and looks at every entry one by one; the entry check sees hashes. */
#include "tests/unit/suite.h"

#include "sidecar/decide/entry_check.h"

enum { SEQNUM_MAX = 3, HISTORIES = 2 };

/* (history, seqnum); what lies at or before the fork is common. */
struct place {
    int history, seqnum;
};

struct world {
    int fork;
    struct place real, ours;
    bool usable, attached;
    bool in_memory; /* the kernel leads back to each position of its open block */
    int mark_seqnum;
    int log_history, log_first, log_last;
    int snapshot_history;
    unsigned snapshot_set; /* bit n: a snapshot at seqnum n */
    bool proofs;           /* the node's store names its ancestors */
    enum entry_cause rejected;
};

static int branch(const struct world *w, int history, int seqnum)
{
    return seqnum <= w->fork ? 0 : 1 + history;
}

static struct position position_of(const struct world *w, int history, int seqnum)
{
    struct position p = {.seqnum = (uint64_t)seqnum};

    if (seqnum > 0) {
        (void)snprintf(p.hash, sizeof p.hash, "%064x", seqnum * 16 + branch(w, history, seqnum));
    }
    return p;
}

static bool on_real(const struct world *w, int history, int seqnum)
{
    return seqnum <= w->real.seqnum &&
           branch(w, history, seqnum) == branch(w, w->real.history, seqnum);
}

static bool log_holds(const struct world *w, int seqnum)
{
    return w->log_first > 0 && seqnum >= w->log_first && seqnum <= w->log_last;
}

/* Every entry from there to real is there and of real's history; what the log says about the place
 * itself, if anything, agrees. */
static bool oracle_log_leads(const struct world *w, int history, int seqnum)
{
    if (seqnum >= w->real.seqnum) return false;
    for (int n = seqnum + 1; n <= w->real.seqnum; n++) {
        if (!log_holds(w, n)) return false;
    }
    if (!on_real(w, w->log_history, w->real.seqnum)) return false;
    return !log_holds(w, seqnum) || branch(w, w->log_history, seqnum) == branch(w, history, seqnum);
}

static bool oracle_same(const struct world *w, int history, int seqnum)
{
    return seqnum == w->real.seqnum && on_real(w, history, seqnum);
}

static bool oracle_reaches(const struct world *w, int history, int seqnum)
{
    return oracle_same(w, history, seqnum) || oracle_log_leads(w, history, seqnum);
}

struct expected {
    enum entry_path path;
    enum entry_base base;
    int base_seqnum;
};

static struct expected oracle_snapshot(const struct world *w)
{
    for (int n = SEQNUM_MAX; n > 0; n--) {
        if ((w->snapshot_set & 1u << n) && oracle_reaches(w, w->snapshot_history, n)) {
            return (struct expected){w->usable ? ENTRY_ROLL_BACK : ENTRY_CATCH_UP,
                                     ENTRY_BASE_SNAPSHOT, n};
        }
    }
    return (struct expected){ENTRY_NONE, ENTRY_BASE_NOTHING, 0};
}

static struct expected oracle_node(const struct world *w)
{
    if (w->real.seqnum == 0) return (struct expected){ENTRY_COLD, ENTRY_BASE_NOTHING, 0};
    for (int n = w->real.seqnum - 1; n > 0 && !w->rejected && w->proofs; n--) {
        if ((w->snapshot_set & 1u << n) && on_real(w, w->snapshot_history, n)) {
            return (struct expected){ENTRY_TAIL, ENTRY_BASE_SNAPSHOT, n};
        }
    }
    return (struct expected){ENTRY_FULL_REPLAY, ENTRY_BASE_NOTHING, 0};
}

/* Is real behind ours, in our history, and not before the mark? */
static bool oracle_undone(const struct world *w)
{
    return w->usable && w->in_memory && w->real.seqnum >= w->mark_seqnum &&
           w->real.seqnum < w->ours.seqnum && on_real(w, w->ours.history, w->real.seqnum);
}

static struct expected oracle(const struct world *w)
{
    struct expected e;

    if (w->rejected) return oracle_node(w);
    if (oracle_undone(w)) {
        return (struct expected){ENTRY_ROLL_BACK, ENTRY_BASE_OPEN_BLOCK, w->real.seqnum};
    }
    if (w->usable && oracle_same(w, w->ours.history, w->ours.seqnum)) {
        enum entry_path path = w->attached ? ENTRY_LIVE : ENTRY_SWAP;

        return (struct expected){w->real.seqnum == 0 ? ENTRY_COLD : path, ENTRY_BASE_KERNEL,
                                 w->ours.seqnum};
    }
    if (w->usable && oracle_log_leads(w, w->ours.history, w->ours.seqnum)) {
        return (struct expected){ENTRY_CATCH_UP, ENTRY_BASE_KERNEL, w->ours.seqnum};
    }
    if (w->usable && oracle_reaches(w, w->ours.history, w->mark_seqnum)) {
        return (struct expected){ENTRY_ROLL_BACK, ENTRY_BASE_MARK, w->mark_seqnum};
    }
    e = oracle_snapshot(w);
    return e.path != ENTRY_NONE ? e : oracle_node(w);
}

static struct entry_witness witness_of(const struct world *w, int seqnum)
{
    struct entry_witness witness = {.held = log_holds(w, seqnum)};

    if (witness.held) witness.at = position_of(w, w->log_history, seqnum);
    return witness;
}

static void facts_of(const struct world *w, struct entry_facts *f, struct entry_snapshot *snapshots)
{
    *f = (struct entry_facts){
        .real = position_of(w, w->real.history, w->real.seqnum),
        .kernel_usable = w->usable,
        .attached = w->attached,
        .rejected = w->rejected,
        .undone = oracle_undone(w),
        .log_first = (uint64_t)w->log_first,
        .log_last = (uint64_t)w->log_last,
        .log_real = witness_of(w, w->real.seqnum),
        .snapshots = snapshots,
    };
    if (w->usable) {
        f->ours = position_of(w, w->ours.history, w->ours.seqnum);
        f->mark = position_of(w, w->ours.history, w->mark_seqnum);
        f->log_ours = witness_of(w, w->ours.seqnum);
        f->log_mark = witness_of(w, w->mark_seqnum);
    }
    for (int n = SEQNUM_MAX; n > 0; n--) {
        if (!(w->snapshot_set & 1u << n)) continue;
        snapshots[f->snapshots_len++] = (struct entry_snapshot){
            .at = position_of(w, w->snapshot_history, n),
            .log = witness_of(w, n),
            .on_real_history = w->proofs && on_real(w, w->snapshot_history, n),
        };
    }
}

static unsigned long checked, differing;
static unsigned long paths_seen[ENTRY_PATH_COUNT];

static void check_world(const struct world *w)
{
    struct entry_snapshot snapshots[SEQNUM_MAX];
    struct entry_facts facts;
    struct entry_decision d;
    struct expected e = oracle(w);

    facts_of(w, &facts, snapshots);
    d = entry_check(&facts);
    checked++;
    paths_seen[d.path]++;
    if (d.path == e.path && d.base == e.base && d.base_at.seqnum == (uint64_t)e.base_seqnum &&
        (d.path == ENTRY_FULL_REPLAY) == (d.cause != ENTRY_CAUSE_NONE) &&
        d.cause != ENTRY_CAUSE_INCONSISTENT) {
        return;
    }
    if (differing++ > 5) return;
    (void)printf("\n    fork %d real %d/%d ours %d/%d usable %d attached %d mark %d log %d/%d..%d "
                 "snapshots %d/%#x proofs %d rejected %d: %s base %d at %d, expected %s base %d at "
                 "%d\n",
                 w->fork, w->real.history, w->real.seqnum, w->ours.history, w->ours.seqnum,
                 w->usable, w->attached, w->mark_seqnum, w->log_history, w->log_first, w->log_last,
                 w->snapshot_history, w->snapshot_set, w->proofs, (int)w->rejected,
                 entry_path_name(d.path), (int)d.base, (int)d.base_at.seqnum,
                 entry_path_name(e.path), (int)e.base, e.base_seqnum);
}

static void each_flag(struct world *w)
{
    for (int bits = 0; bits < 32; bits++) {
        w->usable = bits & 1;
        w->attached = bits & 2;
        w->proofs = bits & 4;
        w->in_memory = bits & 16;
        w->rejected = bits & 8 ? ENTRY_CAUSE_DIVERGED : ENTRY_CAUSE_NONE;
        check_world(w);
    }
}

static void each_snapshot_set(struct world *w)
{
    for (w->snapshot_history = 0; w->snapshot_history < HISTORIES; w->snapshot_history++) {
        for (w->snapshot_set = 0; w->snapshot_set <= 14; w->snapshot_set += 2) {
            each_flag(w);
        }
    }
}

static void each_log(struct world *w)
{
    w->log_history = w->log_first = w->log_last = 0;
    each_snapshot_set(w); /* empty */
    for (w->log_history = 0; w->log_history < HISTORIES; w->log_history++) {
        for (w->log_first = 1; w->log_first <= SEQNUM_MAX; w->log_first++) {
            for (w->log_last = w->log_first; w->log_last <= SEQNUM_MAX; w->log_last++) {
                each_snapshot_set(w);
            }
        }
    }
}

static void each_kernel(struct world *w)
{
    for (w->ours.history = 0; w->ours.history < HISTORIES; w->ours.history++) {
        for (w->ours.seqnum = 0; w->ours.seqnum <= SEQNUM_MAX; w->ours.seqnum++) {
            for (w->mark_seqnum = 0; w->mark_seqnum <= w->ours.seqnum; w->mark_seqnum++) {
                each_log(w);
            }
        }
    }
}

static void entry_check__every_combination_is_as_the_oracle_says(void)
{
    struct world w = {0};

    checked = differing = 0;
    for (w.fork = 0; w.fork < SEQNUM_MAX; w.fork++) {
        for (w.real.history = 0; w.real.history < HISTORIES; w.real.history++) {
            for (w.real.seqnum = 0; w.real.seqnum <= SEQNUM_MAX; w.real.seqnum++) {
                each_kernel(&w);
            }
        }
    }
    CU_ASSERT_EQUAL(differing, 0);
    CU_ASSERT(checked > 1000000);
    CU_ASSERT_EQUAL(paths_seen[ENTRY_NONE], 0);
    for (int path = ENTRY_NONE + 1; path < ENTRY_PATH_COUNT; path++) {
        CU_ASSERT(paths_seen[path] > 0);
    }
}

/* A world that leads to catch_up, for what follows to spoil. */
static void good_facts(struct entry_facts *f)
{
    struct world w = {.usable = true,
                      .real = {0, 3},
                      .ours = {0, 2},
                      .mark_seqnum = 1,
                      .log_first = 1,
                      .log_last = 3};

    facts_of(&w, f, NULL);
}

static void expect_inconsistent(const struct entry_facts *f)
{
    struct entry_decision d = entry_check(f);

    CU_ASSERT_EQUAL(d.path, ENTRY_FULL_REPLAY);
    CU_ASSERT_EQUAL(d.cause, ENTRY_CAUSE_INCONSISTENT);
    CU_ASSERT_EQUAL(d.base, ENTRY_BASE_NOTHING);
}

static void entry_check__facts_that_contradict_each_other_lead_to_full_replay(void)
{
    struct world two = {.usable = true, .real = {0, 3}, .snapshot_set = 6};
    struct entry_snapshot snapshots[SEQNUM_MAX], swapped;
    struct entry_facts f;

    good_facts(&f);
    CU_ASSERT_EQUAL(entry_check(&f).path, ENTRY_CATCH_UP);
    f.log_first = 4; /* after last */
    expect_inconsistent(&f);
    good_facts(&f);
    f.log_first = 0;
    expect_inconsistent(&f);
    good_facts(&f);
    f.log_real.held = false; /* spanned, but not there */
    expect_inconsistent(&f);
    good_facts(&f);
    f.log_ours.at.seqnum = 1; /* another entry than asked for */
    expect_inconsistent(&f);
    good_facts(&f);
    f.undone = true; /* and real is past the kernel */
    expect_inconsistent(&f);
    good_facts(&f);
    f.mark = f.real; /* a mark past the kernel */
    f.log_mark = f.log_real;
    expect_inconsistent(&f);
    facts_of(&two, &f, snapshots);
    swapped = snapshots[0]; /* newest last */
    snapshots[0] = snapshots[1];
    snapshots[1] = swapped;
    expect_inconsistent(&f);
}

static enum entry_cause cause_of(const struct world *w)
{
    struct entry_snapshot snapshots[SEQNUM_MAX];
    struct entry_facts f;

    facts_of(w, &f, snapshots);
    return entry_check(&f).cause;
}

static void entry_check__full_replay_names_its_cause(void)
{
    struct world nothing = {.real = {0, 2}}, origin = {.usable = true, .real = {0, 2}};
    struct world gap = {.usable = true, .real = {0, 3}, .ours = {0, 1}, .mark_seqnum = 1};
    struct world ahead = {.usable = true, .real = {0, 1}, .ours = {0, 3}, .mark_seqnum = 2};
    struct world other = {.usable = true, .real = {1, 2}, .ours = {0, 2}, .mark_seqnum = 1};
    struct world logged = {.usable = true,
                           .real = {1, 2},
                           .ours = {0, 1},
                           .log_first = 1,
                           .log_last = 3,
                           .mark_seqnum = 1};
    /* No kernel: none was preloaded. */
    struct world log_alone = {.real = {0, 3}, .log_first = 1, .log_last = 3};
    struct world before = {.real = {0, 3}, .snapshot_set = 1u << 1};
    struct world beyond = {.real = {0, 1}, .snapshot_set = 1u << 3 | 1u << 2};

    CU_ASSERT_EQUAL(cause_of(&nothing), ENTRY_CAUSE_NO_DATA);
    CU_ASSERT_EQUAL(cause_of(&origin), ENTRY_CAUSE_NO_DATA);
    CU_ASSERT_EQUAL(cause_of(&gap), ENTRY_CAUSE_GAP);
    CU_ASSERT_EQUAL(cause_of(&ahead), ENTRY_CAUSE_AHEAD);
    CU_ASSERT_EQUAL(cause_of(&other), ENTRY_CAUSE_OTHER_HISTORY);
    CU_ASSERT_EQUAL(cause_of(&logged), ENTRY_CAUSE_OTHER_HISTORY);
    CU_ASSERT_EQUAL(cause_of(&log_alone), ENTRY_CAUSE_GAP);
    CU_ASSERT_EQUAL(cause_of(&before), ENTRY_CAUSE_GAP);
    CU_ASSERT_EQUAL(cause_of(&beyond), ENTRY_CAUSE_AHEAD);
    before.rejected = ENTRY_CAUSE_KERNEL_FAILED;
    CU_ASSERT_EQUAL(cause_of(&before), ENTRY_CAUSE_KERNEL_FAILED);
    gap.rejected = ENTRY_CAUSE_DAMAGED;
    CU_ASSERT_EQUAL(cause_of(&gap), ENTRY_CAUSE_DAMAGED);
}

static const struct suite_case cases[] = {
    SUITE_CASE(entry_check__every_combination_is_as_the_oracle_says),
    SUITE_CASE(entry_check__facts_that_contradict_each_other_lead_to_full_replay),
    SUITE_CASE(entry_check__full_replay_names_its_cause),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("entry_check", cases, argc, argv);
}
