#include "sidecar/commands/command.h"

#include "kernel/vat/engine_id.h"
#include "sidecar/commands/failure.h"

#include <stdio.h>

static enum exit_code version_command(const struct command_call *call)
{
    char engine[SHA256_HEX_BYTES];
    struct hs_error err = {.status = HS_OK};
    enum hs_status st = vat_engine_id(engine, &err);

    if (st != HS_OK) return failure_report(st, &err);
    if (settings_flag(&call->settings, SETTING_JSON)) {
        printf("{\"schema\":1,\"version\":\"" HEADSTART_VERSION_TEXT "\",\"protocol\":1,"
               "\"engines\":[\"%s\"]}\n",
               engine);
    } else {
        printf("headstart " HEADSTART_VERSION_TEXT "\nengine %s\n", engine);
    }
    return EXIT_CODE_OK;
}

const struct command command_version = {
    .name = "version",
    .arguments = "",
    .summary = "the version of this program",
    .run = version_command,
};
