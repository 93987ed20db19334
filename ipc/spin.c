#include "ipc/spin.h"

#include <assert.h>

static void spin_credit(struct spin *s, int64_t us)
{
    s->credit_us += us;
    if (s->credit_us > s->bound_us) s->credit_us = s->bound_us;
    s->waits = false;
}

uint32_t spin_begin(struct spin *s, uint64_t now_us)
{
    assert(!s->waits);
    s->waits = true;
    s->spins = s->credit_us >= 0;
    s->begun_us = now_us;
    return s->spins ? s->bound_us : 0;
}

void spin_paid(struct spin *s)
{
    uint32_t half = s->bound_us / 2;

    assert(s->waits && s->spins);
    spin_credit(s, half < SPIN_SAVES_US ? half : SPIN_SAVES_US);
}

void spin_end(struct spin *s, uint64_t now_us)
{
    assert(s->waits);
    spin_credit(s, (int64_t)((now_us - s->begun_us) / SPIN_SHARE) - (s->spins ? s->bound_us : 0));
}
