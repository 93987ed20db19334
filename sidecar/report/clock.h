/* Clock: what time it is, as a parameter of whatever decides by it: pauses, retries, ages. A test
 * has a clock of its own and moves it; the daemon has the machine's. */
#ifndef HEADSTART_SIDECAR_REPORT_CLOCK_H
#define HEADSTART_SIDECAR_REPORT_CLOCK_H

#include <stdint.h>

struct clock {
    uint64_t (*now_us)(void *data); /* microseconds of a clock that only goes forward; never 0 */
    uint64_t (*unix_s)(void *data); /* seconds since 1970, as it believes */
    uint64_t (*cpu_us)(void *data); /* processor time of the calling thread */
    void *data;                     /* all are called on any thread */
};

uint64_t clock_now_us(const struct clock *c);
uint64_t clock_now_unix_s(const struct clock *c);
uint64_t clock_now_cpu_us(const struct clock *c);

/** The machine's. */
const struct clock *clock_system(void);

/* The machine's, for what is shown and for tools, which no test gives a clock. */
uint64_t clock_us(void);
uint64_t clock_unix_us(void);
uint64_t clock_unix_s(void);

#endif
