/* Clock: for durations, ages and progress lines; nothing that is decided depends on it. */
#ifndef HEADSTART_SIDECAR_REPORT_CLOCK_H
#define HEADSTART_SIDECAR_REPORT_CLOCK_H

#include <stdint.h>

uint64_t clock_us(void);     /* microseconds of a clock that only goes forward */
uint64_t clock_unix_s(void); /* seconds since 1970, as the machine believes */

#endif
