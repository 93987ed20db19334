/* LevelDB's files, kept in the disk room.
 *
 *   LevelDB ──► kv_leveldb_env (this) ──► kernel/state/disk.h ──► the system's disk, or a test's
 *
 * LevelDB asks an environment for everything it does outside its own memory. Its own one maps
 * tables into memory, where a page that cannot be read ends the process by SIGBUS and a page that
 * rots is believed; opens and writes at places no test can reach; and does not make names durable.
 * Over the disk room a page that cannot be read is an error value, each call is a fault point
 * (`leveldb.table.read`, …), and a simulated disk lies under the whole snapshot store.
 *
 * The only C++ of the tree (kv_leveldb_env.cc), since LevelDB has no other way to be given one.
 */
#ifndef HEADSTART_SNAPSHOT_KV_LEVELDB_ENV_H
#define HEADSTART_SNAPSHOT_KV_LEVELDB_ENV_H

#include "kernel/state/disk.h"

struct leveldb_env_t; /* as in leveldb/c.h */

/** An environment for one database, with a thread of its own for LevelDB's background work.
 *
 *  In:      disk  borrowed until the close
 *  Returns: HS_OK, HS_NOMEM (no memory, or no thread) */
HS_MUST_CHECK enum hs_status kv_leveldb_env_open(const struct disk *disk,
                                                 struct leveldb_env_t **out, struct hs_error *err);
/** After the database's own close, which waits for its background work. NULL is fine. */
void kv_leveldb_env_close(struct leveldb_env_t *env);

#endif
