#include "tests/bench/peer_process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define INSTALLED HEADSTART_BENCH_PEER "/node_modules/@agoric/swingset-vat/package.json"

enum { LINE_BYTES_MAX = 4096 };

struct peer_process {
    pid_t pid;
    FILE *to, *from; /* of one socket, which is its stdin and stdout */
};

static void become_peer(const char *dir, int s)
{
    if (dup2(s, STDIN_FILENO) >= 0 && dup2(s, STDOUT_FILENO) >= 0) {
        (void)execlp("node", "node", HEADSTART_BENCH_PEER "/peer.js", dir,
                     HEADSTART_BENCH_PEER_CACHE, HEADSTART_BENCH_VATS "/ledger/ledger.js", "ledger",
                     (char *)NULL);
    }
    _exit(127);
}

static enum hs_status spawn(struct peer_process *p, const char *dir, struct hs_error *err)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return hs_fail_errno(err, HS_IO, errno, "bench: making a socket");
    }
    p->pid = fork();
    if (p->pid == 0) become_peer(dir, ends[1]);
    (void)close(ends[1]);
    p->to = fdopen(ends[0], "w");
    p->from = fdopen(dup(ends[0]), "r");
    if (p->pid > 0 && p->to && p->from) return HS_OK;
    return hs_fail_errno(err, HS_NOMEM, errno, "bench: starting SwingSet");
}

static enum hs_status await(struct peer_process *p, const char *word, struct hs_error *err)
{
    char line[LINE_BYTES_MAX];

    if (!fgets(line, sizeof line, p->from)) {
        return hs_fail(err, HS_UNAVAILABLE,
                       "bench: SwingSet's process is gone; its words are above");
    }
    line[strcspn(line, "\n")] = '\0';
    if (strcmp(line, word) == 0) return HS_OK;
    return hs_fail(err, HS_INTERNAL, "bench: SwingSet: %s", line);
}

enum hs_status peer_process_open(const char *dir, struct peer_process **out, struct hs_error *err)
{
    struct peer_process *p;
    enum hs_status st;

    if (access(INSTALLED, R_OK) != 0) {
        return hs_fail(err, HS_UNAVAILABLE,
                       "bench: SwingSet is not installed; scripts/peer installs and runs it");
    }
    p = calloc(1, sizeof *p);
    if (!p) return hs_fail(err, HS_NOMEM, "bench: out of memory");
    st = spawn(p, dir, err);
    if (st == HS_OK) st = await(p, "ready", err);
    if (st != HS_OK) {
        peer_process_close(p);
        return st;
    }
    *out = p;
    return HS_OK;
}

void peer_process_close(struct peer_process *p)
{
    if (!p) return;
    if (p->pid > 0) {
        (void)kill(p->pid, SIGKILL);
        (void)waitpid(p->pid, NULL, 0);
    }
    if (p->to) (void)fclose(p->to);
    if (p->from) (void)fclose(p->from);
    free(p);
}

enum hs_status peer_process_execute(struct peer_process *p, struct slice block,
                                    struct hs_error *err)
{
    if (fwrite(block.data, 1, block.len, p->to) != block.len || fputc('\n', p->to) == EOF ||
        fflush(p->to) != 0) {
        return hs_fail_errno(err, HS_UNAVAILABLE, errno, "bench: telling SwingSet a block");
    }
    return await(p, "ok", err);
}
