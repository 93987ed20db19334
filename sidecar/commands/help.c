/* Help, written from the tables: what the parser takes is what is shown. */
#include "kernel/state/printer.h"
#include "sidecar/commands/command.h"
#include "sidecar/commands/reference.h"
#include "sidecar/settings/nearest_name.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HELP_COLUMN = 28 }; /* where explanations begin */

static void put_commands(struct printer *to, const struct command *const *table)
{
    for (; *table; table++) {
        const struct command *c = *table;
        char words[64];

        (void)snprintf(words, sizeof words, "%s %s", c->name, c->arguments);
        printer_format(to, "  %-*s %s\n", HELP_COLUMN - 3, words, c->summary);
    }
}

static void put_setting(struct printer *to, const struct setting *setting)
{
    const char *initial = setting_default_words(setting);
    char words[64], letter[8] = "";

    if (setting->letter) (void)snprintf(letter, sizeof letter, "-%c, ", setting->letter);
    (void)snprintf(words, sizeof words, "%s--%s%s%s%s", letter, setting->name,
                   setting->argument_optional ? "[=" : (setting->argument ? " " : ""),
                   setting->argument ? setting->argument : "",
                   setting->argument_optional ? "]" : "");
    printer_format(to, "  %-*s %s", HELP_COLUMN - 3, words, setting->help);
    for (size_t i = 0; setting->choices && setting->choices[i]; i++) {
        bool is_default = initial && strcmp(initial, setting->choices[i]) == 0;

        printer_format(to, "%s%s%s", i ? ", " : ": ", setting->choices[i],
                       is_default ? " (default)" : "");
    }
    if (initial && !setting->choices) printer_format(to, " (default: %s)", initial);
    printer_text(to, "\n");
}

static void put_settings(struct printer *to, const char *title, uint64_t settings)
{
    if (settings == 0) return;
    printer_format(to, "\n%s\n", title);
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (settings & SETTING_BIT(i)) put_setting(to, setting_at((enum setting_id)i));
    }
}

static void put_program(struct printer *to)
{
    printer_text(to, "headstart has a chain node's virtual machine ready before the node asks for "
                     "it.\n\nusage: headstart [OPTION…] COMMAND …\n\nCommands\n");
    put_commands(to, command_table());
    put_settings(to, "Options of every command", SETTINGS_OF_ALL);
    printer_text(to,
                 "  -h, --help                this text, or with a command its own\n"
                 "  -V, --version             the version of this program\n\n"
                 "Each setting is also an environment variable (--log-level: HEADSTART_LOG_LEVEL)\n"
                 "and a name in the --config file; a flag wins over both, the environment over the "
                 "file.\n\nMore\n");
    for (const struct reference *r = reference_table(); r->name; r++) {
        printer_format(to, "  help %-*s %s\n", HELP_COLUMN - 8, r->name, r->summary);
    }
}

static void put_command(struct printer *to, const struct command *parent,
                        const struct command *command)
{
    printer_format(to, "usage: headstart %s%s%s%s%s [OPTION…]\n\n%s\n", parent ? parent->name : "",
                   parent ? " " : "", command->name, *command->arguments ? " " : "",
                   command->arguments, command->summary);
    if (command->details) printer_format(to, "\n%s", command->details);
    if (command->subcommands) {
        printer_text(to, "\nCommands\n");
        put_commands(to, command->subcommands);
    }
    put_settings(to, "Options", command->settings);
    put_settings(to, "Options of every command", SETTINGS_OF_ALL);
}

enum hs_status help_render(const struct command *parent, const struct command *command,
                           struct buffer *out)
{
    struct printer to = printer_on(out);

    if (command) {
        put_command(&to, parent, command);
    } else {
        put_program(&to);
    }
    return printer_end(&to);
}

enum exit_code help_print(const struct settings *s, const struct buffer *text)
{
    json_t *document;
    char *line;

    if (!settings_flag(s, SETTING_JSON)) {
        (void)fputs(buffer_text(text), stdout);
        return EXIT_CODE_OK;
    }
    document = json_pack("{s:i, s:s}", "schema", 1, "text", buffer_text(text));
    line = document ? json_dumps(document, JSON_COMPACT) : NULL;
    json_decref(document);
    if (!line) return failure_report(HS_NOMEM, NULL);
    (void)puts(line);
    free(line);
    return EXIT_CODE_OK;
}

/* NULL: no such page. */
static const struct reference *reference_find(const char *name)
{
    for (const struct reference *r = reference_table(); r->name; r++) {
        if (strcmp(r->name, name) == 0) return r;
    }
    return NULL;
}

static enum exit_code no_help(const struct command *const *table, const char *word)
{
    struct nearest_name nearest = nearest_name_of(word);

    for (const struct command *const *c = table; c && *c; c++) {
        nearest_name_offer(&nearest, (*c)->name);
    }
    for (const struct reference *r = reference_table(); table == command_table() && r->name; r++) {
        nearest_name_offer(&nearest, r->name);
    }
    if (!nearest.name) {
        return failure_print(EXIT_CODE_USAGE, "no help for '%s'; see 'headstart help'", word);
    }
    return failure_print(EXIT_CODE_USAGE, "no help for '%s'; did you mean '%s'?", word,
                         nearest.name);
}

static enum exit_code help_command(const struct command_call *call)
{
    const struct reference *page =
        call->arguments_len == 1 ? reference_find(call->arguments[0]) : NULL;
    const struct command *parent = NULL, *command = NULL;
    struct buffer text = {0};
    enum exit_code code;
    enum hs_status st;

    for (size_t i = 0; !page && i < call->arguments_len; i++) {
        const char *word = call->arguments[i];
        const struct command *const *table = command ? command->subcommands : command_table();

        parent = command;
        command = command_find(table, word);
        if (!command) return no_help(table, word);
    }
    st = page ? page->render(&text) : help_render(parent, command, &text);
    code = st == HS_OK ? help_print(&call->settings, &text) : failure_report(st, NULL);
    buffer_fini(&text);
    return code;
}

const struct command command_help = {
    .name = "help",
    .arguments = "[COMMAND|PAGE]",
    .summary = "this text, a command's own, or one of the pages below",
    .arguments_max = 2,
    .run = help_command,
};
