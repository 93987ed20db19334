/* Address space: room that is reserved once for memory that grows in its place, and given pages by
 * need, or beforehand where they are about to be filled.
 *
 * Room begins at a border of the system's large pages, so that many pages are had at once: filling
 * 64 MiB in small ones, a start spent half of its time on getting them.
 */
#ifndef HEADSTART_KERNEL_VAT_ADDRESS_SPACE_H
#define HEADSTART_KERNEL_VAT_ADDRESS_SPACE_H

#include <stddef.h>

/** `bytes` of room, and `before` bytes in front of it (whole pages, both), without access or
 * memory; NULL: the system refuses, with an errno. Given back with munmap, front included. */
void *address_space_reserve(size_t before, size_t bytes);

/** `bytes` of zeros, which have memory where they are written, in small pages; NULL: the system
 *  refuses, with an errno. Given back with munmap. Not calloc's: that gives from what was freed
 *  before and clears all of it, however large, once as much was freed at once. */
void *address_space_zeros(size_t bytes);

/** Have memory behind `bytes` from `at` on, which may be written, in one call: a fault a page costs
 *  more than filling it. Whatever the system does not know how, the faults do. */
void address_space_populate(void *at, size_t bytes);

#endif
