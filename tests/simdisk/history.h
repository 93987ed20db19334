/* Many seeded histories over the simulated disk, counted. */
#ifndef HEADSTART_TESTS_SIMDISK_HISTORY_H
#define HEADSTART_TESTS_SIMDISK_HISTORY_H

#include "tests/simdisk/simdisk.h"

/* One history, all of it drawn from the seed. False: something was wrong, which it has printed. */
typedef bool (*history_fn)(uint64_t seed, struct simdisk_facts *facts);

/** Run some: HEADSTART_TEST_ROUNDS (3) times `unit`; print what happened to them. How many were
 *  wrong. */
uint64_t history_many(history_fn run, uint64_t unit);
/** Run the one whose seed the text names, and tell; false: it names none. */
bool history_again(history_fn run, const char *seed);
/** The power goes after some of `calls_max` calls, or where it hurts: at a sync or at a rename. */
void history_cut(struct simdisk *s, uint64_t *random, uint64_t calls_max);
/** Have something refused, or the disk full, or neither any more. */
void history_disturb(struct simdisk *s, uint64_t *random);

#endif
