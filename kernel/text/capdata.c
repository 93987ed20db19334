#include "kernel/text/capdata.h"

#include <assert.h>
#include <string.h>

void capdata_fini(struct capdata *c)
{
    ref_list_fini(&c->slots);
    *c = (struct capdata){0};
}

static enum hs_status capdata_read_slots(struct json_text *t, struct ref_list *slots)
{
    struct slice raw;
    struct ref r;
    enum hs_status st = HS_OK;

    ref_list_clear(slots);
    (void)json_text_open(t, '[');
    while (st == HS_OK && json_text_more(t, ']') && json_text_string(t, &raw)) {
        st = ref_make(json_text_inner(raw), &r);
        if (st == HS_OK) st = ref_list_add(slots, &r);
    }
    if (st == HS_INVALID) (void)json_text_fail(t, "a slot is no reference");
    if (t->problem) return HS_INVALID;
    return st;
}

enum hs_status capdata_read(struct json_text *t, struct capdata *out)
{
    struct slice key;
    bool body = false, slots = false;
    enum hs_status st = HS_OK;

    (void)json_text_open(t, '{');
    while (st == HS_OK && json_text_more(t, '}') && json_text_key(t, &key)) {
        if (json_text_is(key, "body") && !body) {
            body = json_text_string(t, &out->body);
        } else if (json_text_is(key, "slots") && !slots) {
            slots = true;
            st = capdata_read_slots(t, &out->slots);
        } else {
            (void)json_text_fail(t, "capdata has just \"body\" and \"slots\"");
        }
    }
    if (st == HS_OK && !(body && slots)) (void)json_text_fail(t, "capdata is not complete");
    if (t->problem) return HS_INVALID;
    return st;
}

enum hs_status capdata_write(struct buffer *out, struct slice body_raw,
                             const struct ref_list *slots)
{
    enum hs_status st = buffer_append_text(out, "{\"body\":");

    assert(body_raw.len >= 2);
    if (st == HS_OK) st = buffer_append(out, body_raw);
    if (st == HS_OK) st = buffer_append_text(out, ",\"slots\":");
    if (st == HS_OK) st = ref_list_json(slots, out);
    return st == HS_OK ? buffer_append_byte(out, '}') : st;
}

/* ---- JSON in ---- */

/* Strings that would mean something to smallcaps. */
static bool capdata_is_special(struct slice raw)
{
    unsigned char first = json_text_first(raw);

    return first >= '!' && first <= '-';
}

enum hs_status capdata_from_json(struct buffer *out, struct slice json)
{
    struct json_text t;
    struct json_walk walk;
    enum json_token token = JSON_TOKEN_OPEN;
    struct slice raw;
    const char *copied = json.data;
    enum hs_status st = HS_OK;

    json_text_init(&t, json);
    json_walk_init(&walk, &t);
    while (st == HS_OK && json_walk_next(&walk, &token, &raw) && token != JSON_TOKEN_END) {
        if ((token != JSON_TOKEN_STRING && token != JSON_TOKEN_KEY) || !capdata_is_special(raw)) {
            continue;
        }
        st = buffer_append(out, slice_make(copied, (size_t)(raw.data - copied)));
        if (st == HS_OK) st = buffer_append_text(out, "\"!");
        copied = raw.data + 1;
    }
    if (st != HS_OK) return st;
    if (!json_text_end(&t)) return HS_INVALID;
    return buffer_append(out, slice_make(copied, (size_t)(json.data + json.len - copied)));
}

enum hs_status capdata_string(struct buffer *out, struct slice text)
{
    struct buffer escaped = {0};
    enum hs_status st = HS_OK;

    if (text.len > 0 && text.data[0] >= '!' && text.data[0] <= '-') {
        st = buffer_append_byte(&escaped, '!');
    }
    if (st == HS_OK) st = buffer_append(&escaped, text);
    if (st == HS_OK) st = json_text_encode(out, buffer_slice(&escaped));
    buffer_fini(&escaped);
    return st;
}

