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
 * The only C++ of the tree, with kv_leveldb_kept, since LevelDB has no other way to be given one.
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

/** From now on the environment's thread is an unhurried one. */
void kv_leveldb_env_unhurry(struct leveldb_env_t *env);

/* Opening a database writes it: what its log held becomes a table, a new MANIFEST names that,
 * CURRENT names the new MANIFEST, and what only the old one named is removed: five syncs and more,
 * that nobody needs who is about to read. */

/** Before a database that is there is opened, again also: what the open would change is kept back
 *  until it is settled. Until then CURRENT leads to all that it led to before, so whoever dies
 *  leaves the database as it was found; LevelDB's background work waits, and nothing may be
 *  written. */
void kv_leveldb_env_keep_back(struct leveldb_env_t *env);
/** Begin to settle, on the environment's thread. Nothing kept back: nothing happens. */
void kv_leveldb_env_settle_begin(struct leveldb_env_t *env);
/** Settle now. NULL: everything that was kept back is durable. Otherwise LevelDB's words (free),
 *  now and at each further call: no file of the database is changed any more. */
char *kv_leveldb_env_settle(struct leveldb_env_t *env);
/** Before the database's close: what is still kept back is left undone. */
void kv_leveldb_env_abandon(struct leveldb_env_t *env);

/** After the database's own close, which waits for its background work. NULL is fine. */
void kv_leveldb_env_close(struct leveldb_env_t *env);

#endif
