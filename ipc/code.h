/* The protocol's error codes, and what a rule or a reader says with one.
 */
#ifndef HEADSTART_IPC_CODE_H
#define HEADSTART_IPC_CODE_H

enum ipc_code {
    IPC_FINE, /* no error */
    IPC_BAD_REQUEST,
    IPC_UNKNOWN_METHOD,
    IPC_WRONG_CHAIN,
    IPC_BUSY,
    IPC_TOO_LARGE,
    IPC_NOT_READY,
    IPC_KERNEL_FAILED,
    IPC_STORAGE_FAILED,
    IPC_NODE_FAILED, /* the node's own request error, or what happened to ours */
    IPC_SHUTTING_DOWN,
    IPC_INTERNAL,
    IPC_CODE_COUNT,
};

/** As the protocol writes it; "ok" for IPC_FINE. */
const char *ipc_code_name(enum ipc_code code);

struct ipc_verdict {
    enum ipc_code code; /* IPC_FINE: go on */
    const char *text;   /* NULL where it is fine */
};

#endif
