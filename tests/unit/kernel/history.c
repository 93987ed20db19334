#include "tests/unit/kernel/history.h"

#include "kernel/state/digest.h"
#include "kernel/state/fault.h"
#include "kernel/vat/engine.h"
#include "tests/unit/kernel/speech.h"

enum { STANDING_MAX = 96 };

/* What store and heaps were at a block's end. */
struct condition {
    uint64_t store, entries;
    char heaps[SHA256_HEX_BYTES];
};

/* A message that stands, and what came of it. */
struct step {
    uint64_t number, height;
    uint64_t answer; /* its checksum */
    struct position after;
    bool block_end;
    struct condition condition; /* at a block's end */
};

struct history {
    const struct speech *speech;
    struct machine machine;
    struct history_figures *figures;
    struct step steps[STANDING_MAX];
    size_t len, marked;
    uint64_t height, next, seed, state;
    uint64_t executed_again; /* by the kernel that there is */
    bool scarce;             /* memory for going back fails now and then */
    uint64_t failing;        /* of ten messages so many are followed by going back */
};

static uint64_t any(struct history *h, uint64_t n)
{
    return suite_random(&h->state) % n;
}

/* --- what is compared --- */

static uint64_t texts_checksum(const struct buffer *texts, size_t len)
{
    uint64_t sum = len;

    for (size_t i = 0; i < len; i++) {
        sum = 31 * sum + checksum64(buffer_slice(&texts[i]));
    }
    return sum;
}

static uint64_t writes_checksum(const struct kv_map *writes)
{
    uint64_t sum = 0;
    struct kv_entry e;

    for (struct slice after = {NULL, 0}; kv_map_next(writes, after, &e); after = e.key) {
        sum = 31 * sum + entry_checksum64(e.key, e.value) + e.deleted;
    }
    return sum;
}

static uint64_t settled_checksum(const struct settlements *settled)
{
    uint64_t sum = settled->len;

    for (size_t i = 0; i < settled->len; i++) {
        const struct settlement *s = &settled->items[i];

        sum = 31 * sum + s->seqnum;
        sum = 31 * sum + s->status;
        sum = 31 * sum + checksum64(buffer_slice(&s->value));
    }
    return sum;
}

static uint64_t answer_checksum(const struct kernel_outcome *o)
{
    const uint64_t parts[] = {o->status,
                              o->cranks,
                              o->ticks,
                              o->queued,
                              checksum64(buffer_slice(&o->value)),
                              texts_checksum(o->outputs, o->outputs_len),
                              texts_checksum(o->events, o->events_len),
                              settled_checksum(&o->settled),
                              writes_checksum(o->writes)};

    return checksum64(slice_make(parts, sizeof parts));
}

static void condition_of(struct machine *m, struct condition *c)
{
    machine_ok(kernel_heaps_sha256(m->kernel, c->heaps, &m->err), m);
    machine_ok(kv_store_digest(kernel_store(m->kernel), &c->store, &c->entries, &m->err), m);
}

static void expect_condition(struct machine *m, const struct condition *c)
{
    struct condition now;

    condition_of(m, &now);
    CU_ASSERT_EQUAL(now.store, c->store);
    CU_ASSERT_EQUAL(now.entries, c->entries);
    CU_ASSERT_STRING_EQUAL(now.heaps, c->heaps);
}

static struct position standing(const struct history *h)
{
    return h->len > 0 ? h->steps[h->len - 1].after : position_origin();
}

static void expect_standing(struct history *h)
{
    struct position now = kernel_position(h->machine.kernel), at = standing(h);

    CU_ASSERT_TRUE(position_equal(&now, &at));
    if (h->len > 0 && h->steps[h->len - 1].block_end && any(h, 4) == 0) {
        expect_condition(&h->machine, &h->steps[h->len - 1].condition);
    }
}

/* --- forward --- */

/* As a sidecar does where nothing in memory leads back: from the mark on, what stands comes again.
 */
static void history_rebuild(struct history *h)
{
    struct machine *m = &h->machine;

    fault_arm(NULL);
    machine_ok(kernel_back_to_mark(m->kernel, &m->err), m);
    for (size_t i = h->marked; i < h->len; i++) {
        speech_say(h->speech, m, h->steps[i].height, h->steps[i].number, h->seed);
        CU_ASSERT_EQUAL(answer_checksum(&m->out), h->steps[i].answer);
    }
    h->figures->rebuilt++;
}