enum hs_status capdata_call(struct buffer *out, struct slice method, struct slice args)
{
    struct buffer body = {0};
    enum hs_status st = buffer_append_text(&body, "#[");

    if (st == HS_OK) st = capdata_string(&body, method);
    if (st == HS_OK) st = buffer_append_byte(&body, ',');
    if (st == HS_OK) st = capdata_from_json(&body, args);
    if (st == HS_OK) st = buffer_append_byte(&body, ']');
    if (st == HS_OK) st = json_text_encode(out, buffer_slice(&body));
    buffer_fini(&body);
    return st;
}

enum hs_status capdata_error(struct buffer *out, const char *name, const char *message)
{
    enum hs_status st = buffer_append_text(out, "#{\"#error\":");

    if (st == HS_OK) st = capdata_string(out, slice_text(message));
    if (st == HS_OK) st = buffer_append_text(out, ",\"name\":");
    if (st == HS_OK) st = capdata_string(out, slice_text(name));
    return st == HS_OK ? buffer_append_byte(out, '}') : st;
}

/* ---- JSON out ---- */

static enum hs_status capdata_append_wrapped(struct buffer *out, const char *before,
                                             struct slice raw_part)
{
    enum hs_status st = buffer_append_text(out, before);

    if (st == HS_OK) st = buffer_append(out, raw_part);
    return st == HS_OK ? buffer_append_text(out, "\"}") : st;
}

/* `inner`: the content, still escaped, of "$0.Alleged: name". */
static enum hs_status capdata_reference_to_json(struct buffer *out, struct slice inner)
{
    const char *dot = memchr(inner.data, '.', inner.len);
    struct slice name = slice_make(NULL, 0);

    if (dot) name = slice_make(dot + 1, inner.len - (size_t)(dot + 1 - inner.data));
    return capdata_append_wrapped(out, "{\"@ref\":\"", name);
}

/* Behind the first character of a string, which is plain ASCII and therefore not escaped by any
 * honest printer; one that is escaped all the same is copied as it is. */
static enum hs_status capdata_append_tail(struct buffer *out, const char *before,
                                          struct slice inner)
{
    enum hs_status st = buffer_append_text(out, before);

    if (st == HS_OK) st = buffer_append(out, slice_make(inner.data + 1, inner.len - 1));
    return st == HS_OK ? buffer_append_byte(out, '"') : st;
}

static enum hs_status capdata_string_to_json(struct buffer *out, struct slice raw)
{
    struct slice inner = json_text_inner(raw);

    switch (inner.len > 0 ? inner.data[0] : '\0') {
    case '!':
    case '+': return capdata_append_tail(out, "\"", inner);
    case '#': return buffer_append_text(out, "null");
    case '%': return capdata_append_tail(out, "\"@", inner);
    case '$': return capdata_reference_to_json(out, inner);
    case '&':
        return capdata_append_wrapped(out, "{\"@promise\":\"",
                                      slice_make(inner.data + 1, inner.len - 1));
    default: return buffer_append(out, raw);
    }
}

static enum hs_status capdata_key_to_json(struct buffer *out, struct slice raw)
{
    struct slice inner = json_text_inner(raw);

    if (inner.len > 0 && (inner.data[0] == '!' || inner.data[0] == '#')) {
        return capdata_append_tail(out, "\"", inner);
    }
    return buffer_append(out, raw);
}

/* Rewrite the strings of smallcaps JSON. HS_INVALID: not JSON, *problem says why. */
static enum hs_status capdata_rewrite(struct buffer *out, struct slice smallcaps,
                                      const char **problem)
{
    struct json_text t;
    struct json_walk walk;
    enum json_token token = JSON_TOKEN_OPEN;
    struct slice raw;
    const char *copied = smallcaps.data;
    enum hs_status st = HS_OK;

    json_text_init(&t, smallcaps);
    json_walk_init(&walk, &t);
    while (st == HS_OK && json_walk_next(&walk, &token, &raw) && token != JSON_TOKEN_END) {
        if (token != JSON_TOKEN_STRING && token != JSON_TOKEN_KEY) continue;
        st = buffer_append(out, slice_make(copied, (size_t)(raw.data - copied)));
        copied = raw.data + raw.len;
        if (st != HS_OK) break;
        st = token == JSON_TOKEN_KEY ? capdata_key_to_json(out, raw)
                                     : capdata_string_to_json(out, raw);
    }
    if (st != HS_OK) return st;
    if (!json_text_end(&t)) {
        *problem = t.problem;
        return HS_INVALID;
    }
    return buffer_append(out,
                         slice_make(copied, (size_t)(smallcaps.data + smallcaps.len - copied)));
}

