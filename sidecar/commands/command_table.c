#include "sidecar/commands/command.h"

#include <string.h>

static const struct command completion_shells[] = {
    {.name = "bash",
     .arguments = "",
     .summary = "source <(headstart completion bash)",
     .run = command_completion_run},
    {.name = "zsh",
     .arguments = "",
     .summary = "source <(headstart completion zsh)",
     .run = command_completion_run},
    {.name = "fish",
     .arguments = "",
     .summary = "headstart completion fish | source",
     .run = command_completion_run},
    {.name = NULL},
};

static const struct command snapshot_commands[] = {
    {.name = "list",
     .arguments = "",
     .summary = "the kept snapshots, newest first",
     .required = SETTING_BIT(SETTING_DATA),
     .run = command_snapshot_list_run},
    {.name = "verify",
     .arguments = "[SEQNUM]",
     .summary = "read all of a snapshot, the newest if none is named, and check it",
     .arguments_max = 1,
     .required = SETTING_BIT(SETTING_DATA),
     .run = command_snapshot_verify_run},
    {.name = NULL},
};

static const struct command log_commands[] = {
    {.name = "list",
     .arguments = "",
     .summary = "the executed messages",
     .settings = SETTING_BIT(SETTING_FROM) | SETTING_BIT(SETTING_TO),
     .required = SETTING_BIT(SETTING_DATA),
     .run = command_log_list_run},
    {.name = "verify",
     .arguments = "",
     .summary = "read all entries and their checksums",
     .required = SETTING_BIT(SETTING_DATA),
     .run = command_log_verify_run},
    {.name = NULL},
};

static const struct command store_commands[] = {
    {.name = "get",
     .arguments = "KEY",
     .summary = "the value of one key",
     .arguments_min = 1,
     .arguments_max = 1,
     .required = SETTING_BIT(SETTING_DATA),
     .run = command_store_get_run},
    {.name = "scan",
     .arguments = "",
     .summary = "all keys and values, in order",
     .settings = SETTING_BIT(SETTING_PREFIX),
     .required = SETTING_BIT(SETTING_DATA),
     .run = command_store_scan_run},
    {.name = "hash",
     .arguments = "",
     .summary = "SHA-256 over all keys and values",
     .required = SETTING_BIT(SETTING_DATA),
     .run = command_store_hash_run},
    {.name = NULL},
};

static const struct command commands[] = {
    {.name = "run",
     .arguments = "",
     .summary = "the daemon, in the foreground",
     .details = "Loads the newest snapshot, rolls forward through the log, and waits on the\n"
                "socket for the node. Stops in good order on SIGTERM and SIGINT.\n",
     .settings = SETTINGS_OF_RUN,
     .required = SETTING_BIT(SETTING_KERNEL) | SETTING_BIT(SETTING_CHAIN_ID) |
                 SETTING_BIT(SETTING_DATA) | SETTING_BIT(SETTING_SOCKET),
     .run = command_run_run},
    {.name = "solo",
     .arguments = "",
     .summary = "no chain: the kernel on a store of its own",
     .details = "Executes every line of FILE as a message, on a LevelDB store in the data folder.\n"
                "Messages that this store has executed already are skipped, so a run that was\n"
                "killed goes on where it was; with - every line of standard input is new.\n"
                "Heights rise by 1 every --block-size messages; a chain that executes the same\n"
                "messages in the same blocks has the same hash.\n"
                "With --json each message gives one line: seqnum, hash, status, value, outputs.\n"
                "A line is printed once its message is on disk.\n",
     .settings = SETTING_BIT(SETTING_KERNEL) | SETTING_BIT(SETTING_MESSAGES) |
                 SETTING_BIT(SETTING_BLOCK_SIZE),
     .required =
         SETTING_BIT(SETTING_KERNEL) | SETTING_BIT(SETTING_MESSAGES) | SETTING_BIT(SETTING_DATA),
     .run = command_solo_run},
    {.name = "status",
     .arguments = "",
     .summary = "what the daemon is doing, on one screen",
     .settings = SETTING_BIT(SETTING_WATCH),
     .required = SETTING_BIT(SETTING_SOCKET),
     .run = command_status_run},
    {.name = "ready",
     .arguments = "",
     .summary = "exit code only: 0 ready, 1 not yet, 2 no daemon there",
     .settings = SETTING_BIT(SETTING_WAIT),
     .required = SETTING_BIT(SETTING_SOCKET),
     .run = command_ready_run},
    {.name = "plan",
     .arguments = "",
     .summary = "what a restart of the node would cost now, and why",
     .details = "Asks the daemon, or reads the data folder where none runs. Two cases are shown:\n"
                "the node comes back having committed all that was executed, or only what it\n"
                "must have committed. Times are estimated from rates measured on this machine.\n",
     .required = SETTING_BIT(SETTING_DATA) | SETTING_BIT(SETTING_SOCKET),
     .run = command_plan_run},
    {.name = "snapshot",
     .arguments = "list|verify",
     .summary = "the snapshots in the data folder",
     .subcommands = snapshot_commands},
    {.name = "log",
     .arguments = "list|verify",
     .summary = "the replay log in the data folder",
     .subcommands = log_commands},
    {.name = "store",
     .arguments = "get KEY|scan|hash",
     .summary = "the newest store in the data folder",
     .details = "Reads the newest snapshot, or where there is none the store of solo.\n",
     .subcommands = store_commands},
    {.name = "call",
     .arguments = "METHOD [JSON]",
     .summary = "send one raw request, for developers",
     .details = "JSON is the request's parameter map (default {}). With --chain-id the request\n"
                "is sent as a node, as deliver, prepare_commit and shutdown need; without it\n"
                "as an observer.\n",
     .arguments_min = 1,
     .arguments_max = 2,
     .settings = SETTING_BIT(SETTING_CHAIN_ID),
     .required = SETTING_BIT(SETTING_SOCKET),
     .run = command_call_run},
    {.name = "completion",
     .arguments = "bash|zsh|fish",
     .summary = "a completion script for your shell",
     .subcommands = completion_shells},
    {.name = "version",
     .arguments = "",
     .summary = "the version of this program",
     .run = command_version_run},
    {.name = "help",
     .arguments = "[COMMAND|PAGE]",
     .summary = "this text, a command's own, or one of the pages below",
     .arguments_max = 2,
     .run = command_help_run},
    {.name = NULL},
};

const struct command *command_table(void)
{
    return commands;
}

const struct command *command_find(const struct command *table, const char *name)
{
    for (; table && table->name; table++) {
        if (strcmp(table->name, name) == 0) return table;
    }
    return NULL;
}
