/* The server's own structures, shared by the files that make it up:
 *
 *   server.c      start, accept, stop, counters
 *   connection.c  one peer's bytes, in and out
 *   dispatch.c    frames to methods
 *   request.c     what is unanswered, and answers
 *   question.c    what we ask the node, and its answers
 *   notice.c      what we tell it while it waits
 *
 * What the owner sees of them is in the headers of their own; this one includes none of those.
 */
#ifndef HEADSTART_IPC_SERVER_INTERNAL_H
#define HEADSTART_IPC_SERVER_INTERNAL_H

#include "ipc/listen_socket.h"
#include "ipc/rpc.h"
#include "ipc/session.h"

#include <stddef.h>
#include <sys/queue.h>
#include <uv.h>

enum {
    IPC_CONNECTIONS_MAX = 64,
    IPC_OBSERVERS_MAX = 48,                       /* places that are left for the node */
    IPC_REQUESTS_MAX = 16,                        /* unanswered ones of one connection */
    IPC_NOTIFICATIONS_MAX = 256,                  /* those that were not acted upon yet */
    IPC_REQUEST_BYTES_MAX = HS_FRAME_BYTES_MAX,   /* what all of these hold, beside the newest */
    IPC_REQUEST_BYTES_USUAL = 4 << 10,            /* of a request's memory: most need no more */
    IPC_SPARES_MAX = 2,                           /* requests kept for those that follow */
    IPC_SPARE_BYTES_MAX = 64 << 10,               /* of what is kept, and of the answer in it */
    IPC_READ_BYTES = 64 << 10,                    /* room made for each read */
    IPC_INPUT_KEPT_BYTES = 1 << 20,               /* an input buffer above this is given back */
    IPC_INPUT_BYTES_MAX = 4 * HS_FRAME_BYTES_MAX, /* of all peers but the node together */
    IPC_QUEUE_BYTES_HIGH = 1 << 20,               /* unsent: no more requests are read */
    IPC_QUEUE_BYTES_MAX = 2 * HS_FRAME_BYTES_MAX, /* unsent: the peer is given up */
    IPC_STOP_FLUSH_MS = 2000,
    IPC_ACCEPT_AGAIN_MS = 100,
    IPC_HELLO_TIMEOUT_MS = 10000, /* without a hello and silent that long: ended */
};

/* A peer that stopped reading can still be given the largest answer. */
_Static_assert(IPC_QUEUE_BYTES_HIGH + HS_FRAME_BYTES_MAX < IPC_QUEUE_BYTES_MAX,
               "a delivery's answer must always fit the queue");

struct ipc_request {
    LIST_ENTRY(ipc_request) link;      /* in its connection's list, or among the spares */
    struct ipc_connection *connection; /* NULL: the peer is gone */
    struct ipc_server *server;         /* of a running delivery; else NULL once the peer is gone */
    const struct ipc_method *method;
    uint64_t msgid;
    uint64_t arrived_ms; /* the loop's time */
    size_t bytes;        /* of the parameters */
    struct buffer answer;
    size_t memory_bytes;
    char *params; /* in `memory`, behind the owner's `job_size` bytes: what the method's reader
                   * filled, then a copy of the parameters, which that borrows from */
    _Alignas(max_align_t) char memory[];
};
LIST_HEAD(ipc_request_list, ipc_request);

struct ipc_question; /* question.c */
LIST_HEAD(ipc_question_list, ipc_question);

struct ipc_connection {
    LIST_ENTRY(ipc_connection) link;
    struct ipc_server *server;
    uv_pipe_t pipe;
    enum session_state state; /* written by dispatch_advance alone */
    struct buffer in;
    size_t in_taken;   /* bytes of `in` that were dispatched */
    uint64_t heard_ms; /* the loop's time of its last whole frame, or of its arrival */
    struct packed_scanner scanner;
    struct ipc_request_list requests;
    unsigned requests_len[IPC_KIND_COUNT];
    size_t requests_bytes; /* of their parameters */
    struct ipc_question_list questions;
    unsigned questions_len;
    uint64_t question_msgid;
    bool taking; /* the loop over received frames is running */
    bool paused; /* the peer does not read: neither do we */
    bool doomed; /* nothing is read or sent any more; the loop will report the end */
    bool closing;
};
LIST_HEAD(ipc_connection_list, ipc_connection);

