#include "kernel/vat_admin.h"

#include "kernel/deliveries.h"
#include "kernel/state/decimal.h"
#include "kernel/state/utf8.h"
#include "kernel/tables/clist.h"
#include "kernel/tables/disconnection.h"
#include "kernel/tables/meters.h"
#include "kernel/tables/reaping.h"
#include "kernel/tables/transcript.h"
#include "kernel/vat_end.h"
#include "kernel/vat_engines.h"
#include "kernel/vat_handler.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VAT_ADMIN_REASON_BYTES = 400 };

static enum hs_status vat_admin_details(const struct event *e, struct vat_details *out,
                                        struct hs_error *err)
{
    if (vat_details_parse(e->details, out)) return HS_OK;
    vat_details_fini(out);
    *out = (struct vat_details){.upgrade = 0};
    return hs_fail(err, HS_KERNEL_FAILED, "an event for %s has no such details", e->target.text);
}

/* --- bounds --- */

/* How many vats there are, and what they may take together, those of `but` not counted. */
static enum hs_status vats_sum(struct kernel *k, const struct ref *but, size_t *count,
                               uint64_t *memory, struct hs_error *err)
{
    struct vat_name *names = NULL;
    struct vat_options options;
    enum hs_status st = vat_names_all(&k->kv, &names, count, err);

    *memory = 0;
    for (size_t i = 0; st == HS_OK && i < *count; i++) {
        if (but && ref_equal(&names[i].id, but)) continue;
        st = vat_options_read(&k->kv.store, &names[i].id, &options, err);
        *memory += options.memory;
    }
    k->kv.work.next_keys += *count; /* who asks pays for the looking */
    free(names);
    return st;
}

enum hs_status vat_admin_check_memory(struct kernel *k, uint64_t more, const struct ref *but,
                                      struct hs_error *err)
{
    const uint64_t most = k->now.rules.memory_sum;
    uint64_t memory;
    size_t count;
    enum hs_status st = vats_sum(k, but, &count, &memory, err);

    if (st != HS_OK) return st;
    if (!but && count >= HS_VAT_COUNT_MAX) {
        return hs_fail(err, HS_VAT_FAILED, "there are %d vats, the most that there may be",
                       HS_VAT_COUNT_MAX);
    }
    if (memory <= most && more <= most - memory) return HS_OK;
    return hs_fail(err, HS_VAT_FAILED,
                   "no room for %" PRIu64 " bytes of memory: all vats together may have %" PRIu64,
                   more, most);
}

static enum hs_status program_check(struct kernel *k, const struct vat_program *program,
                                    struct hs_error *err)
{
    bool there = true;
    enum hs_status st = HS_OK;

    if (program->bundle.hex[0] != '\0') st = bundle_has(&k->kv, &program->bundle, &there, err);
    if (st != HS_OK || there) return st;
    return hs_fail(err, HS_VAT_FAILED, "there is no bundle %s", program->bundle.hex);
}

/* It may have ended since it was asked for. */
static enum hs_status meter_take(struct kernel *k, const struct ref *meter, struct hs_error *err)
{
    struct vat_meter m;
    bool found, ended = false;
    enum hs_status st;

    if (meter->text[0] == '\0') return HS_OK;
    st = meter_read(&k->kv, meter, &m, &found, err);
    if (st == HS_OK && found) st = meter_has_ended(&k->kv, meter, &ended, err);
    if (st != HS_OK) return st;
    if (found && !ended) return meter_hold(&k->kv, meter, err);
    return hs_fail(err, HS_VAT_FAILED, "its meter has ended");
}

/* --- creation --- */

static enum hs_status create_record(struct kernel *k, const struct ref *vat,
                                    const struct vat_details *d, struct hs_error *err)
{
    static const char no_parameters[] = "{\"body\":\"#{}\",\"slots\":[]}";
    struct kv_store *kv = &k->kv.store;
    struct key key;
    enum hs_status st = vat_record_write(kv, vat, &d->program, &d->options, &k->now.rules, err);

    if (st == HS_OK) { /* its own come with startVat: they may hold references */
        st = kv_store_set(kv, key_of(&key, vat->text, ".vatParameters", ""),
                          slice_text(no_parameters), err);
    }
    if (st == HS_OK) {
        st = kv_store_set(kv, key_of(&key, vat->text, ".admin", ""), ref_slice(&d->admin), err);
    }
    return st == HS_OK ? name_list_add(kv, "vat.dynamicIDs", ref_slice(vat), err) : st;
}

static enum hs_status vat_admin_create(struct kernel *k, const struct event *e,
                                       const struct vat_details *d, struct hs_error *err)
{
    static const struct ref root_vref = {"o+0"};
    struct ref root;
    enum hs_status st = vat_admin_check_memory(k, d->options.memory, NULL, err);

    if (st == HS_OK) st = program_check(k, &d->program, err);
    if (st == HS_OK) st = meter_take(k, &d->options.meter, err);
    if (st == HS_OK) st = create_record(k, &e->target, d, err);
    if (st == HS_OK) st = deliver_start_vat(k, e, err);
    if (st == HS_OK) st = clist_to_kernel(&k->kv, &e->target, &root_vref, &root, err);
    return st == HS_OK ? vat_handler_created(&k->kv, &d->admin, &e->target, &root, err) : st;
}

