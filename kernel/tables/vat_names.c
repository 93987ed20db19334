#include "kernel/tables/vat_names.h"

#include "kernel/state/array.h"
#include "kernel/state/decimal.h"
#include "kernel/state/position.h"
#include "kernel/text/json_text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum hs_status vat_names_find(struct kv_hashed *k, struct slice name, struct ref *id, bool *found,
                              struct hs_error *err)
{
    char text[HS_NAME_BYTES_MAX];
    struct key key;
    struct slice value;
    enum hs_status st;

    *found = false;
    if (name.len == 0 || name.len >= sizeof text || memchr(name.data, '\0', name.len)) return HS_OK;
    memcpy(text, name.data, name.len);
    text[name.len] = '\0';
    st = kv_hashed_find(k, key_of(&key, "vat.name.", text, ""), &value, found, err);
    if (st != HS_OK || !*found || (ref_make(value, id) == HS_OK && ref_is_vat(id))) return st;
    return kernel_store_damaged(key_of(&key, "vat.name.", text, ""), "no vat", err);
}

static enum hs_status vat_names_damaged(const char *key, struct hs_error *err)
{
    return kernel_store_damaged(slice_text(key), "no list of names", err);
}

/* The list in `json` without `without` (empty: all of it), then `with` (empty: nothing).
 * HS_INVALID: it is none. */
static enum hs_status name_list_rewrite(struct slice json, struct slice without, struct slice with,
                                        struct buffer *out)
{
    struct json_text t;
    struct slice raw;
    struct buffer name = {0};
    struct json_printer j = json_printer_on(out);
    enum hs_status st = HS_OK;

    json_print_open(&j, '[');
    json_text_init(&t, json);
    (void)json_text_open(&t, '[');
    while (st == HS_OK && json_text_more(&t, ']') && json_text_string(&t, &raw)) {
        buffer_clear(&name);
        st = json_text_decode(&name, raw);
        if (without.len > 0 && slice_equal(buffer_slice(&name), without)) continue;
        json_print_raw(&j, raw);
    }
    if (with.len > 0) json_print_string(&j, with);
    json_print_close(&j, ']');
    if (st == HS_OK) st = json_print_end(&j);
    buffer_fini(&name);
    if (st != HS_OK) return st;
    return json_text_end(&t) ? HS_OK : HS_INVALID;
}

static enum hs_status name_list_change(struct kv_store *kv, const char *key, struct slice without,
                                       struct slice with, struct hs_error *err)
{
    struct buffer old = {0}, new = {0};
    enum hs_status st = kv_store_get_text(kv, key, &old, err);

    if (st == HS_NOT_FOUND) st = vat_names_damaged(key, err);
    if (st == HS_OK) {
        st = name_list_rewrite(buffer_slice(&old), without, with, &new);
        st = st == HS_INVALID ? vat_names_damaged(key, err) : kernel_fail(err, st);
    }
    if (st == HS_OK) st = kv_store_set(kv, slice_text(key), buffer_slice(&new), err);
    buffer_fini(&old);
    buffer_fini(&new);
    return st;
}

enum hs_status name_list_add(struct kv_store *kv, const char *key, struct slice name,
                             struct hs_error *err)
{
    assert(name.len > 0);
    return name_list_change(kv, key, slice_make(NULL, 0), name, err);
}

enum hs_status name_list_remove(struct kv_store *kv, const char *key, struct slice name,
                                struct hs_error *err)
{
    assert(name.len > 0);
    return name_list_change(kv, key, name, slice_make(NULL, 0), err);
}

struct vat_name_array {
    struct vat_name *items;
    size_t len, capacity;
};

bool vat_names_number(const struct ref *id, uint64_t *number)
{
    return ref_is_vat(id) && uint_parse(slice_text(id->text + 1), number) == HS_OK;
}

static enum hs_status vat_name_array_add(struct vat_name_array *a, struct slice name,
                                         const struct ref *id, bool is_static)
{
    struct vat_name *item;
    enum hs_status st;

    if (a->len == HS_VAT_COUNT_MAX || name.len >= sizeof item->name) return HS_INVALID;
    st = array_reserve(&a->items, &a->capacity, a->len + 1, sizeof *a->items);
    if (st != HS_OK) return st;
    item = &a->items[a->len];
    if (!vat_names_number(id, &item->number)) return HS_INVALID;
    memcpy(item->name, name.data, name.len);
    item->name[name.len] = '\0';
    item->id = *id;
    item->is_static = is_static;
    a->len++;
    return HS_OK;
}

static enum hs_status vat_name_array_add_one(struct kv_hashed *k, struct vat_name_array *a,
                                             struct slice name, bool is_static,
                                             struct hs_error *err)
{
    const char *key = is_static ? "vat.names" : "vat.dynamicIDs";
    struct ref id;
    bool found = true;
    enum hs_status st = HS_OK;

    if (is_static) {
        st = vat_names_find(k, name, &id, &found, err);
        if (st != HS_OK) return st;
    } else if (ref_make(name, &id) != HS_OK) {
        found = false;
    }
    if (!found) return kernel_store_damaged(slice_text(key), "it names a vat that is none", err);
    st = vat_name_array_add(a, name, &id, is_static);
    return st == HS_INVALID ? vat_names_damaged(key, err) : kernel_fail(err, st);
}

