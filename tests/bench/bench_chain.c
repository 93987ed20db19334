#include "tests/bench/bench_chain.h"

#include "ipc/include/headstart.h"
#include "kernel/state/kv_memory.h"
#include "kernel/state/position.h"
#include "sidecar/commands/solo_blocks.h"
#include "tests/node/latency.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct bench_chain {
    struct kv_memory *store;
    struct headstart *link; /* NULL while not connected */
    struct position at;
    struct buffer key, value; /* what the last store callback answered */
    struct workload_messages *messages;
    struct buffer message;
    unsigned spin_us;
};

enum hs_status bench_chain_open(const struct workload *w, struct bench_chain **out,
                                struct hs_error *err)
{
    struct bench_chain *c = calloc(1, sizeof *c);
    enum hs_status st;

    assert(out);
    if (!c) return hs_fail(err, HS_NOMEM, "bench: out of memory");
    st = kv_memory_open(&c->store, err);
    if (st == HS_OK) st = workload_messages_open(w, &c->messages, err);
    if (st != HS_OK) {
        bench_chain_close(c);
        return st;
    }
    *out = c;
    return HS_OK;
}

void bench_chain_close(struct bench_chain *c)
{
    if (!c) return;
    bench_chain_disconnect(c);
    kv_memory_close(c->store);
    workload_messages_close(c->messages);
    buffer_fini(&c->key);
    buffer_fini(&c->value);
    buffer_fini(&c->message);
    free(c);
}

static struct slice slice_of(struct headstart_bytes b)
{
    return (struct slice){b.data, b.len};
}

static struct headstart_bytes bytes_of(const struct buffer *b)
{
    return (struct headstart_bytes){buffer_text(b), b->len};
}

static int found_or_not(enum hs_status st)
{
    return st == HS_OK ? 1 : st == HS_NOT_FOUND ? 0 : -1;
}

static int chain_get(void *data, struct headstart_bytes key, struct headstart_bytes *value)
{
    struct bench_chain *c = data;
    int found =
        found_or_not(kv_store_get(kv_memory_store(c->store), slice_of(key), &c->value, NULL));

    *value = bytes_of(&c->value);
    return found;
}

static int chain_next(void *data, struct headstart_bytes after, struct headstart_bytes *key,
                      struct headstart_bytes *value)
{
    struct bench_chain *c = data;
    int found = found_or_not(
        kv_store_next(kv_memory_store(c->store), slice_of(after), &c->key, &c->value, NULL));

    *key = bytes_of(&c->key);
    *value = bytes_of(&c->value);
    return found;
}

void bench_chain_spin(struct bench_chain *c, unsigned us)
{
    c->spin_us = us;
}

enum hs_status bench_chain_connect(struct bench_chain *c, const char *socket_path,
                                   struct hs_error *err)
{
    struct headstart_options options = {
        .socket_path = socket_path,
        .chain_id = BENCH_CHAIN_ID,
        .client = "headstart-bench",
        .store = {.data = c, .get = chain_get, .next = chain_next},
        .connect_timeout_ms = 60000,
        .spin_us = c->spin_us,
    };
    struct headstart_error cause;

    bench_chain_disconnect(c);
    if (headstart_connect(&options, &c->link, &cause) == HEADSTART_OK) return HS_OK;
    return hs_fail(err, HS_UNAVAILABLE, "bench: cannot reach the sidecar: %s", cause.text);
}

void bench_chain_disconnect(struct bench_chain *c)
{
    headstart_close(c->link);
    c->link = NULL;
}

static enum hs_status apply_writes(struct bench_chain *c, const struct headstart_result *r,
                                   struct hs_error *err)
{
    struct kv_store *kv = kv_memory_store(c->store);
    enum hs_status st = HS_OK;

    for (size_t i = 0; i < r->writes_len && st == HS_OK; i++) {
        const struct headstart_write *w = &r->writes[i];

        st = w->value.data ? kv_store_set(kv, slice_of(w->key), slice_of(w->value), err)
                           : kv_store_delete(kv, slice_of(w->key), err);
    }
    if (st != HS_OK) return st;
    return position_make(r->seqnum, slice_text(r->hash), &c->at, err);
}

static void answer_take(struct bench_answer *answer, const struct headstart_result *r)
{
    *answer =
        (struct bench_answer){.replayed = r->replayed, .wait_us = r->wait_us, .run_us = r->run_us};
    (void)memcpy(answer->path, r->path, sizeof answer->path);
    for (size_t i = 0; i < r->writes_len; i++) {
        answer->writes_bytes += r->writes[i].key.len + r->writes[i].value.len;
    }
}

/* *left: there is more to be done than the message had ticks for. */
static enum hs_status chain_execute(struct bench_chain *c, struct headstart_bytes message,
                                    struct bench_answer *answer, bool *left, struct hs_error *err)
{
    uint64_t height = solo_block_height(c->at.seqnum, BENCH_BLOCK_MESSAGES);
    struct headstart_delivery d = {
        .height = height,
        .time = solo_block_time(height),
        .seqnum = c->at.seqnum,
        .hash = c->at.hash,
        .message = message,
    };
    struct headstart_result *r = NULL;
    struct headstart_error cause;
    enum hs_status st = HS_OK;
    uint64_t begun_ns = latency_clock_ns(), call_ns;

    if (headstart_deliver(c->link, &d, &r, &cause) != HEADSTART_OK) {
        return hs_fail(err, HS_UNAVAILABLE, "bench: delivery %llu failed: %s",
                       (unsigned long long)c->at.seqnum + 1, cause.text);
    }
    call_ns = latency_clock_ns() - begun_ns;
    *left = r->queued > 0;
    if (strcmp(r->status, "rejected") == 0) {
        st = hs_fail(err, HS_INVALID, "bench: message %llu was rejected: %.*s",
                     (unsigned long long)r->seqnum, (int)r->value.len, r->value.data);
    }
    if (st == HS_OK) st = apply_writes(c, r, err);
    if (st == HS_OK && answer) {
        answer_take(answer, r);
        answer->call_ns = call_ns;
    }
    headstart_result_free(r);
    return st;
}

enum hs_status bench_chain_deliver(struct bench_chain *c, struct bench_answer *answer,
                                   struct hs_error *err)
{
    bool left = false;
    enum hs_status st = workload_message(c->messages, c->at.seqnum, &c->message, err);

    assert(c->link);
    if (st == HS_OK) st = chain_execute(c, bytes_of(&c->message), answer, &left, err);
    /* A first message that makes many vats is worked off by runs, as a chain does. */
    while (st == HS_OK && left) {
        st = chain_execute(c, (struct headstart_bytes){NULL, 0}, NULL, &left, err);
    }
    return st;
}

uint64_t bench_chain_seqnum(const struct bench_chain *c)
{
    return c->at.seqnum;
}
