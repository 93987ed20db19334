/* A peer without manners: raw bytes to a socket, whole frames back. Failures to connect end the
 * test program; everything else is the test's to judge. */
#ifndef HEADSTART_TESTS_UNIT_IPC_RAW_PEER_H
#define HEADSTART_TESTS_UNIT_IPC_RAW_PEER_H

#include "ipc/rpc.h"

struct raw_peer {
    int fd;
    struct buffer in;
    size_t taken;
    struct slice bytes;     /* the last frame, until the next is read */
    struct rpc_frame frame; /* taken apart */
};

enum raw_read { RAW_FRAME, RAW_END, RAW_SILENCE };

void raw_peer_open(struct raw_peer *p, const char *path);
void raw_peer_close(struct raw_peer *p);
/** As many as go; stops early when the other end closed. Returns the bytes sent. */
size_t raw_peer_send(struct raw_peer *p, struct slice bytes);
/** The next frame, the end of the connection, or nothing for `wait_ms`. */
enum raw_read raw_peer_read(struct raw_peer *p, int wait_ms);

/** Frames for sending, each into `out` (replaced). `params` is a packed value, "" gives {}. */
void raw_request(struct buffer *out, uint64_t msgid, const char *method, struct slice params);
void raw_hello(struct buffer *out, uint64_t msgid, const char *chain_id, const char *role);
void raw_deliver(struct buffer *out, uint64_t msgid, uint64_t seqnum, const char *hash,
                 struct slice message);

/** Send the frame and read the next one. */
enum raw_read raw_peer_ask(struct raw_peer *p, const struct buffer *frame);
/** Is the last frame the answer to `msgid` with an error of that code, or with none (NULL)? */
bool raw_peer_told(const struct raw_peer *p, uint64_t msgid, const char *code);

#endif