static enum hs_status vat_name_array_load(struct kv_hashed *k, struct vat_name_array *a,
                                          const char *key, bool is_static, struct hs_error *err)
{
    struct buffer list = {0}, name = {0};
    struct json_text t;
    struct slice raw;
    enum hs_status st = kv_store_get_text(&k->store, key, &list, err);

    if (st == HS_NOT_FOUND) st = vat_names_damaged(key, err);
    json_text_init(&t, buffer_slice(&list));
    (void)json_text_open(&t, '[');
    while (st == HS_OK && json_text_more(&t, ']') && json_text_string(&t, &raw)) {
        buffer_clear(&name);
        st = kernel_fail(err, json_text_decode(&name, raw));
        if (st == HS_OK) {
            st = vat_name_array_add_one(k, a, buffer_slice(&name), is_static, err);
        }
    }
    if (st == HS_OK && !json_text_end(&t)) st = vat_names_damaged(key, err);
    buffer_fini(&list);
    buffer_fini(&name);
    return st;
}

static int vat_name_compare(const void *a, const void *b)
{
    uint64_t left = ((const struct vat_name *)a)->number;
    uint64_t right = ((const struct vat_name *)b)->number;

    return (left > right) - (left < right);
}

enum hs_status vat_names_all(struct kv_hashed *k, struct vat_name **out, size_t *len,
                             struct hs_error *err)
{
    struct vat_name_array array = {0};
    enum hs_status st = vat_name_array_load(k, &array, "vat.names", true, err);

    if (st == HS_OK) st = vat_name_array_load(k, &array, "vat.dynamicIDs", false, err);
    if (st != HS_OK) {
        free(array.items);
        return st;
    }
    if (array.len > 0) qsort(array.items, array.len, sizeof *array.items, vat_name_compare);
    for (size_t i = 1; i < array.len; i++) {
        if (array.items[i].number != array.items[i - 1].number) continue;
        free(array.items);
        return kernel_store_damaged(slice_text("vat.names"), "it names a vat twice", err);
    }
    *out = array.items;
    *len = array.len;
    return HS_OK;
}

static enum hs_status vat_names_unlisted(const struct ref *id, struct hs_error *err)
{
    return hs_fail(err, HS_KERNEL_FAILED, "kernel store: \"vat.names\": it does not name %s",
                   id->text);
}

static enum hs_status id_list_has(struct kv_hashed *k, const char *key, const struct ref *id,
                                  bool *found, struct hs_error *err)
{
    struct json_text t;
    struct slice list, raw;
    enum hs_status st = kv_hashed_read(k, slice_text(key), &list, err);

    *found = false;
    if (st != HS_OK) return st;
    json_text_init(&t, list);
    (void)json_text_open(&t, '[');
    while (json_text_more(&t, ']') && json_text_string(&t, &raw)) {
        *found = *found || slice_equal(json_text_inner(raw), ref_slice(id));
    }
    return json_text_end(&t) ? HS_OK : vat_names_damaged(key, err);
}

static enum hs_status vat_names_get_static(struct kv_hashed *k, const struct ref *id,
                                           struct vat_name *out, struct hs_error *err)
{
    struct vat_name_array array = {0};
    size_t i = 0;
    enum hs_status st = vat_name_array_load(k, &array, "vat.names", true, err);

    while (i < array.len && !ref_equal(&array.items[i].id, id)) {
        i++;
    }
    if (st == HS_OK && i == array.len) st = vat_names_unlisted(id, err);
    if (st == HS_OK) *out = array.items[i];
    free(array.items);
    return st;
}

enum hs_status vat_names_get(struct kv_hashed *k, const struct ref *id, struct vat_name *out,
                             struct hs_error *err)
{
    bool dynamic;
    enum hs_status st = id_list_has(k, "vat.dynamicIDs", id, &dynamic, err);

    if (st != HS_OK) return st;
    if (!dynamic) return vat_names_get_static(k, id, out, err);
    *out = (struct vat_name){.id = *id};
    memcpy(out->name, id->text, strlen(id->text) + 1);
    return vat_names_number(id, &out->number) ? HS_OK : vat_names_unlisted(id, err);
}

enum hs_status vat_names_remove(struct kv_hashed *k, const struct ref *id, struct hs_error *err)
{
    struct vat_name vat;
    struct key key;
    enum hs_status st = vat_names_get(k, id, &vat, err);

    if (st != HS_OK) return st;
    if (!vat.is_static) return name_list_remove(&k->store, "vat.dynamicIDs", ref_slice(id), err);
    st = kv_hashed_delete(k, key_of(&key, "vat.name.", vat.name, ""), err);
    return st == HS_OK ? name_list_remove(&k->store, "vat.names", slice_text(vat.name), err) : st;
}

enum hs_status vat_names_ended(struct kv_hashed *k, const struct ref *id, bool *ended,
                               struct hs_error *err)
{
    *ended = false;
    return k->cleanup_pending ? id_list_has(k, "vats.terminated", id, ended, err) : HS_OK;
}
