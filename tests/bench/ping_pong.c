#include "tests/bench/ping_pong.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PART_BYTES_MAX = 1 << 16,
    WORK_BYTES = 1 << 20, /* what work goes over: more than a core's nearest caches hold */
    CACHE_LINE = 64,
    SPIN_NS_MAX = 1000000,
};

/* A spinning end that nobody has asked for a millisecond sleeps: between its slices it would take a
 * core from what is measured beside it. False: the other end is gone. */
static bool take(const struct ping_pong *p, int s, void *first, size_t len)
{
    static char bytes[PART_BYTES_MAX];
    bool spins = p->manner == PING_SPINNING;
    uint64_t begun_ns = spins ? latency_clock_ns() : 0;
    size_t taken = 0;

    while (taken < len) {
        size_t most = len - taken < sizeof bytes ? len - taken : sizeof bytes;
        ssize_t got = recv(s, bytes, most, spins ? MSG_DONTWAIT : 0);

        if (got > 0) {
            if (taken == 0 && first && (size_t)got >= sizeof(uint64_t))
                memcpy(first, bytes, sizeof(uint64_t));
            taken += (size_t)got;
        } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            return false;
        } else if (spins) {
            spins = latency_clock_ns() - begun_ns < SPIN_NS_MAX;
        }
    }
    return true;
}

static bool give(int s, uint64_t first, size_t len)
{
    static char bytes[PART_BYTES_MAX];

    memcpy(bytes, &first, sizeof first);
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

/* How long that took, in nanoseconds. */
static uint64_t work(double us)
{
    static volatile char bytes[WORK_BYTES];
    uint64_t begun_ns = latency_clock_ns(), worked_ns = 0;

    for (size_t at = 0; (double)worked_ns < us * 1000; at = (at + CACHE_LINE) % WORK_BYTES) {
        bytes[at]++;
        worked_ns = latency_clock_ns() - begun_ns;
    }
    return worked_ns;
}

static void answer_for_ever(const struct ping_pong *p, int s)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (take(p, s, NULL, p->question_bytes) && give(s, work(p->work_us), p->answer_bytes)) {
    }
    _exit(0);
}

enum hs_status ping_pong_open(struct ping_pong *p, struct hs_error *err)
{
    int ends[2];

    assert(p->question_bytes > 0 && p->answer_bytes >= sizeof(uint64_t));
    assert(p->manner == PING_WORKING || p->work_us == 0);
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
        uint64_t begun_ns = latency_clock_ns(), worked_ns = 0;

        if (!give(p->socket, 0, p->question_bytes) ||
            !take(p, p->socket, &worked_ns, p->answer_bytes)) {
            return hs_fail(err, HS_IO, "bench: the other end of a ping is gone");
        }
        st = latency_add(out, latency_clock_ns() - begun_ns - worked_ns, err);
    }
    return st;
}
