#include "kernel/tables/rules.h"

#include "kernel/state/decimal.h"
#include "kernel/tables/kv_hashed.h"
#include "kernel/text/json_text.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

static const char rules_key[] = "kernel.rules";

struct rule {
    const char *group, *name;
    size_t offset;
    uint64_t standard, least, most;
};

static const struct rule rule_rows[] = {
#define RULES_ROW(member, group, name, standard, least, most)                                      \
    {group, name, offsetof(struct kernel_rules, member), standard, least, most},
    RULES(RULES_ROW)
#undef RULES_ROW
};

enum { RULE_COUNT = sizeof rule_rows / sizeof *rule_rows };

static uint64_t *rule_of(struct kernel_rules *rules, const struct rule *row)
{
    return (uint64_t *)(void *)((char *)rules + row->offset);
}

struct kernel_rules kernel_rules_default(void)
{
    struct kernel_rules rules;

    for (size_t i = 0; i < RULE_COUNT; i++) {
        *rule_of(&rules, &rule_rows[i]) = rule_rows[i].standard;
    }
    return rules;
}

static const struct rule *rule_find(struct slice group, struct slice name)
{
    for (size_t i = 0; i < RULE_COUNT; i++) {
        if (json_text_is(group, rule_rows[i].group) && json_text_is(name, rule_rows[i].name)) {
            return &rule_rows[i];
        }
    }
    return NULL;
}

static bool rules_have(struct slice group)
{
    for (size_t i = 0; i < RULE_COUNT; i++) {
        if (json_text_is(group, rule_rows[i].group)) return true;
    }
    return false;
}

static enum hs_status rules_malformed(const struct json_text *t, struct hs_error *err)
{
    return hs_fail(err, HS_INVALID, "rules: %s", t->problem);
}

static enum hs_status rules_read_version(struct json_text *t, struct hs_error *err)
{
    struct slice raw;
    uint64_t version;

    if (!json_text_value(t, &raw)) return rules_malformed(t, err);
    if (uint_parse(raw, &version) != HS_OK || version == 0) {
        return hs_fail(err, HS_INVALID, "rules: \"version\" must be a number from 1 on");
    }
    if (version == RULES_VERSION) return HS_OK;
    return hs_fail(err, HS_WRONG_EPOCH,
                   "the kernel's rules are of version %" PRIu64
                   "; this headstart knows version %d: use the release that the chain uses",
                   version, RULES_VERSION);
}

static enum hs_status rules_read_group(struct json_text *t, struct slice group,
                                       struct kernel_rules *rules, struct hs_error *err)
{
    struct slice name, raw;
    const struct rule *row;
    uint64_t value;

    if (!rules_have(group)) {
        return hs_fail(err, HS_INVALID, "rules: there is no group %.*s",
                       (int)(group.len < 64 ? group.len : 64), group.data);
    }
    (void)json_text_open(t, '{');
    while (json_text_more(t, '}') && json_text_key(t, &name) && json_text_value(t, &raw)) {
        row = rule_find(group, name);
        if (!row) {
            return hs_fail(err, HS_INVALID, "rules: there is no rule %.*s in %.*s",
                           (int)(name.len < 64 ? name.len : 64), name.data,
                           (int)(group.len < 64 ? group.len : 64), group.data);
        }
        if (uint_parse(raw, &value) != HS_OK || value < row->least || value > row->most) {
            return hs_fail(err, HS_INVALID,
                           "rules: \"%s\" must be a number from %" PRIu64 " to %" PRIu64, row->name,
                           row->least, row->most);
        }
        *rule_of(rules, row) = value;
    }
    return t->problem ? rules_malformed(t, err) : HS_OK;
}

/* Under prices that a crank cannot pay, every delivery would end its vat. */
static enum hs_status rules_fit(struct kernel_rules *rules, struct hs_error *err)
{
    const uint64_t most = rules->crank_ticks * (HS_TICK_STEPS / RULES_PRICES_A_CRANK);

    for (size_t i = 0; i < RULE_COUNT; i++) {
        const struct rule *row = &rule_rows[i];

        if (strcmp(row->group, "prices") != 0 || *rule_of(rules, row) <= most) continue;
        return hs_fail(err, HS_INVALID,
                       "rules: the price \"%s\" is more than %" PRIu64 ", of which %d must fit "
                       "\"crankTicks\"",
                       row->name, most, RULES_PRICES_A_CRANK);
    }
    return HS_OK;
}

enum hs_status kernel_rules_change(struct kernel_rules *rules, struct slice json,
                                   struct hs_error *err)
{
    struct kernel_rules changed = *rules;
    struct json_text t;
    struct slice key;
    enum hs_status st = HS_OK;

    json_text_init(&t, json);
    (void)json_text_open(&t, '{');
    while (st == HS_OK && json_text_more(&t, '}') && json_text_key(&t, &key)) {
        if (json_text_is(key, "version")) {
            st = rules_read_version(&t, err);
        } else {
            st = rules_read_group(&t, key, &changed, err);
        }
    }
    if (st != HS_OK) return st;
    if (!json_text_end(&t)) return rules_malformed(&t, err);
    st = rules_fit(&changed, err);
    if (st == HS_OK) *rules = changed;
    return st;
}

void kernel_rules_print(const struct kernel_rules *rules, struct json_printer *j)
{
    struct kernel_rules copy = *rules;
    const char *group = NULL;

    json_print_open(j, '{');
    json_print_key(j, "version");
    json_print_uint(j, RULES_VERSION);
    for (size_t i = 0; i < RULE_COUNT; i++) {
        const struct rule *row = &rule_rows[i];

        if (!group || strcmp(group, row->group) != 0) {
            if (group) json_print_close(j, '}');
            json_print_key(j, row->group);
            json_print_open(j, '{');
            group = row->group;
        }
        json_print_key(j, row->name);
        json_print_uint(j, *rule_of(&copy, row));
    }
    json_print_close(j, '}');
    json_print_close(j, '}');
}

enum hs_status kernel_rules_write(struct kv_store *kv, const struct kernel_rules *rules,
                                  struct hs_error *err)
{
    struct buffer text = {0};
    struct json_printer j = json_printer_on(&text);
    enum hs_status st;

    kernel_rules_print(rules, &j);
    st = kernel_fail(err, json_print_end(&j));
    if (st == HS_OK) st = kv_store_set(kv, slice_text(rules_key), buffer_slice(&text), err);
    buffer_fini(&text);
    return st;
}

enum hs_status kernel_rules_read(struct kv_store *kv, struct kernel_rules *out,
                                 struct hs_error *err)
{
    struct hs_error cause = {.status = HS_OK};
    struct buffer text = {0};
    enum hs_status st = kv_store_get_text(kv, rules_key, &text, err);

    *out = kernel_rules_default();
    if (st == HS_NOT_FOUND) st = kernel_store_damaged(slice_text(rules_key), "missing", err);
    if (st == HS_OK) {
        st = kernel_rules_change(out, buffer_slice(&text), &cause);
        if (st == HS_INVALID) st = kernel_store_damaged(slice_text(rules_key), cause.text, err);
        if (st == HS_WRONG_EPOCH) st = hs_fail(err, st, "%s", cause.text);
    }
    buffer_fini(&text);
    return st;
}
