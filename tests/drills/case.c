#include "tests/drills/case.h"

#include "kernel/state/limits.h"
#include "tests/drills/snapshots.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TRIES = 4, PAUSE_US = 10000, ENDING_MS = 1000, ONCE_MORE_PERCENT = 30 };

enum case_step case_verdict(struct drill_case *c, enum drill_kind kind, const char *format, ...)
{
    va_list args;

    if (kind <= c->result.kind) return CASE_OVER;
    c->result.kind = kind;
    va_start(args, format);
    (void)vsnprintf(c->result.words, sizeof c->result.words, format, args);
    va_end(args);
    return CASE_OVER;
}

void case_say(struct drill_case *c, const char *format, ...)
{
    size_t len = strlen(c->did);
    va_list args;

    if (len > 0 && len + 3 < sizeof c->did) {
        (void)snprintf(c->did + len, sizeof c->did - len, "; ");
        len += 2;
    }
    va_start(args, format);
    (void)vsnprintf(c->did + len, sizeof c->did - len, format, args);
    va_end(args);
}

enum case_step case_broken(struct drill_case *c, const struct hs_error *err)
{
    return case_verdict(c, DRILL_BROKEN, "the drill itself: %s", err->text);
}

enum case_step case_ended(struct drill_case *c, const char *when)
{
    char words[256];

    if (!daemon_wait(&c->daemon, ENDING_MS)) {
        return case_verdict(c, DRILL_CRASHED, "%s: the line broke, the daemon lives", when);
    }
    daemon_last_words(&c->daemon, words, sizeof words);
    if (daemon_signalled(&c->daemon)) {
        return case_verdict(c, DRILL_CRASHED, "%s: signal %d (%s)", when, daemon_code(&c->daemon),
                            words);
    }
    return case_verdict(c, DRILL_REFUSED, "%s: ended with %d (%s)", when, daemon_code(&c->daemon),
                        words);
}

enum case_step case_stand(struct drill_case *c, const struct world *w, uint64_t block)
{
    struct hs_error err = {0};

    c->world = w;
    c->block = block;
    return node_stand(c->node, world_store(w, block), &err) == HS_OK ? CASE_ON
                                                                     : case_broken(c, &err);
}

enum case_step case_begin(struct drill_case *c, const struct world *w, const char *template_name,
                          uint64_t block)
{
    struct hs_error err = {0};
    char from[FOLDER_PATH_BYTES + 32];

    daemon_init(&c->daemon, c->place, c->drill->program, world_kernel_path(world_plan(w)->kernel));
    if (template_name) {
        (void)snprintf(from, sizeof from, "%s/%s/data", c->drill->scratch, template_name);
        if (folder_copy(from, c->daemon.data, &err) != HS_OK) return case_broken(c, &err);
    }
    return case_stand(c, w, block);
}

enum case_step case_start(struct drill_case *c, const struct daemon_how *how)
{
    struct hs_error err = {0};

    (void)unlink(c->daemon.socket); /* of a killed one: the next takes it over anyway */
    c->first = true;
    return daemon_start(&c->daemon, how, &err) == HS_OK ? CASE_ON : case_broken(c, &err);
}

enum case_step case_connect(struct drill_case *c)
{
    char text[256] = "";

    switch (node_connect(c->node, &c->daemon, text, sizeof text)) {
    case NODE_ANSWERED: return CASE_ON;
    case NODE_LOST: return c->may_die ? CASE_DIED : case_ended(c, "a start");
    default: return case_verdict(c, DRILL_STUCK, "a start: %s", text);
    }
}

enum case_step case_live(struct drill_case *c, const struct daemon_how *how)
{
    enum case_step step = case_start(c, how);

    return step == CASE_ON ? case_connect(c) : step;
}

/* --- deliveries --- */

static void case_note_path(struct drill_case *c, const struct node_delivered *answer)
{
    for (unsigned i = 0; i < DRILL_PATHS; i++) {
        if (strcmp(answer->path, drill_path_names[i]) == 0) c->result.paths[i]++;
    }
    if (answer->spent_us > c->result.worst_us) c->result.worst_us = answer->spent_us;
}

