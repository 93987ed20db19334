/* Notify: tells systemd how the service is (sd_notify's datagrams, without its library).
 *
 * Without NOTIFY_SOCKET in the environment nothing is sent.
 */
#ifndef HEADSTART_SIDECAR_REPORT_NOTIFY_H
#define HEADSTART_SIDECAR_REPORT_NOTIFY_H

#include <stdint.h>

struct notify {
    int fd; /* -1: nobody listens */
};

/** Read the environment. Whatever goes wrong leaves a notify that sends nothing: the service is not
 *  worse for it. */
void notify_init(struct notify *n);
void notify_fini(struct notify *n);
/** Lines of "NAME=value", as in sd_notify(3). */
void notify_send(const struct notify *n, const char *lines);
/** Half of WATCHDOG_USEC in milliseconds: how often WATCHDOG=1 is due; 0: not wanted. */
uint64_t notify_watchdog_ms(void);

#endif
