#include "tests/node/chain_link.h"

#include "tests/node/latency.h"

#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    CHAIN_LINK_CONNECT_MS = 1000, /* one attempt */
    CHAIN_LINK_PAUSE_MS = 50,     /* between attempts */
};

struct chain_link {
    struct headstart *connection; /* NULL while there is none */
    struct headstart_options options;
    struct node_store *store;
    uint64_t reconnects;
    uint64_t progress_notices;
    int patience_ms;   /* how long a line that is not there is tried for */
    struct buffer key; /* what the store callbacks last handed out */
    struct buffer value;
};

/* --- headstart's questions --- */

static struct headstart_bytes chain_link_bytes(const struct buffer *b)
{
    return (struct headstart_bytes){.data = buffer_text(b), .len = b->len};
}

static int chain_link_store_answer(enum hs_status st, const struct hs_error *err)
{
    if (st == HS_OK) return 1;
    if (st == HS_NOT_FOUND) return 0;
    (void)fprintf(stderr, "headstart-node: reading the real store: %s\n", err->text);
    return -1;
}

static int chain_link_store_get(void *data, struct headstart_bytes key,
                                struct headstart_bytes *value)
{
    struct chain_link *l = data;
    struct hs_error err = {0};
    enum hs_status st =
        kv_store_get(node_store_real(l->store), slice_make(key.data, key.len), &l->value, &err);

    *value = chain_link_bytes(&l->value);
    return chain_link_store_answer(st, &err);
}

static int chain_link_store_next(void *data, struct headstart_bytes after,
                                 struct headstart_bytes *key, struct headstart_bytes *value)
{
    struct chain_link *l = data;
    struct hs_error err = {0};
    enum hs_status st = kv_store_next(node_store_real(l->store), slice_make(after.data, after.len),
                                      &l->key, &l->value, &err);

    *key = chain_link_bytes(&l->key);
    *value = chain_link_bytes(&l->value);
    return chain_link_store_answer(st, &err);
}

/* --- what headstart tells meanwhile --- */

static void chain_link_told(void *data, const struct headstart_progress *p)
{
    struct chain_link *l = data;

    l->progress_notices++;
    (void)fprintf(stderr, "headstart-node: waiting: %s, %" PRIu64, p->phase, p->done);
    if (p->total > 0) (void)fprintf(stderr, " of %" PRIu64, p->total);
    if (p->eta_known) (void)fprintf(stderr, ", %" PRIu64 " s left", p->eta_s);
    (void)fputc('\n', stderr);
}

/* --- errors --- */

static enum hs_status chain_link_code_status(const char *code)
{
    static const struct {
        const char *code;
        enum hs_status status;
    } known[] = {
        {"wrong_chain", HS_WRONG_CHAIN},     {"busy", HS_BUSY},
        {"not_ready", HS_UNAVAILABLE},       {"shutting_down", HS_UNAVAILABLE},
        {"kernel_failed", HS_KERNEL_FAILED}, {"storage_failed", HS_IO},
        {"node_failed", HS_NODE_FAILED},     {"too_large", HS_TOO_LARGE},
        {"bad_request", HS_PROTOCOL},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(code, known[i].code) == 0) return known[i].status;
    }
    return HS_INTERNAL;
}

static enum hs_status chain_link_translate(const struct headstart_error *from, struct hs_error *err)
{
    switch (from->status) {
    case HEADSTART_OK: break;
    case HEADSTART_UNREACHABLE:
    case HEADSTART_TIMEOUT: return hs_fail(err, HS_PEER_GONE, "%s", from->text);
    case HEADSTART_REFUSED:
        return hs_fail(err, chain_link_code_status(from->code), "headstart answers %s", from->text);
    case HEADSTART_PROTOCOL: return hs_fail(err, HS_PROTOCOL, "%s", from->text);
    case HEADSTART_INVALID: return hs_fail(err, HS_INVALID, "%s", from->text);
    case HEADSTART_NOMEM: return hs_fail(err, HS_NOMEM, "%s", from->text);
    }
    return hs_fail(err, HS_INTERNAL, "headstart failed without a reason");
}

/* How long may we go on trying after this error? 0: it will not go away by itself. */
static int chain_link_patience_ms(const struct chain_link *l, enum hs_status st)
{
    if (st == HS_PEER_GONE || st == HS_UNAVAILABLE) return l->patience_ms;
    return st == HS_BUSY ? CHAIN_LINK_BUSY_MS : 0;
}

/* --- the connection --- */

static void chain_link_pause(void)
{
    const struct timespec pause = {.tv_nsec = CHAIN_LINK_PAUSE_MS * 1000000L};

    (void)nanosleep(&pause, NULL); /* woken early by a signal: one attempt comes sooner */
}

static enum hs_status chain_link_connect(struct chain_link *l, struct hs_error *err)
{
    struct headstart_error cause = {0};

    assert(l->connection == NULL);
    if (headstart_connect(&l->options, &l->connection, &cause) == HEADSTART_OK) return HS_OK;
    return chain_link_translate(&cause, err);
}

static void chain_link_disconnect(struct chain_link *l)
{
    headstart_close(l->connection);
    l->connection = NULL;
}

