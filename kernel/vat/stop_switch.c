#include "kernel/vat/stop_switch.h"

#include <assert.h>
#include <stddef.h>

void stop_switch_init(struct stop_switch *s)
{
    *s = (struct stop_switch){.stopped = false};
    (void)pthread_mutex_init(&s->lock, NULL);
}

void stop_switch_fini(struct stop_switch *s)
{
    assert(!s->entered);
    (void)pthread_mutex_destroy(&s->lock);
}

bool stop_switch_enter(struct stop_switch *s, struct stop_entry *entry,
                       volatile uint64_t *steps_max, uint64_t limit)
{
    bool stopped;

    (void)pthread_mutex_lock(&s->lock);
    stopped = s->stopped;
    if (!stopped) {
        *steps_max = limit;
        *entry = (struct stop_entry){.steps_max = steps_max, .next = s->entered};
        s->entered = entry;
    }
    (void)pthread_mutex_unlock(&s->lock);
    return !stopped;
}

bool stop_switch_leave(struct stop_switch *s, struct stop_entry *entry)
{
    struct stop_entry **at = &s->entered;
    bool stopped;

    (void)pthread_mutex_lock(&s->lock);
    while (*at != entry) {
        assert(*at); /* who leaves was entered */
        at = &(*at)->next;
    }
    *at = entry->next;
    stopped = entry->stopped;
    (void)pthread_mutex_unlock(&s->lock);
    return stopped;
}

void stop_switch_stop(struct stop_switch *s)
{
    (void)pthread_mutex_lock(&s->lock);
    s->stopped = true;
    for (struct stop_entry *entry = s->entered; entry; entry = entry->next) {
        entry->stopped = true;
        *entry->steps_max = 0;
    }
    (void)pthread_mutex_unlock(&s->lock);
}

void stop_switch_resume(struct stop_switch *s)
{
    (void)pthread_mutex_lock(&s->lock);
    s->stopped = false;
    (void)pthread_mutex_unlock(&s->lock);
}
