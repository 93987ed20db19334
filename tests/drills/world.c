#include "tests/drills/world.h"

#include "ipc/include/headstart.h"
#include "kernel/state/packed.h"
#include "tests/drills/dice.h"
#include "tests/drills/snapshots.h"
#include "tests/node/latency.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORLD_SEED = 4711, POLL_US = 300 };

struct world {
    struct world_plan plan;
    struct buffer *messages;    /* blocks × WORLD_BLOCK_MESSAGES */
    struct position *positions; /* one a message, and the origin */
    struct kv_memory **stores;  /* one a block, and the empty one */
    uint64_t *digests;          /* of the stores */
    struct snapshot_record *snapshots;
    size_t snapshots_len;
};

const char *world_kernel_path(enum world_kernel kernel)
{
    static const char *const paths[WORLD_KERNELS] = {
        [WORLD_DIARY] = HEADSTART_SOURCE_DIR "/tests/drills/vats/kernel.json",
        [WORLD_TOWN] = HEADSTART_SOURCE_DIR "/tests/vats/town/kernel.json",
    };

    return paths[kernel];
}

/* --- what is executed --- */

static enum hs_status diary_message(struct dice *dice, uint64_t seqnum, struct buffer *out)
{
    switch (dice_below(dice, 4)) {
    case 0:
        return buffer_printf(out, "{\"to\":\"diary\",\"method\":\"add\",\"args\":[%u]}",
                             (unsigned)dice_below(dice, 1000));
    case 1:
        return buffer_printf(out,
                             "{\"to\":\"diary\",\"method\":\"note\",\"args\":[\"day %llu, %x\"]}",
                             (unsigned long long)seqnum, (unsigned)dice_next(dice));
    case 2: return buffer_append_text(out, "{\"to\":\"diary\",\"method\":\"look\",\"args\":[]}");
    default:
        return buffer_printf(out, "{\"to\":\"diary\",\"method\":\"add\",\"args\":[\"%u\"]}",
                             (unsigned)dice_below(dice, 9)); /* thrown: rejected */
    }
}

static enum hs_status town_message(struct dice *dice, uint64_t seqnum, struct buffer *out)
{
    static const char *const methods[] = {"count", "countTwice", "announce",
                                          "fail",  "waitAtGate", "work"};
    unsigned which = (unsigned)dice_below(dice, 6);

    if (dice_chance(dice, 5)) {
        return buffer_append_text(out, "{\"to\":\"town\",\"method\":\"openGate\",\"args\":[7]}");
    }
    if (which == 0 || which == 1 || which == 5) {
        return buffer_printf(out, "{\"to\":\"town\",\"method\":\"%s\",\"args\":[%u]}",
                             methods[which], (unsigned)dice_below(dice, 50));
    }
    return buffer_printf(out, "{\"to\":\"town\",\"method\":\"%s\",\"args\":[\"at %llu ✓ %x\"]}",
                         methods[which], (unsigned long long)seqnum, (unsigned)dice_next(dice));
}

static enum hs_status world_write(struct world *w, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    for (uint64_t i = 0; st == HS_OK && i < w->plan.blocks * WORLD_BLOCK_MESSAGES; i++) {
        bool shared = i < w->plan.fork * WORLD_BLOCK_MESSAGES;
        struct dice dice = dice_make(WORLD_SEED, shared ? 0 : w->plan.branch, i);

        st = w->plan.kernel == WORLD_DIARY ? diary_message(&dice, i, &w->messages[i])
                                           : town_message(&dice, i, &w->messages[i]);
    }
    return st == HS_OK ? st : hs_fail(err, st, "writing a world's messages");
}

/* --- what came of it --- */

static enum hs_status world_newest(struct node *n, uint64_t *out, struct hs_error *err)
{
    struct headstart_error cause = {0};
    struct packed_value status;
    char *packed = NULL;
    size_t len = 0;

    *out = 0;
    if (headstart_call(node_link(n), "status", (struct headstart_bytes){NULL, 0}, &packed, &len,
                       &cause) != HEADSTART_OK) {
        return hs_fail(err, HS_UNAVAILABLE, "the twin's status: %s", cause.text);
    }
    status = packed_root(slice_make(packed, len));
    (void)packed_uint(packed_member(packed_member(status, "snapshot"), "newest"), out);
    free(packed);
    return HS_OK;
}

/* A block's snapshot is made when the next block begins: wait until it is there. */
static enum hs_status world_rest(struct node *n, uint64_t seqnum, struct hs_error *err)
{
    uint64_t until_us = latency_clock_us() + (uint64_t)DAEMON_HANG_MS * 1000;
    uint64_t newest = 0;
    enum hs_status st;

    for (;;) {
        st = world_newest(n, &newest, err);
        if (st != HS_OK || newest >= seqnum) return st;
        if (latency_clock_us() > until_us) {
            return hs_fail(err, HS_UNAVAILABLE, "the twin made no snapshot at %llu",
                           (unsigned long long)seqnum);
        }
        (void)usleep(POLL_US);
    }
}

static enum hs_status world_block(struct world *w, struct node *n, uint64_t block,
                                  struct hs_error *err)
{
    struct node_delivered answer;
    char text[256];
    enum hs_status st;
    uint64_t keys;

