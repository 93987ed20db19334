/* Rows 14, 15 and 29: a node that goes back, goes another way, tries blocks and drops them.
 *
 *   14  back r blocks, then a branch's messages, some at other heights; and back again
 *   15  a data folder that is ahead of the node's store, or older than it
 *   29  proposals: blocks executed in whole or half, dropped, executed again in another order;
 *       transactions that fail after their delivery
 *
 * What is committed is a world's, so a twin has it. What is dropped has none: the same proposal
 * from the same block must give the same hashes each time.
 */
#include "tests/drills/case.h"
#include "tests/drills/rows.h"
#include "tests/drills/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FORKS_BLOCKS = 8, BRANCHES = 4, PROPOSALS_MAX = 4, FORK_ROUNDS = 3 };

static const char *const fork_templates[] = {"town-filled", "town-dense", "town-log-only"};
enum { FORK_TEMPLATES = sizeof fork_templates / sizeof fork_templates[0] };

struct forks_plan {
    const struct world *trunk;
    const struct world *branches[BRANCHES];
};

static enum hs_status forks_templates(struct drill *d, const struct world *w, struct hs_error *err)
{
    static const char *const arguments[FORK_TEMPLATES][5] = {
        {"--snapshot-every", "15", "--snapshot-keep", "3", NULL},
        {"--snapshot-every", "1", "--snapshot-keep", "8", NULL},
        {"--snapshot-every", "0", NULL}};
    enum hs_status st = HS_OK;

    for (size_t i = 0; st == HS_OK && i < FORK_TEMPLATES; i++) {
        st = drill_template(d, w, fork_templates[i], FORKS_BLOCKS, arguments[i], i == 0, err);
    }
    return st;
}

static enum hs_status forks_prepare(struct drill *d, void **plan, uint64_t *total,
                                    struct hs_error *err)
{
    struct forks_plan *p = calloc(1, sizeof *p);
    enum hs_status st = p ? HS_OK : hs_fail(err, HS_NOMEM, "a plan");

    if (st == HS_OK) st = drill_trunk(d, WORLD_TOWN, &p->trunk, err);
    for (uint64_t i = 0; st == HS_OK && i < BRANCHES; i++) {
        const struct world_plan branch = {.kernel = WORLD_TOWN,
                                          .blocks = DRILL_BLOCKS,
                                          .branch = i + 1,
                                          .fork = 1 + 2 * i,
                                          .shift = i % 2 ? 3 : 0};

        st = drill_world(d, &branch, &p->branches[i], err);
    }
    if (st == HS_OK) st = forks_templates(d, p->trunk, err);
    if (st != HS_OK) {
        free(p);
        return st;
    }
    *plan = p;
    *total = 0;
    return HS_OK;
}

static enum case_step fork_restart(struct drill_case *c, const struct daemon_how *how)
{
    case_say(c, "restart");
    if (dice_chance(&c->dice, 50)) {
        case_kill(c);
        return case_live(c, how);
    }
    return case_stop(c, SIGTERM) == CASE_ON ? case_live(c, how) : CASE_OVER;
}

static struct daemon_how fork_how(struct drill_case *c)
{
    static const char *const every[] = {"1", "5", "10", "20"};
    struct daemon_how how = {.arguments = {"--snapshot-every", every[dice_below(&c->dice, 4)],
                                           "--snapshot-keep",
                                           dice_chance(&c->dice, 50) ? "2" : "8"}};

    if (dice_chance(&c->dice, 10)) how.arguments[4] = "--no-preload";
    if (dice_chance(&c->dice, 10)) how.arguments[4] = "--verify-swap";
    return how;
}

/* --- row 14 --- */

/* To a block that this world shares with where the node stands, then along it. */
static enum case_step fork_go(struct drill_case *c, const struct world *to)
{
    uint64_t shared = world_plan(to)->branch ? world_plan(to)->fork : world_plan(c->world)->fork;
    uint64_t back = c->world == to      ? c->block - dice_below(&c->dice, c->block + 1)
                    : shared < c->block ? shared
                                        : c->block;
    enum case_step step;

