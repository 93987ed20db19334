#include "kernel/state/message.h"

const char *message_status_name(enum message_status status)
{
    switch (status) {
    case MESSAGE_FULFILLED: return "fulfilled";
    case MESSAGE_REJECTED: return "rejected";
    case MESSAGE_PENDING: return "pending";
    }
    return "unknown";
}
