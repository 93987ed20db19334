/* The vat's own store: vatstoreGet, vatstoreGetNextKey, vatstoreSet, vatstoreDelete. */
#include "kernel/state/utf8.h"
#include "kernel/syscalls_private.h"

/* The next argument, decoded, behind the vat's prefix in the store. */
static enum hs_status read_store_key(struct delivery *d, struct json_text *t, struct buffer *out,
                                     struct hs_error *err)
{
    struct printer p = printer_on(out);
    struct slice raw;
    enum hs_status st;

    if (!json_text_next(t, ']') || !json_text_string(t, &raw)) return syscall_malformed(t, err);
    printer_text(&p, d->vat.text);
    printer_text(&p, ".vs.");
    st = printer_end(&p);
    if (st == HS_OK) st = json_text_decode(out, raw);
    if (st != HS_OK) return kernel_fail(err, st);
    if (out->len <= HS_KEY_BYTES_MAX) return HS_OK;
    return hs_fail(err, HS_VAT_FAILED, "a key of %zu bytes is too long", out->len);
}

/* `text` is under `key`, or is its end. What vats store is UTF-8, and so are transcripts. */
static enum hs_status answer_string(struct buffer *reply, const struct buffer *key,
                                    struct slice text, struct hs_error *err)
{
    struct json_printer j = json_printer_on(reply);

    if (!utf8_valid(text)) return kernel_store_damaged(buffer_slice(key), "not UTF-8", err);
    json_print_open(&j, '[');
    json_print_word(&j, "ok");
    json_print_string(&j, text);
    json_print_close(&j, ']');
    return kernel_fail(err, json_print_end(&j));
}

enum hs_status syscall_store_get(struct delivery *d, struct json_text *t, struct buffer *reply,
                                 struct hs_error *err)
{
    struct buffer key = {0};
    struct slice value;
    bool found;
    enum hs_status st = read_store_key(d, t, &key, err);

    if (st == HS_OK && !json_text_close(t, ']')) st = syscall_malformed(t, err);
    if (st == HS_OK) st = kv_hashed_find(syscall_kv(d), buffer_slice(&key), &value, &found, err);
    if (st == HS_OK) {
        st = found ? answer_string(reply, &key, value, err) : syscall_answer_ok(reply, err);
    }
    buffer_fini(&key);
    return st;
}

enum hs_status syscall_store_next(struct delivery *d, struct json_text *t, struct buffer *reply,
                                  struct hs_error *err)
{
    struct buffer key = {0};
    struct key prefix;
    struct slice own = key_of(&prefix, d->vat.text, ".vs.", "");
    enum hs_status st = read_store_key(d, t, &key, err);

    if (st == HS_OK && !json_text_close(t, ']')) st = syscall_malformed(t, err);
    if (st == HS_OK) {
        st = kv_hashed_next(syscall_kv(d), own, &key, NULL, err);
        if (st == HS_NOT_FOUND) {
            st = syscall_answer_ok(reply, err);
        } else if (st == HS_OK) {
            st = answer_string(reply, &key, slice_make(key.data + own.len, key.len - own.len), err);
        }
    }
    buffer_fini(&key);
    return st;
}

enum hs_status syscall_store_set(struct delivery *d, struct json_text *t, struct buffer *reply,
                                 struct hs_error *err)
{
    struct buffer key = {0}, value = {0};
    struct slice raw;
    enum hs_status st = read_store_key(d, t, &key, err);

    if (st == HS_OK &&
        (!json_text_next(t, ']') || !json_text_string(t, &raw) || !json_text_close(t, ']'))) {
        st = syscall_malformed(t, err);
    }
    if (st == HS_OK) st = kernel_fail(err, json_text_decode(&value, raw));
    if (st == HS_OK) {
        st = kv_hashed_write(syscall_kv(d), buffer_slice(&key), buffer_slice(&value), err);
    }
    if (st == HS_OK) st = syscall_answer_ok(reply, err);
    buffer_fini(&key);
    buffer_fini(&value);
    return st;
}

enum hs_status syscall_store_delete(struct delivery *d, struct json_text *t, struct buffer *reply,
                                    struct hs_error *err)
{
    struct buffer key = {0};
    enum hs_status st = read_store_key(d, t, &key, err);

    if (st == HS_OK && !json_text_close(t, ']')) st = syscall_malformed(t, err);
    if (st == HS_OK) st = kv_hashed_delete(syscall_kv(d), buffer_slice(&key), err);
    if (st == HS_OK) st = syscall_answer_ok(reply, err);
    buffer_fini(&key);
    return st;
}
