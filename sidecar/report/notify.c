#include "sidecar/report/notify.h"

#include "kernel/state/decimal.h"
#include "kernel/state/position.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void notify_init(struct notify *n)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = path ? strlen(path) : 0;
    socklen_t address_len;

    n->fd = -1;
    if (len < 2 || len >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@')) return;
    memcpy(address.sun_path, path, len);
    if (path[0] == '@') address.sun_path[0] = '\0'; /* the abstract name space */
    address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (n->fd < 0) return;
    if (connect(n->fd, (struct sockaddr *)&address, address_len) != 0) notify_fini(n);
}

void notify_fini(struct notify *n)
{
    if (n->fd >= 0) (void)close(n->fd);
    n->fd = -1;
}

void notify_send(const struct notify *n, const char *lines)
{
    if (n->fd < 0) return;
    /* A full queue loses a line that the next one replaces. */
    if (send(n->fd, lines, strlen(lines), MSG_NOSIGNAL) < 0) return;
}

uint64_t notify_watchdog_ms(void)
{
    const char *text = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    uint64_t period_us = 0, process = 0;

    if (!text || uint_parse(slice_text(text), &period_us) != HS_OK) return 0;
    if (pid && (uint_parse(slice_text(pid), &process) != HS_OK || process != (uint64_t)getpid())) {
        return 0;
    }
    return period_us / 2000;
}
