#include "kernel/genesis_text.h"

#include "kernel/state/utf8.h"
#include "kernel/text/json_printer.h"
#include "kernel/text/json_text.h"

static enum hs_status genesis_failed(enum hs_status st, struct hs_error *err)
{
    return st == HS_OK ? st : hs_fail(err, st, "genesis: %s", hs_status_text(st));
}

static enum hs_status genesis_print_entry(struct json_printer *j, struct slice key,
                                          struct slice value, struct hs_error *err)
{
    if (!utf8_valid(key) || !utf8_valid(value)) {
        return hs_fail(err, HS_INVALID, "genesis: the value of \"%.*s\" is no text",
                       (int)utf8_cut(key, 128), key.data);
    }
    json_print_open(j, '[');
    json_print_string(j, key);
    json_print_string(j, value);
    json_print_close(j, ']');
    return HS_OK;
}

static enum hs_status genesis_print_entries(struct kv_store *kv, struct json_printer *j,
                                            struct hs_error *err)
{
    struct buffer key = {0}, value = {0};
    enum hs_status st;

    while ((st = kv_store_next(kv, buffer_slice(&key), &key, &value, err)) == HS_OK) {
        if (slice_starts_with(buffer_slice(&key), slice_text("local."))) continue;
        st = genesis_print_entry(j, buffer_slice(&key), buffer_slice(&value), err);
        if (st == HS_OK) st = genesis_failed(printer_end(&j->text), err);
        if (st != HS_OK) break;
    }
    buffer_fini(&key);
    buffer_fini(&value);
    return st == HS_NOT_FOUND ? HS_OK : st;
}

enum hs_status genesis_print(struct kv_store *kv, struct buffer *out, struct hs_error *err)
{
    struct json_printer j = json_printer_on(out);
    struct buffer hash = {0};
    enum hs_status st = kv_store_get_text(kv, "kernel.hash", &hash, err);

    if (st == HS_NOT_FOUND) st = hs_fail(err, HS_INVALID, "genesis: the store was never used");
    json_print_open(&j, '{');
    json_print_key(&j, "schema");
    json_print_uint(&j, 1);
    json_print_key(&j, "hash");
    json_print_string(&j, buffer_slice(&hash));
    json_print_key(&j, "entries");
    json_print_open(&j, '[');
    if (st == HS_OK) st = genesis_print_entries(kv, &j, err);
    json_print_close(&j, ']');
    json_print_close(&j, '}');
    printer_text(&j.text, "\n");
    if (st == HS_OK) st = genesis_failed(json_print_end(&j), err);
    buffer_fini(&hash);
    return st;
}

static enum hs_status genesis_malformed(const struct json_text *t, struct hs_error *err)
{
    return hs_fail(err, HS_INVALID, "genesis: %s at byte %zu",
                   t->problem ? t->problem : "an entry is no [key, value]",
                   (size_t)(t->at - t->start));
}

/* One [key, value]; *key and *value are used again. */
static enum hs_status genesis_parse_entry(struct json_text *t, struct kv_store *kv,
                                          struct buffer *key, struct buffer *value,
                                          struct hs_error *err)
{
    struct slice raw_key, raw_value;
    enum hs_status st;

    if (!json_text_open(t, '[') || !json_text_next(t, ']') || !json_text_string(t, &raw_key) ||
        !json_text_next(t, ']') || !json_text_string(t, &raw_value) || !json_text_close(t, ']')) {
        return genesis_malformed(t, err);
    }
    buffer_clear(key);
    buffer_clear(value);
    st = json_text_decode(key, raw_key);
    if (st == HS_OK) st = json_text_decode(value, raw_value);
    if (st != HS_OK) return genesis_failed(st, err);
    return kv_store_set(kv, buffer_slice(key), buffer_slice(value), err);
}

static enum hs_status genesis_parse_entries(struct slice list, struct kv_store *kv,
                                            struct hs_error *err)
{
    struct buffer key = {0}, value = {0};
    struct json_text t;
    enum hs_status st = HS_OK;

    json_text_init(&t, list);
    if (!json_text_open(&t, '[')) return genesis_malformed(&t, err);
    while (st == HS_OK && json_text_more(&t, ']')) {
        st = genesis_parse_entry(&t, kv, &key, &value, err);
    }
    if (st == HS_OK && !json_text_end(&t)) st = genesis_malformed(&t, err);
    buffer_fini(&key);
    buffer_fini(&value);
    return st;
}

enum hs_status genesis_parse(struct slice text, struct kv_store *kv, struct hs_error *err)
{
    struct json_text t;
    struct slice key, value, entries = {0};

    json_text_init(&t, text);
    if (json_text_open(&t, '{')) {
        while (json_text_more(&t, '}') && json_text_key(&t, &key) && json_text_value(&t, &value)) {
            if (json_text_is(key, "entries")) entries = value;
        }
    }
    if (!json_text_end(&t)) return genesis_malformed(&t, err);
    if (entries.len == 0) return hs_fail(err, HS_INVALID, "genesis: it has no \"entries\"");
    return genesis_parse_entries(entries, kv, err);
}