/* --- upgrade --- */

/* The vat is there, and has not ended. */
static enum hs_status vat_admin_alive(struct kernel *k, const struct ref *vat, bool *alive,
                                      struct hs_error *err)
{
    struct key key;
    bool ended = false;
    enum hs_status st = kv_hashed_has(&k->kv, key_of(&key, vat->text, ".options", ""), alive, err);

    if (st == HS_OK && *alive) st = vat_names_ended(&k->kv, vat, &ended, err);
    *alive = *alive && !ended;
    return st;
}

/* {"incarnationNumber":N,"name":"vatUpgraded","upgradeMessage":…}, as SwingSet rejects. */
static enum hs_status upgrade_reason(struct buffer *out, uint64_t incarnation, struct slice message)
{
    struct json_printer j = json_printer_on(out);

    printer_text(&j.text, "#");
    json_print_open(&j, '{');
    json_print_key(&j, "incarnationNumber");
    json_print_uint(&j, incarnation);
    json_print_key(&j, "name");
    json_print_word(&j, "vatUpgraded");
    json_print_key(&j, "upgradeMessage");
    capdata_print_string(&j, message);
    json_print_close(&j, '}');
    return json_print_end(&j);
}

static enum hs_status upgrade_disconnect(struct kernel *k, const struct ref *vat,
                                         uint64_t incarnation, struct slice message,
                                         struct hs_error *err)
{
    struct buffer reason = {0};
    enum hs_status st = kernel_fail(err, upgrade_reason(&reason, incarnation, message));

    if (st == HS_OK) st = disconnection_of_vat(&k->kv, vat, buffer_slice(&reason), err);
    buffer_fini(&reason);
    return st;
}

/* The record of the next incarnation, whose transcript begins here. */
static enum hs_status upgrade_record(struct kernel *k, const struct ref *vat,
                                     const struct vat_details *d, uint64_t incarnation,
                                     struct hs_error *err)
{
    struct key key;
    uint64_t at = 0;
    bool other = !vat_program_is_own(&d->program);
    enum hs_status st = transcript_len(&k->kv.store, vat, &at, err);

    if (st == HS_OK && other) {
        st = kv_hashed_delete(&k->kv, key_of(&key, vat->text, ".bundle", ""), err);
    }
    if (st == HS_OK && other) {
        st = kv_hashed_delete(&k->kv, key_of(&key, vat->text, ".source", ""), err);
    }
    if (st == HS_OK) st = vat_record_set_program(&k->kv.store, vat, &d->program, err);
    if (st == HS_OK) st = reap_dirt_begin(&k->kv.store, vat, &k->now.rules, err);
    if (st == HS_OK) {
        st = kv_hashed_write_uint(&k->kv, key_of(&key, vat->text, ".t.startPosition", ""), at, err);
    }
    if (st != HS_OK) return st;
    return kv_hashed_write_uint(&k->kv, key_of(&key, vat->text, ".incarnation", ""),
                                incarnation + 1, err);
}

/* What the chain asked for (chain_upgrade.h) was done, or not, for `why`. */
static enum hs_status upgrade_tell(struct kernel *k, const struct ref *vat, const char *why,
                                   struct hs_error *err)
{
    const struct vat_process *p = vat_table_find(&k->vats, vat);
    struct buffer event = {0};
    struct json_printer j = json_printer_on(&event);
    enum hs_status st;

    json_print_open(&j, '{');
    json_print_key(&j, "type");
    json_print_word(&j, why ? "vat_not_upgraded" : "vat_upgraded");
    json_print_key(&j, "vat");
    json_print_string(&j, slice_text(p ? p->name.name : vat->text));
    json_print_key(&j, "vatID");
    json_print_word(&j, vat->text);
    json_print_key(&j, "seqnum");
    json_print_uint(&j, k->now.at.seqnum + 1);
    if (why) {
        json_print_key(&j, "reason");
        json_print_string(&j, slice_make(why, utf8_cut(slice_text(why), strlen(why))));
    }
    json_print_close(&j, '}');
    st = kernel_fail(err, json_print_end(&j));
    if (st == HS_OK) st = kernel_say(k, &k->events, buffer_slice(&event), err);
    buffer_fini(&event);
    return st;
}

static enum hs_status vat_admin_upgrade(struct kernel *k, const struct event *e,
                                        const struct vat_details *d, struct hs_error *err)
{
    const struct ref *vat = &e->target;
    uint64_t incarnation = 0;
    bool alive;
    enum hs_status st = vat_admin_alive(k, vat, &alive, err);

    if (st == HS_OK && !alive) st = hs_fail(err, HS_VAT_FAILED, "the vat has ended");
    if (st == HS_OK) st = program_check(k, &d->program, err);
    if (st == HS_OK) st = vat_record_count(&k->kv.store, vat, ".incarnation", &incarnation, err);
    if (st == HS_OK) {
        st = upgrade_disconnect(k, vat, incarnation, buffer_slice(&d->message), err);
    }
    if (st == HS_OK) st = upgrade_record(k, vat, d, incarnation, err);
    if (st == HS_OK) st = kernel_process_replace(k, vat, &k->ran, err);
    if (st == HS_OK) st = deliver_start_vat(k, e, err);
    if (st != HS_OK) return st;
    if (d->admin.text[0] == '\0') return upgrade_tell(k, vat, NULL, err);
    return vat_handler_upgraded(&k->kv, &d->admin, d->upgrade, incarnation + 1, err);
}