/* One delivery over the connection there is, or over a new one. */
static enum hs_status chain_link_try(struct chain_link *l,
                                     const struct headstart_delivery *delivery,
                                     struct headstart_result **out, struct hs_error *err)
{
    struct headstart_error cause = {0};
    enum hs_status st;

    if (l->connection == NULL) {
        st = chain_link_connect(l, err);
        if (st != HS_OK) return st;
        l->reconnects++;
    }
    if (delivery == NULL) return HS_OK;
    if (headstart_deliver(l->connection, delivery, out, &cause) == HEADSTART_OK) return HS_OK;
    if (!headstart_connected(l->connection)) {
        chain_link_disconnect(l);
    }
    return chain_link_translate(&cause, err);
}

/* Try until it works, the patience is over, or the error is one that stays. */
static enum hs_status chain_link_persist(struct chain_link *l,
                                         const struct headstart_delivery *delivery,
                                         struct headstart_result **out, struct hs_error *err)
{
    struct hs_error cause = {0};
    uint64_t started_us = latency_clock_us();
    bool said = false;
    enum hs_status st;

    for (;;) {
        st = chain_link_try(l, delivery, out, &cause);
        if (st == HS_OK) break;
        if (latency_clock_us() - started_us >= (uint64_t)chain_link_patience_ms(l, st) * 1000)
            break;
        if (!said) {
            (void)fprintf(stderr, "headstart-node: %s; trying again for up to %d s\n", cause.text,
                          chain_link_patience_ms(l, st) / 1000);
            said = true;
        }
        chain_link_pause();
    }
    if (st != HS_OK) return hs_fail(err, st, "%s", cause.text);
    if (said) {
        (void)fprintf(stderr, "headstart-node: headstart answers again after %llu ms\n",
                      (unsigned long long)(latency_clock_us() - started_us) / 1000);
    }
    return HS_OK;
}

enum hs_status chain_link_open(const char *socket_path, const char *chain_id, uint64_t spin_us,
                               struct node_store *store, struct chain_link **out,
                               struct hs_error *err)
{
    struct chain_link *l;
    enum hs_status st;

    assert(chain_id != NULL && store != NULL);
    assert(out != NULL);
    *out = NULL;
    l = calloc(1, sizeof *l);
    if (l == NULL) return hs_fail(err, HS_NOMEM, "connecting to headstart");
    l->store = store;
    l->patience_ms = CHAIN_LINK_OPEN_MS;
    l->options = (struct headstart_options){
        .socket_path = socket_path,
        .chain_id = chain_id,
        .client = "headstart-node " HEADSTART_VERSION,
        .store = {.data = l, .get = chain_link_store_get, .next = chain_link_store_next},
        .progress = chain_link_told,
        .progress_data = l,
        .connect_timeout_ms = CHAIN_LINK_CONNECT_MS,
        .spin_us = (unsigned)(spin_us < UINT_MAX ? spin_us : UINT_MAX), /* which it refuses */
    };
    st = chain_link_persist(l, NULL, NULL, err);
    if (st != HS_OK) {
        chain_link_close(l);
        return st;
    }
    l->patience_ms = CHAIN_LINK_PATIENCE_MS;
    l->reconnects = 0; /* the first connection was not made again */
    *out = l;
    return HS_OK;
}

void chain_link_close(struct chain_link *l)
{
    if (l == NULL) return;
    chain_link_disconnect(l);
    buffer_fini(&l->key);
    buffer_fini(&l->value);
    free(l);
}

enum hs_status chain_link_attach(struct chain_link *l, uint64_t height, const struct position *at,
                                 struct headstart_attached *out, struct hs_error *err)
{
    struct headstart_error cause = {0};

    assert(l != NULL && l->connection != NULL);
    *out = (struct headstart_attached){.replayed = 0};
    if (!headstart_can(l->connection, "attach")) return HS_OK;
    if (headstart_attach(l->connection, height, at->seqnum, at->hash, out, &cause) ==
        HEADSTART_OK) {
        return HS_OK;
    }
    if (!headstart_connected(l->connection)) {
        chain_link_disconnect(l); /* the first delivery makes it again */
    }
    return chain_link_translate(&cause, err);
}

enum hs_status chain_link_deliver(struct chain_link *l, const struct headstart_delivery *delivery,
                                  struct headstart_result **out, struct hs_error *err)
{
    assert(l != NULL && delivery != NULL);
    assert(out != NULL);
    *out = NULL;
    return chain_link_persist(l, delivery, out, err);
}

void chain_link_commit_notice(struct chain_link *l, uint64_t height, const struct position *at)
{
    struct headstart_error cause = {0};

    if (l->connection == NULL) return;
    if (headstart_commit_at(l->connection, height, at->seqnum, at->hash, &cause) == HEADSTART_OK) {
        return;
    }
    (void)fprintf(stderr, "headstart-node: the commit notice for block %llu was not sent: %s\n",
                  (unsigned long long)height, cause.text);
    if (!headstart_connected(l->connection)) {
        chain_link_disconnect(l);
    }
}

const char *chain_link_genesis(const struct chain_link *l)
{
    return l->connection ? headstart_greeting(l->connection)->genesis : "";
}

uint64_t chain_link_reconnects(const struct chain_link *l)
{
    return l->reconnects;
}

uint64_t chain_link_progress_notices(const struct chain_link *l)
{
    return l->progress_notices;
}
