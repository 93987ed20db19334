/* Phases: the table itself, with every event in every phase. What it must be is said as rules, not
 * as a second table; which of its pairs real runs send is test_steward_moves' to see. */
#include "tests/unit/suite.h"

#include "sidecar/decide/phase.h"

/* Where the sidecar may stay for long with a kernel that waits, or goes to the node and back. */
static const enum phase ground[] = {PHASE_PRIMED, PHASE_LIVE, PHASE_DETACHED};
static const enum phase ways[] = {PHASE_CATCHING_UP, PHASE_ROLLING_BACK, PHASE_TAILING,
                                  PHASE_FULL_REPLAY};

/* Each pair of the table, in order; `at` begins at 0. False: there are no more. */
static bool next_pair(size_t *at, enum phase *from, enum phase_event *event)
{
    if (*at >= (size_t)(PHASE_COUNT - PHASE_STARTING) * EVENT_COUNT) return false;
    *from = (enum phase)(PHASE_STARTING + *at / EVENT_COUNT);
    *event = (enum phase_event)(*at % EVENT_COUNT);
    ++*at;
    return true;
}

static void phase__every_pair_leads_somewhere(void)
{
    enum phase from;
    enum phase_event event;
    size_t at = 0, expected = 0;

    while (next_pair(&at, &from, &event)) {
        enum phase to = phase_next(from, event);

        CU_ASSERT(to > PHASE_NONE && to < PHASE_COUNT);
        if (phase_expects(from, event)) {
            expected++;
        } else {
            CU_ASSERT_EQUAL(to, from == PHASE_STOPPING ? PHASE_STOPPING : PHASE_LOADING);
        }
    }
    CU_ASSERT(expected > PHASE_COUNT);
    for (event = EVENT_NONE; event < EVENT_COUNT; event++) {
        CU_ASSERT_FALSE(phase_expects(PHASE_STOPPING, event));
    }
}

static void phase__nothing_is_no_event(void)
{
    for (enum phase from = PHASE_STARTING; from < PHASE_COUNT; from++) {
        CU_ASSERT_FALSE(phase_expects(from, EVENT_NONE));
    }
}

/* An event has one meaning: where it is expected, it leads to the same phase from everywhere. */
static void phase__an_event_means_one_thing(void)
{
    static const enum phase to[EVENT_COUNT] = {
        [EVENT_OPENED] = PHASE_LOADING,
        [EVENT_LOADED] = PHASE_ROLLING,
        [EVENT_NOTHING_TO_LOAD] = PHASE_PRIMED,
        [EVENT_ROLLED] = PHASE_PRIMED,
        [EVENT_REJECTED] = PHASE_LOADING,
        [EVENT_EQUAL] = PHASE_LIVE,
        [EVENT_BEHIND] = PHASE_CATCHING_UP,
        [EVENT_AHEAD] = PHASE_ROLLING_BACK,
        [EVENT_GAP] = PHASE_TAILING,
        [EVENT_UNUSABLE] = PHASE_FULL_REPLAY,
        [EVENT_CAUGHT_UP] = PHASE_LIVE,
        [EVENT_GAVE_UP] = PHASE_PRIMED,
        [EVENT_KERNEL_LOST] = PHASE_PRIMED,
        [EVENT_LOAD_AGAIN] = PHASE_LOADING,
        [EVENT_STOP] = PHASE_STOPPING,
    };
    enum phase from;
    enum phase_event event;
    size_t at = 0;

    while (next_pair(&at, &from, &event)) {
        if (!phase_expects(from, event)) continue;
        if (event == EVENT_NODE_GONE) {
            CU_ASSERT_EQUAL(phase_next(from, event), from == PHASE_LIVE ? PHASE_DETACHED : from);
        } else {
            CU_ASSERT_EQUAL(phase_next(from, event), to[event]);
        }
    }
}

static void phase__every_way_is_open_from_the_ground_and_ends(void)
{
    for (size_t i = 0; i < sizeof ground / sizeof *ground; i++) {
        for (enum phase_event event = EVENT_EQUAL; event <= EVENT_UNUSABLE; event++) {
            CU_ASSERT_TRUE(phase_expects(ground[i], event));
        }
        CU_ASSERT_TRUE(phase_expects(ground[i], EVENT_KERNEL_LOST));
        CU_ASSERT_TRUE(phase_expects(ground[i], EVENT_NODE_GONE));
    }
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        CU_ASSERT_TRUE(phase_expects(ways[i], EVENT_CAUGHT_UP));
        CU_ASSERT_TRUE(phase_expects(ways[i], EVENT_GAVE_UP));
        CU_ASSERT_EQUAL(phase_expects(ways[i], EVENT_UNUSABLE), ways[i] != PHASE_FULL_REPLAY);
    }
}

/* Whatever happened, what follows is served: loading leads to a kernel that waits, and lets a
 * delivery through before. */
static void phase__what_is_not_expected_ends_where_all_begins_again(void)
{
    enum phase from;
    enum phase_event event;
    size_t at = 0;

    while (next_pair(&at, &from, &event)) {
        enum phase to = phase_next(from, event);

        if (phase_expects(from, event) || from == PHASE_STOPPING) continue;
        CU_ASSERT_EQUAL(phase_next(phase_next(to, EVENT_NOTHING_TO_LOAD), EVENT_EQUAL), PHASE_LIVE);
        CU_ASSERT_EQUAL(phase_next(phase_next(to, EVENT_UNUSABLE), EVENT_CAUGHT_UP), PHASE_LIVE);
    }
}

static void phase__every_one_can_be_reached_and_stopped(void)
{
    bool reached[PHASE_COUNT] = {[PHASE_STARTING] = true};

    for (int round = 0; round < PHASE_COUNT; round++) {
        enum phase from;
        enum phase_event event;
        size_t at = 0;

        while (next_pair(&at, &from, &event)) {
            if (reached[from] && phase_expects(from, event)) {
                reached[phase_next(from, event)] = true;
            }
        }
    }
    for (enum phase phase = PHASE_STARTING; phase < PHASE_COUNT; phase++) {
        CU_ASSERT_TRUE(reached[phase]);
        CU_ASSERT_EQUAL(phase_next(phase, EVENT_STOP), PHASE_STOPPING);
        CU_ASSERT_EQUAL(phase_expects(phase, EVENT_STOP), phase != PHASE_STOPPING);
    }
}

static void phase__names_are_the_contract(void)
{
    static const char *const names[] = {"none",    "starting",    "loading",     "rolling",
                                        "primed",  "live",        "catching_up", "rolling_back",
                                        "tailing", "full_replay", "detached",    "stopping"};

    for (int phase = PHASE_NONE; phase < PHASE_COUNT; phase++) {
        CU_ASSERT_STRING_EQUAL(phase_name((enum phase)phase), names[phase]);
    }
    for (int event = EVENT_NONE; event < EVENT_COUNT; event++) {
        CU_ASSERT_PTR_NOT_NULL(phase_event_name((enum phase_event)event));
    }
}

static const struct suite_case cases[] = {
    SUITE_CASE(phase__every_pair_leads_somewhere),
    SUITE_CASE(phase__nothing_is_no_event),
    SUITE_CASE(phase__an_event_means_one_thing),
    SUITE_CASE(phase__every_way_is_open_from_the_ground_and_ends),
    SUITE_CASE(phase__what_is_not_expected_ends_where_all_begins_again),
    SUITE_CASE(phase__every_one_can_be_reached_and_stopped),
    SUITE_CASE(phase__names_are_the_contract),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("phase", cases, argc, argv);
}
