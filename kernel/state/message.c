#include "kernel/state/message.h"

bool message_is_run(const struct message *m)
{
    return m->text.len == 0;
}

const char *message_status_name(enum message_status status)
{
    switch (status) {
    case MESSAGE_FULFILLED: return "fulfilled";
    case MESSAGE_REJECTED: return "rejected";
    case MESSAGE_PENDING: return "pending";
    }
    return "unknown";
}
