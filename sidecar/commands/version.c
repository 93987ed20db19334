#include "sidecar/commands/command.h"

#include <stdio.h>

static enum exit_code version_command(const struct command_call *call)
{
    if (settings_flag(&call->settings, SETTING_JSON)) {
        printf("{\"schema\":1,\"version\":\"" HEADSTART_VERSION_TEXT "\",\"protocol\":1}\n");
    } else {
        printf("headstart " HEADSTART_VERSION_TEXT "\n");
    }
    return EXIT_CODE_OK;
}

const struct command command_version = {
    .name = "version",
    .arguments = "",
    .summary = "the version of this program",
    .run = version_command,
};
