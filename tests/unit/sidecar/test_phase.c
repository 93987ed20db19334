/* Phases: every (phase, event) pair, and where each way leads. */
#include "tests/unit/suite.h"

#include "sidecar/decide/phase.h"

#include <stdbool.h>

struct move {
    enum phase from;
    enum phase_event event;
    enum phase to;
};

/* Written down a second time, by hand: what is not here must be illegal. */
static const struct move legal[] = {
    {PHASE_STARTING, EVENT_OPENED, PHASE_LOADING},
    {PHASE_STARTING, EVENT_STOP, PHASE_STOPPING},
    {PHASE_LOADING, EVENT_LOADED, PHASE_ROLLING},
    {PHASE_LOADING, EVENT_NOTHING_TO_LOAD, PHASE_PRIMED},
    {PHASE_LOADING, EVENT_STOP, PHASE_STOPPING},
    {PHASE_ROLLING, EVENT_ROLLED, PHASE_PRIMED},
    {PHASE_ROLLING, EVENT_REJECTED, PHASE_LOADING},
    {PHASE_ROLLING, EVENT_STOP, PHASE_STOPPING},
    {PHASE_PRIMED, EVENT_EQUAL, PHASE_LIVE},
    {PHASE_PRIMED, EVENT_BEHIND, PHASE_CATCHING_UP},
    {PHASE_PRIMED, EVENT_AHEAD, PHASE_ROLLING_BACK},
    {PHASE_PRIMED, EVENT_GAP, PHASE_TAILING},
    {PHASE_PRIMED, EVENT_UNUSABLE, PHASE_FULL_REPLAY},
    {PHASE_PRIMED, EVENT_NODE_GONE, PHASE_PRIMED},
    {PHASE_PRIMED, EVENT_STOP, PHASE_STOPPING},
    {PHASE_LIVE, EVENT_EQUAL, PHASE_LIVE},
    {PHASE_LIVE, EVENT_BEHIND, PHASE_CATCHING_UP},
    {PHASE_LIVE, EVENT_AHEAD, PHASE_ROLLING_BACK},
    {PHASE_LIVE, EVENT_GAP, PHASE_TAILING},
    {PHASE_LIVE, EVENT_UNUSABLE, PHASE_FULL_REPLAY},
    {PHASE_LIVE, EVENT_KERNEL_LOST, PHASE_PRIMED},
    {PHASE_LIVE, EVENT_NODE_GONE, PHASE_DETACHED},
    {PHASE_LIVE, EVENT_STOP, PHASE_STOPPING},
    {PHASE_CATCHING_UP, EVENT_CAUGHT_UP, PHASE_LIVE},
    {PHASE_CATCHING_UP, EVENT_UNUSABLE, PHASE_FULL_REPLAY},
    {PHASE_CATCHING_UP, EVENT_GAVE_UP, PHASE_PRIMED},
    {PHASE_CATCHING_UP, EVENT_STOP, PHASE_STOPPING},
    {PHASE_ROLLING_BACK, EVENT_CAUGHT_UP, PHASE_LIVE},
    {PHASE_ROLLING_BACK, EVENT_UNUSABLE, PHASE_FULL_REPLAY},
    {PHASE_ROLLING_BACK, EVENT_GAVE_UP, PHASE_PRIMED},
    {PHASE_ROLLING_BACK, EVENT_STOP, PHASE_STOPPING},
    {PHASE_TAILING, EVENT_CAUGHT_UP, PHASE_LIVE},
    {PHASE_TAILING, EVENT_UNUSABLE, PHASE_FULL_REPLAY},
    {PHASE_TAILING, EVENT_GAVE_UP, PHASE_PRIMED},
    {PHASE_TAILING, EVENT_STOP, PHASE_STOPPING},
    {PHASE_FULL_REPLAY, EVENT_CAUGHT_UP, PHASE_LIVE},
    {PHASE_FULL_REPLAY, EVENT_GAVE_UP, PHASE_PRIMED},
    {PHASE_FULL_REPLAY, EVENT_STOP, PHASE_STOPPING},
    {PHASE_DETACHED, EVENT_EQUAL, PHASE_LIVE},
    {PHASE_DETACHED, EVENT_BEHIND, PHASE_CATCHING_UP},
    {PHASE_DETACHED, EVENT_AHEAD, PHASE_ROLLING_BACK},
    {PHASE_DETACHED, EVENT_GAP, PHASE_TAILING},
    {PHASE_DETACHED, EVENT_UNUSABLE, PHASE_FULL_REPLAY},
    {PHASE_DETACHED, EVENT_NODE_GONE, PHASE_DETACHED},
    {PHASE_DETACHED, EVENT_STOP, PHASE_STOPPING},
};

static enum phase expected(enum phase from, enum phase_event event)
{
    for (size_t i = 0; i < sizeof legal / sizeof *legal; i++) {
        if (legal[i].from == from && legal[i].event == event) return legal[i].to;
    }
    return PHASE_NONE;
}

static void phase__every_pair_leads_where_it_should(void)
{
    size_t moves = 0;

    for (int from = PHASE_NONE; from < PHASE_COUNT; from++) {
        for (int event = EVENT_NONE; event < EVENT_COUNT; event++) {
            enum phase to = phase_next((enum phase)from, (enum phase_event)event);

            CU_ASSERT_EQUAL(to, expected((enum phase)from, (enum phase_event)event));
            if (to != PHASE_NONE) moves++;
        }
    }
    CU_ASSERT_EQUAL(moves, sizeof legal / sizeof *legal);
}

static void phase__every_one_can_be_reached_and_stopped(void)
{
    bool reached[PHASE_COUNT] = {[PHASE_STARTING] = true};

    for (int round = 0; round < PHASE_COUNT; round++) {
        for (int from = PHASE_NONE; from < PHASE_COUNT; from++) {
            for (int event = EVENT_NONE; reached[from] && event < EVENT_COUNT; event++) {
                reached[phase_next((enum phase)from, (enum phase_event)event)] = true;
            }
        }
    }
    for (int phase = PHASE_STARTING; phase < PHASE_COUNT; phase++) {
        CU_ASSERT_TRUE(reached[phase]);
        if (phase == PHASE_STOPPING) continue;
        CU_ASSERT_EQUAL(phase_next((enum phase)phase, EVENT_STOP), PHASE_STOPPING);
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
    SUITE_CASE(phase__every_pair_leads_where_it_should),
    SUITE_CASE(phase__every_one_can_be_reached_and_stopped),
    SUITE_CASE(phase__names_are_the_contract),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("phase", cases, argc, argv);
}
