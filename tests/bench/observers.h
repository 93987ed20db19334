/* Observers: clients that ask queries all the time, each on a thread of its own. */
#ifndef HEADSTART_TESTS_BENCH_OBSERVERS_H
#define HEADSTART_TESTS_BENCH_OBSERVERS_H

#include "kernel/state/bytes.h"

enum { OBSERVERS_COUNT = 8 };

struct observers;

/** They connect, and do not ask yet. `question` is borrowed. */
HS_MUST_CHECK enum hs_status observers_open(const char *socket, struct slice question,
                                            struct observers **out, struct hs_error *err);
void observers_close(struct observers *o);
void observers_ask(struct observers *o, bool asking);
uint64_t observers_answered(struct observers *o);
uint64_t observers_refused(struct observers *o); /* they were told `busy`, and asked again */
/** HS_PROTOCOL: one met an error that is none of the protocol's. */
HS_MUST_CHECK enum hs_status observers_check(struct observers *o, struct hs_error *err);

#endif
