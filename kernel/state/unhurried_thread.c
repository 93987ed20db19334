#include "kernel/state/unhurried_thread.h"

#include "kernel/state/thread_weight.h"

#include <pthread.h>
#include <stddef.h>
#include <unistd.h>

/* Two workers, and one of each LevelDB that is open. More than there is room for are as others. */
enum { THREADS_MAX = 16 };

/* Of the process, as what the system knows of its threads is. */
static struct {
    pthread_mutex_t mutex;
    pid_t threads[THREADS_MAX]; /* 0: none */
    bool hurried;
} all = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* Under the mutex. False: `before` is not there. */
static bool thread_replace(pid_t before, pid_t now)
{
    for (size_t i = 0; i < THREADS_MAX; i++) {
        if (all.threads[i] != before) continue;
        all.threads[i] = now;
        return true;
    }
    return false;
}

static void threads_hurry(bool hurried)
{
    (void)pthread_mutex_lock(&all.mutex);
    for (size_t i = 0; i < THREADS_MAX && all.hurried != hurried; i++) {
        if (all.threads[i] > 0) thread_weigh(all.threads[i], hurried);
    }
    all.hurried = hurried;
    (void)pthread_mutex_unlock(&all.mutex);
}

void unhurried_thread_begin(void)
{
    if (!thread_may_return()) return;
    (void)pthread_mutex_lock(&all.mutex);
    if (thread_replace(0, gettid()) && !all.hurried) thread_weigh(gettid(), false);
    (void)pthread_mutex_unlock(&all.mutex);
}

void unhurried_thread_end(void)
{
    (void)pthread_mutex_lock(&all.mutex);
    (void)thread_replace(gettid(), 0);
    (void)pthread_mutex_unlock(&all.mutex);
}

void unhurried_threads_hurry(void)
{
    threads_hurry(true);
}

void unhurried_threads_relax(void)
{
    threads_hurry(false);
}
