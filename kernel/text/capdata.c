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

void capdata_print(struct json_printer *j, struct slice body_raw, const struct ref_list *slots)
{
    static const struct ref_list none = {0};

    assert(body_raw.len >= 2);
    json_print_open(j, '{');
    json_print_key(j, "body");
    json_print_raw(j, body_raw);
    json_print_key(j, "slots");
    ref_list_print(slots ? slots : &none, j);
    json_print_close(j, '}');
}

/* Printing JSON anew with some of its strings written in another way: which, and how. */
struct capdata_rewriting {
    bool (*changes)(enum json_token token, struct slice raw);
    void (*print)(struct printer *p, enum json_token token, struct slice raw);
};

/* NULL, or why `json` is not one JSON value. */
static const char *capdata_rewrite(struct printer *p, struct slice json,
                                   const struct capdata_rewriting *how)
{
    struct json_text t;
    struct json_walk walk;
    enum json_token token = JSON_TOKEN_OPEN;
    struct slice raw;
    const char *copied = json.data;

    json_text_init(&t, json);
    json_walk_init(&walk, &t);
    while (json_walk_next(&walk, &token, &raw) && token != JSON_TOKEN_END) {
        if ((token != JSON_TOKEN_STRING && token != JSON_TOKEN_KEY) || !how->changes(token, raw)) {
            continue;
        }
        printer_bytes(p, slice_make(copied, (size_t)(raw.data - copied)));
        how->print(p, token, raw);
        copied = raw.data + raw.len;
    }
    if (!json_text_end(&t)) return t.problem;
    printer_bytes(p, slice_make(copied, (size_t)(json.data + json.len - copied)));
    return NULL;
}

/* --- JSON in --- */

/* Strings that would mean something to smallcaps. */
static bool capdata_is_special(enum json_token token, struct slice raw)
{
    unsigned char first = json_text_first(raw);

    (void)token;
    return first >= '!' && first <= '-';
}

static void capdata_print_guarded(struct printer *p, enum json_token token, struct slice raw)
{
    (void)token;
    printer_text(p, "\"!");
    printer_bytes(p, slice_make(raw.data + 1, raw.len - 1));
}

void capdata_print_json(struct json_printer *j, struct slice json)
{
    static const struct capdata_rewriting in = {capdata_is_special, capdata_print_guarded};

    json_print_comma(j);
    if (capdata_rewrite(&j->text, json, &in)) printer_note(&j->text, HS_INVALID);
}

void capdata_print_string(struct json_printer *j, struct slice text)
{
    json_print_comma(j);
    printer_byte(&j->text, '"');
    if (text.len > 0 && text.data[0] >= '!' && text.data[0] <= '-') printer_byte(&j->text, '!');
    if (j->text.status == HS_OK) printer_note(&j->text, json_text_escape(j->text.out, text));
    printer_byte(&j->text, '"');
}

enum hs_status capdata_call(struct buffer *out, struct slice method, struct slice args,
                            struct buffer_room *room)
{
    struct buffer body = buffer_room_take(room);
    struct json_printer j = json_printer_on(&body);
    enum hs_status st;

    printer_text(&j.text, "#");
    json_print_open(&j, '[');
    capdata_print_string(&j, method);
    capdata_print_json(&j, args);
    json_print_close(&j, ']');
    st = json_print_end(&j);
    if (st == HS_OK) st = json_text_encode(out, buffer_slice(&body));
    buffer_room_give(room, &body);
    return st;
}

enum hs_status capdata_error(struct buffer *out, const char *name, const char *message)
{
    struct json_printer j = json_printer_on(out);

    printer_text(&j.text, "#");
    json_print_open(&j, '{');
    json_print_key(&j, "#error");
    capdata_print_string(&j, slice_text(message));
    json_print_key(&j, "name");
    capdata_print_string(&j, slice_text(name));
    json_print_close(&j, '}');
    return json_print_end(&j);
}

/* --- JSON out --- */

static void capdata_print_wrapped(struct printer *p, const char *before, struct slice raw_part)
{
    printer_text(p, before);
    printer_bytes(p, raw_part);
    printer_text(p, "\"}");
}

/* `inner`: the content, still escaped, of "$0.Alleged: name". */
static void capdata_print_reference(struct printer *p, struct slice inner)
{
    const char *dot = memchr(inner.data, '.', inner.len);
    struct slice name = slice_make(NULL, 0);

    if (dot) name = slice_make(dot + 1, inner.len - (size_t)(dot + 1 - inner.data));
    capdata_print_wrapped(p, "{\"@ref\":\"", name);
}

