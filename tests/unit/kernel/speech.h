/* Speech: the messages that a kind of vats understands, by number; and what a chain says whatever
 * its vats are: runs, control messages, limits of the caller, messages that are skipped. */
#ifndef HEADSTART_TESTS_UNIT_KERNEL_SPEECH_H
#define HEADSTART_TESTS_UNIT_KERNEL_SPEECH_H

#include "tests/unit/kernel/machine.h"

struct speech {
    const char *name;
    const char *config; /* a file beside the test vats */
    void (*write)(struct buffer *text, uint64_t number, uint64_t seed);
};

enum { SPEECHES_MAX = 7 };
/** One of them; i < SPEECHES_MAX. */
const struct speech *speech_any(uint64_t i);

/** Deliver message `number` of the row that `seed` stands for; it must be HS_OK. */
void speech_say(const struct speech *s, struct machine *m, uint64_t height, uint64_t number,
                uint64_t seed);
/** The same; returns what kernel_deliver did. */
enum hs_status speech_try(const struct speech *s, struct machine *m, uint64_t height,
                          uint64_t number, uint64_t seed);

/** Ask as a query what message `number` would be told; anything may come of it. */
void speech_ask(const struct speech *s, struct machine *m, uint64_t number, uint64_t seed);

#endif
