/* The command line: words to a command_call.
 *
 * Options may stand before or after the command, so they are taken as they come and checked against
 * the command once all words are read. Then environment, file and defaults fill in what no flag
 * gave.
 */
#include "sidecar/commands/command.h"
#include "sidecar/settings/nearest_name.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct command_line {
    struct command_call call;
    char **words;
    size_t words_len, at; /* at: the next word */
    bool options_ended;   /* after -- */
    bool help, version;
};

static enum exit_code unknown_word(const char *kind, const char *word, struct nearest_name nearest,
                                   const char *dashes)
{
    if (nearest.name) {
        return failure_print(EXIT_CODE_USAGE, "unknown %s '%s'; did you mean '%s%s'?", kind, word,
                             dashes, nearest.name);
    }
    return failure_print(EXIT_CODE_USAGE, "unknown %s '%s'; see 'headstart help'", kind, word);
}

static uint64_t accepted_settings(const struct command *command)
{
    if (!command) return UINT64_MAX;
    return SETTINGS_OF_ALL | command->settings;
}

static enum exit_code unknown_option(const struct command_line *line, const char *word,
                                     const char *name)
{
    struct nearest_name nearest = nearest_name_of(name);
    uint64_t accepted = accepted_settings(line->call.command);

    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (accepted & SETTING_BIT(i)) {
            nearest_name_offer(&nearest, setting_at((enum setting_id)i)->name);
        }
    }
    nearest_name_offer(&nearest, "help");
    nearest_name_offer(&nearest, "version");
    return unknown_word("option", word, nearest, "--");
}

/* Give setting `id` its value: `joined` after the equals sign, else the next word where one is
 * needed. */
static enum exit_code take_setting(struct command_line *line, enum setting_id id,
                                   const char *joined)
{
    const struct setting *setting = setting_at(id);
    const char *value = joined;
    char where[64];
    struct hs_error err = {0};
    enum hs_status st;

    if (!joined && setting->kind != SETTING_KIND_FLAG && !setting->argument_optional) {
        /* "-" alone is standard input; "--json" after "--data" is a forgotten directory. */
        if (line->at == line->words_len || strncmp(line->words[line->at], "--", 2) == 0) {
            return failure_print(EXIT_CODE_USAGE, "--%s needs a value; use --%s %s", setting->name,
                                 setting->name, setting->argument);
        }
        value = line->words[line->at++];
    }
    (void)snprintf(where, sizeof where, "--%s", setting->name);
    st = settings_set(&line->call.settings, id, value, SETTING_FROM_FLAG, where, &err);
    if (st == HS_INVALID) return failure_print(EXIT_CODE_USAGE, "%s", err.text);
    return st == HS_OK ? EXIT_CODE_OK : failure_report(st, &err);
}

static enum exit_code take_long_option(struct command_line *line, const char *word)
{
    const char *name = word + 2;
    const char *equals = strchr(name, '=');
    size_t name_len = equals ? (size_t)(equals - name) : strlen(name);
    enum setting_id id;
    char *copy;
    enum exit_code code;

    if (strcmp(name, "help") == 0) {
        line->help = true;
        return EXIT_CODE_OK;
    }
    if (strcmp(name, "version") == 0) {
        line->version = true;
        return EXIT_CODE_OK;
    }
    if (setting_find(slice_make(name, name_len), &id)) {
        return take_setting(line, id, equals ? equals + 1 : NULL);
    }
    copy = strndup(name, name_len);
    if (!copy) return failure_report(HS_NOMEM, NULL);
    code = unknown_option(line, word, copy);
    free(copy);
    return code;
}

static enum exit_code take_short_options(struct command_line *line, const char *word)
{
    for (const char *letter = word + 1; *letter; letter++) {
        enum setting_id id;

        if (*letter == 'h') {
            line->help = true;
        } else if (*letter == 'V') {
            line->version = true;
        } else if (setting_find_letter(*letter, &id)) {
            enum exit_code code = take_setting(line, id, NULL);

            if (code != EXIT_CODE_OK) return code;
        } else {
            return unknown_option(line, word, word + 1);
        }
    }
    return EXIT_CODE_OK;
}

static enum exit_code take_command(struct command_line *line, const struct command *const *table,
                                   const char *word)
{
    const struct command *found = command_find(table, word);
    struct nearest_name nearest = nearest_name_of(word);

    if (found) {
        line->call.parent = line->call.command;
        line->call.command = found;
        return EXIT_CODE_OK;
    }
    for (; *table; table++) {
        nearest_name_offer(&nearest, (*table)->name);
    }
    return unknown_word("command", word, nearest, "");
}

static enum exit_code take_word(struct command_line *line)
{
    const char *word = line->words[line->at++];
    const struct command *command = line->call.command;

    if (command && command->words_are_its_own) {
        line->call.arguments[line->call.arguments_len++] = line->words[line->at - 1];
        return EXIT_CODE_OK;
    }
    if (!line->options_ended && strcmp(word, "--") == 0) {
        line->options_ended = true;
        return EXIT_CODE_OK;
    }
    if (!line->options_ended && strncmp(word, "--", 2) == 0) return take_long_option(line, word);
    if (!line->options_ended && word[0] == '-' && word[1]) return take_short_options(line, word);
    if (!command) return take_command(line, command_table(), word);
    if (command->subcommands) return take_command(line, command->subcommands, word);
    line->call.arguments[line->call.arguments_len++] = line->words[line->at - 1];
    return EXIT_CODE_OK;
}

/* "log list": how the user wrote the command. */
static void command_title(const struct command_call *call, char *title, size_t title_bytes)
{
    (void)snprintf(title, title_bytes, "%s%s%s", call->parent ? call->parent->name : "",
                   call->parent ? " " : "", call->command->name);
}

