#include "kernel/syscall_size.h"

_Static_assert(TEXT_SLOTS_MAX == 4096, "the number in the words below");

/* Where the walk is. */
struct size_walk {
    bool stores;       /* a vatstoreSet: its third string is a text */
    bool body, slots;  /* the value of such a key comes next */
    bool in_slots;     /* or the elements of a list of slots */
    uint32_t strings;  /* values so far */
    uint32_t slot_len; /* elements of the list so far */
};

static enum hs_status size_string(struct size_walk *s, struct slice raw, const char **problem)
{
    if (s->in_slots) {
        if (++s->slot_len > TEXT_SLOTS_MAX) *problem = "more than 4096 slots";
        return HS_OK;
    }
    s->strings++;
    if (s->strings == 1) s->stores = json_text_is(raw, "vatstoreSet");
    if (!s->body && !(s->stores && s->strings == 3)) return HS_OK;
    s->body = false;
    return text_size_problem_raw(raw, problem);
}

static enum hs_status size_token(struct size_walk *s, enum json_token token, struct slice raw,
                                 const char **problem)
{
    switch (token) {
    case JSON_TOKEN_KEY:
        s->body = json_text_is(raw, "body");
        s->slots = json_text_is(raw, "slots");
        break;
    case JSON_TOKEN_OPEN:
        s->in_slots = s->slots;
        s->slots = false;
        s->slot_len = 0;
        break;
    case JSON_TOKEN_CLOSE: s->in_slots = false; break;
    case JSON_TOKEN_STRING: return size_string(s, raw, problem);
    default: break;
    }
    return HS_OK;
}

enum hs_status syscall_size_problem(struct slice syscall, const char **problem)
{
    struct size_walk s = {0};
    struct json_text t;
    struct json_walk walk;
    enum json_token token = JSON_TOKEN_OPEN;
    struct slice raw;
    enum hs_status st = HS_OK;

    *problem = NULL;
    if (syscall.len <= HS_JSON_DEPTH_MAX) return HS_OK; /* too short to break any */
    json_text_init(&t, syscall);
    json_walk_init(&walk, &t);
    while (st == HS_OK && !*problem && json_walk_next(&walk, &token, &raw) &&
           token != JSON_TOKEN_END) {
        st = size_token(&s, token, raw, problem);
    }
    return st;
}
