#include "sidecar/decide/restart_plan.h"

#include "kernel/state/limits.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A kernel that waits for the node, and what was done to have it. */
struct plan_kernel {
    struct entry_facts facts;
    uint64_t from_seqnum;
    struct plan_work work;
};

/* A node that stands there, or somewhere that we cannot know. */
struct plan_node {
    bool known;
    struct position at;
};

struct position plan_position(uint64_t seqnum)
{
    struct position p = position_origin();

    p.seqnum = seqnum;
    if (seqnum > 0) (void)snprintf(p.hash, sizeof p.hash, "%064" PRIx64, seqnum);
    return p;
}

static void work_add(struct plan_work *to, const struct plan_work *more)
{
    for (size_t i = 0; i < RATE_KIND_COUNT; i++) {
        to->of[i] += more->of[i];
    }
    to->more |= more->more;
}

static struct entry_witness witness_at(const struct entry_facts *f, const struct position *at)
{
    struct entry_witness w = {0};

    if (f->log_first == 0 || at->seqnum < f->log_first || at->seqnum > f->log_last) return w;
    w.held = true;
    w.at = *at;
    return w;
}

static struct entry_decision decide(const struct entry_facts *facts, const struct position *real)
{
    struct entry_facts f = *facts;

    f.real = *real;
    f.log_real = witness_at(&f, real);
    return entry_check(&f);
}

/* As attach.c does: only when nothing else leads there is the node asked for its history. */
static struct entry_decision decide_asking(const struct plan_facts *f,
                                           const struct entry_facts *facts,
                                           const struct position *real)
{
    struct entry_decision d = decide(facts, real);
    struct entry_facts asked = *facts;
    struct entry_snapshot proven;
    size_t i = 0;

    if (d.path != ENTRY_FULL_REPLAY || !f->has_images) return d;
    while (i < facts->snapshots_len && facts->snapshots[i].at.seqnum >= real->seqnum) {
        i++;
    }
    if (i == facts->snapshots_len) return d;
    proven = facts->snapshots[i];
    proven.on_real_history = true;
    asked.snapshots = &proven;
    asked.snapshots_len = 1;
    return decide(&asked, real);
}

static struct position floor_of(const struct plan_facts *f)
{
    struct position floor = f->floor;

    /* A snapshot is made at the end of a block that the node has finished. */
    if (f->entry.snapshots_len > 0 && f->entry.snapshots[0].at.seqnum > floor.seqnum) {
        floor = f->entry.snapshots[0].at;
    }
    return floor;
}

/* What preload.c does: the newest snapshot, and forward through the log if it goes on from there,
 * which is what the entry check says of a node at the log's end. */
static struct plan_kernel preload(const struct plan_facts *f)
{
    struct plan_kernel k = {.facts = f->entry};
    struct entry_facts *e = &k.facts;
    struct position floor = floor_of(f);

    if (e->kernel_usable) {
        k.from_seqnum = e->ours.seqnum;
        return k;
    }
    e->kernel_usable = true;
    e->ours = position_origin();
    e->log_ours = (struct entry_witness){0};
    if (e->snapshots_len > 0) {
        e->ours = e->snapshots[0].at;
        e->log_ours = e->snapshots[0].log;
        k.work = f->load;
    }
    e->mark = e->ours;
    e->log_mark = e->log_ours;
    k.from_seqnum = e->ours.seqnum;
    if (e->log_last <= e->ours.seqnum || decide(e, &f->log_end).path != ENTRY_CATCH_UP) return k;
    k.work.of[RATE_MESSAGES] += e->log_last - e->ours.seqnum;
    if (floor.seqnum > e->mark.seqnum) {
        e->mark = floor;
        e->log_mark = witness_at(e, &floor);
    }
    e->ours = f->log_end;
    e->log_ours = witness_at(e, &f->log_end);
    return k;
}

/* Behind everything that is kept: no witness, and no history that we know. */
static struct plan_node somewhere(const struct plan_facts *f, const struct plan_kernel *k)
{
    struct plan_node n = {.known = false};
    uint64_t last = k->facts.ours.seqnum;

