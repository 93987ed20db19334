#include "sidecar/steward/divergence.h"

#include "kernel/state/decimal.h"
#include "kernel/state/kv_memory.h"
#include "kernel/state/utf8.h"
#include "kernel/tables/transcript.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ITEMS_MAX = 256,        /* of one message; further ones are not looked at */
    WORDS_TEXT_BYTES = 160, /* of each text that is shown in words */
    JSON_TEXT_BYTES = 16384 /* of each text in the evidence */
};

enum item_verdict {
    ITEM_UNKNOWN, /* not compared yet */
    ITEM_SAME,
    ITEM_ABSENT, /* the node's store does not hold it */
    ITEM_DELIVERY_DIFFERS,
    ITEM_DIFFERS, /* the same delivery, another course */
};

static const char *const verdict_names[] = {
    [ITEM_UNKNOWN] = "unknown", [ITEM_SAME] = "same",
    [ITEM_ABSENT] = "absent",   [ITEM_DELIVERY_DIFFERS] = "delivery differs",
    [ITEM_DIFFERS] = "differs",
};

struct divergence_item {
    struct ref vat;
    char name[HS_NAME_BYTES_MAX];
    uint64_t number; /* of the delivery in the vat's transcript */
    enum item_verdict verdict;
    struct buffer ours, theirs; /* the items' texts */
};

struct divergence {
    struct position recorded, made;
    uint64_t height;
    struct buffer message;
    struct kv_memory *transcripts; /* ours, as a store, to be read like the node's */
    struct divergence_item *items;
    size_t items_len;
    char words[HS_ERROR_TEXT_BYTES_MAX];
};

/* "v12.t.34"; the end position and all other keys are none. */
static bool item_key(struct slice key, struct ref *vat, uint64_t *number)
{
    static const char middle[] = ".t.";
    const char *at = key.len > 0 && key.data[0] == 'v'
                         ? memmem(key.data, key.len, middle, sizeof middle - 1)
                         : NULL;
    size_t vat_len = at ? (size_t)(at - key.data) : 0;

    if (!at || ref_make(slice_make(key.data, vat_len), vat) != HS_OK) return false;
    vat_len += sizeof middle - 1;
    return uint_parse(slice_make(key.data + vat_len, key.len - vat_len), number) == HS_OK;
}

static void item_name(struct kernel *k, struct divergence_item *item)
{
    struct kernel_vat_info *vats;
    size_t count = kernel_vats(k, NULL, 0);

    vats = calloc(count + 1, sizeof *vats);
    if (!vats) return; /* its id must do */
    count = kernel_vats(k, vats, count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(vats[i].vat_id, item->vat.text) != 0) continue;
        memcpy(item->name, vats[i].name, sizeof item->name);
    }
    free(vats);
}

static enum hs_status items_gather(struct divergence *d, struct kernel *k,
                                   const struct kv_map *writes, struct hs_error *err)
{
    struct kv_map_place place = {.begun = false};
    struct kv_entry entry;
    enum hs_status st = HS_OK;

    while (st == HS_OK && d->items_len < ITEMS_MAX && kv_map_walk(writes, &place, &entry)) {
        struct divergence_item *item = &d->items[d->items_len];

        if (entry.deleted || !item_key(entry.key, &item->vat, &item->number)) continue;
        st = kv_store_set(kv_memory_store(d->transcripts), entry.key, entry.value, err);
        item_name(k, item);
        d->items_len++;
    }
    return st;
}

enum hs_status divergence_open(struct kernel *kernel, const struct log_entry *recorded,
                               const struct kernel_outcome *made, struct divergence **out,
                               struct hs_error *err)
{
    struct divergence *d = calloc(1, sizeof *d);
    enum hs_status st = HS_NOMEM;

    assert(made->writes && recorded->after.seqnum == made->after.seqnum);
    *out = NULL;
    if (d) d->items = calloc(ITEMS_MAX, sizeof *d->items);
    if (!d || !d->items) {
        (void)hs_fail(err, st, "divergence");
        goto out;
    }
    d->recorded = recorded->after;
    d->made = made->after;
    d->height = recorded->message.height;
    (void)snprintf(d->words, sizeof d->words,
                   "which vat it was is seen once a node is connected: its transcripts tell");
    st = buffer_assign(&d->message, recorded->message.text);
    if (st == HS_OK) st = kv_memory_open(&d->transcripts, err);
    if (st == HS_OK) st = items_gather(d, kernel, made->writes, err);
out:
    if (st != HS_OK) {
        divergence_close(d);
        return st;
    }
    *out = d;
    return HS_OK;
}

void divergence_close(struct divergence *d)
{
    if (!d) return;
    for (size_t i = 0; i < d->items_len; i++) {
        buffer_fini(&d->items[i].ours);
        buffer_fini(&d->items[i].theirs);
    }
    free(d->items);
    kv_memory_close(d->transcripts);
    buffer_fini(&d->message);
    free(d);
}

const char *divergence_words(const struct divergence *d)
{
    return d->words;
}

/* --- comparing --- */

static int shown(struct slice s)
{
    return (int)utf8_cut(s, WORDS_TEXT_BYTES);
}

static void say_item(struct divergence *d, const struct divergence_item *item, const char *what,
                     uint64_t number, struct slice theirs, struct slice ours)
{
    char which[32] = "";

    if (number > 0) (void)snprintf(which, sizeof which, " %" PRIu64, number);
    (void)snprintf(d->words, sizeof d->words,
                   "vat %s (%s), delivery %" PRIu64 ", %s%s: the node's store has %.*s, executed "
                   "again it was %.*s",
                   item->vat.text, item->name, item->number, what, which, shown(theirs),
                   theirs.data, shown(ours), ours.data);
}

