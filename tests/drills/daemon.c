#include "tests/drills/daemon.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 32, TAIL_BYTES = 8192, HANDLERS_POLL_US = 500 };
enum { HANDLERS_POLLS = DAEMON_HANG_MS * (1000 / HANDLERS_POLL_US) };

void daemon_init(struct daemon *d, const char *place, const char *program, const char *kernel)
{
    *d = (struct daemon){.pidfd = -1};
    (void)snprintf(d->program, sizeof d->program, "%s", program);
    (void)snprintf(d->kernel, sizeof d->kernel, "%s", kernel);
    (void)snprintf(d->data, sizeof d->data, "%s/data", place);
    (void)snprintf(d->socket, sizeof d->socket, "%s/socket", place);
    (void)snprintf(d->words, sizeof d->words, "%s/words", place);
}

/* As from a login: the daemon heeds what its starter ignores (nohup), and the drill may be run so.
 */
static void daemon_signals_reset(void)
{
    static const int asked[] = {SIGHUP, SIGINT, SIGTERM};
    sigset_t none;

    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        (void)signal(asked[i], SIG_DFL);
    }
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the new process: become the sidecar, or end with 127. */
static void daemon_become(const struct daemon *d, const struct daemon_how *how, pid_t parent)
{
    const char *argv[ARGUMENTS_MAX] = {d->program,   "--data",       d->data,     "--socket",
                                       d->socket,    "run",          "--kernel",  d->kernel,
                                       "--chain-id", DRILL_CHAIN_ID, "--metrics", "off"};
    size_t argc = 12;
    int out = open(d->words, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    daemon_signals_reset();
    if (getppid() != parent || out < 0) _exit(127);
    (void)dup2(out, STDOUT_FILENO);
    (void)dup2(out, STDERR_FILENO);
    if (how->limited) {
        struct rlimit limit = {.rlim_cur = how->limit_value, .rlim_max = how->limit_value};

        if (setrlimit((__rlimit_resource_t)how->limit, &limit) != 0) _exit(127);
    }
    for (size_t i = 0; i < DAEMON_WORDS_MAX && how->environment[i]; i++) {
        (void)putenv((char *)(uintptr_t)how->environment[i]);
    }
    for (size_t i = 0; i < DAEMON_WORDS_MAX && how->arguments[i]; i++) {
        argv[argc++] = how->arguments[i];
    }
    /* execv does not write to its arguments; its type is older than const. */
    (void)execv(d->program, (char *const *)(uintptr_t)argv);
    _exit(127);
}

enum hs_status daemon_start(struct daemon *d, const struct daemon_how *how, struct hs_error *err)
{
    static const struct daemon_how plain;
    struct stat st;
    pid_t parent = getpid();

    assert(d->pid == 0);
    d->words_from = stat(d->words, &st) == 0 ? st.st_size : 0;
    d->status = 0;
    d->pid = fork();
    if (d->pid == 0) daemon_become(d, how ? how : &plain, parent);
    if (d->pid < 0) {
        d->pid = 0;
        return hs_fail_errno(err, HS_UNAVAILABLE, errno, "starting %s", d->program);
    }
    d->pidfd = (int)syscall(SYS_pidfd_open, d->pid, 0);
    return HS_OK;
}

static bool daemon_reap(struct daemon *d, int flags)
{
    if (d->pid == 0) return true;
    if (waitpid(d->pid, &d->status, flags) != d->pid) return false;
    if (d->pidfd >= 0) (void)close(d->pidfd);
    d->pid = 0;
    d->pidfd = -1;
    return true;
}

bool daemon_runs(struct daemon *d)
{
    return !daemon_reap(d, WNOHANG);
}

bool daemon_wait(struct daemon *d, int timeout_ms)
{
    struct pollfd ended = {.fd = d->pidfd, .events = POLLIN};

    if (d->pid == 0) return true;
    if (poll(&ended, 1, timeout_ms) <= 0) return daemon_reap(d, WNOHANG);
    return daemon_reap(d, 0);
}

void daemon_signal(struct daemon *d, int signal)
{
    if (d->pid > 0) (void)kill(d->pid, signal);
}

/* Of /proc/PID/status; 0: it has no such field, or does not run. */
static uint64_t daemon_status_field(const struct daemon *d, const char *field, int base)
{
    char path[64], line[256];
    size_t len = strlen(field);
    uint64_t value = 0;
    FILE *f;

    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)d->pid);
    f = d->pid > 0 ? fopen(path, "re") : NULL;
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, field, len) == 0 && line[len] == ':') {
            value = strtoull(line + len + 1, NULL, base);
        }
    }
    if (f) (void)fclose(f);
    return value;
}

uint64_t daemon_memory_kib(const struct daemon *d)
{
    return daemon_status_field(d, "VmRSS", 10);
}

uint64_t daemon_memory_most_kib(const struct daemon *d)
{
    return daemon_status_field(d, "VmHWM", 10);
}

static bool daemon_meets(const struct daemon *d, int signal)
{
    uint64_t met = daemon_status_field(d, "SigBlk", 16) | daemon_status_field(d, "SigCgt", 16);

    return met >> (signal - 1) & 1;
}

void daemon_wait_handlers(struct daemon *d)
{
    for (int i = 0; i < HANDLERS_POLLS && daemon_runs(d) && !daemon_meets(d, SIGTERM); i++) {
        (void)usleep(HANDLERS_POLL_US);
    }
}

void daemon_kill(struct daemon *d)
{
    if (d->pid == 0) return;
    (void)kill(d->pid, SIGKILL);
    (void)daemon_reap(d, 0);
}

bool daemon_signalled(const struct daemon *d)
{
    return WIFSIGNALED(d->status);
}

int daemon_code(const struct daemon *d)
{
    return WIFSIGNALED(d->status) ? WTERMSIG(d->status) : WEXITSTATUS(d->status);
}

void daemon_last_words(const struct daemon *d, char *out, size_t size)
{
    char tail[TAIL_BYTES + 1];
    int fd = open(d->words, O_RDONLY | O_CLOEXEC);
    off_t end = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
    off_t from = end - d->words_from > TAIL_BYTES ? end - TAIL_BYTES : d->words_from;
    ssize_t len = fd < 0 ? 0 : pread(fd, tail, TAIL_BYTES, from);
    char *save = NULL;

    if (fd >= 0) (void)close(fd);
    (void)snprintf(out, size, "without a word");
    tail[len > 0 ? len : 0] = '\0';
    for (char *line = strtok_r(tail, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        if (strstr(line, " info ")) continue;
        (void)snprintf(out, size, "%s", line);
    }
}