static void history_execute(struct history *h, uint64_t number)
{
    struct step *s = &h->steps[h->len];

    *s = (struct step){.number = number, .height = h->height};
    if (speech_try(h->speech, &h->machine, s->height, number, h->seed) != HS_OK) {
        CU_ASSERT_TRUE(h->scarce); /* no memory to undo what its caller limits */
        history_rebuild(h);
        speech_say(h->speech, &h->machine, s->height, number, h->seed);
    }
    h->len++;
    s->after = kernel_position(h->machine.kernel);
    s->answer = answer_checksum(&h->machine.out);
    h->figures->messages++;
    h->figures->settled += h->machine.out.settled.len;
    h->figures->queued += h->machine.out.queued > 0;
    h->figures->spent +=
        strstr(buffer_text(&h->machine.out.value), "ticks that its caller") != NULL;
}

static void history_mark(struct history *h)
{
    struct machine *m = &h->machine;
    struct step *last = &h->steps[h->len - 1];

    machine_ok(kernel_mark(m->kernel, &m->err), m);
    last->block_end = true;
    condition_of(m, &last->condition);
    h->marked = h->len;
    h->height++;
    h->figures->blocks++;
    if (any(h, 3) == 0) machine_snapshot(m);
}

/* --- back --- */

/* As a node's: what its transactions wrote is gone with them. */
static void real_return(struct machine *m)
{
    kv_memory_close(m->real);
    CU_ASSERT_EQUAL_FATAL(kv_memory_open(&m->real, NULL), HS_OK);
    store_copy(kernel_store(m->kernel), kv_memory_store(m->real));
}

static void history_return(struct history *h, size_t len)
{
    struct machine *m = &h->machine;
    const size_t vats = kernel_vats(m->kernel, NULL, 0);
    struct position to;

    h->figures->undone += h->len - len;
    h->figures->returns++;
    h->len = len;
    to = standing(h);
    if (kernel_back_to(m->kernel, &to, &m->err) != HS_OK) {
        if (!h->scarce) machine_ok(m->err.status, m);
        history_rebuild(h);
    }
    h->figures->born += kernel_vats(m->kernel, NULL, 0) < vats;
    h->figures->ended += kernel_vats(m->kernel, NULL, 0) > vats;
    expect_standing(h);
    real_return(m);
    if (h->len == h->marked) h->height += any(h, 3); /* proposed again, maybe in a later round */
}

/* Some of what was undone comes again: as it was, in another order, in part, or not at all. */
static void history_propose_again(struct history *h, size_t len)
{
    enum { AS_IT_WAS, IN_ANOTHER_ORDER, IN_PART, NOT_AT_ALL, WAYS };
    uint64_t numbers[STANDING_MAX], way = any(h, WAYS);
    size_t undone = h->len - len;

    for (size_t i = 0; i < undone; i++) {
        numbers[i] = h->steps[len + i].number;
    }
    history_return(h, len);
    for (size_t i = 0; i < undone && way != NOT_AT_ALL; i++) {
        size_t pick = way == IN_ANOTHER_ORDER ? i + any(h, undone - i) : i;
        uint64_t number = numbers[pick];

        numbers[pick] = numbers[i];
        if (way != IN_PART || any(h, 2) == 0) history_execute(h, number);
    }
}

static void history_go_back(struct history *h)
{
    size_t open = h->len - h->marked, undone = 1;

    switch (any(h, 5)) {
    case 0: undone = open; break; /* the whole block */
    case 1: undone = 1 + any(h, open); break;
    default: break;
    }
    history_propose_again(h, h->len - undone);
}

/* The block ends where its last transaction that did not fail left the store. */
static void history_commit_at(struct history *h)
{
    history_return(h, h->marked + 1 + any(h, h->len - h->marked));
    history_mark(h);
    h->figures->commits++;
}

/* A stop inside a message is going back to its beginning. */
static void history_stop_inside(struct history *h)
{
    struct machine *m = &h->machine;
    uint64_t seqnum = kernel_position(m->kernel).seqnum;

    vat_engine_stop(machine_engine());
    if (speech_try(h->speech, m, h->height, h->next, h->seed) == HS_OK) {
        CU_ASSERT_EQUAL(kernel_position(m->kernel).seqnum, seqnum + 1); /* it reached no vat */
    } else { /* stopped; or refused before, where memory for a way back is short on purpose */
        CU_ASSERT_TRUE(kernel_position(m->kernel).seqnum <= seqnum);
    }
    vat_engine_resume(machine_engine());
    h->figures->stops++;
    history_return(h, h->len);
}

/* A panic inside a crank, at any of its syscalls: nothing of the message may be left. */
static void history_panic_inside(struct history *h)
{
    struct machine *m = &h->machine;
    uint64_t seqnum = kernel_position(m->kernel).seqnum;
    char fault[32];

    (void)snprintf(fault, sizeof fault, "kernel.panic:%u:EIO", 1 + (unsigned)any(h, 4));
    fault_arm(fault);
    if (speech_try(h->speech, m, h->height, h->next, h->seed) == HS_OK) {
        CU_ASSERT_EQUAL(kernel_position(m->kernel).seqnum, seqnum + 1); /* it made fewer */
    } else {
        /* Or before, where it panicked on the way back from a call over its caller's ticks. */
        CU_ASSERT_TRUE(kernel_position(m->kernel).seqnum <= seqnum);
        h->figures->panics++;
    }
    fault_arm(NULL);
    history_return(h, h->len);
}