/* The first answer of a life says what the sidecar still knew. */
static enum case_step case_first(struct drill_case *c, const struct node_delivered *answer)
{
    c->first = false;
    case_note_path(c, answer);
    if (c->may_lose) return CASE_ON;
    if (strcmp(answer->path, "full_replay") == 0 || strcmp(answer->path, "tail") == 0) {
        return case_verdict(c, DRILL_LOST, "%s, though nothing was taken from the data folder",
                            answer->path);
    }
    return CASE_ON;
}

static enum case_step case_answered(struct drill_case *c, const struct node_delivered *answer,
                                    uint64_t seqnum)
{
    struct position right = world_position(c->world, seqnum);

    c->result.deliveries++;
    if (strcmp(answer->hash, right.hash) != 0) {
        return case_verdict(c, DRILL_DIVERGED, "message %llu by %s: hash %.16s, not %.16s",
                            (unsigned long long)seqnum, answer->path, answer->hash, right.hash);
    }
    return c->first ? case_first(c, answer) : CASE_ON;
}

static enum case_step case_lost_line(struct drill_case *c, uint64_t seqnum)
{
    char when[64];

    if (c->may_die && daemon_wait(&c->daemon, ENDING_MS)) return CASE_DIED;
    (void)snprintf(when, sizeof when, "message %llu", (unsigned long long)seqnum);
    return case_ended(c, when);
}

enum case_step case_message(struct drill_case *c, unsigned i)
{
    uint64_t block = c->block + 1;
    uint64_t seqnum = c->block * WORLD_BLOCK_MESSAGES + i + 1;
    struct node_delivered answer = {0};
    char text[256] = "";

    for (unsigned attempt = 0;; attempt++) {
        enum node_answer a =
            node_deliver(c->node, world_height(c->world, block), world_message(c->world, block, i),
                         &answer, text, sizeof text);

        if (a == NODE_ANSWERED) return case_answered(c, &answer, seqnum);
        if (a == NODE_LOST) return case_lost_line(c, seqnum);
        if (a == NODE_LATE) {
            return case_verdict(c, DRILL_STUCK, "message %llu: %s", (unsigned long long)seqnum,
                                text);
        }
        c->result.errors++;
        if (attempt + 1 >= TRIES + c->may_refuse) {
            return case_verdict(c, DRILL_FAILED, "message %llu: refused for ever: %s",
                                (unsigned long long)seqnum, text);
        }
        if (c->result.errors > c->may_refuse) {
            (void)case_verdict(c, DRILL_ERRORS, "message %llu: %s", (unsigned long long)seqnum,
                               text);
        }
        (void)usleep(PAUSE_US * attempt);
    }
}

static enum case_step case_block(struct drill_case *c)
{
    struct hs_error err = {0};
    uint64_t digest, keys;
    enum case_step step = CASE_ON;

    for (unsigned i = 0; i < WORLD_BLOCK_MESSAGES && step == CASE_ON; i++) {
        step = case_message(c, i);
    }
    if (step == CASE_DIED) {
        return case_stand(c, c->world, c->block) == CASE_ON ? CASE_DIED : CASE_OVER;
    }
    if (step != CASE_ON) return step;
    if (kv_store_digest(kv_memory_store(node_store(c->node)), &digest, &keys, &err) != HS_OK) {
        return case_broken(c, &err);
    }
    c->block++;
    node_commit(c->node, world_height(c->world, c->block));
    if (digest == world_store_digest(c->world, c->block)) return CASE_ON;
    return case_verdict(c, DRILL_DIVERGED, "block %llu: the same hash, another store",
                        (unsigned long long)c->block);
}

enum case_step case_blocks(struct drill_case *c, uint64_t n)
{
    enum case_step step = CASE_ON;

    while (n-- > 0 && step == CASE_ON) {
        step = case_block(c);
    }
    return step;
}

