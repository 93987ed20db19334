#include "tests/drills/pool.h"

#include "tests/drills/runner.h"
#include "tests/node/latency.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS_MAX = 64, POLL_MS = 200, CASE_MAX_S = 600 };

_Static_assert(sizeof(struct drill_result) <= 4096, "a result is one atomic write to a pipe");

/* Shared with the workers. */
struct pool_board {
    _Atomic uint64_t next; /* task */
    struct {
        _Atomic uint64_t task;     /* the one in work + 1; 0: none */
        _Atomic uint64_t since_us; /* when it began */
    } slots[WORKERS_MAX];
};

struct pool {
    struct drill *drill;
    const struct pool_task *tasks;
    uint64_t tasks_len, done;
    size_t workers_len;
    pid_t workers[WORKERS_MAX]; /* 0: ended */
    int pipe[2];
    struct pool_board *board;
    pool_seen seen;
    void *data;
};

/* Written by the handler of SIGINT and SIGTERM alone. */
static volatile sig_atomic_t pool_interrupted;

static void pool_interrupt(int signal)
{
    (void)signal;
    pool_interrupted = 1;
}

/* A worker's life: cases until there are no more. */
static void pool_work(struct pool *p, size_t slot)
{
    struct drill_result result;
    uint64_t at;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)setpgid(0, 0);
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGTERM, SIG_DFL);
    while ((at = atomic_fetch_add(&p->board->next, 1)) < p->tasks_len) {
        const struct pool_task *task = &p->tasks[at];

        atomic_store(&p->board->slots[slot].since_us, latency_clock_us());
        atomic_store(&p->board->slots[slot].task, at + 1);
        memset(&result, 0, sizeof result);
        drill_case_run(p->drill, task->row, task->plan, task->number, &result);
        if (write(p->pipe[1], &result, sizeof result) != (ssize_t)sizeof result) _exit(1);
        atomic_store(&p->board->slots[slot].task, 0);
    }
    _exit(0);
}

static enum hs_status pool_fork(struct pool *p, size_t slot, struct hs_error *err)
{
    pid_t pid = fork();

    if (pid == 0) pool_work(p, slot);
    if (pid < 0) return hs_fail_errno(err, HS_UNAVAILABLE, errno, "starting a worker");
    (void)setpgid(pid, pid);
    p->workers[slot] = pid;
    return HS_OK;
}

static void pool_tell(struct pool *p, const struct drill_result *result)
{
    p->done++;
    p->seen(p->data, result, p->done, p->tasks_len);
}

/* A worker ended in the middle of a case: the case gets the blame, another worker takes over. */
static enum hs_status pool_bury(struct pool *p, size_t slot, int status, struct hs_error *err)
{
    uint64_t task = atomic_exchange(&p->board->slots[slot].task, 0);
    struct drill_result result = {.kind = DRILL_BROKEN};

    (void)kill(-p->workers[slot], SIGKILL); /* the daemon that it left */
    p->workers[slot] = 0;
    if (task == 0) return HS_OK;
    result.row = p->tasks[task - 1].row;
    result.number = p->tasks[task - 1].number;
    (void)snprintf(result.words, sizeof result.words,
                   WIFSIGNALED(status) ? "the drill's own process ended by signal %d"
                                       : "the drill's own process ended with %d",
                   WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    pool_tell(p, &result);
    return pool_fork(p, slot, err);
}

static bool pool_alive(struct pool *p, struct hs_error *err, enum hs_status *st)
{
    bool alive = false;

    for (size_t i = 0; i < p->workers_len && *st == HS_OK; i++) {
        int status;
        uint64_t task = atomic_load(&p->board->slots[i].task);
        uint64_t spent_us = latency_clock_us() - atomic_load(&p->board->slots[i].since_us);

        if (p->workers[i] == 0) continue;
        if (task != 0 && spent_us > (uint64_t)CASE_MAX_S * 1000000) {
            (void)kill(-p->workers[i], SIGKILL);
        }
        if (waitpid(p->workers[i], &status, WNOHANG) == p->workers[i]) {
            *st = pool_bury(p, i, status, err);
        }
        alive = alive || p->workers[i] != 0;
    }
    return alive;
}

/* One result, if one comes in time. */
static bool pool_receive(struct pool *p, int timeout_ms)
{
    struct pollfd ready = {.fd = p->pipe[0], .events = POLLIN};
    struct drill_result result;

    if (poll(&ready, 1, timeout_ms) <= 0) return false;
    if (read(p->pipe[0], &result, sizeof result) != (ssize_t)sizeof result) return false;
    pool_tell(p, &result);
    return true;
}

static enum hs_status pool_watch(struct pool *p, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    while (st == HS_OK && !pool_interrupted) {
        bool received = pool_receive(p, POLL_MS);
        bool alive = pool_alive(p, err, &st);

        p->seen(p->data, NULL, p->done, p->tasks_len);
        if (!alive && !received) break;
    }
    for (size_t i = 0; i < p->workers_len; i++) {
        if (p->workers[i] == 0) continue;
        (void)kill(-p->workers[i], SIGKILL);
        (void)waitpid(p->workers[i], NULL, 0);
    }
    return st == HS_OK && pool_interrupted ? hs_fail(err, HS_CANCELLED, "interrupted") : st;
}

enum hs_status pool_run(struct drill *d, const struct pool_task *tasks, uint64_t tasks_len,
                        pool_seen seen, void *data, struct hs_error *err)
{
    struct pool p = {
        .drill = d, .tasks = tasks, .tasks_len = tasks_len, .seen = seen, .data = data};
    uint64_t jobs = d->options->jobs < WORKERS_MAX ? d->options->jobs : WORKERS_MAX;
    enum hs_status st = HS_OK;

    p.board =
        mmap(NULL, sizeof *p.board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p.board == MAP_FAILED) return hs_fail(err, HS_NOMEM, "a board for the workers");
    if (pipe2(p.pipe, O_CLOEXEC) != 0) {
        (void)munmap(p.board, sizeof *p.board);
        return hs_fail_errno(err, HS_IO, errno, "a pipe for results");
    }
    (void)signal(SIGINT, pool_interrupt);
    (void)signal(SIGTERM, pool_interrupt);
    for (p.workers_len = 0; st == HS_OK && p.workers_len < jobs; p.workers_len++) {
        st = pool_fork(&p, p.workers_len, err);
    }
    if (st == HS_OK) st = pool_watch(&p, err);
    (void)close(p.pipe[0]);
    (void)close(p.pipe[1]);
    (void)munmap(p.board, sizeof *p.board);
    return st;
}
