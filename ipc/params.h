/* What a request holds: its parameters read, one key after the other, into a struct of the
 * method's.
 *
 *   {"height": 7, …} ──ipc_params_uint("height")──► struct ipc_height
 *
 * The first key that is missing or wrong sticks, with words; what is asked for after it is zero or
 * empty. So a reader is a list of keys, without branches. Keys that nobody asks for are ignored.
 */
#ifndef HEADSTART_IPC_PARAMS_H
#define HEADSTART_IPC_PARAMS_H

#include "ipc/code.h"
#include "kernel/state/message.h"
#include "kernel/state/packed.h"

enum { IPC_PARAMS_KEPT = 16 };

struct ipc_params {
    struct packed_value map;
    size_t kept_len;
    bool all_kept; /* else what is not among them is looked for in the map, each time */
    struct {
        struct slice key;
        struct packed_value value;
    } kept[IPC_PARAMS_KEPT]; /* its first members */
    enum ipc_code code;      /* IPC_FINE: everything was there so far */
    char words[160];
};

void ipc_params_begin(struct ipc_params *p, struct packed_value map);
uint64_t ipc_params_uint(struct ipc_params *p, const char *key, uint64_t most);
/** Of a key that may be left out: is it there? */
bool ipc_params_has(const struct ipc_params *p, const char *key);
/** False where it is left out. */
bool ipc_params_flag(struct ipc_params *p, const char *key);
/** Borrowed from the map; any bytes: whether they are UTF-8 is the reader's to ask. */
struct slice ipc_params_text(struct ipc_params *p, const char *key);
/** Says what is wrong, unless something was before. */
void ipc_params_refuse(struct ipc_params *p, enum ipc_code code, const char *format, ...)
    HS_PRINTF(3, 4);

/* A method's reader: fills *out, which was zeroed; text in it is borrowed from the map. */
typedef void ipc_reader(struct ipc_params *p, void *out);

/* What a delivery holds. */
struct ipc_delivery {
    struct position real; /* what the node's real store holds */
    struct message message;
};
void ipc_delivery_read(struct ipc_params *p, void *out);

/* What attach holds: the newest committed block, and where the real store stands at its end. */
struct ipc_attach {
    uint64_t height;
    struct position real;
};
void ipc_attach_read(struct ipc_params *p, void *out);

/* What a query holds: a call, its limit, and where it is to be executed, if it says so. */
struct ipc_query {
    struct message message; /* text and ticks alone */
    bool placed;
    struct position at;
};
void ipc_query_read(struct ipc_params *p, void *out);

/* What prepare_commit holds. */
struct ipc_height {
    uint64_t height;
};
void ipc_height_read(struct ipc_params *p, void *out);

/* What commit holds: the block, and, if the node says it, where its store stands at its end. */
struct ipc_commit {
    uint64_t height;
    bool placed; /* it says it */
    struct position at;
};
void ipc_commit_read(struct ipc_params *p, void *out);

#endif
