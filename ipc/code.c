#include "ipc/code.h"

#include <assert.h>

const char *ipc_code_name(enum ipc_code code)
{
    static const char *const names[IPC_CODE_COUNT] = {
        [IPC_FINE] = "ok",
        [IPC_BAD_REQUEST] = "bad_request",
        [IPC_UNKNOWN_METHOD] = "unknown_method",
        [IPC_WRONG_CHAIN] = "wrong_chain",
        [IPC_BUSY] = "busy",
        [IPC_TOO_LARGE] = "too_large",
        [IPC_NOT_READY] = "not_ready",
        [IPC_KERNEL_FAILED] = "kernel_failed",
        [IPC_STORAGE_FAILED] = "storage_failed",
        [IPC_NODE_FAILED] = "node_failed",
        [IPC_SHUTTING_DOWN] = "shutting_down",
        [IPC_INTERNAL] = "internal",
    };

    assert(code < IPC_CODE_COUNT);
    return names[code];
}
