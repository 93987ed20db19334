#include "kernel/vat_end.h"

#include "kernel/state/utf8.h"
#include "kernel/tables/meters.h"
#include "kernel/tables/termination.h"
#include "kernel/tables/vat_options.h"
#include "kernel/text/json_printer.h"
#include "kernel/text/json_text.h"
#include "kernel/vat_meter.h"

#include <string.h>

static const char ended_key[] = "vats.ended";

/* The members of an object. */
static void fate_print(struct kernel *k, const struct vat_fate *f, struct json_printer *j)
{
    size_t reason_len = utf8_cut(slice_text(f->reason), strlen(f->reason));

    json_print_key(j, "vat");
    json_print_string(j, slice_text(f->vat->name));
    json_print_key(j, "vatID");
    json_print_word(j, f->vat->id.text);
    json_print_key(j, "seqnum");
    json_print_uint(j, k->now.at.seqnum + 1);
    json_print_key(j, "reason");
    json_print_string(j, slice_make(f->reason, reason_len));
    if (f->handed[0] != '\0') {
        json_print_key(j, "delivery");
        json_print_string(j, slice_text(f->handed));
    }
    json_print_close(j, '}');
}

static enum hs_status fate_tell(struct kernel *k, const char *type, const struct vat_fate *f,
                                struct hs_error *err)
{
    struct buffer event = {0};
    struct json_printer j = json_printer_on(&event);
    enum hs_status st;

    json_print_open(&j, '{');
    json_print_key(&j, "type");
    json_print_word(&j, type);
    fate_print(k, f, &j);
    st = kernel_fail(err, json_print_end(&j));
    if (st == HS_OK) st = kernel_say(k, &k->events, buffer_slice(&event), err);
    buffer_fini(&event);
    return st;
}

/* How many entries the list has; what is no list has none, and is begun anew. */
static size_t ended_count(struct slice list)
{
    struct json_text t;
    struct slice entry;
    size_t count = 0;

    json_text_init(&t, list);
    (void)json_text_open(&t, '[');
    while (json_text_more(&t, ']') && json_text_value(&t, &entry)) {
        count++;
    }
    return json_text_end(&t) ? count : 0;
}

static void ended_print_newest(struct slice list, struct json_printer *j)
{
    size_t count = ended_count(list);
    struct json_text t;
    struct slice entry;

    if (count == 0) return;
    json_text_init(&t, list);
    (void)json_text_open(&t, '[');
    for (; json_text_more(&t, ']') && json_text_value(&t, &entry); count--) {
        if (count < VATS_ENDED_TOLD_MAX) json_print_raw(j, entry);
    }
}

static enum hs_status vat_end_keep(struct kernel *k, const struct vat_fate *f, struct hs_error *err)
{
    struct buffer list = {0};
    struct json_printer j = json_printer_on(&list);
    struct slice before = {NULL, 0};
    bool found = false;
    enum hs_status st = kv_hashed_find(&k->kv, slice_text(ended_key), &before, &found, err);

    if (st != HS_OK) return st;
    json_print_open(&j, '[');
    if (found) ended_print_newest(before, &j);
    json_print_open(&j, '{');
    fate_print(k, f, &j);
    json_print_close(&j, ']');
    st = kernel_fail(err, json_print_end(&j));
    if (st == HS_OK) st = kv_hashed_write(&k->kv, slice_text(ended_key), buffer_slice(&list), err);
    buffer_fini(&list);
    return st;
}

/* Its maker hears of it. */
static enum hs_status vat_end_answer(struct kernel *k, const struct vat_fate *fate,
                                     struct hs_error *err)
{
    struct vat_last_word failed = {.failed = true};
    struct buffer body = {0};
    enum hs_status st;

    if (fate->word) return vat_handler_ended(&k->kv, &fate->vat->id, fate->word, err);
    st = kernel_fail(err, capdata_error(&body, "Error", fate->message));
    failed.body = buffer_slice(&body);
    if (st == HS_OK) st = vat_handler_ended(&k->kv, &fate->vat->id, &failed, err);
    buffer_fini(&body);
    return st;
}

static enum hs_status vat_end_meter(struct kernel *k, const struct ref *vat, struct hs_error *err)
{
    struct vat_options options;
    enum hs_status st = vat_options_read(&k->kv.store, vat, &options, err);

    if (st != HS_OK || options.meter.text[0] == '\0') return st;
    return meter_let_go(&k->kv, &options.meter, err);
}

enum hs_status vat_end(struct kernel *k, const struct vat_fate *fate, struct hs_error *err)
{
    enum hs_status st = fate_tell(k, "vat_ended", fate, err);

    if (st == HS_OK) st = vat_end_keep(k, fate, err);
    if (st == HS_OK) st = vat_end_meter(k, &fate->vat->id, err);
    if (st == HS_OK) st = termination_begin(&k->kv, &fate->vat->id, fate->message, err);
    return st == HS_OK ? vat_end_answer(k, fate, err) : st;
}

enum hs_status vat_spare(struct kernel *k, const struct vat_fate *fate, struct hs_error *err)
{
    struct key key;
    struct slice undone = key_of(&key, fate->vat->id.text, ".undone", "");
    uint64_t count = 0;
    bool found = false;
    enum hs_status st = vat_meter_settle(k, vat_table_find(&k->vats, &fate->vat->id), err);

    if (st == HS_OK) st = fate_tell(k, "crank_undone", fate, err);
    if (st == HS_OK) st = kv_hashed_has(&k->kv, undone, &found, err);
    if (st == HS_OK && found) st = kv_hashed_read_uint(&k->kv, undone, &count, err);
    return st == HS_OK ? kv_hashed_write_uint(&k->kv, undone, count + 1, err) : st;
}