    if (f->entry.log_last > last) last = f->entry.log_last;
    n.at.seqnum = last < HS_UINT_MAX ? last + 1 : last;
    memset(n.at.hash, 'f', sizeof n.at.hash - 1);
    n.at.hash[sizeof n.at.hash - 1] = '\0';
    return n;
}

/* Everything that was executed, as far as we know. */
static struct plan_node node_at_best(const struct plan_facts *f, const struct plan_kernel *k)
{
    if (f->entry.kernel_usable) return (struct plan_node){.known = true, .at = f->entry.ours};
    if (f->log_damaged) return somewhere(f, k);
    if (f->entry.log_last > k->facts.ours.seqnum) {
        return (struct plan_node){.known = true, .at = f->log_end};
    }
    return (struct plan_node){.known = true, .at = k->facts.ours};
}

static struct plan_node node_at_worst(const struct plan_facts *f, const struct plan_kernel *k)
{
    bool snapshot_is_last =
        f->entry.snapshots_len > 0 && f->entry.snapshots[0].at.seqnum > f->entry.log_last;

    if (f->log_damaged) return somewhere(f, k);
    /* A kernel in step with the node: everything it executed was the node's. */
    if (f->entry.kernel_usable && f->entry.ours.seqnum > 0) {
        return (struct plan_node){.known = true, .at = floor_of(f)};
    }
    if (f->entry.log_last == 0 || snapshot_is_last) return somewhere(f, k);
    /* What does not lead there does not make a floor below it useful either. */
    if (k->facts.ours.seqnum < f->entry.log_last) return node_at_best(f, k);
    return (struct plan_node){.known = true, .at = floor_of(f)};
}

static struct plan_case case_of(const struct plan_facts *f, const struct plan_kernel *k,
                                const struct plan_node *node)
{
    struct plan_case c = {
        .decision = decide_asking(f, &k->facts, &node->at),
        .to_known = node->known,
        .from_seqnum = k->from_seqnum,
        .to_seqnum = node->at.seqnum,
        .work = k->work,
    };

    if (c.decision.path == ENTRY_FULL_REPLAY) {
        work_add(&c.work, &f->rebuild);
        return c;
    }
    if (c.decision.path == ENTRY_TAIL) {
        work_add(&c.work, &f->load);
        c.work.of[RATE_STORE_ENTRIES] += f->rebuild.of[RATE_STORE_ENTRIES];
        c.work.more = true; /* the transcripts since then */
        return c;
    }
    if (c.decision.base == ENTRY_BASE_SNAPSHOT) work_add(&c.work, &f->load);
    if (c.decision.base != ENTRY_BASE_NOTHING && c.decision.base_at.seqnum < node->at.seqnum) {
        c.work.of[RATE_MESSAGES] += node->at.seqnum - c.decision.base_at.seqnum;
    }
    if (f->entry.kernel_usable) c.from_seqnum = c.decision.base_at.seqnum;
    return c;
}

struct restart_plan restart_plan_make(const struct plan_facts *facts)
{
    struct plan_kernel kernel = preload(facts);
    struct plan_node best = node_at_best(facts, &kernel), worst = node_at_worst(facts, &kernel);

    assert(kernel.facts.kernel_usable);
    return (struct restart_plan){.best = case_of(facts, &kernel, &best),
                                 .worst = case_of(facts, &kernel, &worst)};
}

bool plan_work_estimate(const struct plan_work *work, const struct rates *rates, double *ms)
{
    bool whole = !work->more;

    *ms = 0;
    for (size_t i = 0; i < RATE_KIND_COUNT; i++) {
        double per_s = rates_per_s(rates, (enum rate_kind)i);

        if (work->of[i] == 0) continue;
        if (per_s > 0) {
            *ms += (double)work->of[i] * 1000.0 / per_s;
        } else {
            whole = false;
        }
    }
    return whole;
}
