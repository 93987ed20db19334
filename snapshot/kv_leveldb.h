/* The door to LevelDB: a store on disk, atomic batches, and nothing of leveldb/c.h past it.
 *
 * Used by the snapshot store, by `headstart solo` and by the reference chain node. Opened with
 * paranoid checks and checksum verification on; compression off where asked (heap pages restore
 * twice as fast without). A LevelDB folder belongs to one process; its LOCK says so.
 *
 * Threads: get, has, next and batch writes may run on several threads at once (LevelDB's own
 * promise); a read sees a batch whole or not at all.
 */
#ifndef HEADSTART_SNAPSHOT_KV_LEVELDB_H
#define HEADSTART_SNAPSHOT_KV_LEVELDB_H

#include "kernel/state/disk.h"
#include "kernel/state/kv_map.h"
#include "kernel/state/kv_store.h"

struct kv_leveldb;
struct kv_leveldb_batch;
struct kv_leveldb_cursor;

struct kv_leveldb_options {
    const struct disk *disk; /* borrowed; NULL: disk_system() */
    bool create;             /* make it if missing; else HS_NOT_FOUND */
    bool read_only_hint;     /* for offline tools: no write is ever made through this handle */
    bool compress;
    bool settle_later;         /* not with create: what opening changes of the files is kept back
                                  until kv_leveldb_settle or the first write; until then the disk
                                  holds the database as it was found, and a close leaves it so */
    size_t write_buffer_bytes; /* 0: 4 MiB. Small keeps opening fast. */
};

/** HS_LOCKED: another process has it. HS_CORRUPT, HS_IO with LevelDB's words. */
HS_MUST_CHECK enum hs_status kv_leveldb_open(const char *dir,
                                             const struct kv_leveldb_options *options,
                                             struct kv_leveldb **out, struct hs_error *err);
void kv_leveldb_close(struct kv_leveldb *db);

/** As a store; `set` and `del` write through, unsynced. */
struct kv_store *kv_leveldb_store(struct kv_leveldb *db);

/** A view of the keys that begin with `prefix` as a store of their own (prefix taken off).
 *  Released with kv_leveldb_view_close; the database must outlive it. */
HS_MUST_CHECK enum hs_status kv_leveldb_view_open(struct kv_leveldb *db, struct slice prefix,
                                                  struct kv_store **out, struct hs_error *err);
void kv_leveldb_view_close(struct kv_store *view);

HS_MUST_CHECK enum hs_status kv_leveldb_batch_open(struct kv_leveldb_batch **out,
                                                   struct hs_error *err);
void kv_leveldb_batch_close(struct kv_leveldb_batch *b);
void kv_leveldb_batch_put(struct kv_leveldb_batch *b, struct slice key, struct slice value);
void kv_leveldb_batch_delete(struct kv_leveldb_batch *b, struct slice key);
void kv_leveldb_batch_clear(struct kv_leveldb_batch *b);
size_t kv_leveldb_batch_bytes(const struct kv_leveldb_batch *b);
/** Write the batch whole or not at all; sync: durable on return. The batch keeps its content.
 *  HS_IO: nothing of it is visible, or all of it where only the folder's sync failed; the handle is
 *  fenced (only reads) until it is opened again, and the next open may find the batch. */
HS_MUST_CHECK enum hs_status kv_leveldb_write(struct kv_leveldb *db, struct kv_leveldb_batch *b,
                                              bool sync, struct hs_error *err);

/** With settle_later: begin to make durable what the open kept back, in the background. Where that
 *  fails, the next write does. Called once more, or without: nothing happens. */
void kv_leveldb_settle(struct kv_leveldb *db);

/** From now on LevelDB's own work can wait: a writer that fills its buffers faster than they become
 *  tables waits for it. */
void kv_leveldb_unhurry(struct kv_leveldb *db);
/** Of keys and values written since the flush: what at most lies in LevelDB's log only, and is read
 *  from it at the next open. */
size_t kv_leveldb_unflushed_bytes(struct kv_leveldb *db);

/** Did a write fail? Then every later one is refused. */
bool kv_leveldb_fenced(struct kv_leveldb *db);
/** Move what was written from LevelDB's own log into tables: unsynced writes are durable then, and
 *  the next open need not do it while somebody waits. A failure shows at the next write. */
void kv_leveldb_flush(struct kv_leveldb *db);

/** A cursor over a consistent view of the moment it was opened, in key order from `from`. */
HS_MUST_CHECK enum hs_status kv_leveldb_cursor_open(struct kv_leveldb *db, struct slice from,
                                                    struct kv_leveldb_cursor **out,
                                                    struct hs_error *err);
/** False at the end or on an error (then *err is written and *st set). Slices are valid until the
 *  next call on the cursor. */
bool kv_leveldb_cursor_next(struct kv_leveldb_cursor *c, struct slice *key, struct slice *value,
                            enum hs_status *st, struct hs_error *err);
void kv_leveldb_cursor_close(struct kv_leveldb_cursor *c);

#endif
