#include "sidecar/commands/interrupt.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum hs_status interrupt_init(struct interrupt *i, struct hs_error *err)
{
    sigset_t mask;
    int errnum;

    *i = (struct interrupt){.fd = -1};
    (void)sigemptyset(&mask);
    (void)sigaddset(&mask, SIGINT);
    (void)sigaddset(&mask, SIGTERM);
    errnum = pthread_sigmask(SIG_BLOCK, &mask, &i->mask_before);
    assert(errnum == 0);
    i->fd = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
    if (i->fd >= 0) return HS_OK;
    errnum = errno;
    (void)pthread_sigmask(SIG_SETMASK, &i->mask_before, NULL);
    return hs_fail_errno(err, HS_IO, errnum, "cannot watch for signals");
}

void interrupt_fini(struct interrupt *i)
{
    struct signalfd_siginfo info;

    if (i->fd < 0) return;
    /* One that is still waiting was acted on, and would end the process with the mask gone. */
    while (read(i->fd, &info, sizeof info) == (ssize_t)sizeof info) {
    }
    (void)close(i->fd);
    (void)pthread_sigmask(SIG_SETMASK, &i->mask_before, NULL);
    i->fd = -1;
}

bool interrupt_seen(struct interrupt *i)
{
    struct signalfd_siginfo info;

    assert(i->fd >= 0);
    if (!i->seen) i->seen = read(i->fd, &info, sizeof info) == (ssize_t)sizeof info;
    return i->seen;
}
