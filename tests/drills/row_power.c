/* Rows 4 and 9: the power goes. Lives are recorded once, by a library before the system's calls;
 * each case is one moment of one of them and one of the folders that it may leave. What was
 * acknowledged as kept (log-sync always; block, and prepare_commit answered) must be in it.
 *
 * Row 9 is the same with syncs that failed: what they should have made durable is not. */
#include "ipc/include/headstart.h"
#include "tests/drills/case.h"
#include "tests/drills/rows.h"
#include "tests/drills/template.h"
#include "tests/drills/trace.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { POWER_BLOCKS = 7, POWER_FROM = 3, CUTS_A_MOMENT = 4, KEPT_MAX = 64 };

/* A life that is recorded. */
struct power_script {
    const char *arguments[DAEMON_WORDS_MAX];
    const char *fault; /* NULL, or a plan for HEADSTART_FAULT */
    bool filled;       /* begins with a folder of POWER_FROM blocks */
    bool back;         /* the node goes back in the middle */
    bool replay;       /* the folder is another history's: a full replay */
    bool kept;         /* what is acknowledged is durable */
};

static const struct power_script power_scripts[] = {
    {{"--snapshot-every", "5", "--log-sync", "always"}, NULL, false, false, false, true},
    {{"--snapshot-every", "5", "--log-sync", "always", "--snapshot-keep", "2"},
     NULL,
     true,
     true,
     false,
     true},
    {{"--snapshot-every", "1", "--log-sync", "block"}, NULL, true, false, false, true},
    {{"--snapshot-every", "5"}, NULL, true, true, false, false},
    {{"--snapshot-every", "1", "--snapshot-keep", "2"}, NULL, false, true, false, false},
    {{"--snapshot-every", "5"}, NULL, true, false, true, false},
};
static const struct power_script sync_scripts[] = {
    {{"--snapshot-every", "5", "--log-sync", "always"}, "*.sync:2:EIO", true, false, false, false},
    {{"--snapshot-every", "5", "--log-sync", "always"}, "*.sync:5:EIO", false, true, false, false},
    {{"--snapshot-every", "5", "--log-sync", "always"}, "*.sync:9+:EIO", true, false, false, false},
    {{"--snapshot-every", "1"}, "*.sync:4+:EIO", true, true, false, false},
    {{"--snapshot-every", "1"}, "log.*.sync:3:EIO", true, false, false, false},
    {{"--snapshot-every", "1"}, "snapshot.*.sync:3:EIO", true, true, false, false},
};

/* At that moment of the trace the node had `block` blocks, all acknowledged. */
struct kept {
    uint64_t bytes, block;
};

struct power_life {
    struct trace *trace;
    struct kept kept[KEPT_MAX];
    size_t kept_len;
    bool promised;
};

struct power_plan {
    const struct world *world;
    struct power_life lives[sizeof power_scripts / sizeof power_scripts[0]];
    size_t lives_len;
};