    for (unsigned i = 0; i < WORLD_BLOCK_MESSAGES; i++) {
        if (node_deliver(n, world_height(w, block), world_message(w, block, i), &answer, text,
                         sizeof text) != NODE_ANSWERED) {
            return hs_fail(err, HS_UNAVAILABLE, "the twin: %s", text);
        }
        w->positions[(block - 1) * WORLD_BLOCK_MESSAGES + i + 1] = node_position(n);
    }
    node_commit(n, world_height(w, block));
    st = node_store_take(n, &w->stores[block], err);
    if (st != HS_OK) return st;
    st = kv_store_digest(kv_memory_store(w->stores[block]), &w->digests[block], &keys, err);
    if (st != HS_OK) return st;
    return block < 2 ? HS_OK : world_rest(n, (block - 1) * WORLD_BLOCK_MESSAGES, err);
}

static enum hs_status world_live(struct world *w, struct daemon *d, struct node *n,
                                 struct hs_error *err)
{
    const struct daemon_how how = {
        .arguments = {"--snapshot-every", "1", "--snapshot-keep", "1000"}};
    char text[256] = "";
    enum hs_status st = daemon_start(d, &how, err);

    if (st != HS_OK) return st;
    if (node_connect(n, d, text, sizeof text) != NODE_ANSWERED) {
        daemon_last_words(d, text, sizeof text);
        return hs_fail(err, HS_UNAVAILABLE, "the twin does not start: %s", text);
    }
    for (uint64_t block = 1; st == HS_OK && block <= w->plan.blocks; block++) {
        st = world_block(w, n, block, err);
    }
    if (st != HS_OK) return st;
    node_disconnect(n);
    daemon_signal(d, SIGTERM);
    if (!daemon_wait(d, DAEMON_HANG_MS)) return hs_fail(err, HS_UNAVAILABLE, "the twin hangs");
    return snapshots_read(d->data, false, w->snapshots, w->plan.blocks + 1, &w->snapshots_len, err);
}

static enum hs_status world_room(struct world *w, struct hs_error *err)
{
    uint64_t blocks = w->plan.blocks;

    w->messages = calloc(blocks * WORLD_BLOCK_MESSAGES, sizeof *w->messages);
    w->positions = calloc(blocks * WORLD_BLOCK_MESSAGES + 1, sizeof *w->positions);
    w->stores = calloc(blocks + 1, sizeof *w->stores);
    w->digests = calloc(blocks + 1, sizeof *w->digests);
    w->snapshots = calloc(blocks + 1, sizeof *w->snapshots);
    if (!w->messages || !w->positions || !w->stores || !w->digests || !w->snapshots) {
        return hs_fail(err, HS_NOMEM, "a world");
    }
    w->positions[0] = position_origin();
    return kv_memory_open(&w->stores[0], err);
}

enum hs_status world_open(const struct world_plan *plan, const char *program, const char *scratch,
                          struct world **out, struct hs_error *err)
{
    struct world *w = calloc(1, sizeof *w);
    char place[FOLDER_PATH_BYTES];
    struct node *n = NULL;
    struct daemon d;
    enum hs_status st;

    if (!w) return hs_fail(err, HS_NOMEM, "a world");
    w->plan = *plan;
    (void)snprintf(place, sizeof place, "%s/twin-XXXXXX", scratch);
    if (!mkdtemp(place)) {
        free(w);
        return hs_fail(err, HS_IO, "making %s", place);
    }
    daemon_init(&d, place, program, world_kernel_path(plan->kernel));
    st = world_room(w, err);
    if (st == HS_OK) st = world_write(w, err);
    if (st == HS_OK) st = node_open(&n, err);
    if (st == HS_OK) st = world_live(w, &d, n, err);
    node_close(n);
    daemon_kill(&d);
    folder_remove(place);
    if (st != HS_OK) {
        world_close(w);
        return st;
    }
    *out = w;
    return HS_OK;
}

void world_close(struct world *w)
{
    if (!w) return;
    for (uint64_t i = 0; w->messages && i < w->plan.blocks * WORLD_BLOCK_MESSAGES; i++) {
        buffer_fini(&w->messages[i]);
    }
    for (uint64_t i = 0; w->stores && i <= w->plan.blocks; i++) {
        kv_memory_close(w->stores[i]);
    }
    free(w->messages);
    free(w->positions);
    free(w->stores);
    free(w->digests);
    free(w->snapshots);
    free(w);
}

/* --- asked --- */

const struct world_plan *world_plan(const struct world *w)
{
    return &w->plan;
}

struct slice world_message(const struct world *w, uint64_t block, unsigned i)
{
    assert(block >= 1 && block <= w->plan.blocks && i < WORLD_BLOCK_MESSAGES);
    return buffer_slice(&w->messages[(block - 1) * WORLD_BLOCK_MESSAGES + i]);
}

uint64_t world_height(const struct world *w, uint64_t block)
{
    return block > w->plan.fork ? block + w->plan.shift : block;
}

struct position world_position(const struct world *w, uint64_t seqnum)
{
    assert(seqnum <= w->plan.blocks * WORLD_BLOCK_MESSAGES);
    return w->positions[seqnum];
}

struct kv_memory *world_store(const struct world *w, uint64_t blocks)
{
    assert(blocks <= w->plan.blocks);
    return w->stores[blocks];
}

uint64_t world_store_digest(const struct world *w, uint64_t blocks)
{
    assert(blocks <= w->plan.blocks);
    return w->digests[blocks];
}

const struct snapshot_record *world_snapshot(const struct world *w, const struct position *at)
{
    for (size_t i = 0; i < w->snapshots_len; i++) {
        if (position_equal(&w->snapshots[i].at, at)) return &w->snapshots[i];
    }
    return NULL;
}
