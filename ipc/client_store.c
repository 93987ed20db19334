/* The node's store, as its transaction sees it, for headstart to read: store.get, store.scan. */
#include "ipc/client_internal.h"

#include <assert.h>
#include <string.h>

enum {
    STORE_SCAN_BYTES_MAX = HS_FRAME_BYTES_MAX / 2, /* a scan's answer unless one entry is larger */
    STORE_ENTRY_BYTES_MAX = HS_FRAME_BYTES_MAX - 64, /* what an answer has room for */
};

static enum headstart_status store_send(struct headstart *h, const struct wire_writer *w,
                                        struct slice tail, client_deadline deadline,
                                        struct headstart_error *err)
{
    struct iovec parts[2] = {{h->out.data, h->out.len}, {(char *)(uintptr_t)tail.data, tail.len}};

    if (w->status != HS_OK) return client_fail(err, HEADSTART_NOMEM, "no memory for an answer");
    return client_link_send(&h->link, parts, tail.len > 0 ? 2 : 1, deadline, err);
}

static enum headstart_status store_refuse(struct headstart *h, uint64_t msgid, const char *code,
                                          const char *text, client_deadline deadline,
                                          struct headstart_error *err)
{
    struct wire_writer w;

    buffer_clear(&h->out);
    wire_begin(&w, &h->out);
    rpc_put_error(&w, msgid, code, text);
    return store_send(h, &w, slice_make(NULL, 0), deadline, err);
}

static enum headstart_status store_unknown(struct headstart *h, uint64_t msgid,
                                           client_deadline deadline, struct headstart_error *err)
{
    return store_refuse(h, msgid, "unknown_method",
                        "this node answers store.get and store.scan during a delivery", deadline,
                        err);
}

static enum headstart_status store_get(struct headstart *h, const struct rpc_frame *question,
                                       client_deadline deadline, struct headstart_error *err)
{
    struct headstart_bytes value = {NULL, 0};
    struct wire_writer w;
    struct slice key;
    int found;

    if (!h->store.get) return store_unknown(h, question->msgid, deadline, err);
    if (!packed_text(packed_member(rpc_params_map(question->params), "key"), &key)) {
        return store_refuse(h, question->msgid, "bad_request", "store.get needs key", deadline,
                            err);
    }
    found = h->store.get(h->store.data, (struct headstart_bytes){key.data, key.len}, &value);
    if (found < 0 || (found > 0 && value.len > STORE_ENTRY_BYTES_MAX)) {
        return store_refuse(h, question->msgid, "storage_failed", "the node's store cannot be read",
                            deadline, err);
    }
    buffer_clear(&h->out);
    wire_begin(&w, &h->out);
    rpc_put_result(&w, question->msgid);
    wire_put_map(&w, 1);
    wire_put_text(&w, slice_text("value"));
    if (found == 0) {
        wire_put_nil(&w);
        return store_send(h, &w, slice_make(NULL, 0), deadline, err);
    }
    wire_put_text_head(&w, value.len);
    return store_send(h, &w, slice_make(value.data, value.len), deadline, err);
}

struct store_scan {
    uint64_t bytes_max;
    uint64_t bytes;
    uint32_t count;
    bool more;
};

/* Packs entries behind `after` into h->entries. False: the store failed, or memory did. */
static bool store_collect(struct headstart *h, struct slice after, struct store_scan *scan)
{
    struct headstart_bytes key = {NULL, 0}, value = {NULL, 0};
    struct buffer last = {0};
    struct wire_writer w;
    bool fine;
    int found = 0;

    buffer_clear(&h->entries);
    wire_begin(&w, &h->entries);
    fine = buffer_assign(&last, after) == HS_OK;
    while (fine && !scan->more) {
        found = h->store.next(h->store.data, (struct headstart_bytes){last.data, last.len}, &key,
                              &value);
        if (found <= 0) break;
        if (scan->count > 0 && scan->bytes + key.len + value.len > scan->bytes_max) {
            scan->more = true;
            break;
        }
        if (key.len + value.len > STORE_ENTRY_BYTES_MAX) {
            fine = false;
            break;
        }
        wire_put_array(&w, 2);
        wire_put_text(&w, slice_make(key.data, key.len));
        wire_put_text(&w, slice_make(value.data, value.len));
        scan->bytes += key.len + value.len;
        scan->count++;
        fine = buffer_assign(&last, slice_make(key.data, key.len)) == HS_OK;
    }
    buffer_fini(&last);
    return fine && found >= 0 && wire_end(&w) == HS_OK;
}

static enum headstart_status store_scan(struct headstart *h, const struct rpc_frame *question,
                                        client_deadline deadline, struct headstart_error *err)
{
    struct packed_value params = rpc_params_map(question->params);
    struct store_scan scan = {0};
    struct wire_writer w;
    struct slice after;

    if (!h->store.next) return store_unknown(h, question->msgid, deadline, err);
    if (!packed_text(packed_member(params, "after"), &after) ||
        !packed_uint(packed_member(params, "bytes"), &scan.bytes_max)) {
        return store_refuse(h, question->msgid, "bad_request", "store.scan needs after and bytes",
                            deadline, err);
    }
    if (scan.bytes_max > STORE_SCAN_BYTES_MAX) scan.bytes_max = STORE_SCAN_BYTES_MAX;
    if (!store_collect(h, after, &scan)) {
        return store_refuse(h, question->msgid, "storage_failed", "the node's store cannot be read",
                            deadline, err);
    }
    buffer_clear(&h->out);
    wire_begin(&w, &h->out);
    rpc_put_result(&w, question->msgid);
    wire_put_map(&w, 2);
    wire_put_text(&w, slice_text("more"));
    wire_put_bool(&w, scan.more);
    wire_put_text(&w, slice_text("entries"));
    wire_put_array(&w, scan.count);
    return store_send(h, &w, buffer_slice(&h->entries), deadline, err);
}

static const struct {
    const char *name;
    enum headstart_status (*answer)(struct headstart *h, const struct rpc_frame *question,
                                    client_deadline deadline, struct headstart_error *err);
} store_questions[] = {
    {"store.get", store_get},
    {"store.scan", store_scan},
};

enum headstart_status client_store_answer(struct headstart *h, const struct rpc_frame *question,
                                          client_deadline deadline, struct headstart_error *err)
{
    assert(question->kind == RPC_REQUEST);
    for (size_t i = 0; h->delivering && i < sizeof store_questions / sizeof *store_questions; i++) {
        if (slice_equal(question->method, slice_text(store_questions[i].name))) {
            return store_questions[i].answer(h, question, deadline, err);
        }
    }
    return store_unknown(h, question->msgid, deadline, err);
}
