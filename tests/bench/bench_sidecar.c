#include "tests/bench/bench_sidecar.h"

#include "ipc/include/headstart.h"
#include "ipc/wire.h"
#include "kernel/state/packed.h"
#include "tests/bench/bench_chain.h"
#include "tests/bench/work_folder.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    PATH_BYTES = WORK_FOLDER_BYTES,
    ARGUMENTS_MAX = 32,
    POLL_US = 500,
    PRIMED_POLLS_MAX = 1200000,
    LISTENING_POLLS_MAX = 20000
};

extern char **environ;

struct bench_sidecar {
    char dir[PATH_BYTES];
    char program[PATH_MAX]; /* `headstart`, beside this program */
    char socket[PATH_BYTES + 16], data[PATH_BYTES + 16], kernel[PATH_BYTES + 16],
        log[PATH_BYTES + 16];
    pid_t pid; /* 0: not running */
};

static enum hs_status find_program(struct bench_sidecar *s, struct hs_error *err)
{
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    char *slash;

    if (len < 0) return hs_fail_errno(err, HS_IO, errno, "bench: finding this program's folder");
    self[len] = '\0';
    slash = strrchr(self, '/');
    assert(slash);
    *slash = '\0';
    (void)snprintf(s->program, sizeof s->program, "%s/headstart", self);
    if (access(s->program, X_OK) == 0) return HS_OK;
    return hs_fail(err, HS_UNAVAILABLE, "bench: %s is not there; build it first", s->program);
}

enum hs_status bench_sidecar_open(const struct workload *w, struct bench_sidecar **out,
                                  struct hs_error *err)
{
    struct bench_sidecar *s = calloc(1, sizeof *s);
    enum hs_status st;

    assert(out);
    if (!s) return hs_fail(err, HS_NOMEM, "bench: out of memory");
    st = work_folder_make(s->dir, err);
    if (st != HS_OK) {
        free(s);
        return st;
    }
    (void)snprintf(s->socket, sizeof s->socket, "%s/socket", s->dir);
    (void)snprintf(s->data, sizeof s->data, "%s/data", s->dir);
    (void)snprintf(s->kernel, sizeof s->kernel, "%s/kernel.json", s->dir);
    (void)snprintf(s->log, sizeof s->log, "%s/sidecar.log", s->dir);
    st = find_program(s, err);
    if (st == HS_OK) st = workload_write_kernel(w, s->kernel, err);
    if (st != HS_OK) {
        bench_sidecar_close(s);
        return st;
    }
    *out = s;
    return HS_OK;
}

void bench_sidecar_close(struct bench_sidecar *s)
{
    if (!s) return;
    bench_sidecar_kill(s);
    work_folder_remove(s->dir);
    free(s);
}

static enum hs_status spawn(struct bench_sidecar *s, char *const *argv, struct hs_error *err)
{
    posix_spawn_file_actions_t actions;
    int failed = posix_spawn_file_actions_init(&actions);

    if (failed) return hs_fail_errno(err, HS_NOMEM, failed, "bench: starting the sidecar");
    failed = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, s->log,
                                              O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (!failed) failed = posix_spawn(&s->pid, s->program, &actions, NULL, argv, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (!failed) return HS_OK;
    s->pid = 0;
    return hs_fail_errno(err, HS_UNAVAILABLE, failed, "bench: starting %s", s->program);
}

enum hs_status bench_sidecar_start(struct bench_sidecar *s, const char *const *extra,
                                   struct hs_error *err)
{
    const char *argv[ARGUMENTS_MAX] = {s->program,   "run",          "--socket",    s->socket,
                                       "--data",     s->data,        "--kernel",    s->kernel,
                                       "--chain-id", BENCH_CHAIN_ID, "--log-level", "warn"};
    size_t argc = 12;

    assert(s->pid == 0);
    while (extra && *extra && argc < ARGUMENTS_MAX - 1) {
        argv[argc++] = *extra++;
    }
    /* posix_spawn does not write to its arguments; its type is older than const. */
    return spawn(s, (char *const *)(uintptr_t)argv, err);
}

void bench_sidecar_kill(struct bench_sidecar *s)
{
    if (s->pid == 0) return;
    (void)kill(s->pid, SIGKILL);
    (void)waitpid(s->pid, NULL, 0);
    s->pid = 0;
}

static enum hs_status observe(struct bench_sidecar *s, struct headstart **out, struct hs_error *err)
{
    struct headstart_options options = {
        .socket_path = s->socket,
        .chain_id = BENCH_CHAIN_ID,
        .client = "headstart-bench",
        .observer = true,
        .connect_timeout_ms = 60000,
    };
    struct headstart_error cause;

    if (headstart_connect(&options, out, &cause) == HEADSTART_OK) return HS_OK;
    return hs_fail(err, HS_UNAVAILABLE, "bench: the sidecar does not answer: %s", cause.text);
}

/* The status map, packed, into *packed (malloc'd). */
static enum hs_status ask_status(struct headstart *link, char **packed, size_t *len,
                                 struct hs_error *err)
{
    struct headstart_error cause;

