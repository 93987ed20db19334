#include "kernel/kernel_core.h"

#include "kernel/tables/vat_record.h"

#include <assert.h>
#include <string.h>

enum hs_status kernel_check_ready(const struct kernel *k, struct hs_error *err)
{
    if (k->failed) return hs_fail(err, HS_KERNEL_FAILED, "%s", k->failure.text);
    if (!k->torn) return HS_OK;
    return hs_fail(err, HS_INVALID,
                   "a message failed half-way: the kernel must go back to its mark");
}

void kernel_end_message(struct kernel *k)
{
    if (!k->message_open) return;
    k->message_open = false;
    kv_layers_message_commit(k->layers);
}

enum hs_status kernel_say(struct kernel *k, struct outputs *to, struct slice json,
                          struct hs_error *err)
{
    assert(to == &k->outputs || to == &k->events);
    k->meter.answer_bytes += json.len + KV_WORK_CHANGE_BYTES;
    return outputs_add(to, json, err);
}

void kernel_stand(struct kernel *k, const struct standing *at)
{
    k->now = *at;
    memcpy(k->kv.activity, at->at.hash, sizeof k->kv.activity);
    k->kv.gc_pending = at->gc_pending;
    k->kv.cleanup_pending = at->cleanup_pending;
    k->kv.reap_pending = at->reap_pending;
}

void kernel_tell(const struct kernel *k, struct witnessed event)
{
    if (!k->options.witness) return;
    event.seqnum = k->now.at.seqnum + (event.outcome ? 0 : 1); /* with its outcome it counts */
    k->options.witness(k->options.witness_data, &event);
}

static void kernel_tell_console(void *data, const struct vat_process *p, struct slice request)
{
    kernel_tell(data,
                (struct witnessed){.kind = WITNESS_CONSOLE, .vat = &p->name, .text = request});
}

enum hs_status kernel_process(struct kernel *k, const struct ref *vat, struct vat_process **out,
                              struct hs_error *err)
{
    struct vat_name name;
    enum hs_status st;

    *out = vat_table_find(&k->vats, vat);
    if (*out) {
        vat_table_open_add(&k->vats, *out);
        return HS_OK;
    }
    st = vat_names_get(&k->kv, vat, &name, err);
    if (st == HS_OK) st = vat_table_add(&k->vats, &name, out, err);
    if (st != HS_OK) return st;
    kernel_tell(k, (struct witnessed){.kind = WITNESS_VAT, .vat = &name});
    vat_table_open_add(&k->vats, *out);
    (*out)->born = true;
    (*out)->born_after = k->savepoints.id_last;
    st = vat_record_count(&k->kv.store, vat, ".t.startPosition", &(*out)->transcript_from, err);
    if (st != HS_OK) return st;
    (*out)->transcript_len = (*out)->transcript_from;
    st = vat_process_open(*out, &k->kv.store, k->options.engine, k->now.rules.crank_ticks,
                          k->options.witness ? kernel_tell_console : NULL, k, err);
    if ((*out)->vat) k->meter.loading_steps = vat_steps((*out)->vat);
    return st;
}

enum hs_status kernel_process_replace(struct kernel *k, const struct ref *vat,
                                      struct vat_process **out, struct hs_error *err)
{
    struct vat_process *before = vat_table_find(&k->vats, vat);
    enum hs_status st;

    if (before) kernel_process_ended(k, before);
    st = kernel_process(k, vat, out, err);
    if (*out) (*out)->replaced = before;
    if (!*out && before) before->ended = false;
    return st;
}

void kernel_process_give_up(struct kernel *k, struct vat_process *p)
{
    assert(p->born);
    if (p->replaced) p->replaced->ended = false;
    vat_table_remove(&k->vats, p);
}

void kernel_process_ended(struct kernel *k, struct vat_process *p)
{
    vat_table_open_add(&k->vats, p);
    p->ended = true;
    p->ended_after = k->savepoints.id_last;
    k->someone_ended = true;
}
