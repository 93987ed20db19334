/* Delivery answer: what one message did, as the node is told it (docs/protocol.md). */
#ifndef HEADSTART_SIDECAR_STEWARD_DELIVERY_ANSWER_H
#define HEADSTART_SIDECAR_STEWARD_DELIVERY_ANSWER_H

#include "ipc/server.h"
#include "kernel/kernel.h"
#include "sidecar/decide/entry_check.h"

/* How the kernel came to be where the message needed it, and how long all that took. */
struct delivery_course {
    enum entry_path path;
    uint64_t replayed; /* entries */
    uint64_t wait_us, run_us;
};

/** Append to *out. HS_TOO_LARGE: it does not fit a frame. HS_NOMEM */
HS_MUST_CHECK enum hs_status delivery_answer_pack(const struct kernel_outcome *o,
                                                  const struct delivery_course *course,
                                                  struct buffer *out, struct hs_error *err);

/** The same of an attach: how the kernel got there, and no more. */
HS_MUST_CHECK enum hs_status delivery_answer_pack_attach(const struct delivery_course *course,
                                                         struct buffer *out, struct hs_error *err);

/** Of a query: what it came to, and where. */
HS_MUST_CHECK enum hs_status delivery_answer_pack_query(const struct kernel_outcome *o,
                                                        struct buffer *out, struct hs_error *err);

/** What a delivery that failed with `status` is refused with. */
enum ipc_code delivery_answer_code(enum hs_status status);

#endif
