/* One scripted delivery, from its message to its answer, with the questions it asks the node. All
 * on the server's loop. */
#ifndef HEADSTART_TESTS_UNIT_IPC_SCRIPTED_TASK_H
#define HEADSTART_TESTS_UNIT_IPC_SCRIPTED_TASK_H

#include "tests/unit/ipc/scripted_server.h"

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
    struct scripted_task *next; /* among the held */
};

/** Do what the message says. Returns true when it said "hold": the caller finishes it later. */
bool scripted_task_start(struct scripted_task *t);
/** Answer as executed, and free. */
void scripted_task_finish(struct scripted_task *t);

/** End the test program, saying why, unless `fine`. */
void scripted_must(bool fine, const char *what);

#endif
