#include "sidecar/steward/retry.h"

enum { PAUSE_US_MIN = 1000000, PAUSE_US_MAX = 60000000 };

bool retry_due(const struct retry *r, uint64_t now_us)
{
    return now_us >= r->after_us;
}

void retry_failed(struct retry *r, uint64_t now_us, uint64_t took_us)
{
    uint64_t pause_us = r->pause_us * 2;

    if (pause_us < PAUSE_US_MIN) pause_us = PAUSE_US_MIN;
    if (pause_us > PAUSE_US_MAX) pause_us = PAUSE_US_MAX;
    r->pause_us = pause_us;
    r->after_us = now_us + (pause_us > took_us ? pause_us : took_us);
}

void retry_worked(struct retry *r)
{
    *r = (struct retry){.pause_us = 0};
}
