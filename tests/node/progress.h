/* Progress of long work, on stderr: a line that renews itself on a terminal, else one line every
 * five seconds; nothing for work that ends sooner. */
#ifndef HEADSTART_TESTS_NODE_PROGRESS_H
#define HEADSTART_TESTS_NODE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* Caller's memory. */
struct progress {
    uint64_t started_us;
    uint64_t said_us;
    uint64_t begin; /* where this run began, in the same unit as `at` */
    bool terminal;
    bool shown;
};

void progress_init(struct progress *p, uint64_t begin);
/** `at` of `end` bytes of work are done; height and messages are for people. */
void progress_say(struct progress *p, uint64_t at, uint64_t end, uint64_t height,
                  uint64_t messages);
/** End the line on a terminal. */
void progress_fini(struct progress *p);

#endif
