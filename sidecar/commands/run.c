#include "sidecar/commands/command.h"
#include "sidecar/commands/folder.h"
#include "sidecar/sidecar.h"

#include <assert.h>
#include <string.h>

/* The choices of config.c are read as these enums by their place in the list. */
_Static_assert(LOG_LEVEL_ERROR == 0 && LOG_LEVEL_WARN == 1 && LOG_LEVEL_INFO == 2 &&
                   LOG_LEVEL_DEBUG == 3,
               "choices of --log-level");
_Static_assert(LOG_FORMAT_TEXT == 0 && LOG_FORMAT_JSON == 1, "choices of --log-format");
_Static_assert(SIDECAR_LOG_SYNC_BACKGROUND == 0 && SIDECAR_LOG_SYNC_ALWAYS == 1 &&
                   SIDECAR_LOG_SYNC_BLOCK == 2,
               "choices of --log-sync");
_Static_assert(SIDECAR_READS_MIRROR == 0 && SIDECAR_READS_NODE == 1, "choices of --reads");

static struct sidecar_config config_of(const struct settings *s)
{
    struct sidecar_config config = sidecar_config_default();
    const char *metrics = settings_text(s, SETTING_METRICS);

    config.socket_path = settings_text(s, SETTING_SOCKET);
    config.data_dir = settings_text(s, SETTING_DATA);
    config.kernel_path = settings_text(s, SETTING_KERNEL);
    config.chain_id = settings_text(s, SETTING_CHAIN_ID);
    config.metrics_address = strcmp(metrics, "off") == 0 ? NULL : metrics;
    config.snapshot_every = settings_number(s, SETTING_SNAPSHOT_EVERY);
    config.snapshot_keep = (uint32_t)settings_number(s, SETTING_SNAPSHOT_KEEP);
    config.images = !settings_flag(s, SETTING_NO_IMAGES);
    config.log = !settings_flag(s, SETTING_NO_LOG);
    config.preload = !settings_flag(s, SETTING_NO_PRELOAD);
    config.verify_swap = settings_flag(s, SETTING_VERIFY_SWAP);
    config.log_sync = (enum sidecar_log_sync)settings_number(s, SETTING_LOG_SYNC);
    config.reads = (enum sidecar_reads)settings_number(s, SETTING_READS);
    config.log_level = (enum log_level)settings_number(s, SETTING_LOG_LEVEL);
    config.log_format = (enum log_format)settings_number(s, SETTING_LOG_FORMAT);
    /* -q: errors only, unless a level was asked for by name. */
    if (settings_flag(s, SETTING_QUIET) && !settings_given(s, SETTING_LOG_LEVEL)) {
        config.log_level = LOG_LEVEL_ERROR;
    }
    return config;
}

enum exit_code command_run_run(const struct command_call *call)
{
    struct sidecar_config config = config_of(&call->settings);
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
