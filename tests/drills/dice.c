#include "tests/drills/dice.h"

#include <assert.h>

/* SplitMix64 (Steele, Lea, Flood 2014): any state is a good one. */
uint64_t dice_next(struct dice *d)
{
    uint64_t z = d->state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

struct dice dice_make(uint64_t seed, uint64_t row, uint64_t number)
{
    struct dice d = {.state = seed};

    d.state = dice_next(&d) ^ row;
    d.state = dice_next(&d) ^ number;
    return d;
}

uint64_t dice_below(struct dice *d, uint64_t n)
{
    assert(n > 0);
    return dice_next(d) % n; /* n is tiny beside 2^64: the bias is, too */
}

bool dice_chance(struct dice *d, unsigned percent)
{
    return dice_below(d, 100) < percent;
}
