#include "tests/drills/node.h"

#include "ipc/include/headstart.h"
#include "kernel/state/decimal.h"
#include "tests/node/latency.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONNECT_MS = 500, CONNECT_PAUSE_US = 500 };
enum { BLOCK_TIME_S = 5, GENESIS_TIME_S = 1700000000 }; /* as headstart-node's */

struct node {
    struct kv_memory *store;
    struct position at;
    struct headstart *link;
    struct buffer key, value; /* what the last store callback answered */
    uint64_t questions;
    enum node_trouble trouble;
    uint64_t trouble_at; /* question */
};

enum hs_status node_open(struct node **out, struct hs_error *err)
{
    struct node *n = calloc(1, sizeof *n);
    enum hs_status st = n ? kv_memory_open(&n->store, err) : hs_fail(err, HS_NOMEM, "a node");

    if (st != HS_OK) {
        free(n);
        return st;
    }
    *out = n;
    return HS_OK;
}

void node_close(struct node *n)
{
    if (!n) return;
    node_disconnect(n);
    kv_memory_close(n->store);
    buffer_fini(&n->key);
    buffer_fini(&n->value);
    free(n);
}

enum hs_status store_copy(struct kv_memory *from, struct kv_memory **out, struct hs_error *err)
{
    struct kv_memory *to = NULL;
    struct buffer key = {0}, value = {0};
    enum hs_status st = kv_memory_open(&to, err);

    while (st == HS_OK) {
        st = kv_store_next(kv_memory_store(from), buffer_slice(&key), &key, &value, err);
        if (st != HS_OK) break;
        st = kv_store_set(kv_memory_store(to), buffer_slice(&key), buffer_slice(&value), err);
    }
    buffer_fini(&key);
    buffer_fini(&value);
    if (st != HS_NOT_FOUND) {
        kv_memory_close(to);
        return st;
    }
    *out = to;
    return HS_OK;
}

/* What the store says of itself. */
static enum hs_status node_position_read(struct node *n, struct hs_error *err)
{
    struct kv_store *kv = kv_memory_store(n->store);
    uint64_t seqnum = 0;
    enum hs_status st = kv_store_get_text(kv, "kernel.seqnum", &n->value, err);

    if (st == HS_NOT_FOUND) {
        n->at = position_origin();
        return HS_OK;
    }
    if (st == HS_OK) st = uint_parse(buffer_slice(&n->value), &seqnum);
    if (st == HS_OK) st = kv_store_get_text(kv, "kernel.hash", &n->value, err);
    return st == HS_OK ? position_make(seqnum, buffer_slice(&n->value), &n->at, err) : st;
}

enum hs_status node_stand(struct node *n, struct kv_memory *store, struct hs_error *err)
{
    struct kv_memory *own = NULL;
    enum hs_status st = store_copy(store, &own, err);

    if (st != HS_OK) return st;
    kv_memory_close(n->store);
    n->store = own;
    return node_position_read(n, err);
}

enum hs_status node_store_take(struct node *n, struct kv_memory **out, struct hs_error *err)
{
    return store_copy(n->store, out, err);
}

struct kv_memory *node_store(struct node *n)
{
    return n->store;
}

struct position node_position(const struct node *n)
{
    return n->at;
}

/* --- headstart's questions --- */

static struct headstart_bytes bytes_of(const struct buffer *b)
{
    return (struct headstart_bytes){buffer_text(b), b->len};
}

static int node_question(struct node *n, enum hs_status st)
{
    n->questions++;
    if (n->trouble != NODE_NO_TROUBLE && n->questions == n->trouble_at) {
        if (n->trouble == NODE_DIES) _exit(0);
        return -1;
    }
    return st == HS_OK ? 1 : st == HS_NOT_FOUND ? 0 : -1;
}

static int node_get(void *data, struct headstart_bytes key, struct headstart_bytes *value)
{
    struct node *n = data;
    enum hs_status st =
        kv_store_get(kv_memory_store(n->store), slice_make(key.data, key.len), &n->value, NULL);

    *value = bytes_of(&n->value);
    return node_question(n, st);
}

static int node_next(void *data, struct headstart_bytes after, struct headstart_bytes *key,
                     struct headstart_bytes *value)
{
    struct node *n = data;
    enum hs_status st = kv_store_next(kv_memory_store(n->store), slice_make(after.data, after.len),
                                      &n->key, &n->value, NULL);

