#include "sidecar/settings/sidecar_config.h"

#include "sidecar/settings/skip.h"

#include <assert.h>
#include <string.h>

/* A choice is stored as the enum of the same order. */
_Static_assert(LOG_LEVEL_ERROR == 0 && LOG_LEVEL_WARN == 1 && LOG_LEVEL_INFO == 2 &&
                   LOG_LEVEL_DEBUG == 3,
               "choices of --log-level");
_Static_assert(LOG_FORMAT_TEXT == 0 && LOG_FORMAT_JSON == 1, "choices of --log-format");
_Static_assert(SIDECAR_LOG_SYNC_BACKGROUND == 0 && SIDECAR_LOG_SYNC_ALWAYS == 1 &&
                   SIDECAR_LOG_SYNC_BLOCK == 2,
               "choices of --log-sync");
_Static_assert(SIDECAR_READS_MIRROR == 0 && SIDECAR_READS_NODE == 1, "choices of --reads");

enum { SNAPSHOT_SHARE_ALL = 100 };

struct member {
    enum setting_id id;
    size_t at, bytes;
};

#define MEMBER(id, of_whom, type, member, ...)                                                     \
    {SETTING_##id, offsetof(struct sidecar_config, member), sizeof(type)},
static const struct member members[] = {SETTING_ROWS(SIDECAR_NO_MEMBER, MEMBER)};
enum { MEMBERS_LEN = sizeof members / sizeof *members };

/* Store a value as its member's type. `text` may be NULL. */
static void member_set(struct sidecar_config *c, const struct member *m, uint64_t number,
                       const char *text)
{
    const struct setting *setting = setting_at(m->id);
    void *to = (char *)c + m->at;
    bool yes = (number != 0) != setting->opposite;
    uint32_t small = (uint32_t)number;

    switch (setting->kind) {
    case SETTING_KIND_FLAG:
        assert(m->bytes == sizeof yes);
        memcpy(to, &yes, sizeof yes);
        return;
    case SETTING_KIND_UINT:
    case SETTING_KIND_CHOICE:
        assert(m->bytes == sizeof number || (m->bytes == sizeof small && number <= UINT32_MAX));
        memcpy(to, m->bytes == sizeof number ? (const void *)&number : &small, m->bytes);
        return;
    case SETTING_KIND_ADDRESS:
        if (text && strcmp(text, "off") == 0) text = NULL;
        break;
    case SETTING_KIND_TEXT:
    case SETTING_KIND_PATH: break;
    }
    assert(m->bytes == sizeof text);
    memcpy(to, &text, sizeof text);
}

struct sidecar_config sidecar_config_default(void)
{
    struct sidecar_config c = {0};

    for (size_t i = 0; i < MEMBERS_LEN; i++) {
        const struct setting *setting = setting_at(members[i].id);
        uint64_t number = 0;

        if (setting->initial) {
            enum hs_status st = setting_parse(setting, setting->initial, "default", &number, NULL);

            assert(st == HS_OK); /* the table's own */
            (void)st;
        }
        member_set(&c, &members[i], number, setting->initial);
    }
    return c;
}

struct sidecar_config sidecar_config_of(const struct settings *s)
{
    struct sidecar_config c = sidecar_config_default();

    for (size_t i = 0; i < MEMBERS_LEN; i++) {
        const struct setting_value *value = &s->values[members[i].id];

        if (value->source == SETTING_FROM_NOWHERE) continue;
        member_set(&c, &members[i], value->number, value->text);
    }
    /* -q: errors only, unless a level was asked for by name. */
    if (settings_flag(s, SETTING_QUIET) && !settings_given(s, SETTING_LOG_LEVEL)) {
        c.log_level = LOG_LEVEL_ERROR;
    }
    /* Whoever says how many messages gets a snapshot as often, whatever it costs. */
    if (settings_given(s, SETTING_SNAPSHOT_EVERY) && !settings_given(s, SETTING_SNAPSHOT_SHARE)) {
        c.snapshot_share = SNAPSHOT_SHARE_ALL;
    }
    return c;
}

static bool member_in_range(const struct sidecar_config *c, const struct member *m)
{
    const struct setting *setting = setting_at(m->id);
    const void *from = (const char *)c + m->at;
    uint64_t number = 0;
    uint32_t small = 0;

    if (setting->kind != SETTING_KIND_UINT) return true;
    if (m->bytes == sizeof number) {
        memcpy(&number, from, sizeof number);
    } else {
        memcpy(&small, from, sizeof small);
        number = small;
    }
    return number >= setting->min && number <= setting->max;
}

enum hs_status sidecar_config_check(const struct sidecar_config *c, struct hs_error *err)
{
    struct skip skip;

    if (!c->socket_path || !c->data_dir || !c->chain_id) {
        return hs_fail(err, HS_INVALID, "socket, data folder and chain id are needed");
    }
    for (size_t i = 0; i < MEMBERS_LEN; i++) {
        const struct setting *setting = setting_at(members[i].id);

        if (member_in_range(c, &members[i])) continue;
        return hs_fail(err, HS_INVALID, "--%s must be %llu to %llu", setting->name,
                       (unsigned long long)setting->min, (unsigned long long)setting->max);
    }
    return skip_parse(c->skip, &skip, err);
}