/* The same delivery: the first syscall, answer, or else the result that is another. */
static enum hs_status say_course(struct divergence *d, const struct divergence_item *item,
                                 struct transcript_item *theirs, struct transcript_item *ours,
                                 struct hs_error *err)
{
    static const char nothing[] = "nothing";

    for (uint64_t number = 1;; number++) {
        struct transcript_syscall a = {slice_text(nothing), slice_text(nothing)}, b = a;
        bool found_a, found_b = false;
        enum hs_status st = transcript_next_syscall(theirs, &a, &found_a, err);

        if (st == HS_OK) st = transcript_next_syscall(ours, &b, &found_b, err);
        if (st != HS_OK) return st;
        if (!found_a && !found_b) {
            say_item(d, item, "result", 0, theirs->result, ours->result);
            return HS_OK;
        }
        if (!slice_equal(a.request, b.request)) {
            say_item(d, item, "syscall", number, a.request, b.request);
            return HS_OK;
        }
        if (!slice_equal(a.answer, b.answer)) {
            say_item(d, item, "answer to syscall", number, a.answer, b.answer);
            return HS_OK;
        }
    }
}

static enum hs_status item_read(struct kv_store *kv, const struct divergence_item *item,
                                struct buffer *text, struct transcript_item *out,
                                struct hs_error *err)
{
    return transcript_read(kv, &item->vat, item->number, text, out, err);
}

static enum hs_status item_compare(struct divergence *d, struct divergence_item *item,
                                   struct kv_store *real, struct hs_error *err)
{
    struct transcript_item ours, theirs;
    enum hs_status st = item_read(kv_memory_store(d->transcripts), item, &item->ours, &ours, err);

    if (st != HS_OK) return st;
    st = item_read(real, item, &item->theirs, &theirs, err);
    item->verdict = ITEM_ABSENT;
    if (st == HS_CORRUPT) return HS_OK; /* missing, or no transcript: the verdict says so */
    if (st != HS_OK) return st;
    item->verdict = ITEM_SAME;
    if (slice_equal(buffer_slice(&item->ours), buffer_slice(&item->theirs))) return HS_OK;
    item->verdict =
        slice_equal(ours.delivery, theirs.delivery) ? ITEM_DIFFERS : ITEM_DELIVERY_DIFFERS;
    return HS_OK;
}

/* In words, the item that says most. */
static enum hs_status say_finding(struct divergence *d, struct kv_store *real,
                                  const struct divergence_item *item, struct hs_error *err)
{
    struct buffer ours_text = {0}, theirs_text = {0};
    struct transcript_item ours, theirs;
    enum hs_status st = item_read(kv_memory_store(d->transcripts), item, &ours_text, &ours, err);

    if (st == HS_OK) st = item_read(real, item, &theirs_text, &theirs, err);
    if (st == HS_OK && item->verdict == ITEM_DELIVERY_DIFFERS) {
        say_item(d, item, "what it was told", 0, theirs.delivery, ours.delivery);
    } else if (st == HS_OK) {
        st = say_course(d, item, &theirs, &ours, err);
    }
    buffer_fini(&ours_text);
    buffer_fini(&theirs_text);
    return st;
}

enum hs_status divergence_compare(struct divergence *d, struct kv_store *real, struct hs_error *err)
{
    const struct divergence_item *found = NULL;
    size_t absent = 0;

    for (size_t i = 0; i < d->items_len; i++) {
        struct divergence_item *item = &d->items[i];
        enum hs_status st = item_compare(d, item, real, err);

        if (st != HS_OK) return st;
        absent += item->verdict == ITEM_ABSENT;
        if (item->verdict < ITEM_DELIVERY_DIFFERS) continue;
        if (!found || (found->verdict != ITEM_DIFFERS && item->verdict == ITEM_DIFFERS)) {
            found = item;
        }
    }
    if (found) return say_finding(d, real, found, err);
    (void)snprintf(d->words, sizeof d->words, "%s",
                   absent > 0 ? "the node's store holds no other transcript of it to compare with"
                              : "the node's transcripts of it are as they were made again: what "
                                "the log says of it is wrong");
    return HS_OK;
}

/* --- for people --- */

static json_t *text_json(const struct buffer *text)
{
    struct slice all = buffer_slice(text);

    json_t *json = all.len > 0 ? json_stringn(all.data, utf8_cut(all, JSON_TEXT_BYTES)) : NULL;

    return json ? json : json_null(); /* a message may be no text at all */
}

static json_t *item_json(const struct divergence_item *item)
{
    return json_pack("{s:s,s:s,s:I,s:s,s:o,s:o}", "vat", item->vat.text, "name", item->name,
                     "delivery", (json_int_t)item->number, "verdict", verdict_names[item->verdict],
                     "recorded", text_json(&item->theirs), "made", text_json(&item->ours));
}

json_t *divergence_json(const struct divergence *d)
{
    json_t *items = json_array();

    for (size_t i = 0; i < d->items_len; i++) {
        if (json_array_append_new(items, item_json(&d->items[i])) != 0) {
            json_decref(items);
            return NULL;
        }
    }
    return json_pack("{s:I,s:I,s:s,s:s,s:o,s:s,s:o}", "seqnum", (json_int_t)d->made.seqnum,
                     "height", (json_int_t)d->height, "recorded_hash", d->recorded.hash,
                     "made_hash", d->made.hash, "message", text_json(&d->message), "finding",
                     d->words, "transcripts", items);
}
