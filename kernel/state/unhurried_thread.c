#include "kernel/state/unhurried_thread.h"

#include "kernel/state/thread_weight.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/resource.h>
#include <unistd.h>

/* Two workers, and one of each LevelDB that is open. More than there is room for are as others. */
enum { THREADS_MAX = 16 };

struct unhurried {
    pid_t thread; /* 0: none */
    int nice;     /* what it had before */
};

/* Of the process, as what the system knows of its threads is. `hurried` is written under the mutex:
 * who asks for what is so already, as the kernel thread does between messages, never waits for it.
 */
static struct {
    pthread_mutex_t mutex;
    struct unhurried threads[THREADS_MAX];
    atomic_bool hurried;
} all = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* Under the mutex. False: `before` is not there. */
static bool thread_replace(pid_t before, struct unhurried now)
{
    for (size_t i = 0; i < THREADS_MAX; i++) {
        if (all.threads[i].thread != before) continue;
        all.threads[i] = now;
        return true;
    }
    return false;
}

static void threads_hurry(bool hurried)
{
    if (atomic_load(&all.hurried) == hurried) return;
    (void)pthread_mutex_lock(&all.mutex);
    for (size_t i = 0; i < THREADS_MAX; i++) {
        const struct unhurried *t = &all.threads[i];

        if (t->thread > 0) thread_weigh(t->thread, t->nice, hurried);
    }
    atomic_store(&all.hurried, hurried);
    (void)pthread_mutex_unlock(&all.mutex);
}

void hurried_thread_begin(void)
{
    thread_weigh(gettid(), getpriority(PRIO_PROCESS, (id_t)getpid()), true);
}

void unhurried_thread_begin(void)
{
    struct unhurried own = {gettid(), getpriority(PRIO_PROCESS, (id_t)gettid())};

    if (!thread_may_return()) return;
    (void)pthread_mutex_lock(&all.mutex);
    if (thread_replace(0, own) && !atomic_load(&all.hurried)) {
        thread_weigh(own.thread, own.nice, false);
    }
    (void)pthread_mutex_unlock(&all.mutex);
}

void unhurried_thread_end(void)
{
    (void)pthread_mutex_lock(&all.mutex);
    (void)thread_replace(gettid(), (struct unhurried){0});
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
