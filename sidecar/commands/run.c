#include "sidecar/commands/command.h"
#include "sidecar/commands/folder.h"
#include "sidecar/sidecar.h"

#include <assert.h>

static enum exit_code run_command(const struct command_call *call)
{
    struct sidecar_config config = sidecar_config_of(&call->settings);
    struct hs_error err = {0};
    enum exit_code code;
    enum hs_status st;

    assert(config.kernel_path && config.chain_id && config.data_dir && config.socket_path);
    code = folder_create(config.data_dir, "data folder");
    if (code == EXIT_CODE_OK) code = folder_create_parent(config.socket_path, "socket's folder");
    if (code != EXIT_CODE_OK) return code;
    st = sidecar_run(&config, &err);
    return st == HS_OK ? EXIT_CODE_OK : failure_report(st, &err);
}

const struct command command_run = {
    .name = "run",
    .arguments = "",
    .summary = "the daemon, in the foreground",
    .details = "Loads the newest snapshot, rolls forward through the log, and waits on the\n"
               "socket for the node. Stops in good order on SIGTERM and SIGINT.\n",
    .settings = SETTINGS_OF_RUN,
    .required = SETTING_BIT(SETTING_KERNEL) | SETTING_BIT(SETTING_CHAIN_ID) |
                SETTING_BIT(SETTING_DATA) | SETTING_BIT(SETTING_SOCKET),
    .run = run_command,
};
