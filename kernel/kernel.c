#include "kernel/kernel.h"

#include "kernel/bootstrap.h"
#include "kernel/crank.h"
#include "kernel/execution.h"
#include "kernel/invariants.h"
#include "kernel/kernel_core.h"
#include "kernel/kernel_start.h"
#include "kernel/metering.h"
#include "kernel/open_block.h"
#include "kernel/tables/timers.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- start --- */

enum hs_status kernel_start(const struct kernel_options *options, struct kernel **out,
                            struct kernel_start_report *report, struct hs_error *err)
{
    struct kernel_start_report unwanted;
    struct hs_error cause = {.status = HS_OK};
    struct kernel *k = calloc(1, sizeof *k);
    enum hs_status st;

    assert(options->base && options->engine);
    if (!k) return kernel_fail(err, HS_NOMEM);
    if (!report) report = &unwanted;
    *report = (struct kernel_start_report){0};
    k->options = *options;
    st = kv_layers_open(options->base, &k->layers, &cause);
    if (st == HS_OK) st = kv_hashed_init(&k->kv, k->layers, &cause);
    if (st == HS_OK) st = kernel_start_load(k, report, &cause);
    if (st != HS_OK) {
        kernel_close(k);
        return hs_fail(err, st, "%s", cause.text);
    }
    invariants_begin(k);
    *out = k;
    return HS_OK;
}

void kernel_close(struct kernel *k)
{
    if (!k) return;
    vat_table_fini(&k->vats);
    savepoints_fini(&k->savepoints);
    outputs_fini(&k->outputs);
    outputs_fini(&k->events);
    settlements_fini(&k->settled);
    buffer_fini(&k->casualty);
    buffer_fini(&k->exit_reason);
    ref_list_fini(&k->ended);
    ref_list_fini(&k->resolved);
    kv_hashed_fini(&k->kv);
    kv_layers_close(k->layers);
    free(k);
}

enum hs_status kernel_rehearse(const struct kernel_options *options, struct hs_error *err)
{
    struct kernel *k = NULL;
    bool idle = false;
    enum hs_status st = kernel_start(options, &k, NULL, err);

    if (st != HS_OK) return st;
    assert(!k->now.initialized);
    meter_begin(k);
    st = bootstrap_initialise(k, err);
    if (st == HS_OK) st = bootstrap_run(k, err);
    while (st == HS_OK && !idle) { /* on a chain, each of these is a message */
        st = bootstrap_check(k, err);
        meter_begin(k);
        if (st == HS_OK) st = crank_run_some(k, true, &idle, err);
    }
    if (st == HS_OK) st = bootstrap_check(k, err);
    kernel_close(k);
    return st;
}

/* --- messages --- */

/* A call that needs more than its caller allows is undone, heaps and all, and rejected unread. */
static enum hs_status kernel_execute(struct kernel *k, const struct message *m,
                                     struct kernel_outcome *out, struct hs_error *err)
{
    struct position before = k->now.at;
    bool stopped;
    enum hs_status st = execution_run(k, m, INBOUND_AS_IT_IS, out, err);

    stopped = st == HS_SPENT;
    if (stopped) {
        kv_layers_read_through(k->layers, NULL); /* what led here is ours, not the node's */
        st = kernel_back_to(k, &before, err);
        kernel_end_message(k);
        kv_layers_read_through(k->layers, k->through);
        if (st == HS_OK) st = execution_run(k, m, INBOUND_SPENT, out, err);
    }
    if (st == HS_OK) open_block_after_message(k, m, stopped);
    return st;
}

enum hs_status kernel_deliver(struct kernel *k, const struct message *m, struct kernel_outcome *out,
                              struct hs_error *err)
{
    enum hs_status st = kernel_check_ready(k, err);