    if (headstart_call(link, "status", (struct headstart_bytes){NULL, 0}, packed, len, &cause) ==
        HEADSTART_OK) {
        return HS_OK;
    }
    return hs_fail(err, HS_UNAVAILABLE, "bench: status failed: %s", cause.text);
}

/* The client tries again every ten milliseconds only; a start is measured more finely. */
static void wait_listening(const struct bench_sidecar *s)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    bool listens = false;

    (void)snprintf(at.sun_path, sizeof at.sun_path, "%s", s->socket);
    for (int i = 0; i < LISTENING_POLLS_MAX && !listens; i++) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        listens = fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof at) == 0;
        if (fd >= 0) (void)close(fd);
        if (!listens) (void)usleep(POLL_US);
    }
}

enum hs_status bench_sidecar_wait_primed(struct bench_sidecar *s, struct hs_error *err)
{
    struct headstart *link = NULL;
    enum hs_status st;
    bool ready = false;

    wait_listening(s);
    st = observe(s, &link, err);

    for (int i = 0; st == HS_OK && !ready; i++) {
        char *packed = NULL;
        size_t len = 0;

        if (i == PRIMED_POLLS_MAX) {
            st = hs_fail(err, HS_UNAVAILABLE, "bench: the sidecar does not become ready");
            break;
        }
        st = ask_status(link, &packed, &len, err);
        if (st == HS_OK) {
            (void)packed_bool(packed_member(packed_root(slice_make(packed, len)), "ready"), &ready);
        }
        free(packed);
        if (st == HS_OK && !ready) (void)usleep(POLL_US);
    }
    headstart_close(link);
    return st;
}

/* One of the folders that the sidecar keeps in its data folder. */
static enum hs_status forget_folder(struct bench_sidecar *s, const char *name, struct hs_error *err)
{
    char path[PATH_BYTES + 32];

    assert(s->pid == 0);
    (void)snprintf(path, sizeof path, "%s/%s", s->data, name);
    work_folder_remove(path);
    return access(path, F_OK) == 0 ? hs_fail(err, HS_IO, "bench: cannot remove %s", path) : HS_OK;
}

enum hs_status bench_sidecar_forget_log(struct bench_sidecar *s, struct hs_error *err)
{
    return forget_folder(s, "log", err);
}

enum hs_status bench_sidecar_forget(struct bench_sidecar *s, struct hs_error *err)
{
    enum hs_status st = forget_folder(s, "snapshot", err);

    if (st == HS_OK) st = forget_folder(s, "log", err);
    if (st == HS_OK) st = forget_folder(s, "quarantine", err);
    return st;
}

enum hs_status bench_sidecar_figure(struct bench_sidecar *s, const char *group, const char *member,
                                    uint64_t *out, struct hs_error *err)
{
    struct headstart *link = NULL;
    char *packed = NULL;
    size_t len = 0;
    enum hs_status st = observe(s, &link, err);

    *out = 0;
    if (st == HS_OK) st = ask_status(link, &packed, &len, err);
    if (st == HS_OK) {
        struct packed_value map = packed_root(slice_make(packed, len));

        if (*group) map = packed_member(map, group);
        map = packed_member(map, member);
        if (packed_kind_of(map) != PACKED_NIL && !packed_uint(map, out)) {
            st = hs_fail(err, HS_PROTOCOL, "bench: the status has no number %s.%s", group, member);
        }
    }
    free(packed);
    headstart_close(link);
    return st;
}

enum hs_status bench_sidecar_heap_bytes(struct bench_sidecar *s, uint64_t *out,
                                        struct hs_error *err)
{
    struct headstart *link = NULL;
    struct packed_value vats;
    char *packed = NULL;
    size_t len = 0;
    uint32_t count = 0;
    enum hs_status st = observe(s, &link, err);

    *out = 0;
    if (st == HS_OK) st = ask_status(link, &packed, &len, err);
    if (st == HS_OK) {
        vats = packed_member(packed_root(slice_make(packed, len)), "vats");
        (void)packed_count(vats, &count);
        for (uint32_t i = 0; i < count; i++) {
            uint64_t bytes = 0;

            (void)packed_uint(packed_member(packed_at(vats, i), "heap_bytes"), &bytes);
            *out += bytes;
        }
    }
    free(packed);
    headstart_close(link);
    return st;
}

enum hs_status bench_sidecar_pages(struct bench_sidecar *s, char path[PATH_MAX], uint64_t *bytes,
                                   struct hs_error *err)
{
    char pattern[PATH_BYTES * 2];
    struct stat found;
    glob_t names = {0};
    enum hs_status st = HS_NOT_FOUND;

    (void)snprintf(pattern, sizeof pattern, "%s/snapshot/gen-*/pages", s->data);
    if (glob(pattern, 0, NULL, &names) == 0 && names.gl_pathc > 0) {
        (void)snprintf(path, PATH_MAX, "%s", names.gl_pathv[names.gl_pathc - 1]);
        if (stat(path, &found) == 0) st = HS_OK;
    }
    globfree(&names);
    if (st != HS_OK) return hs_fail(err, st, "bench: no heap pages in %s", s->data);
    if (*bytes > (uint64_t)found.st_size) *bytes = (uint64_t)found.st_size;
    return HS_OK;
}

const char *bench_sidecar_socket(const struct bench_sidecar *s)
{
    return s->socket;
}

pid_t bench_sidecar_pid(const struct bench_sidecar *s)
{
    return s->pid;
}