struct ipc_server {
    uv_loop_t *loop;
    struct ipc_owner owner;
    char chain_id[HS_CHAIN_ID_BYTES_MAX + 1];
    struct listen_socket socket;
    uv_pipe_t listener;
    uv_timer_t stop_timer;     /* ends the flushing */
    uv_timer_t accept_timer;   /* tries to accept again */
    uv_timer_t stranger_timer; /* ends those that say no hello */
    uint64_t hello_timeout_ms;
    uv_timer_t held_timer; /* fires at once: takes up a held delivery outside of ipc_reply */
    unsigned handles_open; /* the listener and the timers */
    struct ipc_connection_list connections;
    unsigned connections_len;
    struct ipc_connection *node;  /* who has the node role, or NULL */
    struct ipc_request *delivery; /* with the owner, not replied to, its node gone or not */
    struct ipc_request *held;     /* the next node's, waiting for that */
    struct ipc_request_list spares;
    unsigned spares_len;
    struct buffer head; /* envelopes */
    struct buffer body; /* answers that are made here */
    /* served, by method: hello, the owner's rows, then all that the protocol does not know */
    uint64_t (*requests)[IPC_CODE_COUNT];
    uint64_t protocol_errors;
    bool stopping;
    void (*done)(void *data);
    void *done_data;
};

/* --- connection.c --- */
/** Take the waiting peer in, or turn it away. False: no memory even for that; try again later. */
bool connection_accept(struct ipc_server *s);
/** Send head and body as one, at once as far as the socket takes them; the rest is copied and
 *  queued. Never ends the connection before it returns: failures come from the loop. */
void connection_send(struct ipc_connection *c, struct slice head, struct slice body);
/** End the session and close. The memory lives until the loop has closed the handle. */
void connection_end(struct ipc_connection *c);
/** The server stops: answer what is unanswered, flush, close. */
void connection_finish(struct ipc_connection *c);
/** Close now, whatever is unsent. */
void connection_close(struct ipc_connection *c);
/** Give the peer up without calling anybody now: the loop will report the end. */
void connection_doom(struct ipc_connection *c);

/* --- dispatch.c --- */
/** Act on one scanned frame. False: it broke the protocol; the peer was told. */
bool dispatch_frame(struct ipc_connection *c, struct slice frame);
/** Tell the peer that `bytes` cannot be read on. */
void dispatch_refuse(struct ipc_connection *c, struct slice bytes, enum hs_status status,
                     const char *text);
/** The only writer of the connection's state. */
void dispatch_advance(struct ipc_connection *c, enum session_event event);
/** Give a request to its method: a delivery was made the running one before. */
void dispatch_hand_over(struct ipc_request *request);
/** The session is over: its requests lose their peer, the node role is free. `tell`: the owner
 *  hears of it. */
void dispatch_end(struct ipc_connection *c, bool tell);
/** The server's own row. */
extern const struct ipc_method dispatch_hello;

/* --- request.c --- */
/** Keep a request until it is replied to, its parameters copied and read. NULL: it was refused, and
 *  its peer told. */
struct ipc_request *request_open(struct ipc_connection *c, const struct ipc_method *method,
                                 uint64_t msgid, struct packed_value params);
/** Count, and say to the peer, that what it sent is refused. method NULL: none that is known. */
void request_refuse(struct ipc_connection *c, const struct ipc_method *method, uint64_t msgid,
                    enum ipc_code code, const char *text);
void request_count(struct ipc_server *s, const struct ipc_method *method, enum ipc_code code);
/** The peer goes: forget it in all its requests; of one that waits for its turn nothing is left. */
void request_forget_peer(struct ipc_connection *c);
/** The server ends: its spare requests go. */
void request_free_spares(struct ipc_server *s);
/** Answer every unanswered request with shutting_down. */
void request_shut_down(struct ipc_connection *c);

/* --- question.c --- */
/** NULL, or why the response breaks the protocol. */
const char *question_answered(struct ipc_connection *c, const struct rpc_frame *response);
/** Tell everyone who waits that the peer is gone. */
void question_end(struct ipc_connection *c);

/* --- server.c --- */
/** A connection's handle was closed; after the last one of a stopped server it ends. */
void server_connection_closed(struct ipc_server *s);

#endif