    if (c->world == to && back + 5 > DRILL_BLOCKS) back = DRILL_BLOCKS - 5;
    case_say(c, "from block %llu of world %llu to %llu of %llu", (unsigned long long)c->block,
             (unsigned long long)world_plan(c->world)->branch, (unsigned long long)back,
             (unsigned long long)world_plan(to)->branch);
    step = case_stand(c, to, back);
    return step == CASE_ON ? case_blocks(c, 1 + dice_below(&c->dice, 3)) : step;
}

static void forks_run(struct drill_case *c)
{
    const struct forks_plan *plan = c->plan;
    struct daemon_how how = fork_how(c);
    bool filled = dice_chance(&c->dice, 70);
    const char *template_name =
        filled ? fork_templates[dice_below(&c->dice, FORK_TEMPLATES)] : NULL;
    enum case_step step = case_begin(c, plan->trunk, template_name, filled ? FORKS_BLOCKS : 0);

    c->may_lose = true; /* further back than what is kept */
    case_say(c, "%s", template_name ? template_name : "empty");
    if (step == CASE_ON) step = case_live(c, &how);
    if (step == CASE_ON && !filled) step = case_blocks(c, FORKS_BLOCKS);
    for (int i = 0; i < FORK_ROUNDS && step == CASE_ON; i++) {
        const struct world *to =
            c->world != plan->trunk ? plan->trunk : plan->branches[dice_below(&c->dice, BRANCHES)];

        if (dice_chance(&c->dice, 20)) to = c->world;
        if (dice_chance(&c->dice, 30)) step = fork_restart(c, &how);
        if (step == CASE_ON) step = fork_go(c, to);
    }
    if (step == CASE_ON) (void)case_conclude(c);
}

/* --- row 15 --- */

static enum hs_status behind_prepare(struct drill *d, void **plan, uint64_t *total,
                                     struct hs_error *err)
{
    enum hs_status st = forks_prepare(d, plan, total, err);

    *total = (uint64_t)FORK_TEMPLATES * (FORKS_BLOCKS + 3) * 4;
    return st;
}

/* The node's store is of block 0 .. FORKS_BLOCKS + 2; the folder of FORKS_BLOCKS. */
static void behind_run(struct drill_case *c)
{
    const struct forks_plan *plan = c->plan;
    uint64_t n = c->number, at = n / FORK_TEMPLATES % (FORKS_BLOCKS + 3);
    unsigned how_many = (unsigned)(n / FORK_TEMPLATES / (FORKS_BLOCKS + 3));
    const char *template_name = fork_templates[n % FORK_TEMPLATES];
    struct daemon_how how = fork_how(c);
    enum case_step step = case_begin(c, plan->trunk, template_name, at);

    c->may_lose = true;
    case_say(c, "%s, node at block %llu", template_name, (unsigned long long)at);
    if (step == CASE_ON) step = case_live(c, &how);
    if (step == CASE_ON) step = case_blocks(c, 1 + how_many % 2);
    if (step == CASE_ON && how_many >= 2) step = fork_restart(c, &how);
    if (step == CASE_ON) step = case_blocks(c, 1);
    if (step == CASE_ON) (void)case_conclude(c);
}

/* --- row 29 --- */

/* A proposal: which messages, in which order, of which world, at which height. */
struct proposal {
    const struct world *of;
    unsigned order[WORLD_BLOCK_MESSAGES], len;
    uint64_t height;
};

static struct proposal proposal_draw(struct drill_case *c, const struct forks_plan *plan)
{
    struct proposal p = {.of = dice_chance(&c->dice, 60)
                                   ? plan->trunk
                                   : plan->branches[dice_below(&c->dice, BRANCHES)],
                         .len = 1 + (unsigned)dice_below(&c->dice, WORLD_BLOCK_MESSAGES),
                         .height = c->block + 1 + dice_below(&c->dice, 2)};

    for (unsigned i = 0; i < WORLD_BLOCK_MESSAGES; i++) {
        p.order[i] = i;
    }
    for (unsigned i = WORLD_BLOCK_MESSAGES; i > 1; i--) {
        unsigned other = (unsigned)dice_below(&c->dice, i), kept = p.order[i - 1];

        p.order[i - 1] = p.order[other];
        p.order[other] = kept;
    }
    return p;
}

