/* A rig around the steward: the test is the node, a thread plays the loop, nothing goes over a
 * socket. And a twin: a kernel of the test's own that executes the same messages and never stopped,
 * which everything is measured against. */
#ifndef HEADSTART_TESTS_UNIT_SIDECAR_RIG_H
#define HEADSTART_TESTS_UNIT_SIDECAR_RIG_H

#include "kernel/state/kv_memory.h"
#include "sidecar/steward/steward.h"
#include "tests/unit/scratch.h"

#include <pthread.h>
#include <stdatomic.h>

enum { RIG_MESSAGES_MAX = 4096 };

struct rig_message { /* one that the node has in its history */
    uint64_t height;
    char *text;
    struct position after;
    struct buffer result; /* packed, as answered: its writes make the store */
};

struct rig {
    struct scratch_path dir;
    struct sidecar_config config;
    struct logger logger;
    struct kernel_config *kernel_config;
    struct kv_memory *real; /* the node's store */
    struct rig_message history[RIG_MESSAGES_MAX];
    size_t len;                   /* messages in the node's history: its seqnum */
    uint64_t calls_failing_after; /* store requests answered before the node fails; 0: never */
    uint64_t calls;               /* store requests of the last delivery */
    struct clock clock;           /* the steward's: stands still but for rig_pass */
    atomic_uint_fast64_t now_us;
    atomic_uint_fast64_t us_per_look; /* goes by each time that somebody looks */
    atomic_uint_fast64_t cpu_us; /* processor time: a clock of its own, which stands still, … */
    uint64_t cpu_us_per_look;    /* … or goes so far each time; set before the start */
    bool told_on_purpose;        /* an event that must not happen was told: rig_tell */

    /* while a steward runs */
    struct data_folder *folder;
    struct figures_board *board;
    struct job_queue *loop;
    struct node_link *link;
    struct steward *steward;
    pthread_t loop_thread;
};

struct rig_answer {
    enum ipc_code code; /* 0: executed */
    char text[512];
    char path[16];
    char status[16];
    uint64_t replayed;
    struct position after;
};

/* Two messages that lead to different places. */
#define RIG_COUNT_ONE  "{\"to\":\"town\",\"method\":\"count\",\"args\":[1]}"
#define RIG_COUNT_MANY "{\"to\":\"town\",\"method\":\"count\",\"args\":[1000]}"
/* One that looks at what many before it left in the store. */
#define RIG_OPEN_GATE "{\"to\":\"town\",\"method\":\"openGate\",\"args\":[1]}"

void rig_open(struct rig *r);
void rig_close(struct rig *r); /* stops first, if needed */

/** Start a steward on the data folder, and wait until it has preloaded; connect the node. */
void rig_start(struct rig *r);
/** Open and start one, and deliver `count` messages. */
void rig_begin(struct rig *r, size_t count);
void rig_stop(struct rig *r);          /* in good order */
void rig_start_in_vain(struct rig *r); /* stopped at once, while it preloads */
void rig_lose_data(struct rig *r);     /* stopped: the data folder is gone */

void rig_pass(struct rig *r, uint64_t seconds); /* time goes by */

void rig_node_leaves(struct rig *r);
void rig_node_comes(struct rig *r);

/** Deliver; on success the node's store has the writes. `text` is JSON. */
struct rig_answer rig_deliver(struct rig *r, uint64_t height, const char *text);
/** The same, but the node's transaction fails afterwards: its store stays. */
struct rig_answer rig_deliver_reverted(struct rig *r, uint64_t height, const char *text);
/** The entry check alone, without a message. */
struct rig_answer rig_attach(struct rig *r);
/** Assert that it was executed, and how the kernel got there. */
void rig_expect(struct rig_answer a, const char *path);
enum ipc_code rig_prepare_commit(struct rig *r, uint64_t height);
/** `count` messages in blocks of five from where the node stands, which must all be executed. */
void rig_deliver_many(struct rig *r, size_t count);
uint64_t rig_height(const struct rig *r); /* of the node's last message; 0: none */

/** The node goes back to an earlier seqnum of its history. */
void rig_go_back(struct rig *r, size_t seqnum);
/** The node goes on without us: another sidecar executes `count` messages for it, each `text`;
 *  NULL: those of rig_deliver_many. */
void rig_go_on_alone(struct rig *r, size_t count, const char *text);

struct rig_state {
    struct position at;
    uint64_t digest, entries; /* of the store as the kernel sees it */
    char heaps[SHA256_HEX_BYTES];
};
struct rig_state rig_kernel_state(struct rig *r);
/** What a kernel that executed the node's history from the start, without stopping, looks like. */
struct rig_state rig_twin_state(struct rig *r);
/** Assert that kernel, twin and the node's store are the same. */
void rig_check_twin(struct rig *r);

/** Wait until the newest snapshot is one after `seqnum`: one that is due, or being written. Nothing
 *  is delivered meanwhile, which would make a history as long as the machine is busy. */
void rig_await_snapshot(struct rig *r, uint64_t seqnum);
/** Deliver what makes one due, and wait for it. */
void rig_deliver_to_snapshot(struct rig *r);
/** Highest seqnum that the replay log knows to be on disk. */
uint64_t rig_log_synced(struct rig *r);
/** A commit notice, taken in before this returns. */
void rig_commit(struct rig *r, uint64_t height);
/** The same, which says where the node's store stands. */
void rig_commit_at(struct rig *r, uint64_t height, const struct position *at);
struct position rig_position(const struct rig *r); /* of the node's store */

/** How often `event` happened in `from`, in all stewards of this process that were stopped. Each
 * was checked at its stop: an event that its phase does not expect fails the test, unless it was
 * told on purpose. */
uint64_t rig_moves(enum phase from, enum phase_event event);
/** Something that must not happen happens: the helm is told of `event`. */
void rig_tell(struct rig *r, enum phase_event event);
/** The same, and in the same job the node leaves. */
void rig_tell_and_leave(struct rig *r, enum phase_event event);

struct figures rig_figures(struct rig *r); /* without vats; nothing to free */

#endif
