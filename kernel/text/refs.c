#include "kernel/text/refs.h"

#include "kernel/state/array.h"
#include "kernel/state/decimal.h"
#include "kernel/state/limits.h"
#include "kernel/state/position.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { REF_LIST_ITEMS_MAX = HS_BUFFER_BYTES_MAX / REF_BYTES_MAX };

enum hs_status ref_make(struct slice text, struct ref *out)
{
    if (text.len == 0 || text.len >= REF_BYTES_MAX) return HS_INVALID;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];

        if (c <= ' ' || c > '~' || c == '"' || c == '\\' || c == ',') return HS_INVALID;
    }
    memcpy(out->text, text.data, text.len);
    out->text[text.len] = '\0';
    return HS_OK;
}

struct ref ref_number(const char *prefix, uint64_t number)
{
    struct ref r;
    size_t len = strlen(prefix);

    assert(len + UINT_TEXT_BYTES <= sizeof r.text);
    memcpy(r.text, prefix, len);
    (void)uint_text(r.text + len, number);
    return r;
}

bool ref_equal(const struct ref *a, const struct ref *b)
{
    return strcmp(a->text, b->text) == 0;
}

struct slice ref_slice(const struct ref *r)
{
    return slice_text(r->text);
}

void ref_print(const struct ref *r, struct json_printer *j)
{
    if (r->text[0] != '\0') {
        json_print_word(j, r->text);
    } else {
        json_print_raw(j, slice_text("null"));
    }
}

static bool ref_is_number(struct slice s)
{
    uint64_t number;

    return uint_parse(s, &number) == HS_OK;
}

enum ref_kind kref_kind(const struct ref *kref)
{
    const char *t = kref->text;

    if (t[0] != 'k' || t[1] == '\0' || !ref_is_number(slice_text(t + 2))) return REF_NONE;
    switch (t[1]) {
    case 'o': return REF_OBJECT;
    case 'p': return REF_PROMISE;
    case 'd': return REF_DEVICE;
    default: return REF_NONE;
    }
}

bool ref_is_vat(const struct ref *r)
{
    return r->text[0] == 'v' && ref_is_number(slice_text(r->text + 1));
}

/* `3/7` or `3/7:1`: kind, instance, facet. */
static bool vref_is_virtual(const char *t)
{
    const char *slash = strchr(t, '/');
    const char *colon;
    size_t instance_len;

    if (!slash) return false;
    colon = strchr(slash, ':');
    instance_len = colon ? (size_t)(colon - slash - 1) : strlen(slash + 1);
    return ref_is_number(slice_make(t, (size_t)(slash - t))) &&
           ref_is_number(slice_make(slash + 1, instance_len)) &&
           (!colon || ref_is_number(slice_text(colon + 1)));
}

enum ref_kind vref_kind(const struct ref *vref)
{
    const char *t = vref->text;
    bool number;

    if (t[0] == '\0' || (t[1] != '+' && t[1] != '-')) return REF_NONE;
    number = ref_is_number(slice_text(t + 2));
    if (t[0] == 'o' && t[1] == '+' && (t[2] == 'v' || t[2] == 'd')) {
        return vref_is_virtual(t + 3) ? REF_OBJECT : REF_NONE;
    }
    if (!number) return REF_NONE;
    switch (t[0]) {
    case 'o': return REF_OBJECT;
    case 'p': return REF_PROMISE;
    case 'd': return REF_DEVICE;
    default: return REF_NONE;
    }
}

bool vref_is_export(const struct ref *vref)
{
    assert(vref->text[0] != '\0');
    return vref->text[1] == '+';
}

void ref_list_fini(struct ref_list *l)
{
    free(l->items);
    *l = (struct ref_list){0};
}

void ref_list_clear(struct ref_list *l)
{
    l->len = 0;
}

enum hs_status ref_list_add(struct ref_list *l, const struct ref *r)
{
    enum hs_status st = HS_TOO_LARGE;

    assert(l->len <= l->capacity);
    if (l->len < REF_LIST_ITEMS_MAX) {
        st = array_reserve(&l->items, &l->capacity, l->len + 1, sizeof *l->items);
    }
    if (st != HS_OK) return st;
    l->items[l->len++] = *r;
    return HS_OK;
}

bool ref_list_has(const struct ref_list *l, const struct ref *r)
{
    for (size_t i = 0; i < l->len; i++) {
        if (ref_equal(&l->items[i], r)) return true;
    }
    return false;
}

bool ref_list_is_krefs(const struct ref_list *l)
{
    for (size_t i = 0; i < l->len; i++) {
        if (kref_kind(&l->items[i]) == REF_NONE) return false;
    }
    return true;
}

enum hs_status ref_list_split(struct ref_list *l, struct slice text)
{
    const char *comma;
    struct ref r;
    enum hs_status st;

    ref_list_clear(l);
    while (text.len > 0) {
        comma = memchr(text.data, ',', text.len);
        st = ref_make(slice_make(text.data, comma ? (size_t)(comma - text.data) : text.len), &r);
        if (st == HS_OK) st = ref_list_add(l, &r);
        if (st != HS_OK) return st;
        if (!comma) break;
        text = slice_make(comma + 1, text.len - (size_t)(comma + 1 - text.data));
    }
    return HS_OK;
}

enum hs_status ref_list_join(const struct ref_list *l, struct buffer *out)
{
    struct printer p = printer_on(out);

    for (size_t i = 0; i < l->len; i++) {
        if (i > 0) printer_text(&p, ",");
        printer_text(&p, l->items[i].text);
    }
    return printer_end(&p);
}

void ref_list_print(const struct ref_list *l, struct json_printer *j)
{
    json_print_open(j, '[');
    for (size_t i = 0; i < l->len; i++) {
        json_print_word(j, l->items[i].text);
    }
    json_print_close(j, ']');
}
