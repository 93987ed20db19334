#include "kernel/text/json_text.h"

#include "kernel/state/hex.h"
#include "kernel/state/utf8.h"

#include <assert.h>
#include <string.h>

void json_text_init(struct json_text *t, struct slice text)
{
    const char *start = text.data ? text.data : "";

    *t = (struct json_text){.start = start, .at = start, .end = start + text.len};
}

bool json_text_fail(struct json_text *t, const char *problem)
{
    if (!t->problem) t->problem = problem;
    return false;
}

static void json_text_blanks(struct json_text *t)
{
    while (t->at < t->end &&
           (*t->at == ' ' || *t->at == '\n' || *t->at == '\r' || *t->at == '\t')) {
        t->at++;
    }
}

bool json_text_open(struct json_text *t, char bracket)
{
    assert(bracket == '[' || bracket == '{');
    if (t->problem) return false;
    json_text_blanks(t);
    if (t->at == t->end || *t->at != bracket) {
        return json_text_fail(t, bracket == '[' ? "expected an array" : "expected an object");
    }
    t->at++;
    t->fresh = true;
    return true;
}

bool json_text_more(struct json_text *t, char bracket)
{
    assert(bracket == ']' || bracket == '}');
    if (t->problem) return false;
    json_text_blanks(t);
    if (t->at == t->end) return json_text_fail(t, "unexpected end");
    if (*t->at == bracket) {
        t->at++;
        t->fresh = false;
        return false;
    }
    if (!t->fresh) {
        if (*t->at != ',') return json_text_fail(t, "expected a comma or a closing bracket");
        t->at++;
    }
    t->fresh = false;
    return true;
}

bool json_text_next(struct json_text *t, char bracket)
{
    return json_text_more(t, bracket) || json_text_fail(t, "an element is missing");
}

bool json_text_close(struct json_text *t, char bracket)
{
    if (json_text_more(t, bracket)) return json_text_fail(t, "more elements than expected");
    return !t->problem;
}

/* Is there \uXXXX? */
static bool json_text_is_unit(const char *p, size_t left)
{
    if (left < 6 || p[0] != '\\' || p[1] != 'u') return false;
    for (size_t i = 2; i < 6; i++) {
        if (hex_digit(p[i]) < 0) return false;
    }
    return true;
}

uint32_t json_text_unit(const char *p)
{
    uint32_t unit = 0;

    for (int i = 2; i < 6; i++) {
        unit = unit << 4 | (uint32_t)hex_digit(p[i]);
    }
    return unit;
}

/* Length of the escape sequence at `p`, 0 if it is none. Half a surrogate pair is none: it is no
 * character, and what stands for it could stand for another half as well. */
static size_t json_text_escape_len(const char *p, size_t left)
{
    uint32_t unit;

    assert(p[0] == '\\');
    if (left < 2) return 0;
    if (p[1] != 'u') return strchr("\"\\/bfnrt", p[1]) && p[1] ? 2 : 0;
    if (!json_text_is_unit(p, left)) return 0;
    unit = json_text_unit(p);
    if (unit < 0xd800 || unit > 0xdfff) return 6;
    if (unit > 0xdbff || !json_text_is_unit(p + 6, left - 6)) return 0;
    unit = json_text_unit(p + 6);
    return unit >= 0xdc00 && unit <= 0xdfff ? 12 : 0;
}

/* Bytes of a string that need a closer look: quote, backslash, control characters, not ASCII. */
static bool json_text_is_special(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\' || c >= 0x80;
}

static bool json_text_scan_string(struct json_text *t)
{
    const char *p = t->at + 1;
    size_t len;

    for (;;) {
        while (p < t->end && !json_text_is_special((unsigned char)*p)) {
            p++;
        }
        t->at = p;
        if (p == t->end) return json_text_fail(t, "unfinished string");
        if (*p == '"') break;
        if (*p == '\\') {
            len = json_text_escape_len(p, (size_t)(t->end - p));
            if (len == 0) return json_text_fail(t, "unknown escape in a string");
        } else if ((unsigned char)*p >= 0x80) {
            len = utf8_character_bytes(slice_make(p, (size_t)(t->end - p)));
            if (len == 0) return json_text_fail(t, "not UTF-8");
        } else {
            return json_text_fail(t, "control character in a string");
        }
        p += len;
    }
    t->at = p + 1;
    return true;
}

bool json_text_string(struct json_text *t, struct slice *raw)
{
    const char *from;

    if (t->problem) return false;
    json_text_blanks(t);
    if (t->at == t->end || *t->at != '"') return json_text_fail(t, "expected a string");
    from = t->at;
    t->fresh = false;
    if (!json_text_scan_string(t)) return false;
    *raw = slice_make(from, (size_t)(t->at - from));
    return true;
}

bool json_text_key(struct json_text *t, struct slice *raw)
{
    if (!json_text_string(t, raw)) return false;
    json_text_blanks(t);
    if (t->at == t->end || *t->at != ':') return json_text_fail(t, "expected a colon");
    t->at++;
    return true;
}

static size_t json_text_digits(struct json_text *t)
{
    const char *from = t->at;

    while (t->at < t->end && *t->at >= '0' && *t->at <= '9') {
        t->at++;
    }
    return (size_t)(t->at - from);
}

