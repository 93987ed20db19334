#include "tests/unit/nice.h"

#include "tests/unit/suite.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

enum { NICE_UNHURRIED = 16 }; /* kernel/state/thread_weight.c */

static void *try_to_return(void *data)
{
    id_t thread = (id_t)gettid();
    int nice = getpriority(PRIO_PROCESS, thread);

    *(bool *)data = setpriority(PRIO_PROCESS, thread, nice + 1) == 0 &&
                    setpriority(PRIO_PROCESS, thread, nice) == 0;
    return NULL;
}

bool nice_may_return(void)
{
    pthread_t thread;
    bool may = false;

    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, try_to_return, &may), 0);
    CU_ASSERT_EQUAL(pthread_join(thread, NULL), 0);
    return may;
}

bool nice_or_skip(void)
{
    if (getpriority(PRIO_PROCESS, 0) < NICE_UNHURRIED && nice_may_return()) return true;
    SUITE_SKIP("it takes a right to leave a nice again (CAP_SYS_NICE, RLIMIT_NICE), and a low one");
    return false;
}
