/* The server: accepts peers on a Unix socket, keeps the protocol's rules, hands work to its owner.
 *
 *   connection ──bytes──► frames ──► session (hello, role, one delivery at a time) ──► methods
 *
 * The server answers by itself whatever the protocol decides without the kernel: bad frames,
 * unknown methods, missing hello, second node, foreign chain, a delivery while one is unanswered.
 * What is left comes to the owner's methods (ipc/owner.h), which reply (ipc/request.h).
 *
 * Threads: everything here on the loop thread only.
 */
#ifndef HEADSTART_IPC_SERVER_H
#define HEADSTART_IPC_SERVER_H

#include "ipc/notice.h"
#include "ipc/owner.h"
#include "ipc/question.h"
#include "ipc/request.h"

struct uv_loop_s;
struct ipc_server;

struct ipc_server_options {
    struct uv_loop_s *loop;
    const char *socket_path;
    const char *chain_id;
    unsigned hello_timeout_ms; /* 0: 10 s. Who said no hello and is silent that long is ended */
    struct ipc_owner owner;
};

/** Bind, chmod 0600, listen. A stale socket file (nobody answers) is replaced; a live one is
 *  HS_LOCKED. HS_TOO_LARGE: the path does not fit sun_path. HS_EXISTS: it is not a socket.
 *  HS_UNSAFE: others may write its folder. HS_IO. SIGPIPE is ignored from here
 * on unless the process handles it. */
HS_MUST_CHECK enum hs_status ipc_server_start(const struct ipc_server_options *options,
                                              struct ipc_server **out, struct hs_error *err);
/** Refuse new work, flush answers (for 2 s at most), close all, remove the socket file, then call
 *  `done`. The memory is freed after `done` returns. What is unanswered is answered with
 *  shutting_down; its requests must still be replied to, even after `done`, and go nowhere. No
 *  method runs any more, only what ipc_node_request promised. Never calls back before returning.
 */
void ipc_server_stop(struct ipc_server *s, void (*done)(void *data), void *data);

struct ipc_counters {
    uint64_t connections_node, connections_observer, connections_new; /* now */
    uint64_t protocol_errors;                                         /* since start */
};
struct ipc_counters ipc_server_counters(const struct ipc_server *s);
/** Requests served since start: calls `each` for every (method, "ok"|code name, count) not zero.
 *  Unknown methods are counted under "other": label values come from known sets only. */
void ipc_server_requests(const struct ipc_server *s,
                         void (*each)(void *data, const char *method, const char *result,
                                      uint64_t count),
                         void *data);

#endif