/* Execute it and drop it; its last hash. */
static enum case_step proposal_try(struct drill_case *c, const struct proposal *p,
                                   char hash[SHA256_HEX_BYTES])
{
    struct node_delivered answer = {0};
    char text[256] = "";

    for (unsigned i = 0; i < p->len; i++) {
        enum node_answer a =
            node_deliver(c->node, p->height, world_message(p->of, c->block + 1, p->order[i]),
                         &answer, text, sizeof text);

        if (a == NODE_LOST) return case_ended(c, "a proposal");
        if (a == NODE_LATE) return case_verdict(c, DRILL_STUCK, "a proposal: %s", text);
        if (a == NODE_REFUSED) return case_verdict(c, DRILL_ERRORS, "a proposal: %s", text);
        c->result.deliveries++;
    }
    (void)snprintf(hash, SHA256_HEX_BYTES, "%s", answer.hash);
    c->first = false;
    return case_stand(c, c->world, c->block);
}

static enum case_step proposals_try(struct drill_case *c, const struct forks_plan *plan)
{
    struct proposal proposals[PROPOSALS_MAX];
    char hashes[PROPOSALS_MAX][SHA256_HEX_BYTES], again[SHA256_HEX_BYTES];
    unsigned len = 1 + (unsigned)dice_below(&c->dice, PROPOSALS_MAX);
    enum case_step step = CASE_ON;

    for (unsigned i = 0; i < len && step == CASE_ON; i++) {
        proposals[i] = proposal_draw(c, plan);
        step = proposal_try(c, &proposals[i], hashes[i]);
    }
    if (step != CASE_ON || dice_chance(&c->dice, 50)) return step;
    len = (unsigned)dice_below(&c->dice, len);
    step = proposal_try(c, &proposals[len], again);
    if (step != CASE_ON || strcmp(again, hashes[len]) == 0) return step;
    return case_verdict(c, DRILL_DIVERGED, "block %llu: the same proposal gave %.16s, then %.16s",
                        (unsigned long long)c->block + 1, hashes[len], again);
}

/* A block whose transactions fail now and then after their delivery. */
static enum case_step reverts_block(struct drill_case *c)
{
    struct hs_error err = {0};
    enum case_step step = CASE_ON;

    for (unsigned i = 0; i < WORLD_BLOCK_MESSAGES && step == CASE_ON; i++) {
        struct kv_memory *before = NULL;

        if (dice_chance(&c->dice, 60)) continue;
        /* All up to message i, whose transaction fails; then the block anew. */
        for (unsigned k = 0; k <= i && step == CASE_ON; k++) {
            if (k == i && node_store_take(c->node, &before, &err) != HS_OK) {
                return case_broken(c, &err);
            }
            step = case_message(c, k);
        }
        if (step == CASE_ON && before && node_stand(c->node, before, &err) != HS_OK) {
            step = case_broken(c, &err);
        }
        kv_memory_close(before);
        if (step == CASE_ON) step = case_message(c, i);
        if (step == CASE_ON) step = case_stand(c, c->world, c->block);
    }
    return step == CASE_ON ? case_blocks(c, 1) : step;
}

static void proposals_run(struct drill_case *c)
{
    const struct forks_plan *plan = c->plan;
    struct daemon_how how = fork_how(c);
    enum case_step step =
        case_begin(c, plan->trunk, fork_templates[c->number % FORK_TEMPLATES], FORKS_BLOCKS);

    c->may_lose = true;
    case_say(c, "%s", fork_templates[c->number % FORK_TEMPLATES]);
    if (step == CASE_ON) step = case_live(c, &how);
    for (int i = 0; i < FORK_ROUNDS && step == CASE_ON; i++) {
        if (dice_chance(&c->dice, 80)) step = proposals_try(c, plan);
        if (step == CASE_ON && dice_chance(&c->dice, 20)) step = fork_restart(c, &how);
        if (step == CASE_ON)
            step = dice_chance(&c->dice, 50) ? reverts_block(c) : case_blocks(c, 1);
    }
    if (step == CASE_ON) (void)case_conclude(c);
}

const struct drill_row row_forks = {
    "14", "the node goes back and another way", 400, forks_prepare, forks_run, free};
const struct drill_row row_behind = {
    "15", "folder ahead of the node's store, or behind", 1000, behind_prepare, behind_run, free};
const struct drill_row row_proposals = {
    "29", "proposals dropped, reordered, transactions fail", 400, forks_prepare, proposals_run,
    free};
