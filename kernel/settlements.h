/* Settlements: calls whose result came during the message at hand. */
#ifndef HEADSTART_KERNEL_SETTLEMENTS_H
#define HEADSTART_KERNEL_SETTLEMENTS_H

#include "kernel/state/bytes.h"
#include "kernel/state/message.h"

struct settlement {
    uint64_t seqnum; /* of the call; 0: the bootstrap */
    enum message_status status;
    struct buffer value; /* JSON: the value, or {"error": text} */
};

/* In the order in which they came. All zero bytes is a valid empty list. */
struct settlements {
    struct settlement *items;
    size_t len, capacity;
};

/** One more, empty, the caller's to fill; lent until the next call here. HS_NOMEM */
HS_MUST_CHECK enum hs_status settlements_add(struct settlements *s, struct settlement **out);
/** Take out the one of `seqnum`, if it is there; *out is the caller's then. */
bool settlements_take(struct settlements *s, uint64_t seqnum, struct settlement *out);
/** Forget those behind the first `len`. */
void settlements_cut(struct settlements *s, size_t len);
void settlements_fini(struct settlements *s);

#endif
