/* What a node is told while it waits, and when. */
#include "tests/unit/suite.h"

#include "sidecar/report/waiting.h"

static void waiting__is_told_a_second_after_its_begin_and_then_each(void)
{
    static const struct {
        uint64_t since, told, now;
        bool due;
    } rows[] = {
        {5000, 0, 5000, false},    {5000, 0, 5999, false}, /* a short one is told nothing */
        {5000, 0, 6000, true},     {5000, 0, 9000, true},
        {5000, 4999, 5999, false}, {5000, 4999, 6000, true}, /* told in an earlier wait */
        {5000, 6000, 6999, false}, {5000, 6000, 7000, true},
        {5000, 0, 4000, false},    {5000, 6000, 5500, false}, /* a clock that is behind */
        {0, 0, 1000, true},        {UINT64_MAX, 0, 5, false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CU_ASSERT_EQUAL(waiting_due(rows[i].since, rows[i].told, rows[i].now), rows[i].due);
    }
}

static void waiting__message_that_runs_has_a_phase_alone(void)
{
    struct figures_replay none = {.active = false, .at = 7, .target = 9};
    struct waiting_notice n = waiting_notice(PHASE_LIVE, &none, 1000000);

    CU_ASSERT_STRING_EQUAL(n.phase, "live");
    CU_ASSERT_EQUAL(n.done, 0);
    CU_ASSERT_EQUAL(n.total, 0);
    CU_ASSERT(!n.eta_known);
}

static void waiting__replay_says_how_far_and_how_long(void)
{
    struct figures_replay r = {.active = true,
                               .phase = PHASE_FULL_REPLAY,
                               .from = 100,
                               .at = 150,
                               .target = 300,
                               .started_us = 1000000};
    struct waiting_notice n = waiting_notice(PHASE_LIVE, &r, 3000000);

    CU_ASSERT_STRING_EQUAL(n.phase, "full_replay");
    CU_ASSERT_EQUAL(n.done, 50);
    CU_ASSERT_EQUAL(n.total, 200);
    CU_ASSERT(n.eta_known);
    CU_ASSERT_EQUAL(n.eta_s, 6);
    n = waiting_notice(PHASE_LIVE, &r, 3100000); /* 6.3 s: rounded up */
    CU_ASSERT_EQUAL(n.eta_s, 7);
}

static void waiting__what_is_not_known_is_not_said(void)
{
    struct figures_replay r = {
        .active = true, .phase = PHASE_LOADING, .from = 0, .at = 40, .started_us = 1000000};
    struct waiting_notice n = waiting_notice(PHASE_LOADING, &r, 2000000); /* no target */

    CU_ASSERT_EQUAL(n.done, 40);
    CU_ASSERT_EQUAL(n.total, 0);
    CU_ASSERT(!n.eta_known);
    r.target = HS_UINT_MAX;
    r.at = 0; /* nothing yet: no rate */
    n = waiting_notice(PHASE_LOADING, &r, 2000000);
    CU_ASSERT_EQUAL(n.total, HS_UINT_MAX);
    CU_ASSERT(!n.eta_known);
    r.at = 1; /* a rate so small that the end is past all numbers */
    n = waiting_notice(PHASE_LOADING, &r, 1000000 + HS_UINT_MAX);
    CU_ASSERT(!n.eta_known);
    n = waiting_notice(PHASE_LOADING, &r, 500000); /* a clock that is behind */
    CU_ASSERT(!n.eta_known);
    r.at = 5;
    r.from = r.target = 10; /* figures of a moment in between */
    n = waiting_notice(PHASE_LOADING, &r, 2000000);
    CU_ASSERT_EQUAL(n.done, 0);
    CU_ASSERT_EQUAL(n.total, 0);
}

static const struct suite_case cases[] = {
    SUITE_CASE(waiting__is_told_a_second_after_its_begin_and_then_each),
    SUITE_CASE(waiting__message_that_runs_has_a_phase_alone),
    SUITE_CASE(waiting__replay_says_how_far_and_how_long),
    SUITE_CASE(waiting__what_is_not_known_is_not_said),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("waiting", cases, argc, argv);
}
