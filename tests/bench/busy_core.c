#include "tests/bench/busy_core.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Ends with its parent, however that ends. */
static void spin(pid_t parent)
{
    volatile unsigned turns = 0;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(0);
    for (;;) {
        turns = turns + 1;
    }
}

enum hs_status busy_core_start(struct busy_core *b, struct hs_error *err)
{
    pid_t parent = getpid();

    assert(b->pid == 0);
    b->pid = fork();
    if (b->pid == 0) spin(parent);
    if (b->pid > 0) return HS_OK;
    b->pid = 0;
    return hs_fail_errno(err, HS_NOMEM, errno, "bench: keeping a core busy");
}

void busy_core_stop(struct busy_core *b)
{
    if (b->pid == 0) return;
    (void)kill(b->pid, SIGKILL);
    (void)waitpid(b->pid, NULL, 0);
    b->pid = 0;
}
