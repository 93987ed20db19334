#include "tests/drills/template.h"

#include "tests/drills/case.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool plan_equal(const struct world_plan *a, const struct world_plan *b)
{
    return a->kernel == b->kernel && a->blocks == b->blocks && a->branch == b->branch &&
           a->fork == b->fork && a->shift == b->shift;
}

enum hs_status drill_world(struct drill *d, const struct world_plan *plan, const struct world **out,
                           struct hs_error *err)
{
    enum hs_status st;

    for (size_t i = 0; i < d->worlds_len; i++) {
        *out = d->worlds[i];
        if (plan_equal(world_plan(*out), plan)) return HS_OK;
    }
    assert(d->worlds_len < DRILL_WORLDS_MAX);
    st = world_open(plan, d->program, d->scratch, &d->worlds[d->worlds_len], err);
    if (st != HS_OK) return st;
    *out = d->worlds[d->worlds_len++];
    return HS_OK;
}

enum hs_status drill_trunk(struct drill *d, enum world_kernel kernel, const struct world **out,
                           struct hs_error *err)
{
    return drill_world(d, &(struct world_plan){.kernel = kernel, .blocks = DRILL_BLOCKS}, out, err);
}

/* A case outside of the rows: what a template is made by. */
static enum case_step template_make(struct drill_case *c, const struct world *w, uint64_t blocks,
                                    const char *const *arguments, bool killed)
{
    struct daemon_how how = {0};
    enum case_step step;

    for (size_t i = 0; arguments && arguments[i]; i++) {
        assert(i + 1 < DAEMON_WORDS_MAX);
        how.arguments[i] = arguments[i];
    }
    step = case_begin(c, w, NULL, 0);
    if (step == CASE_ON) step = case_live(c, &how);
    if (step == CASE_ON) step = case_blocks(c, blocks);
    if (step != CASE_ON) return step;
    if (!killed) return case_stop(c, SIGTERM);
    case_kill(c);
    return CASE_ON;
}

enum hs_status drill_template(struct drill *d, const struct world *w, const char *name,
                              uint64_t blocks, const char *const *arguments, bool killed,
                              struct hs_error *err)
{
    struct drill_case c = {.drill = d, .may_lose = true};
    enum case_step step = CASE_OVER;
    enum hs_status st;

    (void)snprintf(c.place, sizeof c.place, "%s/%s", d->scratch, name);
    if (access(c.place, F_OK) == 0) return HS_OK; /* another row made it */
    if (mkdir(c.place, 0700) != 0) return hs_fail(err, HS_IO, "making %s", c.place);
    st = node_open(&c.node, err);
    if (st != HS_OK) return st;
    step = template_make(&c, w, blocks, arguments, killed);
    node_close(c.node);
    daemon_kill(&c.daemon);
    return step == CASE_ON ? HS_OK
                           : hs_fail(err, HS_UNAVAILABLE, "template %s: %s", name, c.result.words);
}