static enum exit_code check_flags(const struct command_call *call, const char *title)
{
    uint64_t accepted = accepted_settings(call->command);

    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (call->settings.values[i].source != SETTING_FROM_FLAG) continue;
        if (accepted & SETTING_BIT(i)) continue;
        return failure_print(EXIT_CODE_USAGE, "'%s' does not take --%s; see 'headstart help %s'",
                             title, setting_at((enum setting_id)i)->name, title);
    }
    return EXIT_CODE_OK;
}

static enum exit_code check_words(const struct command_call *call)
{
    const struct command *command = call->command;
    char title[64];

    if (!command) return failure_print(EXIT_CODE_USAGE, "no command given; see 'headstart help'");
    command_title(call, title, sizeof title);
    if (command->subcommands) {
        return failure_print(EXIT_CODE_USAGE,
                             "'%s' needs one of its commands; use 'headstart %s "
                             "%s'",
                             title, title, command->arguments);
    }
    if (call->arguments_len < command->arguments_min) {
        return failure_print(EXIT_CODE_USAGE, "'%s' needs more words; use 'headstart %s %s'", title,
                             title, command->arguments);
    }
    if (call->arguments_len > command->arguments_max) {
        return failure_print(EXIT_CODE_USAGE, "unexpected word '%s'; use 'headstart %s%s%s'",
                             call->arguments[command->arguments_max], title,
                             *command->arguments ? " " : "", command->arguments);
    }
    return check_flags(call, title);
}

static enum exit_code check_required(const struct command_call *call)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *setting = setting_at((enum setting_id)i);
        char title[64], environment_text[SETTING_ENVIRONMENT_BYTES_MAX];
        const char *environment = setting_environment(setting, environment_text);

        if (!(call->command->required & SETTING_BIT(i))) continue;
        if (call->settings.values[i].source != SETTING_FROM_NOWHERE) continue;
        command_title(call, title, sizeof title);
        return failure_print(EXIT_CODE_USAGE, "'%s' needs --%s; give --%s %s%s%s", title,
                             setting->name, setting->name, setting->argument,
                             environment ? " or set " : "", environment ? environment : "");
    }
    return EXIT_CODE_OK;
}

/* What no flag gave. Data folder and socket matter only to commands that say so: a missing place
 * for one is nothing to `help`. */
static enum exit_code load_settings(struct command_call *call)
{
    const struct command *command = call->command;
    uint64_t places = SETTING_BIT(SETTING_DATA) | SETTING_BIT(SETTING_SOCKET);
    uint64_t wanted = (SETTINGS_OF_ALL & ~places) | command->settings | command->required;
    struct hs_error err = {0};
    const char *file;
    enum hs_status st;

    st = settings_load_environment(&call->settings, wanted, &err);
    if (st != HS_OK) return failure_report(st, &err);
    file = settings_text(&call->settings, SETTING_CONFIG);
    if (file) {
        st = settings_load_file(&call->settings, file, &err);
        if (st != HS_OK) return failure_report(st, &err);
    }
    st = settings_load_defaults(&call->settings, wanted, &err);
    if (st != HS_OK) return failure_report(st, &err);
    return check_required(call);
}

/* A misspelt variable is silently no setting, so it is told; it may be somebody else's, so no more
 * than that. */
static void warn_of_environment(const struct settings *s)
{
    char meant[SETTING_ENVIRONMENT_BYTES_MAX];
    struct slice name;
    size_t at = 0;

    while (!settings_flag(s, SETTING_QUIET) && settings_misspelt_environment(&at, &name, meant)) {
        (void)failure_print(EXIT_CODE_OK, "warning: %.*s is not a setting; did you mean %s?",
                            (int)name.len, name.data, meant);
    }
}

static enum exit_code run_help(const struct command_line *line)
{
    struct buffer text = {0};
    enum hs_status st = help_render(line->call.parent, line->call.command, &text);
    enum exit_code code =
        st == HS_OK ? help_print(&line->call.settings, &text) : failure_report(st, NULL);

    buffer_fini(&text);
    return code;
}

static enum exit_code run_line(struct command_line *line)
{
    enum exit_code code = EXIT_CODE_OK;

    while (line->at < line->words_len && code == EXIT_CODE_OK) {
        code = take_word(line);
    }
    if (code != EXIT_CODE_OK) return code;
    if (line->help) return run_help(line);
    if (line->version) return command_version.run(&line->call);
    code = check_words(&line->call);
    if (code == EXIT_CODE_OK) code = load_settings(&line->call);
    if (code == EXIT_CODE_OK) warn_of_environment(&line->call.settings);
    if (code == EXIT_CODE_OK) code = line->call.command->run(&line->call);
    return code;
}

int command_line_run(int argc, char **argv)
{
    struct command_line line = {.words = argv, .words_len = (size_t)(argc > 0 ? argc : 0)};
    enum exit_code code;

    line.at = line.words_len > 0 ? 1 : 0;
    settings_init(&line.call.settings);
    line.call.arguments = calloc(line.words_len + 1, sizeof *line.call.arguments);
    if (!line.call.arguments) return failure_report(HS_NOMEM, NULL);
    code = run_line(&line);
    if ((fflush(stdout) != 0 || ferror(stdout)) && code == EXIT_CODE_OK) {
        code = failure_print(EXIT_CODE_IO, "cannot write the result; check where stdout goes");
    }
    assert(line.call.arguments_len <= line.words_len);
    free(line.call.arguments);
    settings_fini(&line.call.settings);
    return code;
}