    assert(m && out);
    *out = (struct kernel_outcome){0};
    if (st != HS_OK) return st;
    if (m->text.len > HS_MESSAGE_BYTES_MAX) {
        return hs_fail(err, HS_TOO_LARGE, "a message of %zu bytes; allowed are %d", m->text.len,
                       HS_MESSAGE_BYTES_MAX);
    }
    if (k->now.at.seqnum >= HS_UINT_MAX || m->height > HS_UINT_MAX || m->time > HS_UINT_MAX) {
        return hs_fail(err, HS_TOO_LARGE, "seqnum, height and time end at 2^53 - 1");
    }
    open_block_before_message(k);
    if (m->limited && !message_is_run(m)) st = open_block_before_limited(k, err);
    if (st == HS_OK) st = kernel_execute(k, m, out, err);
    return st;
}

void kernel_read_through(struct kernel *k, struct kv_store *through)
{
    kernel_end_message(k);
    k->through = through;
    kv_layers_read_through(k->layers, through);
    invariants_read_through(k, through != NULL);
}

/* --- facts --- */

struct position kernel_position(const struct kernel *k)
{
    return k->now.at;
}

uint64_t kernel_queued(const struct kernel *k)
{
    return k->now.queued;
}

enum hs_status kernel_run_is_due(struct kernel *k, uint64_t time, bool *due, struct hs_error *err)
{
    uint64_t wake = 0;
    bool found = false;
    enum hs_status st = timers_wake(&k->kv, &wake, &found, err);

    *due = k->now.queued > 0 || (found && wake <= time);
    return st;
}

uint64_t kernel_height(const struct kernel *k)
{
    return k->now.height;
}

struct position kernel_mark_position(const struct kernel *k)
{
    return k->mark.at;
}

struct kv_store *kernel_store(struct kernel *k)
{
    return kv_layers_store(k->layers);
}

size_t kernel_vats(struct kernel *k, struct kernel_vat_info *out, size_t max)
{
    size_t count = 0;

    for (size_t i = 0; i < k->vats.len; i++) {
        const struct vat_process *p = k->vats.items[i].process;
        struct kernel_vat_info *info;

        if (p->ended || !p->vat) continue;
        if (count++ >= max) continue;
        info = &out[count - 1];
        *info = (struct kernel_vat_info){.heap_bytes = vat_heap_bytes(p->vat),
                                         .deliveries = p->deliveries,
                                         .transcript_entries = p->transcript_len};
        (void)snprintf(info->name, sizeof info->name, "%s", p->name.name);
        memcpy(info->vat_id, p->name.id.text, strlen(p->name.id.text) + 1); /* vat_names checked */
    }
    return count;
}

enum hs_status kernel_vats_ended(struct kernel *k, struct buffer *out, struct hs_error *err)
{
    enum hs_status st = kv_store_get_text(kernel_store(k), "vats.ended", out, err);

    return st == HS_NOT_FOUND ? kernel_fail(err, buffer_append_text(out, "[]")) : st;
}

static enum hs_status heaps_add(struct sha256 *h, const struct vat_process *p, struct hs_error *err)
{
    char hex[SHA256_HEX_BYTES];
    enum hs_status st = vat_heap_sha256(p->vat, hex, err);

    if (st != HS_OK) return st;
    sha256_add(h, ref_slice(&p->name.id));
    sha256_add(h, slice_make("\n", 1));
    sha256_add(h, slice_text(hex));
    sha256_add(h, slice_make("\n", 1));
    return HS_OK;
}

enum hs_status kernel_heaps_sha256(struct kernel *k, char hex[SHA256_HEX_BYTES],
                                   struct hs_error *err)
{
    struct sha256 *h = NULL;
    enum hs_status st = sha256_open(&h, err);

    for (size_t i = 0; i < k->vats.len && st == HS_OK; i++) {
        if (!k->vats.items[i].process->ended && k->vats.items[i].process->vat) {
            st = heaps_add(h, k->vats.items[i].process, err);
        }
    }
    if (st == HS_OK) sha256_finish_hex(h, hex);
    sha256_close(h);
    return st;
}
