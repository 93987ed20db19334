/* Completion scripts, written from the tables of commands and settings.
 *
 * bash and zsh get the same small function, which finds the command among the words before the
 * cursor and offers what can follow; fish has a declarative form of its own.
 */
#include "kernel/state/printer.h"
#include "sidecar/commands/command.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct script {
    struct printer to;
    bool zsh;
};

static void put_command_names(struct script *s, const struct command *const *table,
                              const char *between)
{
    for (const struct command *const *c = table; c && *c; c++) {
        printer_format(&s->to, "%s%s", c == table ? "" : between, (*c)->name);
    }
}

static void put_flags(struct script *s, uint64_t settings)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *setting = setting_at((enum setting_id)i);

        if (!(settings & SETTING_BIT(i))) continue;
        printer_format(&s->to, " --%s%s", setting->name, setting->argument_optional ? "=" : "");
    }
}

/* Offer the words that `put_words` would; the two shells differ in this alone. */
static void put_offer_begin(struct script *s)
{
    printer_format(&s->to, "%s", s->zsh ? "compadd -- " : "COMPREPLY=($(compgen -W \"");
}

static void put_offer_end(struct script *s)
{
    printer_format(&s->to, "%s", s->zsh ? "" : "\" -- \"$current\"))");
}

static void put_values(struct script *s)
{
    printer_format(&s->to, "    case $previous in\n");
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *setting = setting_at((enum setting_id)i);

        if (setting->kind == SETTING_KIND_FLAG || setting->argument_optional) continue;
        printer_format(&s->to, "    --%s) ", setting->name);
        if (setting->kind == SETTING_KIND_PATH) {
            printer_format(&s->to, "%s",
                           s->zsh ? "_files; " : "COMPREPLY=($(compgen -f -- \"$current\")); ");
        } else if (setting->choices) {
            put_offer_begin(s);
            for (size_t j = 0; setting->choices[j]; j++) {
                printer_format(&s->to, "%s%s", j ? " " : "", setting->choices[j]);
            }
            put_offer_end(s);
            printer_text(&s->to, "; ");
        }
        printer_format(&s->to, "return ;;\n");
    }
    printer_format(&s->to, "    esac\n");
}

static void put_case(struct script *s, const char *pattern, const struct command *const *table,
                     uint64_t settings)
{
    printer_format(&s->to, "    '%s') ", pattern);
    put_offer_begin(s);
    put_command_names(s, table, " ");
    put_flags(s, settings | SETTINGS_OF_ALL);
    printer_text(&s->to, " --help");
    put_offer_end(s);
    printer_format(&s->to, " ;;\n");
}

static void put_cases(struct script *s)
{
    char pattern[64];

    printer_format(&s->to, "    case $command in\n");
    put_case(s, "", command_table(), 0);
    for (const struct command *const *table = command_table(); *table; table++) {
        const struct command *c = *table;

        put_case(s, c->name, c == &command_help ? command_table() : c->subcommands, c->settings);
        for (const struct command *const *at = c->subcommands; at && *at; at++) {
            const struct command *inner = *at;

            (void)snprintf(pattern, sizeof pattern, "%s %s", c->name, inner->name);
            put_case(s, pattern, NULL, inner->settings);
        }
    }
    printer_format(&s->to, "    esac\n");
}

/* Which command do the words before the cursor name? */
static void put_finder(struct script *s)
{
    printer_format(&s->to, "    case \"$command:$word\" in\n        :");
    put_command_names(s, command_table(), "|:");
    printer_format(&s->to, ") command=$word ;;\n");
    for (const struct command *const *table = command_table(); *table; table++) {
        const struct command *c = *table;

        if (!c->subcommands) continue;
        for (const struct command *const *at = c->subcommands; *at; at++) {
            printer_format(&s->to, "        %s:%s) command=\"%s %s\" ;;\n", c->name, (*at)->name,
                           c->name, (*at)->name);
        }
    }
    printer_format(&s->to, "        esac\n    done\n");
}

static void put_function(struct script *s)
{
    if (s->zsh) {
        printer_format(
            &s->to,
            "#compdef headstart\n_headstart() {\n"
            "    local current=${words[CURRENT]} previous=${words[CURRENT-1]} command= word\n"
            "    for word in ${words[2,CURRENT-1]}; do\n    ");
    } else {
        printer_format(&s->to, "_headstart() {\n"
                               "    local current=${COMP_WORDS[COMP_CWORD]} "
                               "previous=${COMP_WORDS[COMP_CWORD-1]} command= word\n"
                               "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n    ");
    }
    put_finder(s);
    put_values(s);
    put_cases(s);
    printer_format(&s->to, "}\n%s\n",
                   s->zsh ? "compdef _headstart headstart"
                          : "complete -o filenames -F _headstart headstart");
}

