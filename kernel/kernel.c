#include "kernel/kernel.h"

#include "kernel/answer.h"
#include "kernel/bootstrap.h"
#include "kernel/crank.h"
#include "kernel/history.h"
#include "kernel/inbound.h"
#include "kernel/kernel_private.h"
#include "kernel/kernel_start.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- start ---- */

/* Is there a state vector? A store without one must be empty: anything else is no kernel's. */
static enum hs_status start_check_base(struct kernel *k, bool *empty, struct hs_error *err)
{
    struct buffer key = {0};
    bool found;
    enum hs_status st = keeper_has(&k->keeper, slice_text("vat.nextID"), &found, err);

    *empty = st == HS_OK && !found;
    if (st != HS_OK || found) return st;
    st = kv_store_next(k->options.base, slice_make(NULL, 0), &key, NULL, err);
    if (st == HS_OK) {
        st = hs_fail(err, HS_CORRUPT, "the store is not empty, and holds no kernel state");
    }
    buffer_fini(&key);
    if (st != HS_NOT_FOUND) return st;
    if (k->options.config) return HS_OK;
    return hs_fail(err, HS_INVALID, "the store is empty and there is no kernel configuration");
}

static enum hs_status start_read_position(struct kernel *k, struct hs_error *err)
{
    struct slice hash;
    uint64_t seqnum = 0;
    bool found;
    enum hs_status st = keeper_has(&k->keeper, slice_text("kernel.seqnum"), &found, err);

    if (st == HS_OK && found) {
        st = keeper_read_uint(&k->keeper, slice_text("kernel.seqnum"), &seqnum, err);
    }
    if (st == HS_OK) st = keeper_find(&k->keeper, slice_text("kernel.hash"), &hash, &found, err);
    if (st != HS_OK) return st;
    if (!found) hash = slice_make(NULL, 0);
    st = position_make(seqnum, hash, &k->now.at, err);
    if (st == HS_OK) memcpy(k->keeper.activity, k->now.at.hash, sizeof k->keeper.activity);
    return st == HS_INVALID ? hs_fail(err, HS_CORRUPT, "the store holds no valid position") : st;
}

static enum hs_status start_read_standing(struct kernel *k, struct hs_error *err)
{
    bool found;
    enum hs_status st = start_read_position(k, err);

    if (st == HS_OK) {
        st = keeper_has(&k->keeper, slice_text("initialized"), &k->now.initialized, err);
    }
    if (st == HS_OK) st = keeper_has(&k->keeper, slice_text("kernel.height"), &found, err);
    if (st == HS_OK && found) {
        st = keeper_read_uint(&k->keeper, slice_text("kernel.height"), &k->now.height, err);
    }
    if (st != HS_OK || k->now.initialized || k->now.at.seqnum == 0) return st;
    return hs_fail(err, HS_CORRUPT, "the store has a position and was never initialized");
}

static enum hs_status start_load(struct kernel *k, struct kernel_start_report *report,
                                 struct hs_error *err)
{
    bool empty;
    enum hs_status st = start_check_base(k, &empty, err);

    if (st == HS_OK) st = start_read_standing(k, err);
    if (st == HS_OK && !empty) st = kernel_start_vats(k, report, err);
    k->mark = k->now;
    /* What the store says about itself may be damaged; nothing is broken in the kernel. */
    return st == HS_KERNEL_FAILED ? hs_fail_prefix(err, HS_CORRUPT, "starting") : st;
}

enum hs_status kernel_start(const struct kernel_options *options, struct kernel **out,
                            struct kernel_start_report *report, struct hs_error *err)
{
    struct kernel_start_report unwanted;
    struct hs_error cause = {HS_OK, ""};
    struct kernel *k = calloc(1, sizeof *k);
    enum hs_status st;

    assert(options->base && options->engine);
    if (!k) return keeper_fail(err, HS_NOMEM);
    if (!report) report = &unwanted;
    *report = (struct kernel_start_report){0};
    k->options = *options;
    if (options->vat_limits.heap_bytes_max == 0) k->options.vat_limits = vat_limits_default();
    st = kv_layers_open(options->base, &k->layers, &cause);
    if (st == HS_OK) st = keeper_init(&k->keeper, k->layers, &cause);
    if (st == HS_OK) st = start_load(k, report, &cause);
    if (st != HS_OK) {
        kernel_close(k);
        return hs_fail(err, st, "%s", cause.text);
    }
    *out = k;
    return HS_OK;
}

void kernel_close(struct kernel *k)
{
    if (!k) return;
    vat_table_fini(&k->vats);
    outputs_fini(&k->outputs);
    buffer_fini(&k->casualty);
    ref_list_fini(&k->ended);
    keeper_fini(&k->keeper);
    kv_layers_close(k->layers);
    free(k);
}

/* ---- vats ---- */

static enum hs_status kernel_vat_name(struct kernel *k, const struct ref *id, struct vat_name *out,
                                      struct hs_error *err)
{
    struct vat_name *names = NULL;
    size_t len = 0, i = 0;
    enum hs_status st = vat_names_all(&k->keeper, &names, &len, err);

    if (st != HS_OK) return st;
    while (i < len && !ref_equal(&names[i].id, id)) {
        i++;
    }
    if (i < len) {
        *out = names[i];
    } else {
        st = hs_fail(err, HS_KERNEL_FAILED, "kernel store: %s is in no list of vats", id->text);
    }
    free(names);
    return st;
}

