/* Rows 24 and 25: the long way.
 *
 *   24  hundreds of blocks, snapshots all the time, going back now and then, a kill now and then:
 *       memory and disk stop growing, and what came out in the end is what a full replay of the
 *       node's store by a fresh sidecar says
 *   25  whatever happens, the log holds every message from the oldest kept snapshot to the head
 */
#include "replaylog/record.h"
#include "tests/drills/case.h"
#include "tests/drills/rows.h"
#include "tests/drills/snapshots.h"
#include "tests/drills/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SOAK_BLOCKS = 400, /* of WORLD_BLOCK_MESSAGES messages, the world's over and over */
    SOAK_WARM = 100,   /* from here on nothing grows */
    SOAK_KILL = 60,
    SOAK_GROWTH_KIB = 32 * 1024,
    SOAK_DISK_BYTES = 48 << 20,
    KEEP_MAX = 64,
};

static enum hs_status soak_prepare(struct drill *d, void **plan, uint64_t *total,
                                   struct hs_error *err)
{
    const struct world *w = NULL;
    enum hs_status st = drill_trunk(d, WORLD_DIARY, &w, err);

    *plan = (void *)(uintptr_t)w; /* read only */
    *total = 0;
    return st;
}

/* --- row 24 --- */

/* One block of a chain that no world holds: the node's own store is the only measure meanwhile. */
static enum case_step soak_block(struct drill_case *c, uint64_t height)
{
    struct node_delivered answer = {0};
    char text[256] = "";

    for (unsigned i = 0; i < WORLD_BLOCK_MESSAGES; i++) {
        struct slice message = world_message(c->world, 1 + dice_below(&c->dice, DRILL_BLOCKS), i);

        switch (node_deliver(c->node, height, message, &answer, text, sizeof text)) {
        case NODE_ANSWERED: break;
        case NODE_REFUSED:
            return case_verdict(c, DRILL_FAILED, "block %llu: %s", (unsigned long long)height,
                                text);
        case NODE_LATE:
            return case_verdict(c, DRILL_STUCK, "block %llu: %s", (unsigned long long)height, text);
        case NODE_LOST: return case_ended(c, "a block of the soak");
        }
        c->result.deliveries++;
        if (c->first && height > 1 &&
            (strcmp(answer.path, "full_replay") == 0 || strcmp(answer.path, "tail") == 0)) {
            return case_verdict(c, DRILL_LOST, "%s after a kill", answer.path);
        }
        c->first = false;
    }
    node_commit(c->node, height);
    return CASE_ON;
}

/* Blocks with kills and ways back; *height and the node's store are where it came to. */
static enum case_step soak_blocks(struct drill_case *c, uint64_t *height)
{
    static const struct daemon_how how = {.arguments = {"--snapshot-every", "20"}};
    struct kv_memory *earlier = NULL; /* one block before */
    uint64_t warm_kib = 0;
    struct hs_error err = {0};
    enum case_step step = case_live(c, &how);

    for (*height = 0; step == CASE_ON && *height < SOAK_BLOCKS;) {
        if (*height > 0 && *height % SOAK_KILL == 0) {
            case_kill(c);
            step = case_live(c, &how);
            warm_kib = 0;
        } else if (earlier && dice_chance(&c->dice, 5)) {
            if (node_stand(c->node, earlier, &err) != HS_OK) step = case_broken(c, &err);
            (*height)--;
        }
        kv_memory_close(earlier);
        earlier = NULL;
        if (step == CASE_ON && node_store_take(c->node, &earlier, &err) != HS_OK) {
            step = case_broken(c, &err);
        }
        if (step == CASE_ON) step = soak_block(c, ++*height);
        if (*height % SOAK_KILL == SOAK_KILL / 2 && warm_kib == 0)
            warm_kib = daemon_memory_kib(&c->daemon);
        if (step == CASE_ON && warm_kib &&
            daemon_memory_kib(&c->daemon) > warm_kib + SOAK_GROWTH_KIB) {
            step = case_verdict(c, DRILL_SLOW, "memory grew from %llu to %llu MiB",
                                (unsigned long long)warm_kib / 1024,
                                (unsigned long long)daemon_memory_kib(&c->daemon) / 1024);
        }
    }
    kv_memory_close(earlier);
    return step;
}

/* A fresh sidecar, a full replay, one message more: both must say the same. */
static enum case_step soak_judge(struct drill_case *c, uint64_t height)
{
    struct node_delivered ours = {0}, fresh = {0};
    struct slice message = world_message(c->world, 1, 0);
    struct kv_memory *store = NULL;
    struct hs_error err = {0};
    char text[256] = "";
    enum case_step step;

