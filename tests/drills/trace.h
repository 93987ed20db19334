/* A recorded life of a data folder, and what a power cut at any of its moments may leave.
 *
 * What was synced is there: bytes of a file up to its last sync, names of a folder up to its own.
 * Of the rest anything may be: nothing, everything up to an earlier moment, or any part of it,
 * bytes torn at sectors, names of each folder up to a moment of its own.
 */
#ifndef HEADSTART_TESTS_DRILLS_TRACE_H
#define HEADSTART_TESTS_DRILLS_TRACE_H

#include "kernel/state/bytes.h"
#include "tests/drills/dice.h"

struct trace;

enum cut {
    CUT_SYNCED,  /* nothing but what was synced */
    CUT_EARLIER, /* and everything before an earlier moment: a disk that keeps its order */
    CUT_ANY,     /* and any part of the rest */
    CUT_COUNT,
};
const char *cut_name(enum cut cut);

/** A folder as it is now, whole and durable, is where the trace begins. */
HS_MUST_CHECK enum hs_status trace_begin(const char *folder, struct trace **out,
                                         struct hs_error *err);
/** Read what a recorder wrote since. HS_CORRUPT. */
HS_MUST_CHECK enum hs_status trace_read(struct trace *t, const char *path, struct hs_error *err);
void trace_close(struct trace *t);

/** Operations in it. */
uint64_t trace_len(const struct trace *t);
/** Of its first operations, how many lie in the first `bytes` bytes of the trace file. */
uint64_t trace_moment(const struct trace *t, uint64_t bytes);
/** Make the folder `to` (new) what a cut after `moment` operations may leave. */
HS_MUST_CHECK enum hs_status trace_image(const struct trace *t, uint64_t moment, enum cut cut,
                                         struct dice *dice, const char *to, struct hs_error *err);

#endif
