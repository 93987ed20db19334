/* The real server with scripted handlers, in a thread of its own: what the tests of both ends, of
 * the Python client and of the wire's speed talk to.
 *
 * A message's text says what its delivery does; any other text is executed at once. An executed
 * message leads to (seqnum + 1, SHA-256 of the hash before and the text), is answered with the
 * text's length as value, and writes kernel.seqnum and kernel.hash.
 *
 *     get KEY       asks the node for KEY first; value: what it said, or null
 *     scan BYTES    reads the whole store in pieces of BYTES; value: how many entries
 *     hold          is answered when scripted_server_release is called
 *     big BYTES     one output of that many bytes
 *     tell COUNT    is answered after so many notices of progress, and one of another kind
 *     fail          is answered with the error kernel_failed
 */
#ifndef HEADSTART_TESTS_UNIT_IPC_SCRIPTED_SERVER_H
#define HEADSTART_TESTS_UNIT_IPC_SCRIPTED_SERVER_H

#include "tests/unit/ipc/scripted_task.h"

#define SCRIPTED_CHAIN "test-chain"

struct scripted_server;

/** A listening server at `path` with its loop running. Failures end the test program. */
struct scripted_server *scripted_server_open(const char *path);
/** The same, which ends those who say no hello and are silent for that long. */
struct scripted_server *scripted_server_open_strict(const char *path, unsigned hello_timeout_ms);
/** Stops the server in good order, while it works if need be, ends the thread and frees all. */
void scripted_server_close(struct scripted_server *s);
/** Answer the deliveries that are held. */
void scripted_server_release(struct scripted_server *s);
/** Send the node that waits a notice of progress; where none does, nothing. */
void scripted_server_tell(struct scripted_server *s);
/** True once the node's `shutdown` came. */
bool scripted_server_told_to_stop(struct scripted_server *s);
/** Facts, taken on the loop: everything that reached the server before is in them. */
struct scripted_facts scripted_server_facts(struct scripted_server *s);

#endif
