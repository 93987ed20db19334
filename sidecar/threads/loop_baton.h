/* Loop baton: whose the event loop is. One thread at a time runs it: the one that has the baton.
 *
 *                 take                              pick up
 *   borrower has it ◄────────── it lies there ──────────────► owner has it
 *                   ──────────►               ◄──────────────
 *                      lay                      give, if asked
 *
 * The *borrower* has work of its own between two looks at the loop, and takes the baton whenever it
 * has none. To lay it and to take it again costs no system call and wakes nobody. The *owner*
 * sleeps meanwhile and looks now and then: a baton that lies where it lay a look before is of a
 * borrower with long work, so the owner picks it up, and the loop goes on. When the borrower has
 * nothing to do again it asks, and the owner gives.
 *
 * What one holder did is seen by the next: each change of hands goes through one lock.
 *
 * Rejected: to wake the owner at the beginning of each work. It is a system call a message, and
 * another thread on the processor that the peer was about to run on.
 *
 * Threads: as said at each; one owner, one borrower.
 */
#ifndef HEADSTART_SIDECAR_THREADS_LOOP_BATON_H
#define HEADSTART_SIDECAR_THREADS_LOOP_BATON_H

#include "kernel/state/errors.h"

#include <stdbool.h>

struct loop_baton;

/** The owner has it, and is the thread that opens. */
HS_MUST_CHECK enum hs_status loop_baton_open(struct loop_baton **out, struct hs_error *err);
/** NULL is fine. No other thread uses it any more. */
void loop_baton_close(struct loop_baton *b);

/* --- the borrower --- */

/** True: it lay there, and is the borrower's until loop_baton_lay. False: the owner has it, or it
 *  is not lent any more. */
HS_MUST_CHECK bool loop_baton_take(struct loop_baton *b);
/** As take; where the owner has it, it is asked to give it: loop_baton_asked. */
HS_MUST_CHECK bool loop_baton_ask(struct loop_baton *b);
/** `ran`: it ran the loop, and was not only about to hand something to it. */
void loop_baton_lay(struct loop_baton *b, bool ran);
/** The owner shall pick it up at once: the loop is needed while the borrower works. Asked for, but
 *  not given yet, it stays where it is. */
void loop_baton_hurry(struct loop_baton *b);

/* --- the owner --- */

/** Until it is the owner's. At once if it is already. */
void loop_baton_await(struct loop_baton *b);
/** Has the borrower asked since it was picked up? */
bool loop_baton_asked(struct loop_baton *b);
/** False: nobody asks any more, and it is still the owner's. */
HS_MUST_CHECK bool loop_baton_give(struct loop_baton *b);

/* --- any thread --- */

/** It is not lent any more: the owner gets it as soon as the borrower lays it. */
void loop_baton_end(struct loop_baton *b);

enum loop_baton_place { LOOP_BATON_LIES, LOOP_BATON_OWNER, LOOP_BATON_BORROWER };
/** Where it is now; *borrower: the calling thread is the one that took it last. */
enum loop_baton_place loop_baton_place(struct loop_baton *b, bool *borrower);

#endif