enum hs_status kernel_process(struct kernel *k, const struct ref *vat, struct vat_process **out,
                              struct hs_error *err)
{
    struct vat_name name;
    enum hs_status st;

    *out = vat_table_find(&k->vats, vat);
    if (*out) return HS_OK;
    st = kernel_vat_name(k, vat, &name, err);
    if (st == HS_OK) st = vat_table_add(&k->vats, &name, out, err);
    if (st != HS_OK) return st;
    (*out)->born = true;
    return vat_process_open(*out, &k->keeper.kv, k->options.engine, k->options.vat_limits, err);
}

/* ---- messages ---- */

enum hs_status kernel_check_ready(const struct kernel *k, struct hs_error *err)
{
    if (k->failed) return hs_fail(err, HS_KERNEL_FAILED, "%s", k->failure.text);
    if (!k->torn) return HS_OK;
    return hs_fail(err, HS_INVALID,
                   "a message failed half-way: the kernel must go back to its mark");
}

void kernel_end_message(struct kernel *k)
{
    if (k->message_open) kv_layers_message_commit(k->layers);
    k->message_open = false;
}

static enum hs_status deliver_call(struct kernel *k, const struct message *m,
                                   struct kernel_outcome *out, struct hs_error *err)
{
    struct ref result;
    enum hs_status st = inbound_take(k, m->text, &result, &out->value, err);

    if (st != HS_OK) return st;
    if (result.text[0] == '\0') {
        out->status = MESSAGE_REJECTED;
        return HS_OK;
    }
    st = crank_run_all(k, err);
    return st == HS_OK ? answer_take(k, &result, &out->status, &out->value, err) : st;
}

static enum hs_status deliver_run(struct kernel *k, const struct message *m,
                                  struct kernel_outcome *out, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    if (!k->now.initialized) {
        st = bootstrap_run(k, err);
        if (st != HS_OK) return st;
        k->now.initialized = true;
    }
    st = history_advance(k, m->height, err);
    if (st == HS_OK) st = deliver_call(k, m, out, err);
    if (st != HS_OK) return st;
    return keeper_write_text(&k->keeper, slice_text("kernel.hash"), k->keeper.activity, err);
}

/* The whole message applies. The message layer is merged down with the next call. */
static void deliver_finish(struct kernel *k, struct kernel_outcome *out)
{
    k->now.at.seqnum++;
    memcpy(k->now.at.hash, k->keeper.activity, sizeof k->now.at.hash);
    k->message_open = true;
    out->after = k->now.at;
    out->outputs = k->outputs.items;
    out->outputs_len = k->outputs.len;
    out->writes = kv_layers_message_changes(k->layers);
    out->cranks = k->cranks;
    k->outputs = (struct outputs){0};
}

/* Nothing of the message applies, but heaps may have run. */
static void deliver_undo(struct kernel *k, const struct standing *before, enum hs_status st,
                         const struct hs_error *cause)
{
    kv_layers_message_abort(k->layers);
    outputs_cut(&k->outputs, 0);
    k->now = *before;
    memcpy(k->keeper.activity, before->at.hash, sizeof k->keeper.activity);
    k->keeper.gc_pending = false;
    k->keeper.cleanup_pending = false;
    k->torn = true;
    if (st != HS_KERNEL_FAILED) return;
    k->failed = true;
    k->failure = *cause;
}

enum hs_status kernel_deliver(struct kernel *k, const struct message *m, struct kernel_outcome *out,
                              struct hs_error *err)
{
    struct hs_error cause = {HS_OK, ""};
    struct standing before = k->now;
    enum hs_status st = kernel_check_ready(k, err);

    assert(m && out);
    *out = (struct kernel_outcome){0};
    if (st != HS_OK) return st;
    if (m->text.len > HS_MESSAGE_BYTES_MAX) {
        return hs_fail(err, HS_TOO_LARGE, "a message of %zu bytes; allowed are %d", m->text.len,
                       HS_MESSAGE_BYTES_MAX);
    }
    if (k->now.at.seqnum >= HS_UINT_MAX || m->height > HS_UINT_MAX) {
        return hs_fail(err, HS_TOO_LARGE, "message numbers end at 2^53 - 1");
    }
    kernel_end_message(k);
    k->cranks = 0;
    k->deliveries = 0;
    buffer_clear(&k->casualty);
    st = deliver_run(k, m, out, &cause);
    if (st == HS_OK) {
        deliver_finish(k, out);
        return HS_OK;
    }
    deliver_undo(k, &before, st, &cause);
    kernel_outcome_fini(out);
    return hs_fail(err, st, "%s", cause.text);
}

void kernel_outcome_fini(struct kernel_outcome *o)
{
    buffer_fini(&o->value);
    for (size_t i = 0; i < o->outputs_len; i++) {
        buffer_fini(&o->outputs[i]);
    }
    free(o->outputs);
    *o = (struct kernel_outcome){0};
}

void kernel_read_through(struct kernel *k, struct kv_store *through)
{
    kernel_end_message(k);
    kv_layers_read_through(k->layers, through);
}

/* ---- facts ---- */

struct position kernel_position(const struct kernel *k)
{
    return k->now.at;
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
        const struct vat_process *p = k->vats.items[i];
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
        if (!k->vats.items[i]->ended && k->vats.items[i]->vat) {
            st = heaps_add(h, k->vats.items[i], err);
        }
    }
    if (st == HS_OK) sha256_finish_hex(h, hex);
    sha256_close(h);
    return st;
}