/* What is behind the first character of a string, which is plain ASCII and therefore not escaped by
 * any honest printer; one that is escaped all the same is copied as it is. */
static void capdata_print_tail(struct printer *p, const char *before, struct slice inner)
{
    printer_text(p, before);
    printer_bytes(p, slice_make(inner.data + 1, inner.len - 1));
    printer_text(p, "\"");
}

/* Strings that mean something to smallcaps, or, of keys, to whoever reads the JSON. The '@' may be
 * escaped. */
static bool capdata_has_meaning(enum json_token token, struct slice raw)
{
    struct slice inner = json_text_inner(raw);

    if (inner.len == 0) return false;
    if (token != JSON_TOKEN_KEY) return memchr("!+%$&#", inner.data[0], 6) != NULL;
    return inner.data[0] == '#' || inner.data[0] == '!' || json_text_first(raw) == '@';
}

static void capdata_print_key(struct printer *p, struct slice inner)
{
    switch (inner.data[0]) {
    case '#': capdata_print_tail(p, "\"@", inner); break;
    case '!': capdata_print_tail(p, "\"", inner); break;
    default: /* '@' */
        printer_text(p, "\"@");
        printer_bytes(p, inner);
        printer_text(p, "\"");
        break;
    }
}

static void capdata_print_meaning(struct printer *p, enum json_token token, struct slice raw)
{
    struct slice inner = json_text_inner(raw);

    if (token == JSON_TOKEN_KEY) {
        capdata_print_key(p, inner);
        return;
    }
    switch (inner.data[0]) {
    case '#': printer_text(p, "null"); break;
    case '%':
        capdata_print_wrapped(p, "{\"@symbol\":\"", slice_make(inner.data + 1, inner.len - 1));
        break;
    case '$': capdata_print_reference(p, inner); break;
    case '&':
        capdata_print_wrapped(p, "{\"@promise\":\"", slice_make(inner.data + 1, inner.len - 1));
        break;
    default: capdata_print_tail(p, "\"", inner); break; /* '!' and '+' */
    }
}

enum hs_status capdata_to_json(struct buffer *out, struct slice body)
{
    static const struct capdata_rewriting how = {capdata_has_meaning, capdata_print_meaning};
    struct printer p = printer_on(out);
    const char *problem = "no smallcaps";
    size_t before = out->len;

    if (body.len > 1 && body.data[0] == '#') {
        problem = capdata_rewrite(&p, slice_make(body.data + 1, body.len - 1), &how);
    }
    if (!problem) return printer_end(&p);
    out->len = before;
    capdata_print_wrapped(&p, "{\"@unreadable\":\"", slice_text(problem));
    return printer_end(&p);
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
    struct printer p = printer_on(out);

    printer_text(&p, "{\"error\":\"");
    printer_bytes(&p, capdata_plain_inner(name));
    printer_text(&p, ": ");
    printer_bytes(&p, capdata_plain_inner(message));
    printer_text(&p, "\"}");
    return printer_end(&p);
}

enum hs_status capdata_rejection_to_json(struct buffer *out, struct slice body)
{
    struct json_printer j = json_printer_on(out);
    struct buffer json = {0};
    struct slice name, message;

    if (capdata_find_error(body, &name, &message)) return capdata_error_to_json(out, name, message);
    printer_note(&j.text, capdata_to_json(&json, body));
    json_print_open(&j, '{');
    json_print_key(&j, "error");
    if (json.len > 0 && json.data[0] == '"') {
        json_print_raw(&j, buffer_slice(&json));
    } else {
        json_print_string(&j, buffer_slice(&json)); /* what is no text becomes one */
    }
    json_print_close(&j, '}');
    buffer_fini(&json);
    return json_print_end(&j);
}

enum hs_status capdata_rejection_to_text(struct buffer *out, struct slice body)
{
    struct buffer json = {0};
    struct json_text t;
    struct slice key, raw = {NULL, 0};
    enum hs_status st = capdata_rejection_to_json(&json, body);

    json_text_init(&t, buffer_slice(&json));
    if (st == HS_OK) {
        (void)(json_text_open(&t, '{') && json_text_more(&t, '}') && json_text_key(&t, &key) &&
               json_text_string(&t, &raw));
        st = json_text_decode(out, raw);
    }
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
