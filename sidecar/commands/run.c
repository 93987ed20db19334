#include "sidecar/commands/command.h"
#include "sidecar/commands/folder.h"
#include "sidecar/sidecar.h"

#include <assert.h>

enum exit_code command_run_run(const struct command_call *call)
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
