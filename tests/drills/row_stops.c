/* Row 30: asked to stop at any moment: while it starts, as a first delivery asks the node, while a
 * message runs for seconds, twice. It ends in order, code 0, and goes on right afterwards. */
#include "ipc/include/headstart.h"
#include "tests/drills/case.h"
#include "tests/drills/rows.h"
#include "tests/drills/template.h"
#include "tests/node/latency.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STOPS_BLOCKS = 8, MOMENT_US_MAX = 30000, STOP_SLOW_US = 10000000 };

enum moment {
    MOMENT_START,
    MOMENT_DELIVERY,
    MOMENT_REPLAY,
    MOMENT_LONG,
    MOMENT_IDLE,
    MOMENT_COUNT
};
static const char *const moment_names[MOMENT_COUNT] = {
    "at the start", "at the first delivery", "in a full replay", "in a long message", "idle"};

static const int signals[] = {SIGTERM, SIGINT, SIGHUP, 0}; /* 0: asked through the socket */
static const char *const signal_names[] = {"SIGTERM", "SIGINT", "SIGHUP", "shutdown"};
enum { SIGNALS = sizeof signals / sizeof signals[0] };

static enum hs_status stops_prepare(struct drill *d, void **plan, uint64_t *total,
                                    struct hs_error *err)
{
    static const char *const dense[] = {"--snapshot-every", "1", "--snapshot-keep", "8", NULL};
    const struct world *w = NULL;
    enum hs_status st = drill_trunk(d, WORLD_TOWN, &w, err);

    if (st == HS_OK) st = drill_template(d, w, "town-dense", STOPS_BLOCKS, dense, false, err);
    *plan = (void *)(uintptr_t)w; /* read only */
    *total = 0;
    return st;
}

/* In a child of the drill: a node that delivers until its line is cut. */
static pid_t node_apart(struct drill_case *c, bool long_message)
{
    static const char work[] = "{\"to\":\"town\",\"method\":\"work\",\"args\":[200000000]}";
    struct node_delivered answer;
    char text[256] = "";
    pid_t child = fork();

    if (child != 0) return child;
    if (node_connect(c->node, &c->daemon, text, sizeof text) != NODE_ANSWERED) _exit(0);
    for (uint64_t i = 0; i < WORLD_BLOCK_MESSAGES; i++) {
        struct slice message =
            long_message ? slice_text(work) : world_message(c->world, c->block + 1, (unsigned)i);

        if (node_deliver(c->node, world_height(c->world, c->block + 1), message, &answer, text,
                         sizeof text) != NODE_ANSWERED) {
            break;
        }
    }
    _exit(0);
}

/* `shutdown` is for who said hello; an observer may. */
static void ask_shutdown(struct drill_case *c)
{
    struct headstart_options options = {.socket_path = c->daemon.socket,
                                        .chain_id = DRILL_CHAIN_ID,
                                        .client = "headstart-drill",
                                        .observer = true,
                                        .connect_timeout_ms = 2000,
                                        .answer_timeout_ms = 2000};
    struct headstart *link = NULL;
    struct headstart_error cause;

    if (headstart_connect(&options, &link, &cause) == HEADSTART_OK) {
        if (headstart_shutdown(link, &cause) == HEADSTART_OK) {
            headstart_close(link);
            return;
        }
        headstart_close(link);
    }
    daemon_signal(&c->daemon, SIGTERM); /* it does not listen yet, or ends already */
}

static enum case_step stop_now(struct drill_case *c, unsigned which, bool twice)
{
    uint64_t from_us = latency_clock_us();

    if (signals[which]) {
        daemon_signal(&c->daemon, signals[which]);
    } else {
        ask_shutdown(c);
    }
    if (twice) {
        (void)usleep((useconds_t)dice_below(&c->dice, 2000));
        daemon_signal(&c->daemon, SIGTERM);
    }
    if (case_stop(c, 0) != CASE_ON) return CASE_OVER; /* asked already */
    c->result.worst_us = latency_clock_us() - from_us;
    if (c->result.worst_us < STOP_SLOW_US) return CASE_ON;
    return case_verdict(c, DRILL_SLOW, "it took %llu ms",
                        (unsigned long long)c->result.worst_us / 1000);
}

static void stops_run(struct drill_case *c)
{
    enum moment moment = (enum moment)(c->number % MOMENT_COUNT);
    unsigned which = (unsigned)(c->number / MOMENT_COUNT % SIGNALS);
    bool twice = dice_chance(&c->dice, 30);
    char path[FOLDER_PATH_BYTES + 16];
    pid_t node = 0;
    enum case_step step = case_begin(c, c->plan, "town-dense", STOPS_BLOCKS);

    case_say(c, "%s%s %s", signal_names[which], twice ? " and SIGTERM" : "", moment_names[moment]);
    c->may_lose = true;
    (void)snprintf(path, sizeof path, "%s/snapshot", c->daemon.data);
    if (moment == MOMENT_REPLAY) folder_remove(path);
    (void)snprintf(path, sizeof path, "%s/log", c->daemon.data);
    if (moment == MOMENT_REPLAY) folder_remove(path);
    if (step == CASE_ON) step = case_start(c, NULL);
    if (step == CASE_ON && moment != MOMENT_START && moment != MOMENT_IDLE) {
        node = node_apart(c, moment == MOMENT_LONG);
    }
    if (step == CASE_ON && moment == MOMENT_IDLE) step = case_connect(c);
    if (step == CASE_ON) {
        daemon_wait_handlers(&c->daemon);
        (void)usleep(
            (useconds_t)dice_below(&c->dice, MOMENT_US_MAX * (moment == MOMENT_LONG ? 10 : 1)));
        step = stop_now(c, which, twice);
    }
    if (node > 0) (void)waitpid(node, NULL, 0);
    if (step == CASE_ON) step = case_live(c, NULL);
    if (step == CASE_ON) step = case_blocks(c, 2);
    if (step == CASE_ON) (void)case_conclude(c);
}

const struct drill_row row_stops = {
    "30", "asked to stop at any moment", 300, stops_prepare, stops_run, NULL};