    if (node_store_take(c->node, &store, &err) != HS_OK) return case_broken(c, &err);
    if (node_deliver(c->node, height + 1, message, &ours, text, sizeof text) != NODE_ANSWERED) {
        step = case_verdict(c, DRILL_FAILED, "the soak's last message: %s", text);
    } else {
        step = case_stop(c, SIGTERM);
    }
    if (step == CASE_ON && folder_bytes(c->daemon.data) > SOAK_DISK_BYTES) {
        step = case_verdict(c, DRILL_SLOW, "the folder grew to %llu MiB",
                            (unsigned long long)folder_bytes(c->daemon.data) >> 20);
    }
    folder_remove(c->daemon.data);
    if (step == CASE_ON && node_stand(c->node, store, &err) != HS_OK) step = case_broken(c, &err);
    if (step == CASE_ON) step = case_live(c, NULL);
    if (step == CASE_ON &&
        node_deliver(c->node, height + 1, message, &fresh, text, sizeof text) != NODE_ANSWERED) {
        step = case_verdict(c, DRILL_FAILED, "a full replay after the soak: %s", text);
    }
    if (step == CASE_ON && strcmp(ours.hash, fresh.hash) != 0) {
        step = case_verdict(c, DRILL_DIVERGED, "after the soak %.16s, a full replay says %.16s",
                            ours.hash, fresh.hash);
    }
    kv_memory_close(store);
    return step == CASE_ON ? case_stop(c, SIGTERM) : step;
}

static void soak_run(struct drill_case *c)
{
    uint64_t height = 0;
    enum case_step step = case_begin(c, c->plan, NULL, 0);

    if (step == CASE_ON) step = soak_blocks(c, &height);
    if (step == CASE_ON) (void)soak_judge(c, height);
}

/* --- row 25 --- */

/* Seqnums that the log's segments hold without a gap up to `last`: the first of them. */
static uint64_t log_first(const char *data, uint64_t last, struct hs_error *err)
{
    struct folder_list *list = calloc(1, sizeof *list);
    struct buffer file = {0};
    bool held[(DRILL_BLOCKS + 1) * WORLD_BLOCK_MESSAGES + 1] = {false};
    char path[FOLDER_PATH_BYTES + 64];

    (void)snprintf(path, sizeof path, "%s/log", data);
    for (size_t i = 0; list && folder_files(path, list, err) == HS_OK && i < list->len; i++) {
        struct record record;
        struct slice rest;

        (void)snprintf(path, sizeof path, "%s/log/%s", data, list->files[i].name);
        if (!strstr(path, ".seg") || file_read(path, &file, err) != HS_OK) continue;
        rest = slice_make(file.data + LOG_HEADER_BYTES, file.len - LOG_HEADER_BYTES);
        while (file.len > LOG_HEADER_BYTES && record_decode(rest, &record) == RECORD_GOOD) {
            uint64_t seqnum = record.entry.after.seqnum;

            if (seqnum < sizeof held) held[seqnum] = true;
            rest = slice_make(rest.data + record.bytes, rest.len - record.bytes);
        }
        (void)snprintf(path, sizeof path, "%s/log", data);
    }
    free(list);
    buffer_fini(&file);
    while (last > 0 && held[last]) {
        last--;
    }
    return last + 1;
}

static enum case_step retention_judge(struct drill_case *c)
{
    struct snapshot_record records[KEEP_MAX];
    uint64_t head = c->block * WORLD_BLOCK_MESSAGES, first;
    struct hs_error err = {0};
    size_t len = 0;

    if (snapshots_read(c->daemon.data, false, records, KEEP_MAX, &len, &err) != HS_OK) {
        return case_broken(c, &err);
    }
    first = log_first(c->daemon.data, head, &err);
    for (size_t i = 0; i < len; i++) {
        if (records[i].at.seqnum + 1 >= first) continue;
        return case_verdict(c, DRILL_LOST,
                            "the log begins at %llu, though snapshot %llu is kept (head %llu)",
                            (unsigned long long)first, (unsigned long long)records[i].at.seqnum,
                            (unsigned long long)head);
    }
    return CASE_ON;
}

static void retention_run(struct drill_case *c)
{
    static const char *const every[] = {"1", "3", "5", "10", "20"}, *const keep[] = {"1", "2", "8"};
    struct daemon_how how = {.arguments = {"--snapshot-every", every[dice_below(&c->dice, 5)],
                                           "--snapshot-keep", keep[dice_below(&c->dice, 3)]}};
    enum case_step step = case_begin(c, c->plan, NULL, 0);

    case_say(c, "every %s, keep %s", how.arguments[1], how.arguments[3]);
    for (int life = 0; life < 3 && step == CASE_ON; life++) {
        step = case_live(c, &how);
        if (step == CASE_ON) step = case_blocks(c, 2 + dice_below(&c->dice, 2));
        if (step == CASE_ON && dice_chance(&c->dice, 50)) {
            step = case_stand(c, c->world, c->block - dice_below(&c->dice, 3));
            c->may_lose = true; /* further back than what is kept */
            if (step == CASE_ON) step = case_blocks(c, 1);
        }
        if (step == CASE_ON && dice_chance(&c->dice, 50)) {
            case_kill(c);
        } else if (step == CASE_ON) {
            step = case_stop(c, SIGTERM);
        }
        if (step == CASE_ON) step = retention_judge(c);
    }
    if (step == CASE_ON) step = case_live(c, NULL);
    if (step == CASE_ON) step = case_blocks(c, 1);
    if (step == CASE_ON) (void)case_conclude(c);
}

const struct drill_row row_soak = {
    "24", "hundreds of blocks: memory and disk stay", 10, soak_prepare, soak_run, NULL};
const struct drill_row row_retention = {
    "25", "the log reaches back to the oldest snapshot", 300, soak_prepare, retention_run, NULL};
