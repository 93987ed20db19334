/* Query gate: queries give way to everything else.
 *
 *   posters          gate            the steward's thread
 *   query_gate_ahead ──► count ◄──   query_gate_passed
 *           │            runs? ◄──   query_gate_enter … query_gate_leave
 *           └─ if one runs: stop the engine; what it did is undone, and it is answered `busy`
 *
 * A delivery so waits for the running query no longer than the engine's next loop and the way back
 * to a savepoint take.
 *
 * Threads: ahead from any; enter, leave and passed from the one that runs the jobs.
 */
#ifndef HEADSTART_SIDECAR_STEWARD_QUERY_GATE_H
#define HEADSTART_SIDECAR_STEWARD_QUERY_GATE_H

#include "kernel/vat/engine.h"

#include <pthread.h>

struct query_gate {
    struct vat_engine *engine; /* borrowed */
    pthread_mutex_t lock;      /* guards what follows */
    unsigned ahead;            /* jobs that go before every query */
    bool runs, given_up;       /* a query; it was stopped */
    bool closed;               /* the engine stays stopped */
};

void query_gate_init(struct query_gate *g, struct vat_engine *engine);
void query_gate_fini(struct query_gate *g);

/** There is something that goes before queries, until the other says that it was done. */
void query_gate_ahead(struct query_gate *g);
void query_gate_passed(struct query_gate *g);

/** A query may run now. False: something goes before it. */
bool query_gate_enter(struct query_gate *g);
/** It ran, or was given up: the engine runs again. */
void query_gate_leave(struct query_gate *g);

/** Whatever runs in the engine is stopped, for good: the sidecar stops. */
void query_gate_close(struct query_gate *g);

#endif
