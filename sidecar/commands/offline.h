/* Offline: parts of a data folder opened for reading, whether or not a daemon runs on it.
 *
 * Each function reports its own failure (failure.h) and returns the exit code; nothing is locked,
 * created, repaired or moved in the daemon's parts.
 */
#ifndef HEADSTART_SIDECAR_COMMANDS_OFFLINE_H
#define HEADSTART_SIDECAR_COMMANDS_OFFLINE_H

#include "replaylog/replay_log.h"
#include "sidecar/commands/failure.h"
#include "sidecar/settings/settings.h"
#include "snapshot/kv_leveldb.h"
#include "snapshot/snapshot_db.h"

#include <stdio.h>

enum exit_code offline_log_open(const struct settings *s, struct replay_log **out);
/* Heap pages are most of what there is to copy, and few commands read them. */
enum offline_pages { OFFLINE_WITHOUT_PAGES, OFFLINE_WITH_PAGES };
/** epoch: whose images are wanted; NULL: of the engine that wrote the folder last. */
enum exit_code offline_snapshots_open(const struct settings *s, const char *epoch,
                                      enum offline_pages pages, struct snapshot_db **out);

/** The store names a generation in use once there was a snapshot. */
bool offline_snapshot_was_there(const struct settings *s);

/* The newest store of a data folder: a snapshot's, or where there is none the one of solo. */
struct offline_store {
    struct kv_store *kv; /* borrowed from one of these */
    struct snapshot_db *snapshots;
    struct kv_leveldb *solo; /* belongs to one process: not readable while solo runs */
};

enum exit_code offline_store_open(const struct settings *s, struct offline_store *out);
void offline_store_close(struct offline_store *o);

/** Print bytes as a JSON string; null when they are no UTF-8. */
void offline_print_json(struct slice text);
/** Print bytes for people on one line: at most `bytes_max`, control characters as "?". */
void offline_print_line(struct slice text, size_t bytes_max);

#endif
