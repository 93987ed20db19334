/* One scripted delivery, from its message to its answer, with the questions it asks the node. All
 * on the server's loop. */
#ifndef HEADSTART_TESTS_UNIT_IPC_SCRIPTED_TASK_H
#define HEADSTART_TESTS_UNIT_IPC_SCRIPTED_TASK_H

#include "ipc/server.h"

struct scripted_facts { /* what the handlers saw, at one moment */
    unsigned attached, detached, met, delivered, commits, commits_placed, prepared, shutdowns;
    unsigned asked, answered, node_failed, peer_gone; /* our questions to the node */
    uint64_t commit_height;
    bool waits; /* a node does, since then */
    uint64_t waits_since_ms;
    char client[64];
    char words[128]; /* of the last question that failed */
    struct ipc_counters counters;
    uint64_t requests_ok, requests_refused;
};

struct scripted_task {
    struct ipc_server *ipc;
    struct ipc_request *request;
    struct scripted_facts *facts; /* counted into */
    struct position real;
    struct buffer text;
    struct buffer value;  /* JSON */
    struct buffer last;   /* where a scan stands */
    struct buffer params; /* of the question that is asked */
    uint64_t scan_bytes, entries, output_bytes;
    bool meets;                 /* an attach */
    struct scripted_task *next; /* among the held */
};

/** Do what the message says. Returns true when it said "hold": the caller finishes it later. */
bool scripted_task_start(struct scripted_task *t);
/** Ask for the first entries of the node's store, then answer an attach, and free. */
void scripted_task_meet(struct scripted_task *t);
/** Answer as executed, and free. */
void scripted_task_finish(struct scripted_task *t);

/** Where a delivery of `text` leads to. */
struct position scripted_after(const struct position *before, struct slice text);

/** End the test program, saying why, unless `fine`. */
void scripted_must(bool fine, const char *what);

#endif
