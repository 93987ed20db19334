/* Rows 17, 18 and "nodes".
 *
 *   17     a kernel that is not deterministic once: found while it rolls forward, never served
 *   18     a second daemon on the folder; a lock that a killed one left
 *   nodes  a node that dies at, or fails, the sidecar's k-th question about its store
 */
#include "ipc/include/headstart.h"
#include "kernel/state/packed.h"
#include "tests/drills/case.h"
#include "tests/drills/rows.h"
#include "tests/drills/template.h"
#include "tests/node/latency.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NODES_BLOCKS = 8, QUESTIONS = 24, SYSCALLS = 60, POLL_US = 500, EXIT_LOCKED = 75 };

static enum hs_status nodes_prepare(struct drill *d, void **plan, uint64_t *total,
                                    struct hs_error *err)
{
    static const char *const dense[] = {"--snapshot-every", "1", "--snapshot-keep", "8", NULL};
    static const char *const none[] = {"--snapshot-every", "0", NULL};
    const struct world *w = NULL;
    enum hs_status st = drill_trunk(d, WORLD_TOWN, &w, err);

    if (st == HS_OK) st = drill_template(d, w, "town-dense", NODES_BLOCKS, dense, false, err);
    if (st == HS_OK) st = drill_template(d, w, "town-log-only", NODES_BLOCKS, none, false, err);
    *plan = (void *)(uintptr_t)w; /* read only */
    *total = 0;
    return st;
}

/* --- row 17 --- */

/* Until its kernel stands ready: what it rolls forward by itself is then behind it. */
static enum case_step wait_ready(struct drill_case *c)
{
    uint64_t until_us = latency_clock_us() + (uint64_t)DAEMON_HANG_MS * 1000;
    bool ready = false;

    while (!ready && latency_clock_us() < until_us) {
        struct headstart_error cause = {0};
        char *packed = NULL;
        size_t len = 0;

        if (headstart_call(node_link(c->node), "status", (struct headstart_bytes){NULL, 0}, &packed,
                           &len, &cause) != HEADSTART_OK) {
            return case_ended(c, "asking for its status");
        }
        (void)packed_bool(packed_member(packed_root(slice_make(packed, len)), "ready"), &ready);
        free(packed);
        if (!ready) (void)usleep(POLL_US);
    }
    return ready ? CASE_ON : case_verdict(c, DRILL_STUCK, "it does not become ready");
}

static void diverge_run(struct drill_case *c)
{
    char fault[64];
    struct daemon_how how = {.environment = {fault}};
    uint64_t at = 1 + c->number % SYSCALLS;
    enum case_step step = case_begin(c, c->plan, "town-log-only", NODES_BLOCKS);

    (void)snprintf(fault, sizeof fault, "HEADSTART_FAULT=kernel.diverge:%llu:EIO",
                   (unsigned long long)at);
    case_say(c, "%s", fault);
    c->may_lose = true;
    if (step == CASE_ON) step = case_live(c, &how);
    if (step == CASE_ON) step = wait_ready(c);
    if (step == CASE_ON) step = case_blocks(c, 2);
    if (step == CASE_ON) (void)case_conclude(c);
}

static enum hs_status diverge_prepare(struct drill *d, void **plan, uint64_t *total,
                                      struct hs_error *err)
{
    enum hs_status st = nodes_prepare(d, plan, total, err);

    *total = SYSCALLS;
    return st;
}

/* --- row 18 --- */

/* Another daemon on the same folder, with a socket of its own or the same. */
static enum case_step second_instance(struct drill_case *c, bool same_socket)
{
    struct daemon second = c->daemon;
    struct hs_error err = {0};
    uint64_t from_us = latency_clock_us();
    char words[256];

    second.pid = 0;
    second.pidfd = -1;
    if (!same_socket) (void)snprintf(second.socket, sizeof second.socket, "%s/second", c->place);
    (void)snprintf(second.words, sizeof second.words, "%s/second.words", c->place);
    if (daemon_start(&second, NULL, &err) != HS_OK) return case_broken(c, &err);
    if (!daemon_wait(&second, DAEMON_HANG_MS)) {
        daemon_kill(&second);
        return case_verdict(c, DRILL_STUCK, "a second daemon neither runs nor ends");
    }
    if (latency_clock_us() - from_us > c->result.worst_us) {
        c->result.worst_us = latency_clock_us() - from_us;
    }
    if (!daemon_signalled(&second) && daemon_code(&second) == EXIT_LOCKED) return CASE_ON;
    daemon_last_words(&second, words, sizeof words);
    return case_verdict(c, DRILL_BAD_STOP, "a second daemon ended with %d, not 75 (%s)",
                        daemon_code(&second), words);
}

