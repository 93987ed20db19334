/* References: the names by which kernel and vats speak of objects, promises and devices.
 *
 *   kref  the kernel's own name: ko20, kp40, kd30
 *   vref  one vat's name:        o+0 (its export), o-50 (an import), p+5, p-60, d-70,
 *                                o+v3/7 and o+d3/7:1 (virtual and durable exports)
 *
 * A vref with '+' was allotted by the vat, one with '-' by the kernel.
 */
#ifndef HEADSTART_KERNEL_TEXT_REFS_H
#define HEADSTART_KERNEL_TEXT_REFS_H

#include "kernel/state/bytes.h"
#include "kernel/text/json_printer.h"

enum { REF_BYTES_MAX = 64 };

/* A kref or vref as NUL-terminated text, "" for none. Plain value. */
struct ref {
    char text[REF_BYTES_MAX];
};

enum ref_kind { REF_NONE, REF_OBJECT, REF_PROMISE, REF_DEVICE };

/** HS_INVALID when it does not fit or holds anything but printable ASCII without quotes. */
HS_MUST_CHECK enum hs_status ref_make(struct slice text, struct ref *out);
/** "ko", 20 → ko20. */
struct ref ref_number(const char *prefix, uint64_t number);
bool ref_equal(const struct ref *a, const struct ref *b);
struct slice ref_slice(const struct ref *r);
/** Print as a JSON string; null when it is "". */
void ref_print(const struct ref *r, struct json_printer *j);

/** What a kref names; REF_NONE: it is no kref. */
enum ref_kind kref_kind(const struct ref *kref);
/** Is it a vat's id, v1? */
bool ref_is_vat(const struct ref *r);
/** What a vref names; REF_NONE: it is not well-formed. */
enum ref_kind vref_kind(const struct ref *vref);
/** Did the vat allot this (well-formed) vref? */
bool vref_is_export(const struct ref *vref);

/* Owned list. All zero bytes is a valid empty list. */
struct ref_list {
    struct ref *items;
    size_t len;
    size_t capacity;
};

void ref_list_fini(struct ref_list *l);
void ref_list_clear(struct ref_list *l);
HS_MUST_CHECK enum hs_status ref_list_add(struct ref_list *l, const struct ref *r);
bool ref_list_has(const struct ref_list *l, const struct ref *r);
/** Is every item a kref? */
bool ref_list_is_krefs(const struct ref_list *l);
/** Split "a,b,c" ("" is the empty list); the list is replaced. HS_INVALID: it is no such list;
 *  HS_TOO_LARGE: it has more items than a list may. */
HS_MUST_CHECK enum hs_status ref_list_split(struct ref_list *l, struct slice text);
HS_MUST_CHECK enum hs_status ref_list_join(const struct ref_list *l, struct buffer *out);
/** Print as a JSON array of strings. */
void ref_list_print(const struct ref_list *l, struct json_printer *j);

#endif
