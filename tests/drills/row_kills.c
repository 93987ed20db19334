/* Rows 2 and 3: SIGKILL at any moment, and again in what comes after it.
 *
 * Row 2 forces each way back (preload, catch-up, roll-back, tail, full replay), kills the sidecar
 * in it, up to five times, by a moment drawn or at a fault point reached there, then lets it be.
 * Row 3 kills sidecar, node or both under load, over and over.
 */
#include "tests/drills/case.h"
#include "tests/drills/rows.h"
#include "tests/drills/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    KILLS_BLOCKS = 8,
    KILLS_DEEP = 5,
    KILL_US_MAX = 40000,
    KILL_OPERATIONS = 60,
    SOAK_LIVES = 5
};

#define KILLS_TEMPLATE "town-filled"

enum way { WAY_PRELOAD, WAY_CATCH_UP, WAY_ROLL_BACK, WAY_TAIL, WAY_FULL_REPLAY, WAY_COUNT };
static const char *const way_names[WAY_COUNT] = {"preload", "catch_up", "roll_back", "tail",
                                                 "full_replay"};

static enum hs_status kills_prepare(struct drill *d, void **plan, uint64_t *total,
                                    struct hs_error *err)
{
    static const char *const arguments[] = {"--snapshot-every", "15", "--snapshot-keep", "3", NULL};
    const struct world *w = NULL;
    enum hs_status st = drill_trunk(d, WORLD_TOWN, &w, err);

    if (st == HS_OK) st = drill_template(d, w, KILLS_TEMPLATE, KILLS_BLOCKS, arguments, true, err);
    *plan = (void *)(uintptr_t)w; /* read only */
    *total = 0;
    return st;
}

/* In a child of the drill: SIGKILL to the daemon after that long, whatever happens meanwhile. */
static pid_t kill_later(const struct daemon *d, uint64_t us)
{
    pid_t child = fork();

    if (child != 0) return child;
    (void)usleep((useconds_t)us);
    (void)kill(d->pid, SIGKILL);
    _exit(0);
}

static void part_remove(const struct drill_case *c, const char *name)
{
    char path[FOLDER_PATH_BYTES + 16];

    (void)snprintf(path, sizeof path, "%s/%s", c->daemon.data, name);
    folder_remove(path);
}

/* The folder and the node's place that lead to that way. */
static enum case_step way_set(struct drill_case *c, enum way way)
{
    enum case_step step = case_begin(
        c, c->plan, KILLS_TEMPLATE,
        way == WAY_ROLL_BACK ? KILLS_BLOCKS - 1 - dice_below(&c->dice, 5) : KILLS_BLOCKS);

    if (way == WAY_TAIL) part_remove(c, "log");
    if (way == WAY_FULL_REPLAY) part_remove(c, "log");
    if (way == WAY_FULL_REPLAY) part_remove(c, "snapshot");
    c->may_lose = way == WAY_TAIL || way == WAY_FULL_REPLAY ||
                  way == WAY_ROLL_BACK; /* behind every kept snapshot it is no loss */
    return step;
}

/* One life that is killed somewhere before or in its first deliveries: at a moment, or by its k-th
 * operation on the disk. */
static enum case_step killed_life(struct drill_case *c, const struct daemon_how *how)
{
    bool by_operation = dice_chance(&c->dice, 50);
    struct daemon_how own = *how;
    char fault[64];
    size_t words = 0;
    pid_t killer = 0;
    enum case_step step;

    (void)snprintf(fault, sizeof fault, "HEADSTART_FAULT=*.*.*%s:%u:kill",
                   dice_chance(&c->dice, 50) ? ".after" : "",
                   1 + (unsigned)dice_below(&c->dice, KILL_OPERATIONS));
    while (own.environment[words]) {
        words++;
    }
    if (by_operation) own.environment[words] = fault;
    step = case_start(c, &own);
    if (step != CASE_ON) return step;
    c->may_die = true;
    if (!by_operation) {
        killer = kill_later(&c->daemon, 500 + dice_below(&c->dice, KILL_US_MAX));
    }
    step = case_connect(c);
    if (step == CASE_ON) step = case_blocks(c, 1 + dice_below(&c->dice, 2));
    if (killer > 0) (void)waitpid(killer, NULL, 0);
    c->may_die = false;
    c->result.kills++;
    daemon_kill(&c->daemon);
    node_disconnect(c->node);
    return step == CASE_OVER ? step : case_stand(c, c->world, c->block);
}

static void recovery_run(struct drill_case *c)
{
    static const struct daemon_how plain;
    enum way way = (enum way)(c->number % WAY_COUNT);
    unsigned deep = 1 + (unsigned)dice_below(&c->dice, KILLS_DEEP);
    enum case_step step = way_set(c, way);

    case_say(c, "%s, killed %u times", way_names[way], deep);
    while (step == CASE_ON && deep-- > 0) {
        step = killed_life(c, &plain);
        if (c->block + 4 >= DRILL_BLOCKS) break;
    }
    if (step == CASE_ON) step = case_live(c, NULL);
    if (step == CASE_ON) step = case_blocks(c, 2);
    if (step == CASE_ON) (void)case_conclude(c);
}

/* --- the soak: node and sidecar die under load --- */

/* What a node that dies leaves: its open block is gone, the line is cut. */
static enum case_step node_dies(struct drill_case *c)
{
    unsigned messages = (unsigned)dice_below(&c->dice, WORLD_BLOCK_MESSAGES);
    enum case_step step = CASE_ON;

    for (unsigned i = 0; i < messages && step == CASE_ON; i++) {
        step = case_message(c, i);
    }
    node_disconnect(c->node);
    if (step == CASE_OVER) return step;
    return case_stand(c, c->world, c->block);
}

static enum case_step soak_life(struct drill_case *c)
{
    struct daemon_how how = {.arguments = {"--snapshot-every", "5", "--snapshot-keep", "3"}};
    enum case_step step;

    if (dice_chance(&c->dice, 70)) return killed_life(c, &how);
    step = case_live(c, &how);
    if (step == CASE_ON) step = case_blocks(c, 1);
    if (step == CASE_ON) step = node_dies(c);
    if (step == CASE_ON) step = case_connect(c);
    if (step == CASE_ON) step = case_blocks(c, 1);
    if (step == CASE_ON) case_kill(c);
    return step;
}

static void kills_run(struct drill_case *c)
{
    enum case_step step = case_begin(c, c->plan, NULL, 0);

    for (int i = 0; i < SOAK_LIVES && step == CASE_ON; i++) {
        step = soak_life(c);
    }
    if (step == CASE_ON) step = case_live(c, NULL);
    if (step == CASE_ON) step = case_blocks(c, 1);
    if (step == CASE_ON) (void)case_conclude(c);
}

const struct drill_row row_recovery = {
    "2", "killed in each way back, five deep", 400, kills_prepare, recovery_run, NULL};
const struct drill_row row_kills = {
    "3", "sidecar, node and both killed at any moment", 400, kills_prepare, kills_run, NULL};
