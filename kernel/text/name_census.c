#include "kernel/text/name_census.h"

#include "kernel/state/kv_map.h"

#include <stdlib.h>

enum { NAME_PLACES = 4096 };

/* The engine's: a hash begins with the kind of name, and takes 16 bits of text at a time. */
enum { KIND_PROPERTY = 1, KIND_SYMBOL = 2, HASH_FACTOR = 263 };

struct name_census {
    struct kv_map *names; /* owned; its keys are kinds and texts */
    struct buffer token;  /* the one at hand */
    struct buffer name;   /* likewise, as a key */
    uint32_t most;        /* on any place */
    uint32_t counts[NAME_PLACES];
};

enum hs_status name_census_open(struct name_census **out)
{
    enum hs_status st;

    *out = calloc(1, sizeof **out);
    if (!*out) return HS_NOMEM;
    st = kv_map_open(&(*out)->names, NULL);
    if (st == HS_OK) return HS_OK;
    free(*out);
    *out = NULL;
    return st;
}

void name_census_close(struct name_census *c)
{
    if (!c) return;
    kv_map_close(c->names);
    buffer_fini(&c->token);
    buffer_fini(&c->name);
    free(c);
}

/* The character that well-formed UTF-8 has at `p`. */
static uint32_t character_at(const unsigned char *p, size_t *len)
{
    if (p[0] < 0x80) {
        *len = 1;
        return p[0];
    }
    if (p[0] < 0xe0) {
        *len = 2;
        return (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
    }
    if (p[0] < 0xf0) {
        *len = 3;
        return (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
    }
    *len = 4;
    return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3f) << 12 |
           (uint32_t)(p[2] & 0x3f) << 6 | (p[3] & 0x3f);
}

static uint32_t name_hash(uint32_t kind, struct slice text)
{
    const unsigned char *p = (const unsigned char *)text.data, *end = p + text.len;
    uint32_t hash = kind;
    size_t len;

    for (; p < end; p += len) {
        uint32_t c = character_at(p, &len);

        if (c >= 0x10000) {
            hash = hash * HASH_FACTOR + (0xd800 + ((c - 0x10000) >> 10));
            c = 0xdc00 + ((c - 0x10000) & 0x3ff);
        }
        hash = hash * HASH_FACTOR + c;
    }
    return hash;
}

static enum hs_status census_note(struct name_census *c, char kind, struct slice text)
{
    const uint32_t place = name_hash((uint32_t)kind, text) % NAME_PLACES;
    struct kv_entry known;
    enum hs_status st;

    buffer_clear(&c->name);
    st = buffer_append_byte(&c->name, kind);
    if (st == HS_OK) st = buffer_append(&c->name, text);
    if (st != HS_OK || kv_map_find(c->names, buffer_slice(&c->name), &known)) return st;
    st = kv_map_put(c->names, buffer_slice(&c->name), slice_make(NULL, 0), false, NULL);
    if (st == HS_OK && ++c->counts[place] > c->most) c->most = c->counts[place];
    return st;
}

bool name_census_counts(enum json_token token, struct slice raw)
{
    return token == JSON_TOKEN_KEY || (token == JSON_TOKEN_STRING && json_text_first(raw) == '%');
}

/* A key that begins with '!' is read as it stands, and then without it. */
static enum hs_status census_token(struct name_census *c, enum json_token token, struct slice raw)
{
    struct slice text, rest;
    enum hs_status st;

    buffer_clear(&c->token);
    st = json_text_decode(&c->token, raw);
    text = buffer_slice(&c->token);
    rest = text.len > 0 ? slice_make(text.data + 1, text.len - 1) : text;
    if (st == HS_OK && token == JSON_TOKEN_STRING) return census_note(c, KIND_SYMBOL, rest);
    if (st == HS_OK) st = census_note(c, KIND_PROPERTY, text);
    if (st != HS_OK || text.len == 0 || text.data[0] != '!') return st;
    return census_note(c, KIND_PROPERTY, rest);
}

enum hs_status name_census_add(struct name_census *c, struct slice json)
{
    struct json_text t;
    struct json_walk walk;
    enum json_token token = JSON_TOKEN_OPEN;
    struct slice raw;
    enum hs_status st = HS_OK;

    json_text_init(&t, json);
    json_walk_init(&walk, &t);
    while (st == HS_OK && json_walk_next(&walk, &token, &raw) && token != JSON_TOKEN_END) {
        if (name_census_counts(token, raw)) st = census_token(c, token, raw);
    }
    return st;
}

bool name_census_crowded(const struct name_census *c)
{
    return c->most > NAMES_TOGETHER_MAX;
}
