/* Fault points: the apparatus that drills trust must itself be right. */
#include "tests/unit/suite.h"

#include "kernel/state/fault.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void fault__happens_at_its_count_only(void)
{
    fault_arm("a.point:3:EIO");
    CU_ASSERT_EQUAL(FAULT("a.point"), FAULT_NONE);
    CU_ASSERT_EQUAL(FAULT("another"), FAULT_NONE);
    CU_ASSERT_EQUAL(FAULT("a.point"), FAULT_NONE);
    CU_ASSERT_EQUAL(FAULT("a.point"), FAULT_EIO);
    CU_ASSERT_EQUAL(FAULT("a.point"), FAULT_NONE);
    fault_arm(NULL);
}

static void fault__plus_stays_on(void)
{
    fault_arm("x:2+:ENOSPC,y:1:short");
    CU_ASSERT_EQUAL(FAULT("x"), FAULT_NONE);
    CU_ASSERT_EQUAL(FAULT("x"), FAULT_ENOSPC);
    CU_ASSERT_EQUAL(FAULT("x"), FAULT_ENOSPC);
    CU_ASSERT_EQUAL(FAULT("y"), FAULT_SHORT);
    fault_arm(NULL);
    CU_ASSERT_EQUAL(FAULT("x"), FAULT_NONE);
    CU_ASSERT_EQUAL(fault_errno(FAULT_EIO), EIO);
    CU_ASSERT_EQUAL(fault_errno(FAULT_SHORT), ENOSPC);
}

/* Runs `text` armed in a child that reaches "p" once; returns the wait status. */
static int child_reaches(const char *text)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        (void)freopen("/dev/null", "w", stderr);
        fault_arm(text);
        (void)FAULT("p");
        _exit(0);
    }
    CU_ASSERT_FATAL(pid > 0);
    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    return status;
}

static void fault__kill_and_exit_end_the_process(void)
{
    int status = child_reaches("p:1:kill");

    CU_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    status = child_reaches("p:1:exit");
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 70);
    status = child_reaches("q:1:kill");
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void fault__typing_error_is_not_silent(void)
{
    static const char *const bad[] = {"p", "p:1", "p:0:EIO", "p:1:boom", ":1:EIO", "p:x:EIO"};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int status = child_reaches(bad[i]);

        CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 78);
    }
}

static const struct suite_case cases[] = {
    SUITE_CASE(fault__happens_at_its_count_only),
    SUITE_CASE(fault__plus_stays_on),
    SUITE_CASE(fault__kill_and_exit_end_the_process),
    SUITE_CASE(fault__typing_error_is_not_silent),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("fault", cases, argc, argv);
}
