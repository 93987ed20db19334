#include "sidecar/decide/phase.h"

#include <assert.h>
#include <stdint.h>

/* Where the entry check leads: to any way, or, without a kernel, to those that need none. */
#define WAYS_WITHOUT_KERNEL                                                                        \
    [EVENT_BEHIND] = PHASE_CATCHING_UP, [EVENT_GAP] = PHASE_TAILING,                               \
    [EVENT_UNUSABLE] = PHASE_FULL_REPLAY
#define WAYS WAYS_WITHOUT_KERNEL, [EVENT_EQUAL] = PHASE_LIVE, [EVENT_AHEAD] = PHASE_ROLLING_BACK

static const uint8_t next_phase[PHASE_COUNT][EVENT_COUNT] = {
    /* not written: not expected */
    [PHASE_STARTING] = {[EVENT_OPENED] = PHASE_LOADING, [EVENT_STOP] = PHASE_STOPPING},
    [PHASE_LOADING] = {[EVENT_LOADED] = PHASE_ROLLING,
                       [EVENT_NOTHING_TO_LOAD] = PHASE_PRIMED,
                       WAYS_WITHOUT_KERNEL, /* a delivery came before all was loaded again */
                       [EVENT_NODE_GONE] = PHASE_LOADING,
                       [EVENT_STOP] = PHASE_STOPPING},
    [PHASE_ROLLING] = {[EVENT_ROLLED] = PHASE_PRIMED,
                       [EVENT_REJECTED] = PHASE_LOADING, /* an empty kernel is started instead */
                       [EVENT_STOP] = PHASE_STOPPING},
    [PHASE_PRIMED] = {WAYS, [EVENT_KERNEL_LOST] = PHASE_PRIMED, [EVENT_LOAD_AGAIN] = PHASE_LOADING,
                      [EVENT_NODE_GONE] = PHASE_PRIMED, /* it never got to deliver */
                      [EVENT_STOP] = PHASE_STOPPING},
    [PHASE_LIVE] = {WAYS, [EVENT_KERNEL_LOST] = PHASE_PRIMED, [EVENT_NODE_GONE] = PHASE_DETACHED,
                    [EVENT_STOP] = PHASE_STOPPING},
    [PHASE_CATCHING_UP] = {[EVENT_CAUGHT_UP] = PHASE_LIVE,
                           [EVENT_UNUSABLE] = PHASE_FULL_REPLAY, /* diverged */
                           [EVENT_GAVE_UP] = PHASE_PRIMED,
                           [EVENT_STOP] = PHASE_STOPPING},
    [PHASE_ROLLING_BACK] = {[EVENT_CAUGHT_UP] = PHASE_LIVE,
                            [EVENT_UNUSABLE] = PHASE_FULL_REPLAY,
                            [EVENT_GAVE_UP] = PHASE_PRIMED,
                            [EVENT_STOP] = PHASE_STOPPING},
    [PHASE_TAILING] = {[EVENT_CAUGHT_UP] = PHASE_LIVE,
                       [EVENT_UNUSABLE] = PHASE_FULL_REPLAY,
                       [EVENT_GAVE_UP] = PHASE_PRIMED,
                       [EVENT_STOP] = PHASE_STOPPING},
    [PHASE_FULL_REPLAY] = {[EVENT_CAUGHT_UP] = PHASE_LIVE,
                           [EVENT_GAVE_UP] = PHASE_PRIMED, /* there is nothing behind it */
                           [EVENT_STOP] = PHASE_STOPPING},
    [PHASE_DETACHED] = {WAYS, [EVENT_KERNEL_LOST] = PHASE_PRIMED,
                        [EVENT_NODE_GONE] = PHASE_DETACHED, /* the next one did not deliver */
                        [EVENT_STOP] = PHASE_STOPPING},
    /* PHASE_STOPPING: nothing leads on */
};

static const char *const phase_names[PHASE_COUNT] = {
    [PHASE_NONE] = "none",
    [PHASE_STARTING] = "starting",
    [PHASE_LOADING] = "loading",
    [PHASE_ROLLING] = "rolling",
    [PHASE_PRIMED] = "primed",
    [PHASE_LIVE] = "live",
    [PHASE_CATCHING_UP] = "catching_up",
    [PHASE_ROLLING_BACK] = "rolling_back",
    [PHASE_TAILING] = "tailing",
    [PHASE_FULL_REPLAY] = "full_replay",
    [PHASE_DETACHED] = "detached",
    [PHASE_STOPPING] = "stopping",
};

static const char *const event_names[EVENT_COUNT] = {
    [EVENT_NONE] = "none",
    [EVENT_OPENED] = "opened",
    [EVENT_LOADED] = "loaded",
    [EVENT_NOTHING_TO_LOAD] = "nothing to load",
    [EVENT_ROLLED] = "rolled",
    [EVENT_REJECTED] = "rejected",
    [EVENT_EQUAL] = "equal",
    [EVENT_BEHIND] = "behind",
    [EVENT_AHEAD] = "ahead",
    [EVENT_GAP] = "gap",
    [EVENT_UNUSABLE] = "unusable",
    [EVENT_CAUGHT_UP] = "caught up",
    [EVENT_GAVE_UP] = "gave up",
    [EVENT_KERNEL_LOST] = "kernel lost",
    [EVENT_LOAD_AGAIN] = "load again",
    [EVENT_NODE_GONE] = "node gone",
    [EVENT_STOP] = "stop",
};

bool phase_expects(enum phase from, enum phase_event event)
{
    assert(from < PHASE_COUNT);
    assert(event < EVENT_COUNT);
    return next_phase[from][event] != PHASE_NONE;
}

enum phase phase_next(enum phase from, enum phase_event event)
{
    if (phase_expects(from, event)) return (enum phase)next_phase[from][event];
    return from == PHASE_STOPPING ? PHASE_STOPPING : PHASE_LOADING;
}

const char *phase_name(enum phase phase)
{
    assert(phase < PHASE_COUNT);
    return phase_names[phase];
}

const char *phase_event_name(enum phase_event event)
{
    assert(event < EVENT_COUNT);
    return event_names[event];
}
