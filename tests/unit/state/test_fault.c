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
    CU_ASSERT_EQUAL(FAULT("a.point"), EIO);
    CU_ASSERT_EQUAL(FAULT("a.point"), FAULT_NONE);
    fault_arm(NULL);
}

static void fault__plus_stays_on(void)
{
    fault_arm("x:2+:ENOSPC,y:1:short");
    CU_ASSERT_EQUAL(FAULT("x"), FAULT_NONE);
    CU_ASSERT_EQUAL(FAULT("x"), ENOSPC);
    CU_ASSERT_EQUAL(FAULT("x"), ENOSPC);
    CU_ASSERT_EQUAL(FAULT("y"), FAULT_SHORT);
    fault_arm(NULL);
    CU_ASSERT_EQUAL(FAULT("x"), FAULT_NONE);
    CU_ASSERT_EQUAL(fault_errno(EIO), EIO);
    CU_ASSERT_EQUAL(fault_errno(FAULT_SHORT), ENOSPC);
}

static void fault__pattern_counts_all_that_it_matches(void)
{
    fault_arm("*.*.*:3:EROFS,log.*.write:2:EMFILE");
    CU_ASSERT_EQUAL(FAULT("log.segment.open"), FAULT_NONE);
    CU_ASSERT_EQUAL(FAULT("kernel.diverge"), FAULT_NONE); /* no operation of the disk */
    CU_ASSERT_EQUAL(FAULT("log.segment.write"), FAULT_NONE);
    CU_ASSERT_EQUAL(FAULT("snapshot.pages.write"), EROFS);
    CU_ASSERT_EQUAL(FAULT("log.segment.writes"), FAULT_NONE);
    CU_ASSERT_EQUAL(FAULT("log.segment.write"), EMFILE);
    fault_arm("*:1+:torn");
    CU_ASSERT_EQUAL(FAULT("anything"), FAULT_TORN);
    fault_arm(NULL);
}

static void fault__after_is_reached_by_success_only(void)
{
    fault_arm("p.q.write.after:1:EIO,p.q.write:2:EIO");
    CU_ASSERT_EQUAL(FAULT("p.q.write"), FAULT_NONE);
    fault_passed("p.q.write");
    CU_ASSERT_EQUAL(FAULT("p.q.write"), EIO); /* the plan for "after" did not count */
    fault_arm(NULL);
}

/* Runs `text` armed in a child that reaches "p" once; returns the wait status. */
static int child_reaches(const char *text)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        (void)freopen("/dev/null", "w", stderr);
        fault_arm(text);
        if (FAULT("p") == FAULT_NONE) fault_passed("p");
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
    status = child_reaches("p.after:1:exit");
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 70);
    status = child_reaches("p.after:1:exit,p:1:EIO");
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
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
    SUITE_CASE(fault__pattern_counts_all_that_it_matches),
    SUITE_CASE(fault__after_is_reached_by_success_only),
    SUITE_CASE(fault__kill_and_exit_end_the_process),
    SUITE_CASE(fault__typing_error_is_not_silent),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("fault", cases, argc, argv);
}