/* Inside single quotes fish takes all but these two as they are. */
static void put_fish_text(struct script *s, const char *text)
{
    printer_text(&s->to, "'");
    for (; *text; text++) {
        printer_format(&s->to, "%s%c", *text == '\'' || *text == '\\' ? "\\" : "", *text);
    }
    printer_text(&s->to, "'");
}

static void put_fish_option(struct script *s, const char *condition, const struct setting *setting)
{
    printer_format(&s->to, "complete -c headstart %s -l %s", condition, setting->name);
    if (setting->letter) printer_format(&s->to, " -s %c", setting->letter);
    if (setting->kind == SETTING_KIND_PATH) {
        printer_text(&s->to, " -r -F");
    } else if (setting->kind != SETTING_KIND_FLAG && !setting->argument_optional) {
        printer_text(&s->to, " -x");
    }
    if (setting->choices) {
        printer_text(&s->to, " -a '");
        for (size_t i = 0; setting->choices[i]; i++) {
            printer_format(&s->to, "%s%s", i ? " " : "", setting->choices[i]);
        }
        printer_text(&s->to, "'");
    }
    printer_text(&s->to, " -d ");
    put_fish_text(s, setting->help);
    printer_format(&s->to, "\n");
}

static void put_fish_options(struct script *s, const char *condition, uint64_t settings)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (settings & SETTING_BIT(i)) {
            put_fish_option(s, condition, setting_at((enum setting_id)i));
        }
    }
}

static void put_fish_commands(struct script *s, const char *condition,
                              const struct command *const *table)
{
    for (const struct command *const *c = table; c && *c; c++) {
        printer_format(&s->to, "complete -c headstart -n '%s' -a %s -d ", condition, (*c)->name);
        put_fish_text(s, (*c)->summary);
        printer_format(&s->to, "\n");
    }
}

static void put_fish(struct script *s)
{
    char condition[128];

    printer_format(&s->to, "complete -c headstart -f\n");
    put_fish_options(s, "", SETTINGS_OF_ALL);
    printer_format(&s->to, "complete -c headstart -s h -l help -d 'help'\n");
    put_fish_commands(s, "__fish_use_subcommand", command_table());
    for (const struct command *const *table = command_table(); *table; table++) {
        const struct command *c = *table;

        (void)snprintf(condition, sizeof condition, "__fish_seen_subcommand_from %s", c->name);
        put_fish_commands(s, condition, c->subcommands);
        (void)snprintf(condition, sizeof condition, "-n '__fish_seen_subcommand_from %s'", c->name);
        put_fish_options(s, condition, c->settings);
        for (const struct command *const *at = c->subcommands; at && *at; at++) {
            const struct command *inner = *at;

            (void)snprintf(condition, sizeof condition,
                           "-n '__fish_seen_subcommand_from %s; and "
                           "__fish_seen_subcommand_from %s'",
                           c->name, inner->name);
            put_fish_options(s, condition, inner->settings);
        }
    }
}

static enum exit_code completion_command(const struct command_call *call)
{
    struct buffer text = {0};
    struct script script = {printer_on(&text), strcmp(call->command->name, "zsh") == 0};
    enum exit_code code;
    enum hs_status st;

    assert(call->parent);
    if (strcmp(call->command->name, "fish") == 0) {
        put_fish(&script);
    } else {
        put_function(&script);
    }
    st = printer_end(&script.to);
    code = st == HS_OK ? help_print(&call->settings, &text) : failure_report(st, NULL);
    buffer_fini(&text);
    return code;
}

static const struct command completion_bash = {
    .name = "bash",
    .arguments = "",
    .summary = "source <(headstart completion bash)",
    .run = completion_command,
};

static const struct command completion_zsh = {
    .name = "zsh",
    .arguments = "",
    .summary = "source <(headstart completion zsh)",
    .run = completion_command,
};

static const struct command completion_fish = {
    .name = "fish",
    .arguments = "",
    .summary = "headstart completion fish | source",
    .run = completion_command,
};

static const struct command *const subcommands[] = {&completion_bash, &completion_zsh,
                                                    &completion_fish, NULL};

const struct command command_completion = {
    .name = "completion",
    .arguments = "bash|zsh|fish",
    .summary = "a completion script for your shell",
    .subcommands = subcommands,
};
