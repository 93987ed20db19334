#include "kernel/open_block.h"
#include "kernel/metering.h"

#include <assert.h>

/* --- those who ended --- */

static bool savepoint_has(const struct savepoints *s, const struct vat_process *p)
{
    for (size_t i = 0; i < s->len; i++) {
        if (p->born_after < s->items[i].id && s->items[i].id <= p->ended_after) return true;
    }
    return false;
}

void open_block_release_ended(struct kernel *k)
{
    struct vat_process *next;

    if (!k->someone_ended) return;
    k->someone_ended = false;
    for (struct vat_process *p = LIST_FIRST(&k->vats.open); p; p = next) {
        next = LIST_NEXT(p, among_open);
        p->replaced = NULL; /* the upgrade is done */
        if (!p->ended || !p->born || savepoint_has(&k->savepoints, p)) continue;
        if (k->ran == p) k->ran = NULL;
        vat_table_remove(&k->vats, p);
    }
}

/* --- giving up --- */

/* All of them: store and heaps are as they are, and lead back to the mark alone. */
static void open_block_end(struct kernel *k)
{
    struct vat_process *p;

    LIST_FOREACH(p, &k->vats.open, among_open)
    {
        if (!p->vat || vat_savepoint_last(p->vat) == 0) continue;
        vat_savepoints_end(p->vat);
        p->touched = true;
    }
    kv_layers_savepoints_end(k->layers);
    if (k->savepoints.len > 0) k->someone_ended = true; /* maybe nobody goes back to them now */
    k->savepoints.len = 0;
}

static void open_block_give_up(struct kernel *k, size_t i)
{
    struct savepoints *s = &k->savepoints;
    struct vat_process *p;

    assert(i + 1 < s->len); /* the newest is what heaps and store are compared with */
    LIST_FOREACH(p, &k->vats.open, among_open)
    {
        if (p->vat) vat_savepoint_give_up(p->vat, s->items[i].id, s->items[i + 1].id);
    }
    kv_layers_savepoint_give_up(k->layers, i);
    savepoints_remove(s, i);
    k->someone_ended = true;
    open_block_release_ended(k);
}

uint64_t open_block_savepoint_bytes(const struct kernel *k)
{
    uint64_t bytes = kv_layers_savepoint_bytes(k->layers);
    const struct vat_process *p;

    LIST_FOREACH(p, &k->vats.open, among_open)
    {
        if (!p->vat) continue;
        if (!p->ended) {
            bytes += vat_savepoint_bytes(p->vat);
        } else if (p->born) {
            bytes += vat_memory_bytes(p->vat); /* for the savepoints' sake alone */
        }
    }
    return bytes;
}

static uint64_t open_block_heap_bytes(const struct kernel *k)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < k->vats.len; i++) {
        const struct vat_process *p = k->vats.items[i].process;

        if (p->vat && !p->ended) bytes += vat_heap_bytes(p->vat);
    }
    return bytes;
}

/* All heaps are counted only where they decide. */
static bool open_block_over(const struct kernel *k)
{
    uint64_t bytes = open_block_savepoint_bytes(k);

    if (k->savepoints.len > HS_SAVEPOINTS_MAX) return true;
    return bytes > HS_SAVEPOINT_BYTES_MIN &&
           bytes - HS_SAVEPOINT_BYTES_MIN > open_block_heap_bytes(k);
}

static void open_block_thin(struct kernel *k)
{
    while (k->savepoints.len > 1 && open_block_over(k)) {
        open_block_give_up(k, savepoints_least(&k->savepoints));
    }
    if (!open_block_over(k)) return;
    open_block_end(k); /* a single one too large: the next is tried after some more work */
}

void open_block_forget(struct kernel *k)
{
    open_block_end(k);
    inputs_clear(&k->savepoints.inputs);
    k->savepoints.work = 0;
    k->savepoints.work_tried = 0;
}

bool open_block_savepoints_whole(const struct kernel *k)
{
    return kv_layers_savepoints(k->layers) == k->savepoints.len;
}

/* --- making one --- */

static enum hs_status open_block_keep(struct kernel *k, struct hs_error *err)
{
    struct savepoints *s = &k->savepoints;
    struct vat_process *p;
    enum hs_status st = savepoints_reserve(s, err);

    if (st == HS_OK) st = kv_layers_savepoint(k->layers, err);
    if (st != HS_OK) return st;
    savepoints_add(s, &k->now);
    LIST_FOREACH(p, &k->vats.open, among_open)
    {
        if (!p->touched || p->ended || !p->vat) continue;
        st = vat_savepoint(p->vat, s->id_last, p->transcript_len, err);
        if (st != HS_OK) break;
        p->touched = false;
    }
    return st;
}

/* Where the newest savepoint lies, or else the mark. */
static const struct position *open_block_newest(const struct kernel *k)
{
    const struct savepoints *s = &k->savepoints;

    return s->len > 0 ? &s->items[s->len - 1].at.at : &k->mark.at;
}