static void lock_run(struct drill_case *c)
{
    enum case_step step = case_begin(c, c->plan, "town-dense", NODES_BLOCKS);

    if (step == CASE_ON) step = case_live(c, NULL);
    if (step == CASE_ON) step = second_instance(c, c->number % 2);
    if (step == CASE_ON) step = case_blocks(c, 1);
    if (step == CASE_ON) step = second_instance(c, dice_chance(&c->dice, 50));
    case_kill(c); /* its lock file stays */
    if (step == CASE_ON) step = case_live(c, NULL);
    if (step == CASE_ON) step = case_blocks(c, 1);
    if (step == CASE_ON) (void)case_conclude(c);
}

/* --- nodes that die --- */

/* In a child of the drill: a node that is no more at its k-th question. */
static enum case_step node_life(struct drill_case *c, uint64_t question)
{
    struct node_delivered answer;
    char text[256] = "";
    int status;
    pid_t child;

    node_disconnect(c->node);
    child = fork();
    if (child == 0) {
        node_trouble_at(c->node, NODE_DIES, question);
        if (node_connect(c->node, &c->daemon, text, sizeof text) != NODE_ANSWERED) _exit(1);
        (void)node_deliver(c->node, world_height(c->world, c->block + 1),
                           world_message(c->world, c->block + 1, 0), &answer, text, sizeof text);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        return case_verdict(c, DRILL_BROKEN, "the drill itself: a child");
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? CASE_ON : case_ended(c, "a start");
}

static enum case_step node_fails(struct drill_case *c, uint64_t question)
{
    struct node_delivered answer;
    char text[256] = "";
    enum case_step step = CASE_ON;

    node_trouble_at(c->node, NODE_FAILS, question);
    switch (node_deliver(c->node, world_height(c->world, c->block + 1),
                         world_message(c->world, c->block + 1, 0), &answer, text, sizeof text)) {
    case NODE_ANSWERED:
    case NODE_REFUSED: step = case_stand(c, c->world, c->block); break;
    case NODE_LOST: step = case_ended(c, "a node's failure"); break;
    case NODE_LATE: step = case_verdict(c, DRILL_STUCK, "a node's failure: %s", text); break;
    }
    node_trouble_at(c->node, NODE_NO_TROUBLE, 0);
    return step;
}

static void nodes_run(struct drill_case *c)
{
    static const char *const lost[] = {"log", "snapshot", "."};
    uint64_t n = c->number, question = 1 + n % QUESTIONS;
    bool dies = n / QUESTIONS % 2;
    const char *part = lost[n / QUESTIONS / 2 % 3];
    char path[FOLDER_PATH_BYTES + 16];
    enum case_step step = case_begin(c, c->plan, "town-dense", NODES_BLOCKS + 1);

    case_say(c, "lost: %s; the node %s at question %llu", part, dies ? "dies" : "fails",
             (unsigned long long)question);
    c->may_lose = true;
    (void)snprintf(path, sizeof path, "%s/%s", c->daemon.data, part);
    folder_remove(path);
    if (step == CASE_ON) step = case_start(c, NULL);
    if (step == CASE_ON && dies) step = node_life(c, question);
    if (step == CASE_ON) step = case_connect(c);
    if (step == CASE_ON && !dies) step = node_fails(c, question);
    if (step == CASE_ON) step = case_blocks(c, 2);
    if (step == CASE_ON) (void)case_conclude(c);
}

static enum hs_status questions_prepare(struct drill *d, void **plan, uint64_t *total,
                                        struct hs_error *err)
{
    enum hs_status st = nodes_prepare(d, plan, total, err);

    *total = (uint64_t)QUESTIONS * 2 * 3;
    return st;
}

const struct drill_row row_diverge = {
    "17", "a kernel that differs once is found", 200, diverge_prepare, diverge_run, NULL};
const struct drill_row row_lock = {
    "18", "a second daemon; a lock left behind", 50, nodes_prepare, lock_run, NULL};
const struct drill_row row_nodes = {"nodes",   "a node that dies or fails at every question",
                                    500,       questions_prepare,
                                    nodes_run, NULL};
