#include "sidecar/steward/delivery_answer.h"

#include "ipc/wire.h"
#include "kernel/tables/rules.h"

/* Headers and numbers come on top; that an outcome keeps its bound is the kernel's (invariants.h).
 */
_Static_assert(RULES_OUTCOME_BYTES_MOST + (2 << 20) < IPC_RESULT_BYTES_MAX,
               "an answer fits a frame");

enum { ANSWER_BYTES_USUAL = 2048 }; /* most need no more: one allocation */

static void pack_writes(struct wire_writer *w, const struct kv_map *writes)
{
    struct kv_map_place place = {.begun = false};
    struct kv_entry entry;

    wire_put_array(w, (uint32_t)kv_map_count(writes));
    while (kv_map_walk(writes, &place, &entry)) {
        wire_put_array(w, 2);
        wire_put_text(w, entry.key);
        if (entry.deleted) {
            wire_put_nil(w);
        } else {
            wire_put_text(w, entry.value);
        }
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

static void pack_texts(struct wire_writer *w, const char *key, const struct buffer *texts,
                       size_t len)
{
    wire_put_text(w, slice_text(key));
    wire_put_array(w, (uint32_t)len);
    for (size_t i = 0; i < len; i++) {
        wire_put_text(w, buffer_slice(&texts[i]));
    }
}

static void pack_settled(struct wire_writer *w, const struct settlements *settled)
{
    wire_put_text(w, slice_text("settled"));
    wire_put_array(w, (uint32_t)settled->len);
    for (size_t i = 0; i < settled->len; i++) {
        const struct settlement *s = &settled->items[i];

        wire_put_array(w, 3);
        wire_put_uint(w, s->seqnum);
        wire_put_text(w, slice_text(message_status_name(s->status)));
        wire_put_text(w, buffer_slice(&s->value));
    }
}

static enum hs_status pack_end(struct wire_writer *w, struct hs_error *err)
{
    enum hs_status st = wire_end(w);

    return st == HS_OK ? st : hs_fail(err, st, "the answer cannot be packed");
}

enum hs_status delivery_answer_pack(const struct kernel_outcome *o,
                                    const struct delivery_course *course, struct buffer *out,
                                    struct hs_error *err)
{
    struct wire_writer w;
    enum hs_status st = buffer_reserve(out, ANSWER_BYTES_USUAL);

    if (st != HS_OK) return hs_fail(err, st, "no memory for the answer");
    wire_begin(&w, out);
    wire_put_map(&w, 14);
    pack_uint(&w, "seqnum", o->after.seqnum);
    pack_text(&w, "hash", slice_text(o->after.hash));
    pack_text(&w, "status", slice_text(message_status_name(o->status)));
    pack_text(&w, "value", buffer_slice(&o->value));
    pack_texts(&w, "outputs", o->outputs, o->outputs_len);
    wire_put_text(&w, slice_text("writes"));
    pack_writes(&w, o->writes);
    pack_text(&w, "path", slice_text(entry_path_name(course->path)));
    pack_uint(&w, "replayed", course->replayed);
    pack_uint(&w, "wait_us", course->wait_us);
    pack_uint(&w, "run_us", course->run_us);
    pack_uint(&w, "ticks", o->ticks);
    pack_uint(&w, "queued", o->queued);
    pack_settled(&w, &o->settled);
    pack_texts(&w, "events", o->events, o->events_len);
    st = pack_end(&w, err);
    if (st != HS_OK) return st;
    if (out->len > IPC_RESULT_BYTES_MAX) {
        return hs_fail(err, HS_TOO_LARGE, "the message's answer of %zu bytes does not fit a frame",
                       out->len);
    }
    return HS_OK;
}

enum hs_status delivery_answer_pack_query(const struct kernel_outcome *o, struct buffer *out,
                                          struct hs_error *err)
{
    struct wire_writer w;

    wire_begin(&w, out);
    wire_put_map(&w, 5);
    pack_uint(&w, "seqnum", o->after.seqnum);
    pack_text(&w, "hash", slice_text(o->after.hash));
    pack_text(&w, "status", slice_text(message_status_name(o->status)));
    pack_text(&w, "value", buffer_slice(&o->value));
    pack_uint(&w, "ticks", o->ticks);
    return pack_end(&w, err);
}

enum hs_status delivery_answer_pack_attach(const struct delivery_course *course, struct buffer *out,
                                           struct hs_error *err)
{
    struct wire_writer w;

    wire_begin(&w, out);
    wire_put_map(&w, 3);
    pack_text(&w, "path", slice_text(entry_path_name(course->path)));
    pack_uint(&w, "replayed", course->replayed);
    pack_uint(&w, "wait_us", course->wait_us);
    return pack_end(&w, err);
}

enum ipc_code delivery_answer_code(enum hs_status status)
{
    switch (status) {
    case HS_TOO_LARGE: return IPC_TOO_LARGE;
    case HS_IO: return IPC_STORAGE_FAILED;
    case HS_NODE_FAILED:
    case HS_PEER_GONE:
    case HS_PROTOCOL: return IPC_NODE_FAILED;
    case HS_CANCELLED: return IPC_SHUTTING_DOWN;
    case HS_KERNEL_FAILED:
    case HS_VAT_FAILED:
    case HS_DIVERGED:
    case HS_CORRUPT:
    case HS_WRONG_EPOCH:
    case HS_UNAVAILABLE:
    case HS_INVALID: return IPC_KERNEL_FAILED;
    default: return IPC_INTERNAL;
    }
}
