/* One delivery: entry check, block end, execution, log, answer.
 *
 *   arrives ─► attach ─► block end? mark, snapshot ─► execute ─► pack ─► log ─► answer
 *               │                                       │         │
 *               └── error: nothing happened             └─────────┴── error: back to the mark
 *
 * "An error response means nothing happened": after a failed execution the kernel goes back to its
 * mark, and the next delivery's entry check leads it forward through the log again. The disk never
 * fails a delivery. */
#include "ipc/wire.h"
#include "sidecar/report/clock.h"
#include "sidecar/steward/steward_internal.h"
#include "sidecar/steward/steward_jobs.h"

#include <assert.h>
#include <inttypes.h>

static enum ipc_code delivery_code(enum hs_status status)
{
    switch (status) {
    case HS_STALE: return IPC_STALE;
    case HS_TOO_LARGE: return IPC_TOO_LARGE;
    case HS_IO:
    case HS_PERMISSION: return IPC_STORAGE_FAILED;
    case HS_NODE_FAILED:
    case HS_PEER_GONE:
    case HS_PROTOCOL: return IPC_NODE_FAILED;
    case HS_CANCELLED: return IPC_SHUTTING_DOWN;
    case HS_KERNEL_FAILED:
    case HS_VAT_FAILED:
    case HS_DIVERGED:
    case HS_CORRUPT:
    case HS_INVALID: return IPC_KERNEL_FAILED;
    default: return IPC_INTERNAL;
    }
}

static enum delivery_result delivery_result_of(enum message_status status)
{
    switch (status) {
    case MESSAGE_FULFILLED: return DELIVERY_FULFILLED;
    case MESSAGE_REJECTED: return DELIVERY_REJECTED;
    case MESSAGE_PENDING: break;
    }
    return DELIVERY_PENDING;
}

static void pack_writes(struct wire_writer *w, const struct kv_map *writes)
{
    struct kv_entry entry;
    struct slice after = {0};

    wire_put_array(w, (uint32_t)kv_map_count(writes));
    while (kv_map_next(writes, after, &entry)) {
        wire_put_array(w, 2);
        wire_put_text(w, entry.key);
        if (entry.deleted) {
            wire_put_nil(w);
        } else {
            wire_put_text(w, entry.value);
        }
        after = entry.key;
    }
}

static void pack_text(struct wire_writer *w, const char *key, struct slice value)
{
    wire_put_text(w, slice_text(key));
    wire_put_text(w, value);
}

static void pack_uint(struct wire_writer *w, const char *key, uint64_t value)
{
    wire_put_text(w, slice_text(key));
    wire_put_uint(w, value);
}

struct delivery_times {
    uint64_t wait_us, run_us;
};

static enum hs_status delivery_pack(const struct kernel_outcome *o, const struct attach_report *way,
                                    struct delivery_times times, struct buffer *out,
                                    struct hs_error *err)
{
    struct wire_writer w;
    enum hs_status st;

    wire_begin(&w, out);
    wire_put_map(&w, 10);
    pack_uint(&w, "seqnum", o->after.seqnum);
    pack_text(&w, "hash", slice_text(o->after.hash));
    pack_text(&w, "status", slice_text(message_status_name(o->status)));
    pack_text(&w, "value", buffer_slice(&o->value));
    wire_put_text(&w, slice_text("outputs"));
    wire_put_array(&w, (uint32_t)o->outputs_len);
    for (size_t i = 0; i < o->outputs_len; i++) {
        wire_put_text(&w, buffer_slice(&o->outputs[i]));
    }
    wire_put_text(&w, slice_text("writes"));
    pack_writes(&w, o->writes);
    pack_text(&w, "path", slice_text(entry_path_name(way->path)));
    pack_uint(&w, "replayed", way->replayed);
    pack_uint(&w, "wait_us", times.wait_us);
    pack_uint(&w, "run_us", times.run_us);
    st = wire_end(&w);
    if (st != HS_OK) return hs_fail(err, st, "the answer cannot be packed");
    if (out->len > IPC_RESULT_BYTES_MAX) {
        return hs_fail(err, HS_TOO_LARGE, "the message's answer of %zu bytes does not fit a frame",
                       out->len);
    }
    return HS_OK;
}

/* The entry check proved that the node stands at the end of a block that it has finished. */
static void delivery_block_end(struct steward *s, uint64_t height_next)
{
    struct position at = kernel_position(s->kernel), mark = kernel_mark_position(s->kernel);
    struct hs_error err = {0};

    if (position_is_origin(&at)) return;
    if (!position_equal(&at, &mark) && kernel_mark(s->kernel, &err) != HS_OK) {
        /* The old mark stands: going back costs more, and this snapshot is left out. */
        logger_write(s->o.logger, LOG_LEVEL_ERROR, "block end: %s", err.text);
        return;
    }
    s->floor = at;
    log_keeper_block_end(s);
    snapshot_keeper_consider(s, height_next);
}

