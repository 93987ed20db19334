/* Printable: words that came from the other end, as they are shown to people.
 *
 * A text that is logged, put into JSON or sent on in an error string must be UTF-8 without control
 * characters, whatever a peer wrote: many MessagePack libraries refuse a `str` that is not.
 */
#ifndef HEADSTART_IPC_PRINTABLE_H
#define HEADSTART_IPC_PRINTABLE_H

#include "kernel/state/bytes.h"

/** Copy `s` to `out` (size > 0, always NUL-terminated), every byte that is not part of a
 *  well-formed, printable character replaced by '?', cut between characters where it does not fit.
 *  Returns the length written. */
size_t printable_copy(char *out, size_t size, struct slice s);

#endif
