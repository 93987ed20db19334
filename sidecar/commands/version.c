#include "sidecar/commands/command.h"

#include <stdio.h>

enum exit_code command_version_run(const struct command_call *call)
{
    if (settings_flag(&call->settings, SETTING_JSON)) {
        printf("{\"schema\":1,\"version\":\"" HEADSTART_VERSION_TEXT "\",\"protocol\":1}\n");
    } else {
        printf("headstart " HEADSTART_VERSION_TEXT "\n");
    }
    return EXIT_CODE_OK;
}
