#include "sidecar/commands/reference.h"

#include "sidecar/commands/command.h"
#include "sidecar/report/metrics.h"

#include <inttypes.h>

/* The first failure sticks, so that a page reads as a list of lines. */
struct page {
    struct buffer *out;
    enum hs_status st;
};

HS_PRINTF(2, 3) static void put(struct page *p, const char *format, ...)
{
    va_list args;

    if (p->st != HS_OK) return;
    va_start(args, format);
    p->st = buffer_vprintf(p->out, format, args);
    va_end(args);
}

/* --- settings --- */

static void put_range(struct page *p, const struct setting *setting)
{
    switch (setting->kind) {
    case SETTING_KIND_FLAG: put(p, "a flag"); return;
    case SETTING_KIND_UINT:
        if (setting->max == HS_UINT_MAX) {
            put(p, "number from %" PRIu64, setting->min);
        } else {
            put(p, "%" PRIu64 " to %" PRIu64, setting->min, setting->max);
        }
        return;
    case SETTING_KIND_CHOICE:
        for (size_t i = 0; setting->choices[i]; i++) {
            put(p, "%s`%s`", i ? ", " : "", setting->choices[i]);
        }
        return;
    case SETTING_KIND_TEXT: put(p, "text, at most %" PRIu64 " bytes", setting->max); return;
    case SETTING_KIND_PATH: put(p, "path, at most %" PRIu64 " bytes", setting->max); return;
    case SETTING_KIND_ADDRESS: put(p, "`ADDR:PORT` or `off`"); return;
    }
}

static void put_takers(struct page *p, enum setting_id id, const struct command *const *table,
                       const char *parent, const char **between)
{
    for (; *table; table++) {
        const struct command *c = *table;

        if (c->subcommands) put_takers(p, id, c->subcommands, c->name, between);
        if (!(c->settings & SETTING_BIT(id))) continue;
        put(p, "%s`%s%s%s`", *between, parent, *parent ? " " : "", c->name);
        *between = ", ";
    }
}

static void put_setting(struct page *p, enum setting_id id)
{
    const struct setting *setting = setting_at(id);
    const char *initial = setting_default_words(setting);
    const char *between = "", *open = setting->argument_optional ? "[=" : " ";

    put(p, "| `--%s%s%s%s` | ", setting->name, setting->argument ? open : "",
        setting->argument ? setting->argument : "", setting->argument_optional ? "]" : "");
    put_range(p, setting);
    put(p, " | %s%s%s | ", initial ? "`" : "", initial ? initial : "", initial ? "`" : "");
    if (setting->scope == SETTING_OF_ALL) {
        put(p, "all");
    } else {
        put_takers(p, id, command_table(), "", &between);
    }
    put(p, " | %s |\n", setting->help);
}

static enum hs_status render_settings(struct buffer *out)
{
    struct page p = {.out = out};

    put(&p, "| setting | value | default | commands | meaning |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        put_setting(&p, (enum setting_id)i);
    }
    return p.st;
}

/* --- metrics --- */

static enum hs_status render_metrics(struct buffer *out)
{
    struct page p = {.out = out};
    struct metric_description m;

    put(&p, "| metric | type | labels | meaning |\n|---|---|---|---|\n");
    for (size_t i = 0; metrics_describe(i, &m); i++) {
        put(&p, "| `%s` | %s | %s | %s |\n", m.name, m.type, m.labels ? m.labels : "", m.help);
    }
    return p.st;
}

static const struct reference references[] = {
    {"settings", "every setting: what it may be, its default, who takes it", render_settings},
    {"metrics", "every metric of the daemon's page", render_metrics},
    {NULL, NULL, NULL},
};

const struct reference *reference_table(void)
{
    return references;
}
