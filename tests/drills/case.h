/* The steps of a case. Each says whether the case can go on; where not, the verdict is written. */
#ifndef HEADSTART_TESTS_DRILLS_CASE_H
#define HEADSTART_TESTS_DRILLS_CASE_H

#include "tests/drills/drill.h"

#include <signal.h>

enum case_step {
    CASE_ON,   /* as it should be */
    CASE_DIED, /* the daemon ended, and may; the open block is dropped */
    CASE_OVER, /* the verdict is written */
};

/** Write the verdict, unless a worse one stands. Returns CASE_OVER. */
enum case_step case_verdict(struct drill_case *c, enum drill_kind kind, const char *format, ...)
    HS_PRINTF(3, 4);
/** The drill's own failure. */
enum case_step case_broken(struct drill_case *c, const struct hs_error *err);

/** Add what was done in this case to the words of a failure. */
void case_say(struct drill_case *c, const char *format, ...) HS_PRINTF(2, 3);

/** Begin with a copy of a template (NULL: nothing there) and a node that stands at `block`. */
enum case_step case_begin(struct drill_case *c, const struct world *w, const char *template_name,
                          uint64_t block);
/** The node stands after `block` blocks of `w`: gone back, restored, or on another branch. */
enum case_step case_stand(struct drill_case *c, const struct world *w, uint64_t block);

/** Start the daemon; how NULL: plainly. Does not wait. */
enum case_step case_start(struct drill_case *c, const struct daemon_how *how);
/** Wait for it to listen, and say hello. */
enum case_step case_connect(struct drill_case *c);
/** start and connect. */
enum case_step case_live(struct drill_case *c, const struct daemon_how *how);
/** Deliver the next message of the open block: no check but the hash, no commit. */
enum case_step case_message(struct drill_case *c, unsigned i);
/** The next `n` blocks, each compared with the twin's store. */
enum case_step case_blocks(struct drill_case *c, uint64_t n);
/** Stop in order by this signal (0: it was asked already): code 0 within the deadline. */
enum case_step case_stop(struct drill_case *c, int signal);
void case_kill(struct drill_case *c);
/** Compare every snapshot on disk with the twins'; the daemon must have ended. */
enum case_step case_compare(struct drill_case *c);
/** What a case ends with: stop in order, compare; and in three of ten a life more that delivers a
 *  block from the same folder, is stopped and compared. */
enum case_step case_conclude(struct drill_case *c);

/** The daemon ended where it should not: a verdict, by how it ended. */
enum case_step case_ended(struct drill_case *c, const char *when);

#endif
