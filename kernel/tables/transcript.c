#include "kernel/tables/transcript.h"

#include "kernel/state/decimal.h"
#include "kernel/state/position.h"

#include <inttypes.h>
#include <jansson.h>

enum hs_status transcript_note_syscall(struct buffer *list, struct slice request,
                                       struct slice answer)
{
    struct json_printer j = json_printer_on(list);

    j.follows = list->len > 0;
    json_print_open(&j, '{');
    json_print_key(&j, "s");
    json_print_raw(&j, request);
    json_print_key(&j, "r");
    json_print_raw(&j, answer);
    json_print_close(&j, '}');
    return json_print_end(&j);
}

enum hs_status transcript_result(struct buffer *out, uint64_t steps)
{
    struct json_printer j = json_printer_on(out);

    json_print_open(&j, '{');
    json_print_key(&j, "status");
    json_print_word(&j, "ok");
    json_print_key(&j, "metering");
    json_print_open(&j, '{');
    json_print_key(&j, "steps");
    json_print_uint(&j, steps);
    json_print_close(&j, '}');
    json_print_close(&j, '}');
    return json_print_end(&j);
}

bool transcript_result_steps(struct slice result, uint64_t *steps)
{
    struct json_text t;
    struct slice key, status, metering, number;

    json_text_init(&t, result);
    if (!json_text_open(&t, '{') || !json_text_next(&t, '}') || !json_text_key(&t, &key) ||
        !json_text_is(key, "status") || !json_text_string(&t, &status) ||
        !json_text_is(status, "ok") || !json_text_next(&t, '}') || !json_text_key(&t, &key) ||
        !json_text_is(key, "metering") || !json_text_value(&t, &metering)) {
        return false;
    }
    json_text_init(&t, metering);
    return json_text_open(&t, '{') && json_text_next(&t, '}') && json_text_key(&t, &key) &&
           json_text_is(key, "steps") && json_text_value(&t, &number) &&
           uint_parse(number, steps) == HS_OK;
}

static enum hs_status transcript_compose(struct buffer *out, struct slice delivery,
                                         struct slice syscalls, struct slice result)
{
    struct json_printer j = json_printer_on(out);

    printer_note(&j.text, buffer_reserve(out, delivery.len + syscalls.len + result.len + 32));
    json_print_open(&j, '{');
    json_print_key(&j, "d");
    json_print_raw(&j, delivery);
    json_print_key(&j, "sc");
    json_print_open(&j, '[');
    json_print_raw(&j, syscalls);
    json_print_close(&j, ']');
    json_print_key(&j, "r");
    json_print_raw(&j, result);
    json_print_close(&j, '}');
    return json_print_end(&j);
}

enum hs_status transcript_append(struct kv_hashed *k, const struct ref *vat, uint64_t position,
                                 struct slice delivery, struct slice syscalls, struct slice result,
                                 struct hs_error *err)
{
    struct buffer item = buffer_room_take(&k->room);
    struct key key;
    enum hs_status st = kernel_fail(err, transcript_compose(&item, delivery, syscalls, result));

    if (st == HS_OK) {
        st = kv_hashed_write(k, key_of_number(&key, vat->text, ".t.", position),
                             buffer_slice(&item), err);
    }
    if (st == HS_OK) {
        st = kv_hashed_write_uint(k, key_of(&key, vat->text, ".t.endPosition", ""), position + 1,
                                  err);
    }
    buffer_room_give(&k->room, &item);
    return st;
}

static enum hs_status transcript_end_damaged(const struct ref *vat, const char *problem,
                                             struct hs_error *err)
{
    return hs_fail(err, HS_CORRUPT, "kernel store: \"%s.t.endPosition\": %s", vat->text, problem);
}

enum hs_status transcript_len(struct kv_store *kv, const struct ref *vat, uint64_t *len,
                              struct hs_error *err)
{
    struct buffer value = {0};
    struct key key;
    bool beyond = false;
    enum hs_status st =
        kv_store_get(kv, key_of(&key, vat->text, ".t.endPosition", ""), &value, err);