enum hs_status capdata_to_json(struct buffer *out, struct slice body)
{
    const char *problem = "no smallcaps";
    size_t before = out->len;
    enum hs_status st = HS_INVALID;

    if (body.len > 1 && body.data[0] == '#') {
        st = capdata_rewrite(out, slice_make(body.data + 1, body.len - 1), &problem);
    }
    if (st != HS_INVALID) return st;
    out->len = before;
    st = buffer_append_text(out, "{\"@unreadable\":\"");
    if (st == HS_OK) st = buffer_append_text(out, problem);
    return st == HS_OK ? buffer_append_text(out, "\"}") : st;
}

/* The raw name and message of {"#error":…,"name":…}; false: the body is something else. */
static bool capdata_find_error(struct slice body, struct slice *name, struct slice *message)
{
    struct json_text t;
    struct slice key, value;
    bool found = false;

    if (body.len < 2 || body.data[0] != '#' || body.data[1] != '{') return false;
    *name = slice_text("\"Error\"");
    json_text_init(&t, slice_make(body.data + 1, body.len - 1));
    (void)json_text_open(&t, '{');
    while (json_text_more(&t, '}') && json_text_key(&t, &key) && json_text_value(&t, &value)) {
        if (value.data[0] != '"') continue;
        if (json_text_is(key, "name")) *name = value;
        if (!json_text_is(key, "#error")) continue;
        *message = value;
        found = true;
    }
    return json_text_end(&t) && found;
}

/* "!-5 degrees" → -5 degrees, still escaped. */
static struct slice capdata_plain_inner(struct slice raw)
{
    struct slice inner = json_text_inner(raw);

    if (inner.len > 0 && inner.data[0] == '!') return slice_make(inner.data + 1, inner.len - 1);
    return inner;
}

static enum hs_status capdata_error_to_json(struct buffer *out, struct slice name,
                                            struct slice message)
{
    enum hs_status st = buffer_append_text(out, "{\"error\":\"");

    if (st == HS_OK) st = buffer_append(out, capdata_plain_inner(name));
    if (st == HS_OK) st = buffer_append_text(out, ": ");
    if (st == HS_OK) st = buffer_append(out, capdata_plain_inner(message));
    return st == HS_OK ? buffer_append_text(out, "\"}") : st;
}

enum hs_status capdata_rejection_to_json(struct buffer *out, struct slice body)
{
    struct buffer json = {0};
    struct slice name, message;
    enum hs_status st;

    if (capdata_find_error(body, &name, &message)) return capdata_error_to_json(out, name, message);
    st = capdata_to_json(&json, body);
    if (st == HS_OK) st = buffer_append_text(out, "{\"error\":");
    if (st == HS_OK && json.data[0] == '"') {
        st = buffer_append(out, buffer_slice(&json));
    } else if (st == HS_OK) {
        st = json_text_encode(out, buffer_slice(&json)); /* what is no text becomes one */
    }
    if (st == HS_OK) st = buffer_append_byte(out, '}');
    buffer_fini(&json);
    return st;
}

bool capdata_is_slot(struct slice body)
{
    struct slice raw, inner;

    if (body.len < 5 || body.data[0] != '#' || body.data[1] != '"') return false;
    if (!json_text_only_string(slice_make(body.data + 1, body.len - 1), &raw)) return false;
    inner = json_text_inner(raw);
    return inner.len >= 2 && (inner.data[0] == '$' || inner.data[0] == '&') &&
           inner.data[1] == '0' && (inner.len == 2 || inner.data[2] == '.');
}
