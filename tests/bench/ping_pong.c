#include "tests/bench/ping_pong.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PART_BYTES_MAX = 1 << 16 };

/* False: the other end is gone. */
static bool take(int s, size_t len, int flags)
{
    static char bytes[PART_BYTES_MAX];

    while (len > 0) {
        ssize_t got = recv(s, bytes, len < sizeof bytes ? len : sizeof bytes, flags);

        if (got > 0) {
            len -= (size_t)got;
        } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            return false;
        }
    }
    return true;
}

static bool give(int s, size_t len)
{
    static const char bytes[PART_BYTES_MAX] = {0};

    while (len > 0) {
        ssize_t sent = send(s, bytes, len < sizeof bytes ? len : sizeof bytes, MSG_NOSIGNAL);

        if (sent > 0) {
            len -= (size_t)sent;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

static int flags_of(const struct ping_pong *p)
{
    return p->manner == PING_SPINNING ? MSG_DONTWAIT : 0;
}

static void answer_for_ever(const struct ping_pong *p, int s)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (take(s, p->question_bytes, flags_of(p)) && give(s, p->answer_bytes)) {
    }
    _exit(0);
}

enum hs_status ping_pong_open(struct ping_pong *p, struct hs_error *err)
{
    int ends[2];

    assert(p->question_bytes > 0 && p->answer_bytes > 0);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return hs_fail_errno(err, HS_IO, errno, "bench: making a socket");
    }
    p->pid = fork();
    if (p->pid == 0) {
        (void)close(ends[0]);
        answer_for_ever(p, ends[1]);
    }
    (void)close(ends[1]);
    p->socket = ends[0];
    if (p->pid > 0) return HS_OK;
    (void)close(p->socket);
    p->pid = 0;
    return hs_fail_errno(err, HS_NOMEM, errno, "bench: starting the other end");
}

void ping_pong_close(struct ping_pong *p)
{
    if (p->pid <= 0) return;
    (void)kill(p->pid, SIGKILL);
    (void)waitpid(p->pid, NULL, 0);
    (void)close(p->socket);
    p->pid = 0;
}

enum hs_status ping_pong_run(struct ping_pong *p, uint64_t pings, struct latency *out,
                             struct hs_error *err)
{
    enum hs_status st = HS_OK;

    for (uint64_t i = 0; i < pings && st == HS_OK; i++) {
        uint64_t us = latency_clock_us();

        if (!give(p->socket, p->question_bytes) || !take(p->socket, p->answer_bytes, flags_of(p))) {
            return hs_fail(err, HS_IO, "bench: the other end of a ping is gone");
        }
        us = latency_clock_us() - us;
        st = latency_add(out, us, err);
    }
    return st;
}