    *len = 0;
    if (st == HS_NOT_FOUND) {
        st = transcript_end_damaged(vat, "missing", err);
    } else if (st == HS_OK && uint_parse(buffer_slice(&value), len) != HS_OK) {
        st = transcript_end_damaged(vat, "no number", err);
    }
    buffer_fini(&value);
    if (st == HS_OK) {
        st = kv_store_has(kv, key_of_number(&key, vat->text, ".t.", *len), &beyond, err);
    }
    return beyond ? transcript_end_damaged(vat, "the transcript goes on behind it", err) : st;
}

enum hs_status transcript_span(struct kv_store *kv, const struct ref *vat, uint64_t *from,
                               uint64_t *len, struct hs_error *err)
{
    struct buffer value = {0};
    struct key key;
    enum hs_status st = transcript_len(kv, vat, len, err);

    *from = 0;
    if (st != HS_OK) return st;
    st = kv_store_get(kv, key_of(&key, vat->text, ".t.startPosition", ""), &value, err);
    if (st == HS_OK && (uint_parse(buffer_slice(&value), from) != HS_OK || *from > *len)) {
        st = hs_fail(err, HS_CORRUPT, "kernel store: \"%s.t.startPosition\": no place in it",
                     vat->text);
    }
    buffer_fini(&value);
    return st == HS_NOT_FOUND ? HS_OK : st;
}

static bool transcript_parse(struct slice text, struct transcript_item *item)
{
    struct json_text t;
    struct slice key, list;

    json_text_init(&t, text);
    if (!json_text_open(&t, '{') || !json_text_next(&t, '}') || !json_text_key(&t, &key) ||
        !json_text_is(key, "d") || !json_text_value(&t, &item->delivery)) {
        return false;
    }
    if (!json_text_next(&t, '}') || !json_text_key(&t, &key) || !json_text_is(key, "sc") ||
        !json_text_value(&t, &list)) {
        return false;
    }
    if (!json_text_next(&t, '}') || !json_text_key(&t, &key) || !json_text_is(key, "r") ||
        !json_text_value(&t, &item->result) || !json_text_close(&t, '}') || !json_text_end(&t)) {
        return false;
    }
    json_text_init(&item->syscalls, list);
    return json_text_open(&item->syscalls, '[');
}

enum hs_status transcript_read(struct kv_store *kv, const struct ref *vat, uint64_t position,
                               struct buffer *text, struct transcript_item *item,
                               struct hs_error *err)
{
    struct key key;
    enum hs_status st =
        kv_store_get(kv, key_of_number(&key, vat->text, ".t.", position), text, err);

    if (st == HS_NOT_FOUND) {
        return hs_fail(err, HS_CORRUPT, "kernel store: \"%s.t.%" PRIu64 "\": missing", vat->text,
                       position);
    }
    if (st != HS_OK || transcript_parse(buffer_slice(text), item)) return st;
    return hs_fail(err, HS_CORRUPT, "kernel store: \"%s.t.%" PRIu64 "\": no transcript item",
                   vat->text, position);
}

enum hs_status transcript_next_syscall(struct transcript_item *item, struct transcript_syscall *out,
                                       bool *found, struct hs_error *err)
{
    struct json_text *t = &item->syscalls;
    struct slice key;

    *found = json_text_more(t, ']');
    if (*found && json_text_open(t, '{') && json_text_next(t, '}') && json_text_key(t, &key) &&
        json_text_is(key, "s") && json_text_value(t, &out->request) && json_text_next(t, '}') &&
        json_text_key(t, &key) && json_text_is(key, "r") && json_text_value(t, &out->answer)) {
        (void)json_text_close(t, '}');
    } else if (*found) {
        (void)json_text_fail(t, "not a syscall with its answer");
    }
    if (!t->problem) return HS_OK;
    return hs_fail(err, HS_CORRUPT, "no transcript item: %s", t->problem);
}

bool transcript_same(struct slice a, struct slice b)
{
    static const size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL;
    json_t *left, *right;
    bool same;

    if (slice_equal(a, b)) return true;
    left = json_loadb(a.data, a.len, flags, NULL);
    right = json_loadb(b.data, b.len, flags, NULL);
    same = left && right && json_equal(left, right);
    json_decref(left);
    json_decref(right);
    return same;
}
