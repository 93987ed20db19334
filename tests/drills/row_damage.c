/* Rows 5, 6 and "files": a data folder that something was done to while nobody ran on it.
 *
 * Small files are damaged at every byte; of large ones (pages, boot images) one byte in each run of
 * DAMAGE_STRIDE is drawn. Each file is also removed, emptied, replaced and so on as a whole. What
 * must come out: a start, and answers that are the twin's, by whatever way.
 */
#include "tests/drills/case.h"
#include "tests/drills/rows.h"
#include "tests/drills/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAMAGE_BLOCKS = 6, DAMAGE_SMALL_BYTES = 65536, DAMAGE_STRIDE = 512 };

#define DAMAGE_TEMPLATE "diary-filled"

struct damage_plan {
    const struct world *world;
    struct folder_list files;
    uint64_t places; /* offsets of all files that are damaged */
};

static uint64_t file_places(const struct folder_file *f)
{
    return f->bytes < DAMAGE_SMALL_BYTES ? f->bytes : f->bytes / DAMAGE_STRIDE;
}

static enum hs_status damage_prepare(struct drill *d, struct damage_plan **out,
                                     struct hs_error *err)
{
    static const char *const arguments[] = {"--snapshot-every", "10", NULL};
    struct damage_plan *plan = calloc(1, sizeof *plan);
    char data[FOLDER_PATH_BYTES + 32];
    enum hs_status st = plan ? HS_OK : hs_fail(err, HS_NOMEM, "a plan");

    if (st == HS_OK) st = drill_trunk(d, WORLD_DIARY, &plan->world, err);
    if (st == HS_OK) {
        st = drill_template(d, plan->world, DAMAGE_TEMPLATE, DAMAGE_BLOCKS, arguments, false, err);
    }
    (void)snprintf(data, sizeof data, "%s/" DAMAGE_TEMPLATE "/data", d->scratch);
    if (st == HS_OK) st = folder_files(data, &plan->files, err);
    if (st != HS_OK) {
        free(plan);
        return st;
    }
    for (size_t i = 0; i < plan->files.len; i++) {
        plan->places += file_places(&plan->files.files[i]);
    }
    *out = plan;
    return HS_OK;
}

/* The file and offset of a place. */
static const struct folder_file *damage_place(const struct damage_plan *plan, uint64_t place,
                                              struct dice *dice, uint64_t *offset)
{
    const struct folder_file *f = plan->files.files;

    while (place >= file_places(f)) {
        place -= file_places(f++);
    }
    *offset = f->bytes < DAMAGE_SMALL_BYTES
                  ? place
                  : place * DAMAGE_STRIDE + dice_below(dice, DAMAGE_STRIDE);
    return f;
}

/* Mostly the node stands where the folder's head is; else before or behind it. */
static uint64_t damage_node_block(struct dice *dice)
{
    uint64_t throw = dice_below(dice, 20);

    return throw < 14 ? DAMAGE_BLOCKS : throw < 17 ? DAMAGE_BLOCKS - 1 : DAMAGE_BLOCKS + 1;
}

static void damage_run(struct drill_case *c, const char *name, enum damage damage, uint64_t offset)
{
    const struct damage_plan *plan = c->plan;
    uint64_t seed = dice_next(&c->dice), at = damage_node_block(&c->dice);
    struct hs_error err = {0};
    enum case_step step;

    c->may_lose = c->damaged = true;
    step = case_begin(c, plan->world, DAMAGE_TEMPLATE, at);
    if (step == CASE_ON &&
        folder_damage(c->daemon.data, name, damage, offset, seed, &err) != HS_OK) {
        step = case_broken(c, &err);
    }
    if (step == CASE_ON) step = case_live(c, NULL);
    if (step == CASE_ON) step = case_blocks(c, 2);
    if (step == CASE_ON) (void)case_conclude(c);
    case_say(c, "%s of %s at %llu, node at block %llu", damage_name(damage), name,
             (unsigned long long)offset, (unsigned long long)at);
}

/* --- rows --- */

static enum hs_status flips_prepare(struct drill *d, void **plan, uint64_t *total,
                                    struct hs_error *err)
{
    struct damage_plan *p = NULL;
    enum hs_status st = damage_prepare(d, &p, err);

    if (st != HS_OK) return st;
    *plan = p;
    *total = p->places;
    return HS_OK;
}

