/* Allocations: how often this program, libraries included, asks the system's allocator. */
#ifndef HEADSTART_TESTS_UNIT_KERNEL_ALLOCATIONS_H
#define HEADSTART_TESTS_UNIT_KERNEL_ALLOCATIONS_H

/** So far, growth in place included. */
unsigned long allocations_count(void);

#endif