/* --- options, the end --- */

static enum hs_status vat_admin_change(struct kernel *k, const struct event *e,
                                       const struct vat_details *d, struct hs_error *err)
{
    struct vat_options before, options;
    bool alive;
    enum hs_status st = vat_admin_alive(k, &e->target, &alive, err);

    if (st == HS_OK && !alive) return event_release(&k->kv, e, err);
    if (st == HS_OK) st = vat_options_read(&k->kv.store, &e->target, &before, err);
    if (st == HS_OK && d->memory > before.memory) {
        st = vat_admin_check_memory(k, d->memory, &e->target, err);
    }
    if (st != HS_OK) return st;
    options = before;
    if (d->memory > 0) options.memory = d->memory;
    if (d->reaps.set) options.reaps = d->reaps;
    st = vat_options_write(&k->kv.store, &e->target, &options, err);
    if (st == HS_OK) {
        st = reap_dirt_change(&k->kv, &e->target, &k->now.rules, &before, &options, err);
    }
    return st == HS_OK ? deliver_change_options(k, e, d->memory, err) : st;
}

static enum hs_status vat_admin_terminate(struct kernel *k, const struct event *e,
                                          struct hs_error *err)
{
    char reason[VAT_ADMIN_REASON_BYTES], message[VAT_ADMIN_REASON_BYTES + 64];
    struct vat_last_word word = {.failed = true, .slots = e->data.slots};
    struct buffer body = {0}, why = {0};
    struct vat_fate fate;
    struct vat_name name;
    struct vat_process *process;
    bool alive;
    enum hs_status st = vat_admin_alive(k, &e->target, &alive, err);

    if (st != HS_OK || !alive) return st;
    st = json_text_decode(&body, e->data.body);
    if (st == HS_OK) st = capdata_rejection_to_json(&why, buffer_slice(&body));
    st = kernel_fail(err, st);
    if (st == HS_OK) st = vat_names_get(&k->kv, &e->target, &name, err);
    if (st != HS_OK) goto out;
    (void)snprintf(reason, sizeof reason, "by its maker: %.*s",
                   (int)utf8_cut(buffer_slice(&why), VAT_ADMIN_REASON_BYTES - 32),
                   buffer_text(&why));
    (void)snprintf(message, sizeof message, "the vat was terminated %s", reason);
    word.body = buffer_slice(&body);
    fate = (struct vat_fate){&name, reason, message, "terminate", &word};
    st = vat_end(k, &fate, err);
    process = vat_table_find(&k->vats, &e->target);
    if (st == HS_OK && process) kernel_process_ended(k, process);
out:
    buffer_fini(&body);
    buffer_fini(&why);
    return st;
}

/* --- events --- */

enum hs_status vat_admin_run(struct kernel *k, const struct event *e, struct hs_error *err)
{
    struct vat_details d = {.upgrade = 0};
    size_t engine;
    enum hs_status st = HS_OK;

    if (e->kind == EVENT_TERMINATE_VAT) {
        st = vat_admin_terminate(k, e, err);
        return st == HS_OK ? event_release(&k->kv, e, err) : st;
    }
    st = vat_admin_details(e, &d, err);
    if (st == HS_OK) {
        st = vat_engines_read(&k->kv.store, k->options.engine, VAT_ENGINES_OF_NEW, &engine, err);
    }
    if (st != HS_OK) goto out;
    d.program.engine = vat_engine_id_at(k->options.engine, engine);
    switch (e->kind) {
    case EVENT_CREATE_VAT: st = vat_admin_create(k, e, &d, err); break;
    case EVENT_UPGRADE_VAT: st = vat_admin_upgrade(k, e, &d, err); break;
    default: st = vat_admin_change(k, e, &d, err); break;
    }
out:
    vat_details_fini(&d);
    return st;
}

enum hs_status vat_admin_give_up(struct kernel *k, const struct event *e, const char *why,
                                 struct hs_error *err)
{
    struct vat_details d = {.upgrade = 0};
    enum hs_status st = vat_admin_details(e, &d, err);

    if (st == HS_OK && d.admin.text[0] == '\0') {
        st = upgrade_tell(k, &e->target, why, err);
    } else if (st == HS_OK && e->kind != EVENT_CHANGE_OPTIONS) {
        st = vat_handler_failed(&k->kv, &d.admin, &e->target, d.upgrade, why, err);
    }
    if (st == HS_OK) st = event_release(&k->kv, e, err);
    vat_details_fini(&d);
    return st;
}