    *key = bytes_of(&n->key);
    *value = bytes_of(&n->value);
    return node_question(n, st);
}

/* --- the line --- */

enum node_answer node_connect(struct node *n, struct daemon *d, char *text, size_t text_size)
{
    struct headstart_options options = {
        .socket_path = d->socket,
        .chain_id = DRILL_CHAIN_ID,
        .client = "headstart-drill",
        .store = {.data = n, .get = node_get, .next = node_next},
        .connect_timeout_ms = CONNECT_MS,
        .answer_timeout_ms = DAEMON_HANG_MS,
    };
    uint64_t until_us = latency_clock_us() + (uint64_t)DAEMON_HANG_MS * 1000;
    struct headstart_error cause = {0};

    node_disconnect(n);
    while (latency_clock_us() < until_us) {
        /* The socket first: a client that finds none pauses for longer than a start takes. */
        if (access(d->socket, F_OK) == 0 &&
            headstart_connect(&options, &n->link, &cause) == HEADSTART_OK) {
            return NODE_ANSWERED;
        }
        if (!daemon_runs(d)) return NODE_LOST;
        (void)usleep(CONNECT_PAUSE_US);
    }
    (void)snprintf(text, text_size, "no hello: %s", cause.text);
    return NODE_LATE;
}

void node_disconnect(struct node *n)
{
    headstart_close(n->link);
    n->link = NULL;
}

bool node_connected(const struct node *n)
{
    return n->link != NULL;
}

struct headstart *node_link(struct node *n)
{
    return n->link;
}

static enum hs_status node_apply(struct node *n, const struct headstart_result *r,
                                 struct hs_error *err)
{
    struct kv_store *kv = kv_memory_store(n->store);
    enum hs_status st = HS_OK;

    for (size_t i = 0; st == HS_OK && i < r->writes_len; i++) {
        const struct headstart_write *w = &r->writes[i];
        struct slice key = slice_make(w->key.data, w->key.len);

        st = w->value.data ? kv_store_set(kv, key, slice_make(w->value.data, w->value.len), err)
                           : kv_store_delete(kv, key, err);
    }
    return st == HS_OK ? node_position_read(n, err) : st;
}

static enum node_answer node_failed(struct node *n, const struct headstart_error *cause, char *text,
                                    size_t text_size)
{
    (void)snprintf(text, text_size, "%s%s%s", cause->code, cause->code[0] ? ": " : "", cause->text);
    if (cause->status == HEADSTART_REFUSED) return NODE_REFUSED;
    node_disconnect(n);
    return cause->status == HEADSTART_TIMEOUT ? NODE_LATE : NODE_LOST;
}

enum node_answer node_deliver(struct node *n, uint64_t height, struct slice message,
                              struct node_delivered *out, char *text, size_t text_size)
{
    struct headstart_delivery d = {
        .height = height,
        .time = GENESIS_TIME_S + height * BLOCK_TIME_S,
        .seqnum = n->at.seqnum,
        .hash = n->at.hash,
        .message = {message.data, message.len},
    };
    uint64_t from_us = latency_clock_us();
    struct headstart_error cause = {0};
    struct headstart_result *r = NULL;
    struct hs_error err = {0};

    assert(n->link);
    n->questions = 0;
    if (headstart_deliver(n->link, &d, &r, &cause) != HEADSTART_OK) {
        return node_failed(n, &cause, text, text_size);
    }
    out->spent_us = latency_clock_us() - from_us;
    out->replayed = r->replayed;
    (void)snprintf(out->hash, sizeof out->hash, "%s", r->hash);
    (void)snprintf(out->path, sizeof out->path, "%s", r->path);
    (void)snprintf(out->status, sizeof out->status, "%s", r->status);
    if (node_apply(n, r, &err) != HS_OK) (void)snprintf(text, text_size, "%s", err.text);
    headstart_result_free(r);
    return NODE_ANSWERED;
}

void node_trouble_at(struct node *n, enum node_trouble trouble, uint64_t question)
{
    n->trouble = trouble;
    n->trouble_at = question;
}

uint64_t node_questions(const struct node *n)
{
    return n->questions;
}

void node_commit(struct node *n, uint64_t height)
{
    struct headstart_error cause;

    if (n->link) (void)headstart_commit(n->link, height, &cause); /* found by the next delivery */
}