/* Is enough done since the newest? Then the way back to here is to begin here. */
static void open_block_keep_if_due(struct kernel *k)
{
    if (!savepoints_due(&k->savepoints)) return;
    if (position_equal(open_block_newest(k), &k->now.at)) return;
    k->savepoints.work_tried = k->savepoints.work;
    if (open_block_keep(k, NULL) == HS_OK) {
        open_block_thin(k);
    } else {
        open_block_end(k); /* there is no memory: those that there are give some back */
    }
}

void open_block_before_message(struct kernel *k)
{
    kernel_end_message(k);
    if (!open_block_savepoints_whole(k)) open_block_end(k);
    if (k->savepoints.kept) open_block_keep_if_due(k);
}

/* Also without savepoints: a call that its caller's limit stops is undone either way. */
void open_block_after_message(struct kernel *k, const struct message *m, bool stopped)
{
    struct savepoints *s = &k->savepoints;

    inputs_add(&s->inputs, m, stopped, &k->now.at);
    savepoints_worked(s, meter_ticks(k));
}

/* Where the way back to where the kernel stands would begin. */
static bool open_block_leads_back(const struct kernel *k)
{
    uint64_t from = open_block_newest(k)->seqnum;

    return inputs_span(&k->savepoints.inputs, from, k->now.at.seqnum);
}

enum hs_status open_block_before_limited(struct kernel *k, struct hs_error *err)
{
    enum hs_status st;

    if (!k->savepoints.kept) open_block_keep_if_due(k);
    if (open_block_leads_back(k)) return HS_OK;
    st = open_block_keep(k, err);
    if (st != HS_OK) open_block_end(k);
    return st;
}

/* Is there a savepoint where the kernel stands? */
static bool open_block_savepoint_here(const struct kernel *k)
{
    const struct savepoints *s = &k->savepoints;

    return s->len > 0 && position_equal(&s->items[s->len - 1].at.at, &k->now.at);
}

enum hs_status open_block_before_undo(struct kernel *k, struct hs_error *err)
{
    enum hs_status st;

    kernel_end_message(k);
    if (!open_block_savepoints_whole(k)) open_block_end(k);
    if (open_block_savepoint_here(k)) return HS_OK;
    st = open_block_keep(k, err);
    if (st != HS_OK) {
        open_block_end(k);
        return st;
    }
    open_block_thin(k);
    if (open_block_savepoint_here(k)) return HS_OK;
    return hs_fail(err, HS_TOO_LARGE, "too much changed in the open block to be kept twice");
}

/* --- going back --- */

static void standing_return(struct kernel *k, const struct standing *to)
{
    kernel_stand(k, to);
    k->message_open = false;
    k->torn = false;
    k->failed = false; /* what a message that panicked did is gone with it */
}

static void vat_return_to_mark(struct vat_process *p)
{
    if (p->touched || vat_savepoint_last(p->vat) != 0) vat_back_to_mark(p->vat);
    p->transcript_len = p->transcript_len_marked;
    p->touched = false;
    p->ended = false;
    vat_table_open_remove(p);
}

void open_block_return_to_mark(struct kernel *k)
{
    struct vat_process *p;

    kv_layers_back_to_mark(k->layers);
    while ((p = LIST_FIRST(&k->vats.open))) {
        if (p->born) {
            vat_table_remove(&k->vats, p);
        } else {
            vat_return_to_mark(p);
        }
    }
    k->savepoints.len = 0;
    k->savepoints.work = 0;
    k->savepoints.work_tried = 0;
    standing_return(k, &k->mark);
}

static void vat_return_to(struct vat_process *p, uint64_t id)
{
    if (p->ended && p->ended_after >= id) p->ended = false;
    if (p->ended || (!p->touched && vat_savepoint_last(p->vat) <= id)) return;
    p->transcript_len = p->transcript_len_marked;
    (void)vat_back_to(p->vat, id, &p->transcript_len);
    p->touched = false;
}

void open_block_return_to(struct kernel *k, size_t i)
{
    struct savepoints *s = &k->savepoints;
    uint64_t id = s->items[i].id;
    struct vat_process *next;

    kv_layers_back_to(k->layers, i);
    for (struct vat_process *p = LIST_FIRST(&k->vats.open); p; p = next) {
        next = LIST_NEXT(p, among_open);
        if (p->born && p->born_after >= id) {
            vat_table_remove(&k->vats, p);
        } else {
            vat_return_to(p, id);
        }
    }
    s->len = i + 1;
    s->work = s->work_tried = s->items[i].work;
    standing_return(k, &s->items[i].at);
}

void open_block_undo(struct kernel *k)
{
    assert(k->savepoints.len > 0);
    open_block_return_to(k, k->savepoints.len - 1);
}
