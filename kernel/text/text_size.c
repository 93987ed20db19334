#include "kernel/text/text_size.h"

#include "kernel/text/name_census.h"

#include <assert.h>
#include <string.h>

_Static_assert(TEXT_TOKENS_MAX == 50000 && TEXT_BYTES_MAX == 1048576 && TEXT_DIGITS_MAX == 4096 &&
                   NAMES_TOGETHER_MAX == 64 && HS_JSON_DEPTH_MAX == 512,
               "the numbers in the words below");

static const char *text_size_json_problem(struct slice json)
{
    struct json_text t;
    struct json_walk walk;
    enum json_token token = JSON_TOKEN_OPEN;
    struct slice raw;
    uint32_t tokens = 0;

    json_text_init(&t, json);
    json_walk_init(&walk, &t);
    while (json_walk_next(&walk, &token, &raw) && token != JSON_TOKEN_END) {
        if (token != JSON_TOKEN_CLOSE && ++tokens > TEXT_TOKENS_MAX) {
            return "more than 50000 JSON tokens";
        }
    }
    return t.problem && strcmp(t.problem, "nested too deeply") == 0 ? t.problem : NULL;
}

static bool is_long_bigint(enum json_token token, struct slice raw)
{
    unsigned char first;

    if (token != JSON_TOKEN_STRING || json_text_inner(raw).len <= TEXT_DIGITS_MAX + 1) return false;
    first = json_text_first(raw);
    return first == '+' || first == '-';
}

/* What takes more time to read than its length says. */
static enum hs_status smallcaps_problem(struct slice json, const char **problem)
{
    struct json_text t;
    struct json_walk walk;
    struct name_census *census = NULL;
    enum json_token token = JSON_TOKEN_OPEN;
    struct slice raw;
    uint32_t names = 0;
    enum hs_status st;

    json_text_init(&t, json);
    json_walk_init(&walk, &t);
    while (json_walk_next(&walk, &token, &raw) && token != JSON_TOKEN_END) {
        if (name_census_counts(token, raw)) names++;
        if (is_long_bigint(token, raw)) *problem = "a bigint of more than 4096 digits";
    }
    if (*problem || names <= NAMES_TOGETHER_MAX) return HS_OK;
    st = name_census_open(&census);
    if (st == HS_OK) st = name_census_add(census, json);
    if (st == HS_OK && name_census_crowded(census)) *problem = "more than 64 names of like hash";
    name_census_close(census);
    return st;
}

const char *text_size_problem(struct slice text)
{
    if (text.len > TEXT_BYTES_MAX) return "longer than 1 MiB";
    /* So short a text breaks neither of the other bounds. */
    return text.len <= HS_JSON_DEPTH_MAX ? NULL : text_size_json_problem(text);
}

enum hs_status text_size_problem_raw(struct slice raw, const char **problem)
{
    struct buffer text = {0};
    struct slice json;
    bool smallcaps;
    enum hs_status st;

    assert(raw.len >= 2);
    *problem = NULL;
    if (raw.len <= HS_JSON_DEPTH_MAX) return HS_OK;
    st = json_text_decode(&text, raw);
    if (st == HS_OK && text.len > TEXT_BYTES_MAX) {
        *problem = "longer than 1 MiB";
    } else if (st == HS_OK) {
        json = buffer_slice(&text);
        smallcaps = json.len > 0 && json.data[0] == '#';
        if (smallcaps) json = slice_make(json.data + 1, json.len - 1);
        *problem = text_size_json_problem(json);
        if (!*problem && smallcaps) st = smallcaps_problem(json, problem);
    }
    buffer_fini(&text);
    return st;
}
