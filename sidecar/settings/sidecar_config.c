#include "sidecar/settings/sidecar_config.h"

#include "kernel/state/limits.h"

struct sidecar_config sidecar_config_default(void)
{
    return (struct sidecar_config){
        .snapshot_every = HS_SNAPSHOT_EVERY_DEFAULT,
        .snapshot_keep = HS_SNAPSHOT_KEEP_DEFAULT,
        .images = true,
        .log = true,
        .preload = true,
        .log_sync = SIDECAR_LOG_SYNC_BACKGROUND,
        .reads = SIDECAR_READS_MIRROR,
        .log_level = LOG_LEVEL_INFO,
        .log_format = LOG_FORMAT_TEXT,
    };
}

enum hs_status sidecar_config_check(const struct sidecar_config *c, struct hs_error *err)
{
    if (!c->socket_path || !c->data_dir || !c->kernel_path || !c->chain_id) {
        return hs_fail(err, HS_INVALID, "socket, data folder, kernel file and chain id are needed");
    }
    if (c->snapshot_keep < 1 || c->snapshot_keep > HS_SNAPSHOT_KEEP_MAX) {
        return hs_fail(err, HS_INVALID, "--snapshot-keep must be 1 to %d", HS_SNAPSHOT_KEEP_MAX);
    }
    return HS_OK;
}
