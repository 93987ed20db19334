/* The server: accepts peers on a Unix socket, keeps the protocol's rules, hands work to its owner.
 *
 *   connection ──bytes──► frames ──► session (hello, role, one delivery at a time) ──► handlers
 *
 * The session answers by itself whatever the protocol decides without the kernel: bad frames,
 * unknown methods, missing hello, second node, foreign chain, a delivery while one is unanswered.
 * What is left comes to the handlers below, on the loop thread. A handler that answers later keeps
 * the ipc_request and passes it to exactly one of the reply functions.
 *
 * Threads: everything here on the loop thread only.
 */
#ifndef HEADSTART_IPC_SERVER_H
#define HEADSTART_IPC_SERVER_H

#include "kernel/state/limits.h"
#include "kernel/state/message.h"

struct uv_loop_s;
struct ipc_server;
struct ipc_request; /* one unanswered request; stays valid until replied to, its peer gone or not */

/* The largest result that ipc_reply can send: what is left of a frame beside the envelope. A
 * delivery's result must be checked against it before anything depends on it having been sent. */
enum { IPC_RESULT_BYTES_MAX = HS_FRAME_BYTES_MAX - 16 };

/* The node's own request error, or what happened to ours, as the protocol's codes. */
enum ipc_code {
    IPC_BAD_REQUEST = 1, /* 0 is "no error" */
    IPC_UNKNOWN_METHOD,
    IPC_WRONG_CHAIN,
    IPC_BUSY,
    IPC_TOO_LARGE,
    IPC_NOT_READY,
    IPC_KERNEL_FAILED,
    IPC_STORAGE_FAILED,
    IPC_NODE_FAILED,
    IPC_SHUTTING_DOWN,
    IPC_INTERNAL,
    IPC_CODE_COUNT,
};

struct ipc_delivery {     /* borrowed for the handler call */
    struct position real; /* what the node's real store holds */
    struct message message;
};

struct ipc_hello_answer {
    const char *server; /* "headstart <version>" */
    const char *phase;
    struct position at;
    uint64_t height;
};

struct ipc_handlers {
    void (*hello_answer)(void *data, struct ipc_hello_answer *out);
    void (*node_attached)(void *data, const char *client);
    /* the node's connection ended: the answer to a delivery that is still running will go nowhere,
     * but its request must be replied to all the same. Until then the next node's delivery is held
     * back, so that `deliver` is never called for two at a time. */
    void (*node_detached)(void *data);
    void (*deliver)(void *data, struct ipc_request *request, const struct ipc_delivery *delivery);
    void (*commit)(void *data, uint64_t height);
    void (*prepare_commit)(void *data, struct ipc_request *request, uint64_t height);
    /* append the packed status map to `out` */
    enum hs_status (*status)(void *data, struct buffer *out);
    /* append the metrics page's text */
    enum hs_status (*metrics)(void *data, struct buffer *out);
    void (*shutdown)(void *data, struct ipc_request *request);
};

struct ipc_server_options {
    struct uv_loop_s *loop;
    const char *socket_path;
    const char *chain_id;
    struct ipc_handlers handlers;
    void *data;
};

/** Bind, chmod 0600, listen. A stale socket file (nobody answers) is replaced; a live one is
 *  HS_LOCKED. HS_TOO_LARGE: the path does not fit sun_path. HS_EXISTS: it is not a socket.
 *  HS_PERMISSION, HS_IO. SIGPIPE is ignored from here on unless the process handles it. */
HS_MUST_CHECK enum hs_status ipc_server_start(const struct ipc_server_options *options,
                                              struct ipc_server **out, struct hs_error *err);
/** Refuse new work, flush answers (for 2 s at most), close all, remove the socket file, then call
 *  `done`. The memory is freed after `done` returns. What is unanswered is answered with
 *  shutting_down; its requests must still be replied to, even after `done`, and go nowhere. No
 *  handler runs any more, only what ipc_node_request promised. Never calls back before returning.
 */
void ipc_server_stop(struct ipc_server *s, void (*done)(void *data), void *data);

/** Answer with an already packed MessagePack value; over IPC_RESULT_BYTES_MAX the peer gets
 *  too_large instead. Both free the request; a peer that is gone gets nothing. */
void ipc_reply(struct ipc_request *request, struct slice packed);
/** `text` is cut to one printable line; the code is put before it. */
void ipc_reply_error(struct ipc_request *request, enum ipc_code code, const char *text);
const char *ipc_code_name(enum ipc_code code);

/** Ask the node for entries of its store (store.get, store.scan); only while its delivery is
 *  unanswered. `done` runs on the loop thread exactly once, after this call has returned:
 *  HS_OK           the result (borrowed for the call), its shape already checked: store.get's value
 *                  is text or nil, store.scan's entries are text pairs in strictly rising order of
 *                  their keys and not empty where more is true
 *  HS_NODE_FAILED  the node answered with an error; `text` is its words
 *  HS_PEER_GONE    the connection ended, or was ended because the answer broke the protocol
 *  `params` is the packed map. HS_PEER_GONE at once when no node waits for a delivery (that of a
 *  node which went away counts as none), HS_BUSY over IPC_QUESTIONS_MAX at a time. */
enum { IPC_QUESTIONS_MAX = 64 };
typedef void (*ipc_answer_fn)(void *data, enum hs_status status, struct slice result,
                              const char *text);
HS_MUST_CHECK enum hs_status ipc_node_request(struct ipc_server *s, const char *method,
                                              struct slice params, ipc_answer_fn done, void *data,
                                              struct hs_error *err);

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
