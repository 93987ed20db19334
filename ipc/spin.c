#include "ipc/spin.h"

#include <assert.h>

uint32_t spin_begin(struct spin *s)
{
    if (s->asleep == 0) return s->bound_us;
    s->asleep--;
    return 0;
}

void spin_end(struct spin *s, bool came)
{
    assert(s->asleep == 0);
    if (came) {
        s->misses -= s->misses > 0;
        return;
    }
    s->misses = s->misses + 2 < SPIN_MISSES_MAX ? s->misses + 2 : SPIN_MISSES_MAX;
    s->asleep = (1u << s->misses) - 1;
}
