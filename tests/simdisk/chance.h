/* What of the things that were not synced reached the disk: drawn anew for each loss. */
#ifndef HEADSTART_TESTS_SIMDISK_CHANCE_H
#define HEADSTART_TESTS_SIMDISK_CHANCE_H

#include "kernel/state/bytes.h"

struct chance {
    uint64_t *random;
    bool any;        /* any part; else all until `moment` */
    uint64_t moment; /* 0: nothing */
    uint64_t changes_lost, pages_torn;
};

/** A choice among `moments` moments so far. */
struct chance chance_draw(uint64_t *random, uint64_t moments);
/** 0 … below - 1. */
uint64_t chance_below(struct chance *chance, uint64_t below);

void *must_have(void *memory);
void must(enum hs_status st);

#endif
