/* Commands: what `headstart` can do, as data; one file a command.
 *
 * The table (command_table.c) is what the parser, the help and the shell completions read. A
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
    const struct command *subcommands; /* ended by an entry without a name; NULL: none */
    size_t arguments_min, arguments_max;
    uint64_t settings; /* beside SETTINGS_OF_ALL, SETTING_BIT mask */
    uint64_t required; /* must have a value from somewhere; global ones may be named too */
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

/** The table, ended by an entry without a name. */
const struct command *command_table(void);
/** NULL when there is no such entry in `table`. */
const struct command *command_find(const struct command *table, const char *name);

/** Parse, run, flush stdout: all of main but its signature. Returns the exit code. */
int command_line_run(int argc, char **argv);

enum exit_code command_run_run(const struct command_call *call);
enum exit_code command_solo_run(const struct command_call *call);
enum exit_code command_status_run(const struct command_call *call);
enum exit_code command_ready_run(const struct command_call *call);
enum exit_code command_plan_run(const struct command_call *call);
enum exit_code command_snapshot_list_run(const struct command_call *call);
enum exit_code command_snapshot_verify_run(const struct command_call *call);
enum exit_code command_log_list_run(const struct command_call *call);
enum exit_code command_log_verify_run(const struct command_call *call);
enum exit_code command_store_get_run(const struct command_call *call);
enum exit_code command_store_scan_run(const struct command_call *call);
enum exit_code command_store_hash_run(const struct command_call *call);
enum exit_code command_call_run(const struct command_call *call);
enum exit_code command_completion_run(const struct command_call *call);
enum exit_code command_version_run(const struct command_call *call);
enum exit_code command_help_run(const struct command_call *call);

/** Append the help of `command` (NULL: of the program) to `out`. */
HS_MUST_CHECK enum hs_status help_render(const struct command *parent,
                                         const struct command *command, struct buffer *out);
/** Print text that a command made: as it is, or under --json as {"schema":1,"text":…}. */
enum exit_code help_print(const struct settings *s, const struct buffer *text);

#endif
