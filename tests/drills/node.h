/* The drill's chain node: as real as libheadstart makes it, its store in memory, in the drill's own
 * process: what the sidecar says is judged by what this one keeps. */
#ifndef HEADSTART_TESTS_DRILLS_NODE_H
#define HEADSTART_TESTS_DRILLS_NODE_H

#include "kernel/state/kv_memory.h"
#include "kernel/state/position.h"
#include "tests/drills/daemon.h"

struct node;

/* What came of a delivery. */
enum node_answer {
    NODE_ANSWERED = 1,
    NODE_REFUSED, /* an error: nothing happened */
    NODE_LOST,    /* the line broke */
    NODE_LATE,    /* no answer within DAEMON_HANG_MS */
};

struct node_delivered {
    char hash[SHA256_HEX_BYTES]; /* after the message */
    char path[16];
    char status[16];
    uint64_t replayed;
    uint64_t spent_us; /* as the node felt it */
};

HS_MUST_CHECK enum hs_status node_open(struct node **out, struct hs_error *err);
void node_close(struct node *n);

/** Take a copy of `store` as the node's own. */
HS_MUST_CHECK enum hs_status node_stand(struct node *n, struct kv_memory *store,
                                        struct hs_error *err);
/** A copy of what it holds now. */
HS_MUST_CHECK enum hs_status node_store_take(struct node *n, struct kv_memory **out,
                                             struct hs_error *err);
struct kv_memory *node_store(struct node *n); /* borrowed */
struct position node_position(const struct node *n);

/** Say hello to the daemon as the chain's node; waits until it listens. NODE_LOST: it ended. */
enum node_answer node_connect(struct node *n, struct daemon *d, char *text, size_t text_size);
void node_disconnect(struct node *n);
bool node_connected(const struct node *n);
struct headstart *node_link(struct node *n); /* for a drill's own calls; NULL: not connected */

/** Deliver and apply the writes. On anything but NODE_ANSWERED the store is as it was. `text`: the
 *  error in words. */
enum node_answer node_deliver(struct node *n, uint64_t height, struct slice message,
                              struct node_delivered *out, char *text, size_t text_size);

/* What the node does instead of answering the sidecar's k-th question of a delivery. */
enum node_trouble {
    NODE_NO_TROUBLE,
    NODE_FAILS, /* answers that one with an error */
    NODE_DIES,  /* ends its process: for a child of the drill */
};
void node_trouble_at(struct node *n, enum node_trouble trouble, uint64_t question);
/** Questions of the last delivery. */
uint64_t node_questions(const struct node *n);
void node_commit(struct node *n, uint64_t height);

/** A copy of a store in memory. */
HS_MUST_CHECK enum hs_status store_copy(struct kv_memory *from, struct kv_memory **out,
                                        struct hs_error *err);

#endif