static void flips_run(struct drill_case *c)
{
    const struct damage_plan *plan = c->plan;
    uint64_t offset;
    const struct folder_file *f = damage_place(plan, c->number, &c->dice, &offset);

    damage_run(c, f->name, DAMAGE_FLIP, offset);
}

static enum hs_status cuts_prepare(struct drill *d, void **plan, uint64_t *total,
                                   struct hs_error *err)
{
    enum hs_status st = flips_prepare(d, plan, total, err);

    *total *= 2; /* cut and zeroed */
    return st;
}

static void cuts_run(struct drill_case *c)
{
    const struct damage_plan *plan = c->plan;
    uint64_t offset;
    const struct folder_file *f = damage_place(plan, c->number / 2, &c->dice, &offset);

    damage_run(c, f->name, c->number % 2 ? DAMAGE_ZERO : DAMAGE_CUT, offset);
}

enum { WHOLE_DAMAGES = DAMAGE_ALL - DAMAGE_REMOVE };

static enum hs_status files_prepare(struct drill *d, void **plan, uint64_t *total,
                                    struct hs_error *err)
{
    struct damage_plan *p = NULL;
    enum hs_status st = damage_prepare(d, &p, err);

    if (st != HS_OK) return st;
    *plan = p;
    *total = (uint64_t)p->files.len * WHOLE_DAMAGES;
    return HS_OK;
}

static void files_run(struct drill_case *c)
{
    const struct damage_plan *plan = c->plan;
    const struct folder_file *f = &plan->files.files[c->number / WHOLE_DAMAGES];

    damage_run(c, f->name, (enum damage)(DAMAGE_REMOVE + c->number % WHOLE_DAMAGES), 0);
}

const struct drill_row row_cuts = {
    "5", "files cut or zeroed at every byte", 1000, cuts_prepare, cuts_run, free};
const struct drill_row row_flips = {
    "6", "a bit flipped in every byte", 1000, flips_prepare, flips_run, free};
const struct drill_row row_files = {
    "files", "whole files gone, emptied, replaced", 300, files_prepare, files_run, free};

/* --- row 28: the same under a running daemon --- */

static const char *const live_arguments[] = {"--snapshot-every", "5", "--snapshot-keep", "3", NULL};

static void live_damage(struct drill_case *c, struct folder_list *list)
{
    struct hs_error err = {0};
    unsigned times = 1 + (unsigned)dice_below(&c->dice, 3);

    if (folder_files(c->daemon.data, list, &err) != HS_OK || list->len == 0) return;
    while (times-- > 0) {
        const struct folder_file *f = &list->files[dice_below(&c->dice, list->len)];
        enum damage damage = (enum damage)dice_below(&c->dice, DAMAGE_ALL);
        uint64_t offset = f->bytes ? dice_below(&c->dice, f->bytes) : 0;

        if (folder_damage(c->daemon.data, f->name, damage, offset, dice_next(&c->dice), &err) !=
            HS_OK) {
            continue; /* it was empty, or gone meanwhile */
        }
        case_say(c, "%s of %s at %llu", damage_name(damage), f->name, (unsigned long long)offset);
    }
}

/* Damage between blocks, going back after it: what was mapped, cached or kept is asked for. */
static void live_run(struct drill_case *c)
{
    struct folder_list *list = calloc(1, sizeof *list);
    const struct damage_plan *plan = c->plan;
    struct daemon_how how = {0};
    enum case_step step;
    uint64_t back;

    memcpy(how.arguments, live_arguments, sizeof live_arguments);
    c->may_lose = c->damaged = true;
    step = case_begin(c, plan->world, DAMAGE_TEMPLATE, DAMAGE_BLOCKS);
    if (step == CASE_ON) step = case_live(c, &how);
    if (step == CASE_ON && dice_chance(&c->dice, 80)) step = case_blocks(c, 1);
    for (int i = 0; step == CASE_ON && list && i < 2; i++) {
        live_damage(c, list);
        back = dice_below(&c->dice, 4);
        if (back > c->block) back = c->block;
        if (back > 0) step = case_stand(c, plan->world, c->block - back);
        if (step == CASE_ON) step = case_blocks(c, 2);
    }
    if (step == CASE_ON) (void)case_conclude(c);
    free(list);
}

static enum hs_status live_prepare(struct drill *d, void **plan, uint64_t *total,
                                   struct hs_error *err)
{
    *total = 0;
    return damage_prepare(d, (struct damage_plan **)plan, err);
}

const struct drill_row row_live = {
    "28", "files damaged under a running daemon", 500, live_prepare, live_run, free};
