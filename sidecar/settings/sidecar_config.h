/* What the daemon is started with: a plain value, made from settings. */
#ifndef HEADSTART_SIDECAR_SETTINGS_SIDECAR_CONFIG_H
#define HEADSTART_SIDECAR_SETTINGS_SIDECAR_CONFIG_H

#include "kernel/state/errors.h"
#include "sidecar/report/logger.h"
#include "sidecar/settings/settings.h"

#include <stdbool.h>
#include <stdint.h>

/* When a log entry is on disk: at once but off the critical path, before its response, or at
 * `prepare_commit` and block ends. */
enum sidecar_log_sync {
    SIDECAR_LOG_SYNC_BACKGROUND,
    SIDECAR_LOG_SYNC_ALWAYS,
    SIDECAR_LOG_SYNC_BLOCK
};

/* Where the kernel's reads come from after the swap: our own equal copy, or the node. */
enum sidecar_reads { SIDECAR_READS_MIRROR, SIDECAR_READS_NODE };

/* A member for each FIELD row of setting_rows.h, where its bounds and meaning are. All text is
 * borrowed for the call of sidecar_run; metrics_address is NULL for "off". `preload`, `images` and
 * `log` say the opposite of their settings: true unless --no-… is given. */
#define SIDECAR_NO_MEMBER(...)
#define SIDECAR_MEMBER(id, of_whom, type, member, ...) type member;
struct sidecar_config {
    SETTING_ROWS(SIDECAR_NO_MEMBER, SIDECAR_MEMBER)
};

/** The default of everything that has one; paths and names are NULL. */
struct sidecar_config sidecar_config_default(void);
/** What `settings` say, over the defaults. Text is borrowed from them. */
struct sidecar_config sidecar_config_of(const struct settings *settings);
/** HS_INVALID: something is missing or out of its bounds, named as its option. */
HS_MUST_CHECK enum hs_status sidecar_config_check(const struct sidecar_config *config,
                                                  struct hs_error *err);

#endif
