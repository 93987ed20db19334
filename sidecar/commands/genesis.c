#include "kernel/genesis.h"

#include "kernel/genesis_file.h"
#include "kernel/genesis_text.h"
#include "kernel/state/kv_memory.h"
#include "sidecar/commands/command.h"
#include "sidecar/kernel_file.h"

#include <stdio.h>

static enum hs_status genesis_show(struct kv_store *kv, struct hs_error *err)
{
    struct buffer text = {0};
    enum hs_status st = genesis_print(kv, &text, err);

    if (st == HS_OK) (void)fwrite(buffer_text(&text), 1, text.len, stdout);
    buffer_fini(&text);
    return st;
}

static enum hs_status genesis_put(struct kv_store *kv, const char *path, const char *hash,
                                  bool json, struct hs_error *err)
{
    enum hs_status st = genesis_file_write(path, kv, err);

    if (st != HS_OK) return st;
    (void)printf(json ? "{\"schema\":1,\"hash\":\"%s\"}\n" : "%s\n", hash);
    return HS_OK;
}

static enum exit_code genesis_command(const struct command_call *call)
{
    const struct settings *s = &call->settings;
    const char *out = settings_text(s, SETTING_OUT);
    struct kernel_config *config = NULL;
    struct kv_memory *made = NULL;
    char hash[SHA256_HEX_BYTES];
    struct hs_error err = {0};
    enum hs_status st = kernel_file_load(settings_text(s, SETTING_KERNEL), &config, &err);

    if (st == HS_OK) st = kv_memory_open(&made, &err);
    if (st == HS_OK) st = genesis_write(kv_memory_store(made), config, hash, &err);
    if (st == HS_OK) {
        st = out ? genesis_put(kv_memory_store(made), out, hash, settings_flag(s, SETTING_JSON),
                               &err)
                 : genesis_show(kv_memory_store(made), &err);
    }
    kv_memory_close(made);
    kernel_config_close(config);
    return st == HS_OK ? EXIT_CODE_OK : failure_report(st, &err);
}

const struct command command_genesis = {
    .name = "genesis",
    .arguments = "",
    .summary = "the state vector that a kernel configuration makes",
    .details =
        "Prints a JSON document for a chain's genesis: the keys that the node puts into its\n"
        "store before its first message, and their hash. Such a chain stands at seqnum 0\n"
        "with that hash, and no validator's own configuration can make it another. With\n"
        "--out the document goes to FILE, and the hash is printed.\n",
    .settings = SETTING_BIT(SETTING_KERNEL) | SETTING_BIT(SETTING_OUT),
    .required = SETTING_BIT(SETTING_KERNEL),
    .run = genesis_command,
};
