#include "kernel/program.h"
#include "kernel/state/digest.h"
#include "sidecar/commands/command.h"
#include "sidecar/threads/vat_thread.h"

#include <stdio.h>
#include <stdlib.h>

struct bundle_work {
    const char *path;
    struct buffer *text;
};

static enum hs_status bundle_read(void *data, struct hs_error *err)
{
    const struct bundle_work *work = data;

    return program_read(disk_system(), work->path, work->text, err);
}

static enum exit_code bundle_command(const struct command_call *call)
{
    bool json = settings_flag(&call->settings, SETTING_JSON);
    char hash[SHA256_HEX_BYTES];
    struct buffer text = {0};
    struct hs_error err = {0};
    char *path = realpath(call->arguments[0], NULL); /* what is imported may stand above it */
    struct bundle_work work = {.path = path ? path : call->arguments[0], .text = &text};
    enum hs_status st = vat_thread_run(bundle_read, &work, &err);

    free(path);
    if (st == HS_OK) st = sha256_hex(buffer_slice(&text), hash, &err);
    if (st == HS_OK && json) {
        (void)printf("{\"schema\":1,\"bundle\":\"%s\",\"bytes\":%zu}\n", hash, text.len);
    } else if (st == HS_OK) {
        (void)fwrite(buffer_text(&text), 1, text.len, stdout);
    }
    buffer_fini(&text);
    return st == HS_OK ? EXIT_CODE_OK : failure_report(st, &err);
}

const struct command command_bundle = {
    .name = "bundle",
    .arguments = "FILE",
    .summary = "one text of a vat's program and all that it imports",
    .details =
        "Prints FILE and the files that it imports by relative paths as one text, which a vat\n"
        "can be made of: to be installed while the chain runs. A FILE that imports nothing is\n"
        "printed as it is. --json prints the text's hash and size instead, by which it is\n"
        "installed and named.\n",
    .arguments_min = 1,
    .arguments_max = 1,
    .run = bundle_command,
};
