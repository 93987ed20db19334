/* The torn tail of LevelDB's own log and manifest, which a power cut leaves.
 *
 * A power cut in the middle of a write leaves any part of it: a page that is not there, one that is
 * torn. Nobody was told that this write succeeded. LevelDB, asked to be paranoid, takes it for
 * damage and opens nothing of the database any more; not asked to be, it would pass over damage
 * anywhere. So what is behind the last whole record is cut, as in our own log, where no later
 * record says that something stood there which was written successfully.
 */
#ifndef HEADSTART_SNAPSHOT_KV_LEVELDB_TAIL_H
#define HEADSTART_SNAPSHOT_KV_LEVELDB_TAIL_H

#include "kernel/state/disk.h"

/** Cut the tails of a database that did not open and that nobody has open. True: something was cut,
 *  durably, so that opening it again may succeed. */
bool kv_leveldb_tail_cut(const struct disk *disk, const char *dir);

/** Where the records of LevelDB's log format in `file` end that can be kept: its length, if nothing
 *  is wrong; else where a torn tail begins. UINT64_MAX: damage before the tail. */
uint64_t kv_leveldb_tail_find(struct slice file);

#endif