/* A query leaves no trace, whether it is answered, fails or is stopped. */
static void history_query(struct history *h)
{
    struct machine *m = &h->machine;
    const bool stopped = any(h, 4) == 0;

    if (stopped) vat_engine_stop(machine_engine());
    speech_ask(h->speech, m, any(h, 1000), h->seed);
    if (stopped) vat_engine_resume(machine_engine());
    h->figures->queries++;
    expect_standing(h);
}

static void history_drop_block(struct history *h)
{
    struct machine *m = &h->machine;

    h->len = h->marked;
    machine_ok(kernel_back_to_mark(m->kernel, &m->err), m);
    expect_standing(h);
    real_return(m);
}

/* The sidecar ends and comes back at the block's end, from its images or from transcripts alone. */
static void history_restart(struct history *h)
{
    struct machine *m = &h->machine;

    machine_snapshot(m);
    machine_ok(machine_restart(m, any(h, 2) == 0), m);
    kernel_keep_savepoints(m->kernel, true);
    h->executed_again = 0;
    expect_standing(h);
    h->figures->restarts++;
}

/* --- all of it --- */

static void history_starve(struct history *h)
{
    char fault[48];

    (void)snprintf(fault, sizeof fault, "savepoint.*:%u:EIO", 1 + (unsigned)any(h, 40));
    fault_arm(fault);
}

static void history_step(struct history *h)
{
    bool open = h->len > h->marked;
    uint64_t r = any(h, 40);

    if (h->scarce) history_starve(h);
    if (open && any(h, 10) < h->failing) {
        history_go_back(h);
    } else if (open && r < 4) {
        history_mark(h);
    } else if (open && r < 6) {
        history_commit_at(h);
    } else if (r == 6) {
        history_stop_inside(h);
    } else if (r == 10) {
        history_panic_inside(h);
    } else if (r == 11 && h->len > 0) {
        history_query(h);
    } else if (open && r == 7) {
        history_drop_block(h);
    } else if (!open && h->len > 0 && r < 9) {
        history_restart(h);
    } else {
        history_execute(h, h->next++);
    }
    fault_arm(NULL);
}

static void history_note(struct history *h)
{
    const struct kernel_savepoint_figures now = kernel_savepoint_figures(h->machine.kernel);

    h->figures->executed_again += now.executed_again - h->executed_again;
    h->executed_again = now.executed_again;
    if (now.savepoints > h->figures->savepoints_most) h->figures->savepoints_most = now.savepoints;
}

/* Many short ones see more than few long ones. What is executed and dropped for ever makes none
 * longer, so steps are counted as well. */
static void history_drive(struct history *h)
{
    const size_t length = any(h, 16) == 0 ? STANDING_MAX - 1 : 8 + any(h, 24);

    for (unsigned i = 0; i < 2 * length && h->len < length; i++) {
        history_step(h);
        history_note(h);
    }
    if (h->len > h->marked) history_mark(h);
}

static void history_compare(struct history *h)
{
    struct machine twin;

    machine_open(&twin, h->speech->config);
    for (size_t i = 0; i < h->len; i++) {
        const struct step *s = &h->steps[i];
        struct position now;

        speech_say(h->speech, &twin, s->height, s->number, h->seed);
        now = kernel_position(twin.kernel);
        CU_ASSERT_TRUE(position_equal(&now, &s->after));
        CU_ASSERT_EQUAL(answer_checksum(&twin.out), s->answer);
        if (s->block_end) expect_condition(&twin, &s->condition);
    }
    CU_ASSERT_TRUE(machine_equal(&twin, &h->machine));
    CU_ASSERT_TRUE(machine_agrees_with_real(&twin));
    machine_close(&twin);
    h->figures->standing += h->len;
}

void history_run(uint64_t seed, struct history_figures *figures)
{
    struct history *h = calloc(1, sizeof *h);

    CU_ASSERT_FATAL(h != NULL);
    *h = (struct history){.seed = seed, .state = seed, .height = 1, .figures = figures};
    h->speech = speech_any(any(h, SPEECHES_MAX));
    h->failing = any(h, 6); /* some fail all the time, some never */
    h->scarce = any(h, 8) == 0;
    vat_engine_watch(machine_engine(), any(h, 3) > 0);
    machine_open(&h->machine, h->speech->config);
    kernel_keep_savepoints(h->machine.kernel, true);
    history_drive(h);
    history_compare(h);
    machine_close(&h->machine);
    figures->histories++;
    free(h);
}
