/* Position: where in a chain's message history a kernel or store stands.
 *
 * (seqnum, hash) together: two kernels at the same position are equal, at the same seqnum alone
 * they need not be. seqnum counts executed messages, 0..2^53-1; the hash is the kernel's activity
 * hash after that message, "" in a store that was never used. A store that holds a state vector and
 * nothing executed stands at (0, H0): kernel/genesis.h.
 */
#ifndef HEADSTART_KERNEL_STATE_POSITION_H
#define HEADSTART_KERNEL_STATE_POSITION_H

#include "kernel/state/digest.h"

struct position {
    uint64_t seqnum;
    char hash[SHA256_HEX_BYTES]; /* 64 hex digits; or "", where seqnum is 0 */
};

bool position_equal(const struct position *a, const struct position *b);
/** The position of a store that was never used: (0, ""). */
struct position position_origin(void);
bool position_is_origin(const struct position *p);
/** Is `hash` 64 lower-case hex digits, or empty with seqnum 0? For bytes from disk or socket. */
bool position_valid(uint64_t seqnum, struct slice hash);
/** Make a position from checked parts. HS_INVALID when position_valid says no. */
HS_MUST_CHECK enum hs_status position_make(uint64_t seqnum, struct slice hash, struct position *out,
                                           struct hs_error *err);

#endif
