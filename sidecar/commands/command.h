/* Commands: what `headstart` can do, as data; one file a command, with its row and its function.
 *
 * The rows are what the parser, the help, the shell completions and the documentation read. A
 * command that has subcommands runs one of them.
 */
#ifndef HEADSTART_SIDECAR_COMMANDS_COMMAND_H
#define HEADSTART_SIDECAR_COMMANDS_COMMAND_H

#include "sidecar/commands/failure.h"
#include "sidecar/settings/settings.h"

struct command_call;

struct command {
    const char *name;
    const char *arguments; /* as the usage line shows them; "" for none */
    const char *summary;   /* one line */
    const char *details;   /* help text; lines of at most 78 columns, each ended; NULL: none */
    const struct command *const *subcommands; /* ended by NULL; NULL: none */
    size_t arguments_min, arguments_max;
    uint64_t settings;      /* beside SETTINGS_OF_ALL, SETTING_BIT mask */
    bool words_are_its_own; /* all that follows are arguments, dashes or not */
    uint64_t required;      /* must have a value from somewhere; global ones may be named too */
    enum exit_code (*run)(const struct command_call *call); /* NULL only with subcommands */
};

/* One use of a command: everything its run function may know. */
struct command_call {
    const struct command *parent; /* NULL unless `command` is a subcommand */
    const struct command *command;
    struct settings settings;
    char **arguments; /* borrowed from argv, owned array */
    size_t arguments_len;
};

/* All of them, in the order of the help. */
#define COMMANDS(X)                                                                                \
    X(run)                                                                                         \
    X(solo)                                                                                        \
    X(status)                                                                                      \
    X(ready)                                                                                       \
    X(plan)                                                                                        \
    X(snapshot)                                                                                    \
    X(log)                                                                                         \
    X(store)                                                                                       \
    X(genesis)                                                                                     \
    X(bundle)                                                                                      \
    X(call)                                                                                        \
    X(bench)                                                                                       \
    X(drill)                                                                                       \
    X(completion)                                                                                  \
    X(version)                                                                                     \
    X(help)
#define COMMAND_DECLARED(name) extern const struct command command_##name;
COMMANDS(COMMAND_DECLARED)

/** The table, ended by NULL. */
const struct command *const *command_table(void);
/** NULL when there is no such entry in `table`, which may be NULL. */
const struct command *command_find(const struct command *const *table, const char *name);

/** Parse, run, flush stdout: all of main but its signature. Returns the exit code. */
int command_line_run(int argc, char **argv);

/** Append the help of `command` (NULL: of the program) to `out`. */
HS_MUST_CHECK enum hs_status help_render(const struct command *parent,
                                         const struct command *command, struct buffer *out);
/** Print text that a command made: as it is, or under --json as {"schema":1,"text":…}. */
enum exit_code help_print(const struct settings *s, const struct buffer *text);

#endif