static uint64_t file_bytes(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

/* Blocks, each noted with where the trace was once all of it was acknowledged. */
static enum case_step power_blocks(struct drill_case *c, struct power_life *life, const char *path,
                                   uint64_t n)
{
    enum case_step step = CASE_ON;

    while (n-- > 0 && step == CASE_ON) {
        struct headstart_error cause;

        step = case_blocks(c, 1);
        if (step != CASE_ON || life->kept_len == KEPT_MAX) break;
        /* Refused where the log cannot be written: then nothing was promised. */
        if (headstart_prepare_commit(node_link(c->node), world_height(c->world, c->block),
                                     &cause) != HEADSTART_OK) {
            life->promised = false;
        }
        life->kept[life->kept_len++] = (struct kept){file_bytes(path), c->block};
    }
    return step;
}

static enum case_step power_live(struct drill_case *c, const struct power_script *script,
                                 struct power_life *life, const char *trace_path)
{
    char folder[FOLDER_PATH_BYTES + 64], trace[FOLDER_PATH_BYTES + 64], fault[80],
        preload[FOLDER_PATH_BYTES + 64];
    /* A sanitizer would be first in the list of libraries; it need not. */
    struct daemon_how how = {
        .environment = {preload, folder, trace, "ASAN_OPTIONS=verify_asan_link_order=0"}};
    enum case_step step;

    memcpy(how.arguments, script->arguments, sizeof how.arguments);
    (void)snprintf(preload, sizeof preload, "LD_PRELOAD=%s", c->drill->recorder);
    (void)snprintf(folder, sizeof folder, "HEADSTART_POWERCUT_FOLDER=%s", c->daemon.data);
    (void)snprintf(trace, sizeof trace, "HEADSTART_POWERCUT_TRACE=%s", trace_path);
    (void)snprintf(fault, sizeof fault, "HEADSTART_FAULT=%s", script->fault ? script->fault : "");
    if (script->fault) how.environment[4] = fault;
    c->may_lose = true;
    step = case_live(c, &how);
    if (step == CASE_ON) step = power_blocks(c, life, trace_path, 3);
    if (step == CASE_ON && script->back) {
        step = case_stand(c, c->world, c->block - 2);
        life->kept[life->kept_len++] = (struct kept){file_bytes(trace_path), c->block};
    }
    if (step == CASE_ON) step = power_blocks(c, life, trace_path, 3);
    return step == CASE_ON ? case_stop(c, SIGTERM) : step;
}

static enum hs_status power_record(struct drill *d, const struct power_plan *plan,
                                   const struct power_script *script, struct power_life *life,
                                   struct hs_error *err)
{
    struct drill_case c = {.drill = d, .daemon = {.pidfd = -1}};
    char trace_path[FOLDER_PATH_BYTES + 16];
    enum hs_status st;

    (void)snprintf(c.place, sizeof c.place, "%s/power", d->scratch);
    (void)snprintf(trace_path, sizeof trace_path, "%s/trace", c.place);
    folder_remove(c.place);
    if (mkdir(c.place, 0700) != 0) return hs_fail(err, HS_IO, "making %s", c.place);
    life->promised = script->kept;
    st = node_open(&c.node, err);
    if (st == HS_OK && case_begin(&c, plan->world, script->filled ? "diary-young" : NULL,
                                  script->filled ? POWER_FROM : 0) == CASE_ON) {
        (void)mkdir(c.daemon.data, 0700);
        if (script->replay) (void)case_stand(&c, plan->world, POWER_FROM + 2);
        st = trace_begin(c.daemon.data, &life->trace, err);
        if (st == HS_OK) (void)power_live(&c, script, life, trace_path);
    }
    /* A fault that ends the life is row 8's to tell; a recorded one that fails is told here. */
    if (st == HS_OK && !script->fault && c.result.kind > DRILL_SKIPPED) {
        st = hs_fail(err, HS_UNAVAILABLE, "a recorded life: %s", c.result.words);
    }
    if (st == HS_OK) st = trace_read(life->trace, trace_path, err);
    node_close(c.node);
    daemon_kill(&c.daemon);
    folder_remove(c.place);
    return st;
}

static void power_release(void *plan)
{
    struct power_plan *p = plan;

    for (size_t i = 0; p && i < p->lives_len; i++) {
        trace_close(p->lives[i].trace);
    }
    free(p);
}

static enum hs_status lives_prepare(struct drill *d, const struct power_script *scripts, size_t len,
                                    void **plan, uint64_t *total, struct hs_error *err)
{
    static const char *const arguments[] = {"--snapshot-every", "5", NULL};
    struct power_plan *p = calloc(1, sizeof *p);
    enum hs_status st = p ? drill_trunk(d, WORLD_DIARY, &p->world, err) : HS_NOMEM;

    if (st == HS_OK) {
        st = drill_template(d, p->world, "diary-young", POWER_FROM, arguments, false, err);
    }
    for (*total = 0; st == HS_OK && p->lives_len < len; p->lives_len++) {
        st = power_record(d, p, &scripts[p->lives_len], &p->lives[p->lives_len], err);
        if (st == HS_OK) *total += trace_len(p->lives[p->lives_len].trace) * CUTS_A_MOMENT;
    }
    if (st != HS_OK) {
        power_release(p);
        return st;
    }
    *plan = p;
    return HS_OK;
}

static enum hs_status power_prepare(struct drill *d, void **plan, uint64_t *total,
                                    struct hs_error *err)
{
    return lives_prepare(d, power_scripts, sizeof power_scripts / sizeof power_scripts[0], plan,
                         total, err);
}

static enum hs_status syncs_prepare(struct drill *d, void **plan, uint64_t *total,
                                    struct hs_error *err)
{
    return lives_prepare(d, sync_scripts, sizeof sync_scripts / sizeof sync_scripts[0], plan, total,
                         err);
}

/* --- cases --- */

/* The block that the node had last committed at that moment; 0 before the first. */
static uint64_t power_block(const struct power_life *life, uint64_t moment, uint64_t begin)
{
    uint64_t block = begin;

    for (size_t i = 0; i < life->kept_len; i++) {
        if (trace_moment(life->trace, life->kept[i].bytes) <= moment) block = life->kept[i].block;
    }
    return block;
}

static void power_run(struct drill_case *c)
{
    const struct power_plan *plan = c->plan;
    uint64_t n = c->number, which = 0, moment, block;
    struct hs_error err = {0};
    enum cut cut;
    enum case_step step;

    while (n >= trace_len(plan->lives[which].trace) * CUTS_A_MOMENT) {
        n -= trace_len(plan->lives[which++].trace) * CUTS_A_MOMENT;
    }
    moment = n / CUTS_A_MOMENT + 1;
    cut = n % CUTS_A_MOMENT < CUT_ANY ? (enum cut)(n % CUTS_A_MOMENT) : CUT_ANY;
    block = power_block(&plan->lives[which], moment, 0);
    case_say(c, "life %llu, power cut after operation %llu of %llu, %s, node at block %llu",
             (unsigned long long)which, (unsigned long long)moment,
             (unsigned long long)trace_len(plan->lives[which].trace), cut_name(cut),
             (unsigned long long)block);
    /* Before the first block is acknowledged the folder may be younger than the node. */
    c->may_lose = !plan->lives[which].promised || block == 0;
    step = case_begin(c, plan->world, NULL, block);
    if (step == CASE_ON && trace_image(plan->lives[which].trace, moment, cut, &c->dice,
                                       c->daemon.data, &err) != HS_OK) {
        step = case_broken(c, &err);
    }
    if (step == CASE_ON) step = case_live(c, NULL);
    if (step == CASE_ON) step = case_blocks(c, 2);
    c->may_lose = false; /* it has all that it needs now */
    if (step == CASE_ON) (void)case_conclude(c);
}

const struct drill_row row_power = {
    "4", "the power goes, at every operation", 1000, power_prepare, power_run, power_release};
const struct drill_row row_syncs = {
    "9", "syncs fail, then the power goes", 1000, syncs_prepare, power_run, power_release};
