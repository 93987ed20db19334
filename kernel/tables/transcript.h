/* Transcript: per vat, every delivery with its syscalls and their answers, in the store.
 *
 *   v1.t.$pos =
 * {"d":delivery,"sc":[{"s":syscall,"r":answer},…],"r":{"status":"ok","metering":{"steps":N}}}
 *   v1.t.endPosition   v1.t.startPosition     where the newest incarnation begins; absent: at 0
 *
 * Items are composed of the raw texts that passed between kernel and vat, and a replay hands the
 * vat the same bytes again: a heap depends on every byte it was given.
 */
#ifndef HEADSTART_KERNEL_TABLES_TRANSCRIPT_H
#define HEADSTART_KERNEL_TABLES_TRANSCRIPT_H

#include "kernel/tables/kv_hashed.h"
#include "kernel/text/json_text.h"

/* Slices borrow the item's text. */
struct transcript_item {
    struct slice delivery;
    struct json_text syscalls; /* stands behind the list's opening bracket */
    struct slice result;
};

struct transcript_syscall {
    struct slice request;
    struct slice answer;
};

/** Append one syscall to the text between the list's brackets. */
HS_MUST_CHECK enum hs_status transcript_note_syscall(struct buffer *list, struct slice request,
                                                     struct slice answer);
/** Append {"status":"ok","metering":{"steps":N}}: only deliveries that went well are kept. */
HS_MUST_CHECK enum hs_status transcript_result(struct buffer *out, uint64_t steps);
/** The engine's steps of a recorded result; false: it does not say so. */
bool transcript_result_steps(struct slice result, uint64_t *steps);
/** Write item `position` and the end behind it. */
HS_MUST_CHECK enum hs_status transcript_append(struct kv_hashed *k, const struct ref *vat,
                                               uint64_t position, struct slice delivery,
                                               struct slice syscalls, struct slice result,
                                               struct hs_error *err);

/** Number of items; 0 when the vat never ran. */
HS_MUST_CHECK enum hs_status transcript_len(struct kv_store *kv, const struct ref *vat,
                                            uint64_t *len, struct hs_error *err);
/** The items of the incarnation that there is: *from up to *len. */
HS_MUST_CHECK enum hs_status transcript_span(struct kv_store *kv, const struct ref *vat,
                                             uint64_t *from, uint64_t *len, struct hs_error *err);
/** HS_CORRUPT: missing or not well-formed. *text holds what *item borrows. */
HS_MUST_CHECK enum hs_status transcript_read(struct kv_store *kv, const struct ref *vat,
                                             uint64_t position, struct buffer *text,
                                             struct transcript_item *item, struct hs_error *err);
/** The next recorded syscall; *found false at the end. HS_CORRUPT likewise. */
HS_MUST_CHECK enum hs_status transcript_next_syscall(struct transcript_item *item,
                                                     struct transcript_syscall *out, bool *found,
                                                     struct hs_error *err);

/** Do two JSON texts mean the same (key order and blanks aside)? Equal bytes are seen at once. */
bool transcript_same(struct slice a, struct slice b);

#endif
