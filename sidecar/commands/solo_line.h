/* Solo line: what one line of solo's input says.
 *
 *   {"to":…}                a call          run          a run
 *   ticks N {"to":…}        with its caller's limit; ticks N run: with a budget
 *   control {"kernel":…}    of the chain's governance
 *   {"seqnum":7,"height":…  a delivery of a chain's log (exported.h), in that chain's block
 */
#ifndef HEADSTART_SIDECAR_COMMANDS_SOLO_LINE_H
#define HEADSTART_SIDECAR_COMMANDS_SOLO_LINE_H

#include "kernel/state/message.h"

struct solo_line {
    struct message message; /* height and time only of one that was exported */
    bool exported;
    struct position after; /* where that one led to */
};

/** Its text borrows the line, or *text (replaced). A line of another kind is a message as it
 *  stands: what is wrong with it is the kernel's to say. HS_NOMEM. */
HS_MUST_CHECK enum hs_status solo_line_read(struct slice line, struct buffer *text,
                                            struct solo_line *out);

#endif