/* What was executed in vain is taken back. */
static void delivery_undo(struct steward *s, enum hs_status status)
{
    struct hs_error err = {0};

    if (status != HS_KERNEL_FAILED && kernel_back_to_mark(s->kernel, &err) == HS_OK) return;
    logger_write(s->o.logger, LOG_LEVEL_ERROR, "the kernel is dropped: %s",
                 status == HS_KERNEL_FAILED ? "it panicked" : err.text);
    steward_drop_kernel(s);
    sidecar_advance(s, EVENT_KERNEL_LOST);
}

struct delivery_run {
    struct kernel_outcome outcome;
    struct delivery_times times;
};

/* Execute and pack. With reads from the node, its store answers the kernel's every read meanwhile
 * and its layers only collect; in between nobody answers there, and going back or forward through
 * the log reads our own copy. */
static enum hs_status delivery_run(struct steward *s, const struct message *m,
                                   const struct attach_report *way, struct delivery_run *run,
                                   struct buffer *packed, struct hs_error *err)
{
    bool from_node = s->o.config->reads == SIDECAR_READS_NODE;
    uint64_t began_us = clock_us();
    enum hs_status st;

    if (from_node) kernel_read_through(s->kernel, real_store_kv(s->real_store));
    st = kernel_deliver(s->kernel, m, &run->outcome, err);
    run->times.run_us = clock_us() - began_us;
    if (st == HS_OK) st = delivery_pack(&run->outcome, way, run->times, packed, err);
    if (from_node) kernel_read_through(s->kernel, NULL);
    return st;
}

static void delivery_attached(struct steward *s, const struct delivery_job *j,
                              const struct attach_report *way)
{
    bool first = !s->attached;
    struct figures *f = figures_acquire(s->o.board);

    f->real_seqnum = j->real.seqnum;
    if (first) {
        f->node.path = way->path;
        f->node.replayed = way->replayed;
        f->node.attach_us = clock_us() - j->arrived_us;
        histogram_add(&f->attach, f->node.attach_us);
    }
    if (first || way->path != ENTRY_LIVE) f->attaches[way->path]++;
    figures_release(s->o.board);
    s->attached = true;
}

static void delivery_count(struct steward *s, enum delivery_result result, uint64_t run_us)
{
    struct figures *f = figures_acquire(s->o.board);

    f->deliveries[result]++;
    if (result != DELIVERY_FAILED) histogram_add(&f->delivery, run_us);
    figures_release(s->o.board);
}

/* From a kernel that stands at the node's position to the packed answer. */
static enum hs_status delivery_perform(struct steward *s, struct delivery_job *j,
                                       const struct attach_report *way, struct buffer *packed,
                                       struct hs_error *err)
{
    struct delivery_run run = {.times = {.wait_us = clock_us() - j->arrived_us}};
    enum hs_status st;

    if (j->message.height < kernel_height(s->kernel)) {
        return hs_fail(err, HS_STALE,
                       "height %" PRIu64 " comes after height %" PRIu64 " at the same seqnum",
                       j->message.height, kernel_height(s->kernel));
    }
    if (j->message.height > kernel_height(s->kernel)) delivery_block_end(s, j->message.height);
    st = delivery_run(s, &j->message, way, &run, packed, err);
    if (st == HS_OK) {
        struct log_entry entry = {.message = j->message, .after = run.outcome.after};

        assert(run.outcome.after.seqnum == j->real.seqnum + 1);
        log_keeper_append(s, &entry);
        delivery_count(s, delivery_result_of(run.outcome.status), run.times.run_us);
        /* Executing again reads our own copy, so what a node took to answer says nothing. */
        if (s->o.config->reads == SIDECAR_READS_MIRROR) {
            steward_measured(s, RATE_MESSAGES, 1, run.times.run_us);
        }
    } else {
        delivery_undo(s, st);
    }
    kernel_outcome_fini(&run.outcome);
    return st;
}

void delivery_execute(struct steward *s, struct delivery_job *j)
{
    struct attach_report way;
    struct buffer packed = {0};
    struct hs_error err = {0};
    enum hs_status st;

    if (!steward_node_waits(s, j->node_epoch)) goto out;
    real_store_forget(s->real_store);
    st = steward_attach(s, &j->real, &way, &err);
    if (!steward_node_waits(s, j->node_epoch)) goto out; /* caught up is still worth having */
    if (st == HS_OK) {
        delivery_attached(s, j, &way);
        st = delivery_perform(s, j, &way, &packed, &err);
    }
    steward_publish(s);
    if (st == HS_OK) {
        answer_post(s->o.loop, j->request, &packed);
    } else {
        delivery_count(s, DELIVERY_FAILED, 0);
        logger_write(s->o.logger, LOG_LEVEL_WARN, "delivery of seqnum %" PRIu64 " failed: %s",
                     j->real.seqnum + 1, err.text);
        answer_post_error(s->o.loop, j->request, delivery_code(st), err.text);
    }
    j->request = NULL;
out:
    buffer_fini(&packed);
    delivery_job_free(&j->job);
}
