/* The node's end of the socket: whole frames in and out, each wait with a deadline. Blocking.
 */
#ifndef HEADSTART_IPC_CLIENT_LINK_H
#define HEADSTART_IPC_CLIENT_LINK_H

#include "ipc/include/headstart.h"
#include "ipc/spin.h"
#include "kernel/state/packed.h"

#include <sys/uio.h>

struct client_link {
    int fd; /* -1: closed */
    struct buffer in;
    size_t in_taken; /* bytes of `in` that were given out as a frame */
    struct packed_scanner scanner;
    struct spin spin; /* the owner sets its bound once the link is open */
};

/* A point on the monotonic clock in milliseconds; CLIENT_NO_DEADLINE waits for ever. */
typedef int64_t client_deadline;
#define CLIENT_NO_DEADLINE ((client_deadline)-1)

/** 0 gives CLIENT_NO_DEADLINE. */
client_deadline client_deadline_in(int timeout_ms);

/** Record a failure and return its status; `code` is left empty. */
enum headstart_status client_fail(struct headstart_error *err, enum headstart_status status,
                                  const char *format, ...) HS_PRINTF(3, 4);

/** Connect, waiting until the deadline for a socket that is not there or not served yet.
 *  HEADSTART_UNREACHABLE. HEADSTART_INVALID: the path does not fit, or leads where another user's
 *  process serves, or may come to. */
enum headstart_status client_link_open(struct client_link *link, const char *path,
                                       client_deadline deadline, struct headstart_error *err);
/** Send all parts as one. Every failure leaves the link unusable. */
enum headstart_status client_link_send(struct client_link *link, struct iovec *parts,
                                       size_t parts_len, client_deadline deadline,
                                       struct headstart_error *err);
/** The next whole frame, borrowed until the next call. Every failure leaves the link unusable. */
enum headstart_status client_link_receive(struct client_link *link, client_deadline deadline,
                                          struct slice *frame, struct headstart_error *err);
void client_link_close(struct client_link *link);
bool client_link_is_open(const struct client_link *link);

#endif