static bool json_text_scan_number(struct json_text *t)
{
    const char *first;
    size_t digits;

    if (*t->at == '-') t->at++;
    first = t->at;
    digits = json_text_digits(t);
    if (digits == 0) return json_text_fail(t, "unexpected character");
    if (digits > 1 && *first == '0') return json_text_fail(t, "number with a leading zero");
    if (t->at < t->end && *t->at == '.') {
        t->at++;
        if (json_text_digits(t) == 0) return json_text_fail(t, "number without a fraction");
    }
    if (t->at < t->end && (*t->at == 'e' || *t->at == 'E')) {
        t->at++;
        if (t->at < t->end && (*t->at == '+' || *t->at == '-')) t->at++;
        if (json_text_digits(t) == 0) return json_text_fail(t, "number without an exponent");
    }
    return true;
}

static bool json_text_scan_word(struct json_text *t, const char *word)
{
    size_t len = strlen(word);

    if ((size_t)(t->end - t->at) < len || memcmp(t->at, word, len) != 0) {
        return json_text_fail(t, "unexpected character");
    }
    t->at += len;
    return true;
}

static bool json_text_scan_scalar(struct json_text *t)
{
    switch (*t->at) {
    case 't': return json_text_scan_word(t, "true");
    case 'f': return json_text_scan_word(t, "false");
    case 'n': return json_text_scan_word(t, "null");
    default: return json_text_scan_number(t);
    }
}

void json_walk_init(struct json_walk *w, struct json_text *text)
{
    w->text = text;
    w->depth = 0;
    w->begun = false;
    w->in_member = false;
}

static bool json_walk_in_object(const struct json_walk *w)
{
    uint32_t level = w->depth - 1;

    assert(w->depth > 0);
    return w->objects[level / 8] >> (level % 8) & 1;
}

static bool json_walk_open(struct json_walk *w, char bracket)
{
    uint8_t bit = (uint8_t)(1u << (w->depth % 8));

    if (w->depth == HS_JSON_DEPTH_MAX) return json_text_fail(w->text, "nested too deeply");
    if (bracket == '{') {
        w->objects[w->depth / 8] |= bit;
    } else {
        w->objects[w->depth / 8] &= (uint8_t)~bit;
    }
    w->depth++;
    return json_text_open(w->text, bracket);
}

static bool json_walk_value(struct json_walk *w, enum json_token *token, struct slice *raw)
{
    struct json_text *t = w->text;
    const char *from;

    json_text_blanks(t);
    w->in_member = false;
    if (t->at == t->end) return json_text_fail(t, "unexpected end");
    from = t->at;
    if (*from == '[' || *from == '{') {
        *token = JSON_TOKEN_OPEN;
        if (!json_walk_open(w, *from)) return false;
    } else if (*from == '"') {
        *token = JSON_TOKEN_STRING;
        return json_text_string(t, raw);
    } else {
        *token = JSON_TOKEN_SCALAR;
        t->fresh = false;
        if (!json_text_scan_scalar(t)) return false;
    }
    *raw = slice_make(from, (size_t)(t->at - from));
    return true;
}

bool json_walk_next(struct json_walk *w, enum json_token *token, struct slice *raw)
{
    struct json_text *t = w->text;
    bool object;

    if (t->problem) return false;
    if (w->depth == 0) {
        if (!w->begun) {
            w->begun = true;
            return json_walk_value(w, token, raw);
        }
        *token = JSON_TOKEN_END;
        *raw = slice_make(t->at, 0);
        return true;
    }
    if (w->in_member) return json_walk_value(w, token, raw);
    object = json_walk_in_object(w);
    if (!json_text_more(t, object ? '}' : ']')) {
        if (t->problem) return false;
        w->depth--;
        *token = JSON_TOKEN_CLOSE;
        *raw = slice_make(t->at - 1, 1);
        return true;
    }
    if (!object) return json_walk_value(w, token, raw);
    *token = JSON_TOKEN_KEY;
    w->in_member = true;
    return json_text_key(t, raw);
}

bool json_text_value(struct json_text *t, struct slice *raw)
{
    struct json_walk walk;
    enum json_token token = JSON_TOKEN_OPEN;
    struct slice part;
    const char *from;

    if (t->problem) return false;
    json_text_blanks(t);
    from = t->at;
    json_walk_init(&walk, t);
    do {
        if (!json_walk_next(&walk, &token, &part)) return false;
    } while (walk.depth > 0);
    *raw = slice_make(from, (size_t)(t->at - from));
    return true;
}

bool json_text_end(struct json_text *t)
{
    if (t->problem) return false;
    json_text_blanks(t);
    return t->at == t->end || json_text_fail(t, "something follows the end");
}

bool json_text_is_value(struct slice text)
{
    struct json_text t;
    struct slice raw;

    json_text_init(&t, text);
    return json_text_value(&t, &raw) && json_text_end(&t);
}

bool json_text_only_string(struct slice text, struct slice *raw)
{
    struct json_text t;

    json_text_init(&t, text);
    return json_text_string(&t, raw) && json_text_end(&t);
}

bool json_text_is(struct slice raw, const char *word)
{
    return slice_equal(json_text_inner(raw), slice_text(word));
}

struct slice json_text_inner(struct slice raw)
{
    assert(raw.len >= 2 && raw.data[0] == '"');
    return slice_make(raw.data + 1, raw.len - 2);
}
