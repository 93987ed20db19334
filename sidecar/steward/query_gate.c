#include "sidecar/steward/query_gate.h"

#include <assert.h>

void query_gate_init(struct query_gate *g, struct vat_engine *engine)
{
    *g = (struct query_gate){.engine = engine};
    (void)pthread_mutex_init(&g->lock, NULL);
}

void query_gate_fini(struct query_gate *g)
{
    assert(!g->runs);
    (void)pthread_mutex_destroy(&g->lock);
}

void query_gate_ahead(struct query_gate *g)
{
    (void)pthread_mutex_lock(&g->lock);
    g->ahead++;
    if (g->runs && !g->given_up) {
        g->given_up = true;
        vat_engine_stop(g->engine);
    }
    (void)pthread_mutex_unlock(&g->lock);
}

void query_gate_passed(struct query_gate *g)
{
    (void)pthread_mutex_lock(&g->lock);
    assert(g->ahead > 0);
    g->ahead--;
    (void)pthread_mutex_unlock(&g->lock);
}

bool query_gate_enter(struct query_gate *g)
{
    bool free;

    (void)pthread_mutex_lock(&g->lock);
    assert(!g->runs && !g->given_up);
    free = g->ahead == 0 && !g->closed;
    g->runs = free;
    (void)pthread_mutex_unlock(&g->lock);
    return free;
}

void query_gate_leave(struct query_gate *g)
{
    (void)pthread_mutex_lock(&g->lock);
    assert(g->runs);
    if (g->given_up && !g->closed) vat_engine_resume(g->engine);
    g->runs = g->given_up = false;
    (void)pthread_mutex_unlock(&g->lock);
}

void query_gate_close(struct query_gate *g)
{
    (void)pthread_mutex_lock(&g->lock);
    g->closed = true;
    vat_engine_stop(g->engine);
    (void)pthread_mutex_unlock(&g->lock);
}
