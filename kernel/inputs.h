/* Inputs: the open block's messages, kept to be executed again.
 *
 * A position of the open block that is no savepoint is reached from an older one by executing what
 * came in between again. The row is contiguous in seqnums and ends where the kernel stands; past a
 * bound its older half goes, and what lies before it can no longer be reached this way.
 */
#ifndef HEADSTART_KERNEL_INPUTS_H
#define HEADSTART_KERNEL_INPUTS_H

#include "kernel/state/message.h"

struct input {
    struct message message; /* its text is borrowed of the row, until that changes */
    bool stopped;           /* its call was undone at its caller's limit, and rejected */
    struct position after;
};

struct kept_input {
    struct input input; /* without its text, … */
    size_t at, bytes;   /* … which is here in the row's */
};

struct inputs {
    struct kept_input *items; /* owned: in order of seqnums, without a gap */
    size_t len, capacity;
    struct buffer texts; /* of all items, in their order */
};

void inputs_clear(struct inputs *in);
void inputs_fini(struct inputs *in);
/** The message was executed behind the last one. Where there is no memory for it the row ends
 *  before it: it is empty. */
void inputs_add(struct inputs *in, const struct message *m, bool stopped,
                const struct position *after);
/** Drop those that led past `seqnum`. */
void inputs_drop_after(struct inputs *in, uint64_t seqnum);
/** The one that led to `seqnum`; false: it is not there. */
bool inputs_find(const struct inputs *in, uint64_t seqnum, struct input *out);
/** Are all from the one behind `from` to the one that led to `to` there? */
bool inputs_span(const struct inputs *in, uint64_t from, uint64_t to);

#endif
