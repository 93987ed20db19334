#include "tests/bench/bare_start.h"

#include "tests/bench/bench.h"
#include "tests/bench/restart_way.h"

#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { DELIVERIES_MAX = 2000, POLL_US = 2000, POLLS_MAX = 500 };

/* --- the least --- */

static enum hs_status empty_path(char path[PATH_MAX], struct hs_error *err)
{
    ssize_t len = readlink("/proc/self/exe", path, PATH_MAX - sizeof "bench_empty");
    char *slash;

    if (len < 0) return hs_fail_errno(err, HS_IO, errno, "bench: finding this program's folder");
    path[len] = '\0';
    slash = strrchr(path, '/');
    memcpy(slash + 1, "bench_empty", sizeof "bench_empty");
    return HS_OK;
}

/* One run of the empty program; file NULL: it reads nothing. */
static enum hs_status empty_run(const char *file, uint64_t bytes, double *out_ms,
                                struct hs_error *err)
{
    char program[PATH_MAX], number[24];
    char *argv[] = {program, file ? (char *)(uintptr_t)file : NULL, number, NULL};
    enum hs_status st = empty_path(program, err);
    double began = bench_clock_ms();
    int failed, ended = 0;
    pid_t pid = 0;

    if (st != HS_OK) return st;
    (void)snprintf(number, sizeof number, "%llu", (unsigned long long)bytes);
    failed = posix_spawn(&pid, program, NULL, NULL, argv, environ);
    if (failed) return hs_fail_errno(err, HS_UNAVAILABLE, failed, "bench: starting %s", program);
    (void)waitpid(pid, &ended, 0);
    *out_ms = bench_clock_ms() - began;
    if (WIFEXITED(ended) && WEXITSTATUS(ended) == 0) return HS_OK;
    return hs_fail(err, HS_UNAVAILABLE, "bench: %s could not read %s bytes of %s", program, number,
                   file ? file : "nothing");
}

/* --- a snapshot of all there is --- */

/* A block's end is marked by the block after it, so one message is behind the snapshot. */
static enum hs_status is_held(struct bench_sidecar *sidecar, bool *held, struct hs_error *err)
{
    uint64_t newest = 0, seqnum = 0;
    enum hs_status st = bench_sidecar_figure(sidecar, "snapshot", "newest", &newest, err);

    if (st == HS_OK) st = bench_sidecar_figure(sidecar, "", "seqnum", &seqnum, err);
    *held = st == HS_OK && newest + 1 >= seqnum;
    return st;
}

/* Wait for the snapshot that the first message of a block made due; false: another is needed. */
static enum hs_status wait_held(struct bench_sidecar *sidecar, bool *held, struct hs_error *err)
{
    enum hs_status st = is_held(sidecar, held, err);

    for (int poll = 0; st == HS_OK && !*held && poll < POLLS_MAX; poll++) {
        (void)usleep(POLL_US);
        st = is_held(sidecar, held, err);
    }
    return st;
}

static enum hs_status hold_all(struct bench_sidecar *sidecar, struct bench_chain *chain,
                               struct hs_error *err)
{
    enum hs_status st = HS_OK;
    bool held = false;

    for (int i = 0; st == HS_OK && !held && i < DELIVERIES_MAX; i++) {
        uint64_t seqnum = 0;

        st = bench_chain_deliver(chain, NULL, err);
        if (st == HS_OK) st = bench_sidecar_figure(sidecar, "", "seqnum", &seqnum, err);
        if (st == HS_OK && seqnum % BENCH_BLOCK_MESSAGES == 1) st = wait_held(sidecar, &held, err);
    }
    if (st != HS_OK || held) return st;
    return hs_fail(err, HS_UNAVAILABLE, "bench: no snapshot of the last block was written");
}

/* --- measuring --- */

static enum hs_status measure_once(struct bare_start *b, struct bench_sidecar *sidecar,
                                   const char *const *settings, const char *pages,
                                   struct hs_error *err)
{
    double began = bench_clock_ms(), ready, empty = 0, least = 0;
    enum hs_status st = bench_sidecar_start(sidecar, settings, err);

    if (st == HS_OK) st = bench_sidecar_wait_primed(sidecar, err);
    ready = bench_clock_ms() - began;
    bench_sidecar_kill(sidecar);
    if (st == HS_OK) st = empty_run(NULL, 0, &empty, err);
    if (st == HS_OK) st = empty_run(pages, b->read_bytes, &least, err);
    if (st != HS_OK) return st;
    spread_add(&b->ready_ms, ready);
    spread_add(&b->empty_ms, empty);
    spread_add(&b->read_ms, least > empty ? least - empty : 0);
    spread_add(&b->ratio, ready / least);
    return HS_OK;
}

enum hs_status bare_start_measure(struct bare_start *b, struct bench_sidecar *sidecar,
                                  struct bench_chain *chain, const char *const *settings,
                                  uint64_t repeats, struct hs_error *err)
{
    static const char *const often[] = {"--snapshot-every", "1", "--snapshot-share", "100", NULL};
    char pages[PATH_MAX] = "";
    enum hs_status st;

    restart_way_die(sidecar, chain);
    st = bench_sidecar_start(sidecar, often, err);
    if (st == HS_OK) st = bench_chain_connect(chain, bench_sidecar_socket(sidecar), err);
    if (st == HS_OK) st = hold_all(sidecar, chain, err);
    /* Heaps are shown four times a second at most. */
    for (int poll = 0; st == HS_OK && b->heap_bytes == 0 && poll < POLLS_MAX; poll++) {
        (void)usleep(POLL_US);
        st = bench_sidecar_heap_bytes(sidecar, &b->heap_bytes, err);
    }
    restart_way_die(sidecar, chain);
    b->read_bytes = b->heap_bytes;
    if (st == HS_OK) st = bench_sidecar_pages(sidecar, pages, &b->read_bytes, err);
    for (uint64_t i = 0; i < repeats && st == HS_OK; i++) {
        st = measure_once(b, sidecar, settings, pages, err);
    }
    return st;
}