/* --- ends --- */

void case_kill(struct drill_case *c)
{
    if (daemon_runs(&c->daemon)) c->result.kills++;
    daemon_kill(&c->daemon);
    node_disconnect(c->node);
}

enum case_step case_stop(struct drill_case *c, int signal)
{
    char words[256];

    daemon_signal(&c->daemon, signal);
    if (!daemon_wait(&c->daemon, DAEMON_HANG_MS)) {
        case_kill(c);
        return case_verdict(c, DRILL_STUCK, "a stop: it goes on");
    }
    node_disconnect(c->node);
    if (!daemon_signalled(&c->daemon) && daemon_code(&c->daemon) == 0) return CASE_ON;
    daemon_last_words(&c->daemon, words, sizeof words);
    if (daemon_signalled(&c->daemon)) {
        return case_verdict(c, DRILL_CRASHED, "a stop: signal %d (%s)", daemon_code(&c->daemon),
                            words);
    }
    return case_verdict(c, DRILL_BAD_STOP, "a stop ended with %d (%s)", daemon_code(&c->daemon),
                        words);
}

static const struct snapshot_record *case_twin_snapshot(const struct drill_case *c,
                                                        const struct position *at)
{
    for (size_t i = 0; i < c->drill->worlds_len; i++) {
        const struct snapshot_record *r = world_snapshot(c->drill->worlds[i], at);

        if (r) return r;
    }
    return NULL;
}

/* As snapshots_read, of a copy where there is room for what a reader needs. */
static enum hs_status case_read(const struct drill_case *c, struct snapshot_record *out,
                                size_t *len, struct hs_error *err)
{
    char copy[FOLDER_PATH_BYTES + 16];
    enum hs_status st;

    if (!c->small_disk) {
        return snapshots_read(c->daemon.data, true, out, HS_SNAPSHOT_KEEP_MAX, len, err);
    }
    (void)snprintf(copy, sizeof copy, "%s/judged", c->place);
    st = folder_copy(c->daemon.data, copy, err);
    if (st == HS_OK) st = snapshots_read(copy, true, out, HS_SNAPSHOT_KEEP_MAX, len, err);
    folder_remove(copy);
    return st;
}

enum case_step case_compare(struct drill_case *c)
{
    struct snapshot_record *records = calloc(HS_SNAPSHOT_KEEP_MAX, sizeof *records);
    struct hs_error err = {0};
    enum case_step step = CASE_ON;
    size_t len = 0;
    enum hs_status st = records ? case_read(c, records, &len, &err) : HS_NOMEM;

    if (st != HS_OK && c->damaged) {
        len = 0; /* the next start finds it, as we did */
    } else if (st == HS_CORRUPT) {
        step = case_verdict(c, DRILL_DIVERGED, "the newest snapshot is not what it says: %s",
                            err.text);
    } else if (st != HS_OK) {
        step = case_broken(c, &err);
    }
    for (size_t i = 0; i < len && step == CASE_ON; i++) {
        const struct snapshot_record *twin = case_twin_snapshot(c, &records[i].at);

        if (!twin || !records[i].has_images) continue;
        c->result.compared++;
        if (twin->digest == records[i].digest && twin->pages == records[i].pages) continue;
        step = case_verdict(c, DRILL_DIVERGED, "snapshot %llu is not the twin's",
                            (unsigned long long)records[i].at.seqnum);
    }
    free(records);
    return step;
}

enum case_step case_conclude(struct drill_case *c)
{
    enum case_step step = case_stop(c, SIGTERM);

    if (step == CASE_ON) step = case_compare(c);
    if (step != CASE_ON || !dice_chance(&c->dice, ONCE_MORE_PERCENT)) return step;
    step = case_live(c, NULL);
    if (step == CASE_ON) step = case_blocks(c, 1);
    if (step == CASE_ON) step = case_stop(c, SIGTERM);
    return step == CASE_ON ? case_compare(c) : step;
}
