/* The sidecar: the daemon that has a kernel ready before the chain node asks for it.
 *
 * `headstart run` fills a struct sidecar_config and calls sidecar_run; everything else of the
 * daemon hangs below struct sidecar, which lives in sidecar.c and is the only root.
 */
#ifndef HEADSTART_SIDECAR_SIDECAR_H
#define HEADSTART_SIDECAR_SIDECAR_H

#include "kernel/state/errors.h"
#include "sidecar/logger.h"

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

/** Run the daemon until SIGTERM, SIGINT or a `shutdown` request, then stop in good order: the log
 *  is synced, a snapshot being written is finished.
 *
 *  Returns: HS_OK           stopped in good order
 *           HS_LOCKED       the data folder or the socket belongs to a running process
 *           HS_WRONG_CHAIN  the data folder belongs to another chain
 *           HS_WRONG_EPOCH  the data folder has a format this version does not know
 *           HS_NOT_FOUND    the kernel configuration or a source it names is missing
 *           HS_INVALID      configuration: kernel file, chain id, address, numbers
 *           HS_TOO_LARGE    the socket path does not fit
 *           HS_PERMISSION, HS_IO, HS_NOMEM, HS_INTERNAL
 *           err holds one line that says what and what to do; nothing is logged about it */
HS_MUST_CHECK enum hs_status sidecar_run(const struct sidecar_config *config, struct hs_error *err);

#endif
