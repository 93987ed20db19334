/* Dice: what is drawn in a case is a function of the seed, the row and the case's number alone. */
#ifndef HEADSTART_TESTS_DRILLS_DICE_H
#define HEADSTART_TESTS_DRILLS_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};

struct dice dice_make(uint64_t seed, uint64_t row, uint64_t number);
uint64_t dice_next(struct dice *d);
/** 0 .. n - 1; n is at least 1. */
uint64_t dice_below(struct dice *d, uint64_t n);
/** True in `percent` of 100 throws. */
bool dice_chance(struct dice *d, unsigned percent);

#endif
