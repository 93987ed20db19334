#include "kernel/tables/vat_options.h"

#include "kernel/state/decimal.h"
#include "kernel/state/utf8.h"
#include "kernel/text/json_text.h"

#include <string.h>

static bool options_read_name(struct slice raw, struct vat_options *o)
{
    struct buffer decoded = {0};
    struct slice name;
    bool good = raw.data[0] == '"' && json_text_content(raw, &decoded, &name) == HS_OK &&
                name.len > 0 && name.len < sizeof o->name && !memchr(name.data, '\0', name.len);

    if (good) {
        memcpy(o->name, name.data, name.len);
        o->name[name.len] = '\0';
    }
    buffer_fini(&decoded);
    return good;
}

bool reap_setting_parse(struct slice raw, struct reap_setting *out)
{
    out->set = true;
    out->never = raw.data[0] == '"' && json_text_is(raw, "never");
    return out->never || (uint_parse(raw, &out->interval) == HS_OK && out->interval > 0);
}

void reap_setting_print(const struct reap_setting *s, struct json_printer *j)
{
    if (!s->set) return;
    json_print_key(j, "reapInterval");
    if (s->never) {
        json_print_word(j, "never");
    } else {
        json_print_uint(j, s->interval);
    }
}

static bool options_read_meter(struct slice raw, struct vat_options *o)
{
    uint64_t number;

    return raw.data[0] == '"' && ref_make(json_text_inner(raw), &o->meter) == HS_OK &&
           o->meter.text[0] == 'm' && uint_parse(slice_text(o->meter.text + 1), &number) == HS_OK;
}

static bool options_read_flag(struct slice raw, bool *out)
{
    *out = slice_equal(raw, slice_text("true"));
    return *out || slice_equal(raw, slice_text("false"));
}

static bool options_read_member(struct slice key, struct slice value, struct vat_options *o)
{
    if (json_text_is(key, "name")) return options_read_name(value, o);
    if (json_text_is(key, "supervisor")) return value.data[0] == '"' && json_text_is(value, "lite");
    if (json_text_is(key, "memory")) {
        return uint_parse(value, &o->memory) == HS_OK && o->memory <= HS_HEAP_BYTES_MAX;
    }
    if (json_text_is(key, "reapInterval")) return reap_setting_parse(value, &o->reaps);
    if (json_text_is(key, "builtin")) return options_read_flag(value, &o->builtin);
    if (json_text_is(key, "critical")) return options_read_flag(value, &o->critical);
    return json_text_is(key, "meter") && options_read_meter(value, o);
}

bool vat_options_parse(struct slice json, struct vat_options *out)
{
    struct json_text t;
    struct slice key, value;

    *out = (struct vat_options){.memory = 0};
    json_text_init(&t, json);
    (void)json_text_open(&t, '{');
    while (json_text_more(&t, '}') && json_text_key(&t, &key) && json_text_value(&t, &value)) {
        if (!options_read_member(key, value, out)) return false;
    }
    return json_text_end(&t) && out->memory > 0 && out->name[0] != '\0';
}

/* Nothing, if it is not set. */
static void options_print_flag(struct json_printer *j, const char *name, bool set)
{
    if (!set) return;
    json_print_key(j, name);
    json_print_raw(j, slice_text("true"));
}

void vat_options_print(const struct vat_options *o, struct json_printer *j)
{
    json_print_open(j, '{');
    json_print_key(j, "name");
    json_print_string(j, slice_text(o->name));
    json_print_key(j, "supervisor");
    json_print_word(j, "lite");
    json_print_key(j, "memory");
    json_print_uint(j, o->memory);
    reap_setting_print(&o->reaps, j);
    options_print_flag(j, "builtin", o->builtin);
    options_print_flag(j, "critical", o->critical);
    if (o->meter.text[0] != '\0') {
        json_print_key(j, "meter");
        json_print_word(j, o->meter.text);
    }
    json_print_close(j, '}');
}

static enum hs_status options_damaged(const struct key *key, struct hs_error *err)
{
    return kernel_store_damaged(key_slice(key), "no vat's options", err);
}

enum hs_status vat_options_read(struct kv_store *kv, const struct ref *vat, struct vat_options *out,
                                struct hs_error *err)
{
    struct buffer text = {0};
    struct key key;
    enum hs_status st = kv_store_get(kv, key_of(&key, vat->text, ".options", ""), &text, err);

    if (st == HS_NOT_FOUND || (st == HS_OK && !vat_options_parse(buffer_slice(&text), out))) {
        st = options_damaged(&key, err);
    }
    buffer_fini(&text);
    return st;
}

enum hs_status vat_options_find(struct kv_hashed *k, const struct ref *vat, struct vat_options *out,
                                struct hs_error *err)
{
    struct key key;
    struct slice text;
    enum hs_status st = kv_hashed_read(k, key_of(&key, vat->text, ".options", ""), &text, err);

    if (st != HS_OK || vat_options_parse(text, out)) return st;
    return options_damaged(&key, err);
}

enum hs_status vat_options_write(struct kv_store *kv, const struct ref *vat,
                                 const struct vat_options *o, struct hs_error *err)
{
    struct buffer text = {0};
    struct json_printer j = json_printer_on(&text);
    struct key key;
    enum hs_status st;

    vat_options_print(o, &j);
    st = kernel_fail(err, json_print_end(&j));
    if (st == HS_OK) {
        st = kv_store_set(kv, key_of(&key, vat->text, ".options", ""), buffer_slice(&text), err);
    }
    buffer_fini(&text);
    return st;
}
