#include "kernel/critical.h"

#include <assert.h>

enum hs_status critical_guard(struct kernel *k, struct hs_error *err)
{
    struct vat_process *p = k->ran;
    enum hs_status st;

    assert(!k->guarded.process);
    if (!p->critical || p->transcript_len == p->transcript_from) return HS_OK;
    st = vat_guard(p->vat, err);
    if (st != HS_OK) return st;
    k->guarded = (struct guarded){p, p->transcript_len, p->deliveries};
    return HS_OK;
}

void critical_keep(struct kernel *k)
{
    if (!k->guarded.process) return;
    vat_guard_end(k->guarded.process->vat);
    k->guarded = (struct guarded){0};
}

void critical_return(struct kernel *k)
{
    struct vat_process *p = k->guarded.process;

    assert(p);
    vat_guard_return(p->vat);
    p->transcript_len = k->guarded.transcript_len;
    p->deliveries = k->guarded.deliveries;
    p->ended = false; /* it may have asked for that before it failed */
    k->guarded = (struct guarded){0};
}
