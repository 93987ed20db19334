/* Stop switch: ends whatever runs in any instance of the engine, from any thread.
 *
 * The module compares its steps with a limit at every loop's head; a stop lowers the limits of all
 * instances that run to 0, so that the same comparison ends them. The count of steps is not
 * touched, and whether somebody was stopped is told by a flag of his own, set under the lock: not
 * by the trap, which looks like a spent meter, and not by the switch, which may be back by then.
 */
#ifndef HEADSTART_KERNEL_VAT_STOP_SWITCH_H
#define HEADSTART_KERNEL_VAT_STOP_SWITCH_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* One instance while it runs: the caller's memory. */
struct stop_entry {
    volatile uint64_t *steps_max; /* the limit that the instance compares with */
    bool stopped;
    struct stop_entry *next;
};

struct stop_switch {
    pthread_mutex_t lock; /* guards all of this, and the limits of who is entered */
    bool stopped;
    struct stop_entry *entered;
};

void stop_switch_init(struct stop_switch *s);
void stop_switch_fini(struct stop_switch *s); /* nobody may be entered */

/** From now on a stop sets *steps_max to 0, which is `limit` first. False: stopped already, not
 *  entered. */
bool stop_switch_enter(struct stop_switch *s, struct stop_entry *entry,
                       volatile uint64_t *steps_max, uint64_t limit);
/** The limit is the instance's again. Returns whether it was stopped meanwhile. */
bool stop_switch_leave(struct stop_switch *s, struct stop_entry *entry);

/** Thread: any */
void stop_switch_stop(struct stop_switch *s);
void stop_switch_resume(struct stop_switch *s);

#endif
