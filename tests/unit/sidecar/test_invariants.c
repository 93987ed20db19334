/* Invariants: facts of a healthy helm pass, and each way of breaking them is found by name. */
#include "tests/unit/suite.h"

#include "sidecar/steward/invariants.h"

static struct position at(uint64_t seqnum)
{
    struct position p = {.seqnum = seqnum};

    memset(p.hash, seqnum > 0 ? 'a' : '\0', sizeof p.hash - 1);
    return p;
}

static struct snapshot_record records[2];

static struct invariant_facts healthy(void)
{
    records[0] = (struct snapshot_record){.at = at(40)};
    records[1] = (struct snapshot_record){.at = at(20)};
    return (struct invariant_facts){
        .phase = PHASE_LIVE,
        .delivered = true,
        .kernel = true,
        .attached = true,
        .at = at(53),
        .mark = at(50),
        .floor = at(50),
        .log_kept = true,
        .log = {.first = 20, .last = 53, .entries = 34, .synced = 52},
        .snapshots = records,
        .snapshots_len = 2,
    };
}

static void expect_broken(const struct invariant_facts *f, const char *words)
{
    const char *broken = invariant_broken(f);
    char text[512];

    CU_ASSERT_PTR_NOT_NULL_FATAL(broken);
    if (!strstr(broken, words)) (void)printf("\n    %s\n", broken);
    CU_ASSERT_PTR_NOT_NULL(strstr(broken, words));
    invariant_facts_text(f, text, sizeof text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, phase_name(f->phase)));
}

static void invariants__hold_wherever_a_healthy_helm_is(void)
{
    struct invariant_facts f = healthy();

    CU_ASSERT_PTR_NULL(invariant_broken(&f));
    f.log_fenced = true; /* what was executed since is missing */
    f.log.last = 50;
    f.log.entries = 31;
    f.log.synced = 50;
    CU_ASSERT_PTR_NULL(invariant_broken(&f));
    f = (struct invariant_facts){.phase = PHASE_LOADING, .floor = at(50), .log_kept = true};
    CU_ASSERT_PTR_NULL(invariant_broken(&f));
    f.phase = PHASE_PRIMED; /* and nothing could be loaded */
    CU_ASSERT_PTR_NULL(invariant_broken(&f));
    f = healthy(); /* going back: the floor is lowered when it has gone there */
    f.phase = PHASE_ROLLING_BACK;
    f.delivered = false;
    f.at = f.mark = at(30);
    CU_ASSERT_PTR_NULL(invariant_broken(&f));
    f.phase = PHASE_LIVE;
    f.in_memory = true; /* what is on disk is another past */
    f.floor = at(30);
    CU_ASSERT_PTR_NULL(invariant_broken(&f));
}

static void invariants__each_break_is_named(void)
{
    struct invariant_facts f = healthy();

    f.mark = at(54);
    expect_broken(&f, "the mark");
    f = healthy();
    f.floor = at(54);
    expect_broken(&f, "the floor");
    f = healthy();
    f.kernel = false;
    expect_broken(&f, "live has a kernel");
    f = healthy();
    f.phase = PHASE_LOADING;
    expect_broken(&f, "without a kernel");
    f = healthy();
    f.attached = false;
    expect_broken(&f, "node was met");
    f = healthy();
    f.log.last = 52;
    f.log.entries = 33;
    expect_broken(&f, "the log ends where");
    f = healthy();
    f.log.entries = 33;
    expect_broken(&f, "every entry");
    f = healthy();
    f.log.synced = 54;
    expect_broken(&f, "synced");
    f = healthy();
    f.log.entries = 0;
    expect_broken(&f, "no bounds");
    f = healthy();
    records[1].at = at(40);
    expect_broken(&f, "newest first");
    f = healthy();
    records[0].at = at(51);
    expect_broken(&f, "ahead of the mark");
}

static const struct suite_case cases[] = {
    SUITE_CASE(invariants__hold_wherever_a_healthy_helm_is),
    SUITE_CASE(invariants__each_break_is_named),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("invariants", cases, argc, argv);
}
