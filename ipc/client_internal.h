/* libheadstart's own structures, shared by the files that make it up:
 *
 *   client.c         the public functions, a row a method
 *   client_call.c    one call, whatever its method
 *   client_query.c   a query and its answer
 *   client_link.c    the socket
 *   client_result.c  a delivery's answer, taken apart
 *   client_store.c   headstart's questions about the node's store, answered
 *   client_notice.c  what headstart tells while we wait
 */
#ifndef HEADSTART_IPC_CLIENT_INTERNAL_H
#define HEADSTART_IPC_CLIENT_INTERNAL_H

#include "ipc/client_link.h"
#include "ipc/rpc.h"

struct headstart {
    struct client_link link;
    struct headstart_hello hello;
    struct headstart_store store;
    void (*progress)(void *data, const struct headstart_progress *progress); /* NULL: untold */
    void *progress_data;
    int answer_timeout_ms;
    uint64_t msgid;
    struct buffer out;     /* the frame that is being sent */
    struct buffer entries; /* of a store.scan */
    bool delivering;       /* headstart may ask about the store */
};

/** Take a delivery's result apart into memory of its own.
 *  HEADSTART_PROTOCOL: it lacks something, or does not follow `seqnum`; HEADSTART_NOMEM. */
enum headstart_status client_result_read(struct packed_value result, uint64_t seqnum,
                                         struct headstart_result **out,
                                         struct headstart_error *err);

/** Answer one of headstart's requests. What the node cannot answer is answered with an error;
 *  only a failure to send is returned. */
enum headstart_status client_store_answer(struct headstart *h, const struct rpc_frame *question,
                                          client_deadline deadline, struct headstart_error *err);

/** Tell the owner what a notification says; one that is unknown or not well-formed says nothing. */
void client_notice(const struct headstart *h, const struct rpc_frame *notice);

/** Text of at most size - 1 bytes into a NUL-terminated field; false where it does not fit. */
bool client_text_copy(char *out, size_t size, struct packed_value v);

#endif
