#include "sidecar/commands/reference.h"

#include "kernel/state/printer.h"
#include "sidecar/commands/command.h"
#include "sidecar/report/metrics.h"

#include <inttypes.h>

/* --- settings --- */

static void put_range(struct printer *p, const struct setting *setting)
{
    switch (setting->kind) {
    case SETTING_KIND_FLAG: printer_text(p, "a flag"); return;
    case SETTING_KIND_UINT:
        if (setting->max == HS_UINT_MAX) {
            printer_format(p, "number from %" PRIu64, setting->min);
        } else {
            printer_format(p, "%" PRIu64 " to %" PRIu64, setting->min, setting->max);
        }
        return;
    case SETTING_KIND_CHOICE:
        for (size_t i = 0; setting->choices[i]; i++) {
            printer_format(p, "%s`%s`", i ? ", " : "", setting->choices[i]);
        }
        return;
    case SETTING_KIND_TEXT:
        printer_format(p, "text, at most %" PRIu64 " bytes", setting->max);
        return;
    case SETTING_KIND_PATH:
        printer_format(p, "path, at most %" PRIu64 " bytes", setting->max);
        return;
    case SETTING_KIND_ADDRESS: printer_text(p, "`ADDR:PORT` or `off`"); return;
    }
}

static void put_takers(struct printer *p, enum setting_id id, const struct command *const *table,
                       const char *parent, const char **between)
{
    for (; *table; table++) {
        const struct command *c = *table;

        if (c->subcommands) put_takers(p, id, c->subcommands, c->name, between);
        if (!(c->settings & SETTING_BIT(id))) continue;
        printer_format(p, "%s`%s%s%s`", *between, parent, *parent ? " " : "", c->name);
        *between = ", ";
    }
}

static void put_setting(struct printer *p, enum setting_id id)
{
    const struct setting *setting = setting_at(id);
    const char *initial = setting_default_words(setting);
    const char *between = "", *open = setting->argument_optional ? "[=" : " ";

    printer_format(p, "| `--%s%s%s%s` | ", setting->name, setting->argument ? open : "",
                   setting->argument ? setting->argument : "",
                   setting->argument_optional ? "]" : "");
    put_range(p, setting);
    printer_format(p, " | %s%s%s | ", initial ? "`" : "", initial ? initial : "",
                   initial ? "`" : "");
    if (setting->scope == SETTING_OF_ALL) {
        printer_text(p, "all");
    } else {
        put_takers(p, id, command_table(), "", &between);
    }
    printer_format(p, " | %s |\n", setting->help);
}

static enum hs_status render_settings(struct buffer *out)
{
    struct printer p = printer_on(out);

    printer_format(&p,
                   "| setting | value | default | commands | meaning |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        put_setting(&p, (enum setting_id)i);
    }
    return printer_end(&p);
}

/* --- metrics --- */

static enum hs_status render_metrics(struct buffer *out)
{
    struct printer p = printer_on(out);
    struct metric_description m;

    printer_format(&p, "| metric | type | labels | meaning |\n|---|---|---|---|\n");
    for (size_t i = 0; metrics_describe(i, &m); i++) {
        printer_format(&p, "| `%s` | %s | %s | %s |\n", m.name, m.type, m.labels ? m.labels : "",
                       m.help);
    }
    return printer_end(&p);
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
