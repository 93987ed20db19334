/* Phase: where the sidecar is, as data. One table, one pure lookup, and every pair is in it.
 *
 *              opened            loaded           rolled             equal
 *   starting ─────────► loading ───────► rolling ───────► primed ───────────► live ◄──┐
 *                          │ ▲  rejected    │                │ ▲               │ ▲    │
 *                          │ └──────────────┘                │ │ gave up       │ │    │ caught
 *                          └────── nothing to load ─────────►┘ │ kernel lost   │ │    │ up
 *                                                              │               │ │ equal
 *       catching_up  rolling_back  tailing  full_replay ◄──────┴───── behind,  │ │    │
 *            │             │          │          │  ▲               ahead, gap │ │    │
 *            └─────────────┴──────────┴─ another way ┘               unusable  │ │    │
 *            └─────────────┴──────────┴──────────┴────────────────────────────────────┘
 *                                                           node gone          ▼ │
 *                                                                           detached
 *   primed ── load again ──► loading
 *   every phase ── stop ──► stopping
 *   every phase ── what it does not expect ──► loading, with the kernel dropped
 *
 * From primed, live, detached and loading alike, a delivery's entry check leads to live or to one
 * of the four ways there. An event that a phase does not expect is a defect of ours, and a node
 * must not pay for it: nothing that is held in memory is believed any more, and all begins again
 * from what is kept. The helm (sidecar/steward/helm.h) is the one writer.
 */
#ifndef HEADSTART_SIDECAR_DECIDE_PHASE_H
#define HEADSTART_SIDECAR_DECIDE_PHASE_H

#include <stdbool.h>

enum phase {
    PHASE_NONE, /* never where the sidecar is */
    PHASE_STARTING,
    PHASE_LOADING,
    PHASE_ROLLING,
    PHASE_PRIMED,
    PHASE_LIVE,
    PHASE_CATCHING_UP,
    PHASE_ROLLING_BACK,
    PHASE_TAILING,
    PHASE_FULL_REPLAY,
    PHASE_DETACHED,
    PHASE_STOPPING,
    PHASE_COUNT,
};

enum phase_event {
    EVENT_NONE,
    EVENT_OPENED,          /* data folder, snapshot store and log are open */
    EVENT_LOADED,          /* a kernel stands at the newest snapshot */
    EVENT_NOTHING_TO_LOAD, /* an empty kernel stands at the origin */
    EVENT_ROLLED,          /* the log has been executed to its end */
    EVENT_REJECTED,        /* speculation diverged; what led to it is rejected */
    EVENT_EQUAL,           /* entry check: same position */
    EVENT_BEHIND,          /* entry check: the log leads to the node's position */
    EVENT_AHEAD,           /* entry check: an earlier point leads there */
    EVENT_GAP,             /* entry check: entries are missing, the node's store has them */
    EVENT_UNUSABLE,        /* entry check or divergence: only the node's store helps */
    EVENT_CAUGHT_UP,       /* the kernel stands at the node's position */
    EVENT_GAVE_UP,         /* it does not, and the delivery was answered with an error */
    EVENT_KERNEL_LOST,     /* the kernel was dropped: it panicked, or is not to be believed */
    EVENT_LOAD_AGAIN,      /* nobody waits, and a kernel is loaded from what is kept */
    EVENT_NODE_GONE,
    EVENT_STOP,
    EVENT_COUNT,
};

/** Where `event` leads from `from`. Total: one that is not expected there leads to loading, and
 * from stopping nothing leads on. Never PHASE_NONE. */
enum phase phase_next(enum phase from, enum phase_event event);
/** Can `event` happen in `from`? */
bool phase_expects(enum phase from, enum phase_event event);
/** The one word for people, log, status and metrics; "none" for PHASE_NONE. */
const char *phase_name(enum phase phase);
const char *phase_event_name(enum phase_event event);

#endif
