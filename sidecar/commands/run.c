#include "sidecar/commands/command.h"
#include "sidecar/commands/folder.h"
#include "sidecar/sidecar.h"

#include <assert.h>
#include <sys/stat.h>

static enum exit_code run_command(const struct command_call *call)
{
    struct sidecar_config config = sidecar_config_of(&call->settings);
    struct hs_error err = {0};
    size_t made = 0, socket_made = 0;
    enum exit_code code;
    enum hs_status st;

    assert(config.chain_id && config.data_dir && config.socket_path);
    (void)umask(077); /* what we write is for nobody else */
    /* Only so that a start that failed can take it back: a daemon without one runs from memory, and
     * says why. */
    (void)folder_create(config.data_dir, NULL, &made);
    code = folder_create_parent(config.socket_path, "socket's folder", &socket_made);
    if (code == EXIT_CODE_OK) {
        st = sidecar_run(&config, &err);
        if (st != HS_OK) code = failure_report(st, &err);
    }
    if (code != EXIT_CODE_OK) {
        folder_remove_empty_parent(config.socket_path, socket_made); /* made last, gone first */
        folder_remove_empty(config.data_dir, made);
    }
    return code;
}

const struct command command_run = {
    .name = "run",
    .arguments = "",
    .summary = "the daemon, in the foreground",
    .details = "Loads the newest snapshot, rolls forward through the log, and waits on the\n"
               "socket for the node. Stops in good order on SIGTERM and SIGINT. Without --kernel\n"
               "it serves a chain whose store holds a state vector (headstart genesis) already.\n",
    .settings = SETTINGS_OF_RUN,
    .required =
        SETTING_BIT(SETTING_CHAIN_ID) | SETTING_BIT(SETTING_DATA) | SETTING_BIT(SETTING_SOCKET),
    .run = run_command,
};
