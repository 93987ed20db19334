/* What the daemon is started with: a plain value, its defaults and its bounds. */
#ifndef HEADSTART_SIDECAR_SETTINGS_SIDECAR_CONFIG_H
#define HEADSTART_SIDECAR_SETTINGS_SIDECAR_CONFIG_H

#include "kernel/state/errors.h"
#include "sidecar/report/logger.h"

#include <stdbool.h>
#include <stdint.h>

/* When a log entry is on disk: before its response, at once but off the critical path, or at
 * `prepare_commit` and block ends. */
enum sidecar_log_sync {
    SIDECAR_LOG_SYNC_BACKGROUND,
    SIDECAR_LOG_SYNC_ALWAYS,
    SIDECAR_LOG_SYNC_BLOCK
};

/* Where the kernel's reads come from after the swap: our own equal copy, or the node. */
enum sidecar_reads { SIDECAR_READS_MIRROR, SIDECAR_READS_NODE };

/* Plain value; all text is borrowed for the call of sidecar_run. */
struct sidecar_config {
    const char *socket_path;
    const char *data_dir;
    const char *kernel_path;     /* kernel configuration file */
    const char *chain_id;        /* 1..HS_CHAIN_ID_BYTES_MAX bytes */
    const char *metrics_address; /* "ADDR:PORT" to serve /metrics on over HTTP; NULL: off */
    uint64_t snapshot_every;     /* messages between snapshots; 0: none are written */
    uint32_t snapshot_keep;      /* 1..HS_SNAPSHOT_KEEP_MAX */
    bool images;                 /* heap images in snapshots; false: transcripts are replayed */
    bool log;                    /* false: no replay log is kept */
    bool preload;                /* false: load when the node's first delivery comes */
    bool verify_swap;            /* compare the whole store with the node's at the swap */
    enum sidecar_log_sync log_sync;
    enum sidecar_reads reads;
    enum log_level log_level;
    enum log_format log_format;
};

/** Defaults of docs/operations.md for everything that has one; the five paths and names are NULL.
 */
struct sidecar_config sidecar_config_default(void);
/** HS_INVALID: something is missing or out of its bounds, named as its option. */
HS_MUST_CHECK enum hs_status sidecar_config_check(const struct sidecar_config *config,
                                                  struct hs_error *err);

#endif
