/* What the server's owner brings: its methods, a row each, and what it wants to hear.
 *
 * A row says everything that the server has to know of a method. A new one is a row, the function
 * that it names, and a reader where none of ipc/params.h fits. `hello` is the server's own.
 *
 * Threads: all of it on the loop thread, except for a row's `job`.
 */
#ifndef HEADSTART_IPC_OWNER_H
#define HEADSTART_IPC_OWNER_H

#include "ipc/params.h"

struct ipc_request; /* ipc/request.h */
struct wire_job;    /* the owner's: what carries a request to its thread, and the answer back */

enum ipc_who {
    IPC_BEFORE_HELLO, /* whoever has not said hello yet: for hello itself */
    IPC_ANYONE,
    IPC_AFTER_HELLO, /* the node and observers */
    IPC_NODE,
    IPC_WHO_COUNT,
};

enum ipc_kind {
    IPC_REQUEST,
    IPC_NOTIFICATION, /* not answered: its reply goes nowhere, its errors are counted */
    IPC_DELIVERY,     /* a request that the node waits with: one at a time over all nodes that come
                       * and go, others are `busy`; we may ask about its store meanwhile */
    IPC_KIND_COUNT,
};

/* Either replies to the request exactly once, at once or later: to a notification, too, where the
 * reply only ends it. */
typedef void ipc_handler(void *data, struct ipc_request *request);
typedef void ipc_job(void *data, struct wire_job *job);

struct ipc_method {
    const char *name;
    enum ipc_who who;
    enum ipc_kind kind;
    size_t params_size; /* of what `read` fills; 0, NULL: it holds nothing */
    ipc_reader *read;
    /* one of the two: */
    ipc_handler *handle; /* on the loop thread, with the owner's `data` */
    ipc_job *job; /* on a thread of the owner's, with data of that thread: `post` brings it */
};

struct ipc_hello_answer {
    const char *server; /* "headstart <version>" */
    const char *phase;
    struct position at;
    uint64_t height;
    const char *const *engines; /* ids of those that this binary holds */
    size_t engines_len;
    const char *genesis; /* hash of the state vector of our configuration; "": not known */
};

struct ipc_owner {
    const struct ipc_method *methods; /* borrowed for the server's life */
    size_t methods_len;
    const char *const *features; /* what is served beyond the first version, by its names */
    size_t features_len;
    void (*post)(void *data, struct ipc_request *request); /* to where its method's `job` runs */
    size_t job_size; /* bytes in each request for what carries it there: ipc_request_job */
    void (*hello_answer)(void *data, struct ipc_hello_answer *out);
    void (*node_attached)(void *data, const char *client);
    /* the node's connection ended: the answer to a delivery that is still running will go nowhere,
     * but its request must be replied to all the same. Until then the next node's delivery is held
     * back, so that no two are ever with the owner. */
    void (*node_detached)(void *data);
    void *data;
};

#endif
