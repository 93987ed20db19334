/* Marks: store and heaps move between "now" and "the end of the last finished block" together, and
 * what lies between the last snapshot and the mark is lent out for the next one.
 *
 *          kernel_deliver            kernel_mark             kernel_snapshot_take
 *   now ◄──────────────────  block ────────────────►  mark ──────────────────────►  a worker
 *     └───────────── kernel_back_to_mark ─────────────┘  ▲                             │
 *                                                        └── kernel_snapshot_done ─────┘
 *
 * What lies between is savepoints.h's. A vat that has not run since the mark costs nothing in any
 * of these. */
#include "kernel/invariants.h"
#include "kernel/kernel.h"
#include "kernel/open_block.h"
#include "kernel/state/fault.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* --- marking --- */

static void mark_vat(struct vat_process *p)
{
    assert(!p->ended);
    p->replaced = NULL;
    if (!p->touched && !p->born && vat_savepoint_last(p->vat) == 0) return;
    vat_mark(p->vat);
    /* Loading a program changed much, and what its savepoints took is no measure of others. */
    if (p->born) vat_savepoints_spare_none(p->vat);
    p->transcript_len_marked = p->transcript_len;
    p->touched = false;
    p->born = false;
    p->unsaved = true;
}

/* Those that stood still are at it. */
static void mark_open(struct kernel *k)
{
    struct vat_process *p;

    while ((p = LIST_FIRST(&k->vats.open))) {
        mark_vat(p);
        vat_table_open_remove(p);
    }
}

/* Vats that ended stay ended now; those that a snapshot may know are noted. */
static enum hs_status mark_ended(struct kernel *k, struct hs_error *err)
{
    struct vat_process *next;
    enum hs_status st = HS_OK;

    for (struct vat_process *p = LIST_FIRST(&k->vats.open); p && st == HS_OK; p = next) {
        next = LIST_NEXT(p, among_open);
        if (!p->ended) continue;
        /* The image of one that was replaced is replaced with it, as a whole. */
        if (!p->born && !vat_table_find(&k->vats, &p->name.id)) {
            st = kernel_fail(err, ref_list_add(&k->ended, &p->name.id));
        }
        if (st == HS_OK) vat_table_remove(&k->vats, p);
    }
    return st;
}

enum hs_status kernel_mark(struct kernel *k, struct hs_error *err)
{
    struct hs_error cause = {.status = HS_OK};
    enum hs_status st = kernel_check_ready(k, err);

    if (st != HS_OK) return st;
    kernel_end_message(k);
    st = mark_ended(k, &cause);
    if (FAULT("kernel.mark") != FAULT_NONE) st = hs_fail(&cause, HS_NOMEM, "as a test wants it");
    if (st != HS_OK) {
        /* Some of the vats that ended are gone from the table and could not come back with the
         * store: nothing can be trusted to go back together any more. */
        k->failed = true;
        k->unmarked = true;
        (void)hs_fail(&k->failure, HS_KERNEL_FAILED, "marking failed half-way: %s", cause.text);
        return hs_fail(err, st, "%s", k->failure.text);
    }
    mark_open(k);
    kv_layers_mark(k->layers);
    open_block_forget(k);
    k->mark = k->now;
    invariants_after_mark(k);
    return HS_OK;
}

enum hs_status kernel_back_to_mark(struct kernel *k, struct hs_error *err)
{
    if (k->unmarked) return hs_fail(err, HS_KERNEL_FAILED, "%s", k->failure.text);
    open_block_return_to_mark(k);
    open_block_forget(k);
    invariants_after_mark(k);
    return HS_OK;
}

/* --- snapshots --- */

static struct vat_process *process_of_image(struct kernel *k, const struct heap_changes *heap)
{
    for (size_t i = 0; i < k->vats.len; i++) {
        struct vat_process *p = k->vats.items[i].process;

        if (!p->born && strcmp(p->name.id.text, heap->info.vat_id) == 0 &&
            (p->transcript_from == 0 || heap->info.transcript_entries > p->transcript_from)) {
            return p;
        }
    }
    return NULL;
}

/* Heap pages that were taken are changes again. */
static void heaps_give_back(struct kernel *k, const struct mark_changes *changes)
{
    for (size_t i = 0; i < changes->heaps_len; i++) {
        struct vat_process *p = process_of_image(k, &changes->heaps[i]);

        if (!p) continue; /* it ended meanwhile, or was replaced */
        vat_changes_give_back(p->vat, &changes->heaps[i]);
        p->unsaved = true;
    }
}

static enum hs_status take_heaps(struct kernel *k, struct mark_changes *out, struct hs_error *err)
{
    size_t unsaved = 0;
    enum hs_status st = HS_OK;

    for (size_t i = 0; i < k->vats.len; i++) {
        unsaved += k->vats.items[i].process->unsaved;
    }
    if (unsaved == 0) return HS_OK;
    out->heaps = calloc(unsaved, sizeof *out->heaps);
    if (!out->heaps) return kernel_fail(err, HS_NOMEM);
    for (size_t i = 0; i < k->vats.len && st == HS_OK; i++) {
        struct vat_process *p = k->vats.items[i].process;

        if (!p->unsaved) continue;
        st = vat_changes_take(p->vat, &out->heaps[out->heaps_len], err);
        if (st != HS_OK) break;
        out->heaps[out->heaps_len++].info.transcript_entries = p->transcript_len_marked;
        p->unsaved = false;
    }
    return st;
}

static enum hs_status take_ended(struct kernel *k, struct mark_changes *out, struct hs_error *err)
{
    if (k->ended.len == 0) return HS_OK;
    out->ended = calloc(k->ended.len, sizeof *out->ended);
    if (!out->ended) return kernel_fail(err, HS_NOMEM);
    for (; out->ended_len < k->ended.len; out->ended_len++) {
        const struct ref *id = &k->ended.items[out->ended_len];

        assert(strlen(id->text) < VAT_ID_BYTES_MAX);
        memcpy(out->ended[out->ended_len], id->text, strlen(id->text) + 1);
    }
    return HS_OK;
}

enum hs_status kernel_snapshot_take(struct kernel *k, bool with_heaps, struct mark_changes *out,
                                    struct hs_error *err)
{
    enum hs_status st;

    *out = (struct mark_changes){.at = k->mark.at, .height = k->mark.height};
    st = kv_layers_freeze(k->layers, &out->keys, err);
    if (st != HS_OK) return st;
    if (with_heaps) {
        st = take_heaps(k, out, err);
        if (st == HS_OK) st = take_ended(k, out, err);
    }
    if (st == HS_OK) {
        k->ended_taken = out->ended_len;
        k->take_out = true;
        return HS_OK;
    }
    heaps_give_back(k, out);
    kv_layers_thaw(k->layers, false);
    mark_changes_fini(out);
    return st;
}

void kernel_move_base(struct kernel *k, struct kv_store *base)
{
    assert(k->take_out);
    kv_layers_move_base(k->layers, base);
    k->options.base = base;
}

void kernel_snapshot_done(struct kernel *k, struct mark_changes *changes, bool written)
{
    assert(k->take_out && k->ended_taken <= k->ended.len);
    if (!written) {
        heaps_give_back(k, changes);
    } else if (k->ended_taken > 0) {
        k->ended.len -= k->ended_taken;
        memmove(k->ended.items, k->ended.items + k->ended_taken,
                k->ended.len * sizeof *k->ended.items);
    }
    kv_layers_thaw(k->layers, written);
    changes->keys = NULL;
    k->ended_taken = 0;
    k->take_out = false;
}
