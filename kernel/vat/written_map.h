/* Written map: a byte for each line of a vat's memory, right before it, set where that is written.
 *
 *   ┌──── written ────┬──────── live memory ────────┬─ guard
 *   │ a byte a line   │
 *
 * It is what the translated engine and written_lines.h share: engine/build.sh compiles the engine
 * with this header and has each of its stores say so here. */
#ifndef HEADSTART_KERNEL_VAT_WRITTEN_MAP_H
#define HEADSTART_KERNEL_VAT_WRITTEN_MAP_H

#include <stdint.h>
#include <string.h>

/* A store outside of the memory may set its byte before it faults, so there is one for every
 * address that an instruction can name: 33 bits. */
enum { WRITTEN_MAP_LINE_BITS = 9, WRITTEN_MAP_BYTES = 1 << (33 - WRITTEN_MAP_LINE_BITS) };

/** What is stored, 8 bytes at most, begins at `at`. Where it ends is not looked at: that would cost
 *  each store as much again, and only few end in another line. */
static inline void written_map_store(uint8_t *memory, uint64_t at)
{
    memory[(int64_t)(at >> WRITTEN_MAP_LINE_BITS) - WRITTEN_MAP_BYTES] = 1;
}

static inline void written_map_range(uint8_t *memory, uint64_t at, uint64_t len)
{
    uint64_t first = at >> WRITTEN_MAP_LINE_BITS;

    if (len == 0) return;
    memset(memory - WRITTEN_MAP_BYTES + first, 1,
           (size_t)(((at + len - 1) >> WRITTEN_MAP_LINE_BITS) - first + 1));
}

#endif
