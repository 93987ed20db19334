#include "sidecar/commands/command.h"

#include "kernel/vat/engine_id.h"
#include "sidecar/commands/failure.h"

#include <stdio.h>

static enum exit_code version_command(const struct command_call *call)
{
    char engines[VAT_ENGINES_MAX][SHA256_HEX_BYTES];
    struct hs_error err = {.status = HS_OK};
    enum hs_status st = HS_OK;

    for (size_t i = 0; i < vat_engine_count() && st == HS_OK; i++) {
        st = vat_engine_id(i, engines[i], &err);
    }
    if (st != HS_OK) return failure_report(st, &err);
    if (settings_flag(&call->settings, SETTING_JSON)) {
        printf("{\"schema\":1,\"version\":\"" HEADSTART_VERSION_TEXT "\",\"protocol\":1,"
               "\"engines\":[");
        for (size_t i = 0; i < vat_engine_count(); i++)
            printf("%s\"%s\"", i > 0 ? "," : "", engines[i]);
        printf("]}\n");
    } else {
        printf("headstart " HEADSTART_VERSION_TEXT "\n");
        for (size_t i = 0; i < vat_engine_count(); i++)
            printf("engine %s\n", engines[i]);
    }
    return EXIT_CODE_OK;
}

const struct command command_version = {
    .name = "version",
    .arguments = "",
    .summary = "the version of this program",
    .run = version_command,
};
