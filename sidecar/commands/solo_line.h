/* Solo line: what one line of solo's input says.
 *
 *   {"to":…}                a call          run          a run
 *   ticks N {"to":…}        with its caller's limit; ticks N run: with a budget
 *   control {"kernel":…}    of the chain's governance
 */
#ifndef HEADSTART_SIDECAR_COMMANDS_SOLO_LINE_H
#define HEADSTART_SIDECAR_COMMANDS_SOLO_LINE_H

#include "kernel/state/message.h"

/** Fill in all of *out but height and time; its text borrows the line. A line of another kind is a
 *  message as it stands: what is wrong with it is the kernel's to say. */
void solo_line_read(struct slice line, struct message *out);

#endif
