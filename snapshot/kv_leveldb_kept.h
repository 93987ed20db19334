/* LevelDB's files as the disk room's, and what of their changes an open keeps back.
 *
 * What an open does to a database beside reading it: a table of what the log held, a MANIFEST, and
 * CURRENT, which comes to name that; then what only the old MANIFEST named is removed. Kept back
 * are the syncs, the renaming, and the removal of what was read. So until `settle` CURRENT names
 * the old MANIFEST, and all that this names is there: whoever dies before leaves the database as it
 * was found. What is obsolete and was not read no MANIFEST in use names, and others who died so
 * left it.
 *
 *   KEEPING ──settle──► SETTLED        all was done, in order
 *      │       └──────► REFUSED        it failed: nothing more is written or removed
 *      └──abandon─────► REFUSED
 */
#ifndef HEADSTART_SNAPSHOT_KV_LEVELDB_KEPT_H
#define HEADSTART_SNAPSHOT_KV_LEVELDB_KEPT_H

#define _Static_assert static_assert
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow" /* C lets a function have a structure's name */
extern "C" {
#include "kernel/state/disk.h"
}
#pragma GCC diagnostic pop

#include <leveldb/status.h>

#include <pthread.h>
#include <string>
#include <vector>

namespace kv_leveldb
{

struct Path {
    explicit Path(const std::string &full)
    {
        size_t slash = full.rfind('/');
        dir = slash == std::string::npos ? "." : full.substr(0, slash);
        name = slash == std::string::npos ? full : full.substr(slash + 1);
    }
    bool operator==(const Path &other) const
    {
        return name == other.name && dir == other.dir;
    }
    std::string dir, name;
};

bool is_table(const Path &path);
/** The fault points' first part. */
const char *place_of(const std::string &name);
leveldb::Status status_of(enum hs_status st, const struct hs_error &err);

leveldb::Status file_open(const struct disk *disk, const Path &path, enum disk_mode mode,
                          struct disk_file **out);
leveldb::Status file_rename(const struct disk *disk, const Path &from, const Path &to);
/** What is not there, or cannot be removed, is in nobody's way. */
void file_remove(const struct disk *disk, const Path &path);
/** Of the folder that the file lies in. */
leveldb::Status folder_sync(const struct disk *disk, const Path &of);

class KeptBack
{
  public:
    explicit KeptBack(const struct disk *disk);
    ~KeptBack();

    /** Nothing is kept back yet, and from now on all is. */
    void begin();
    bool keeping();
    /** What a change of the database's files is answered. */
    leveldb::Status refusal();

    /* Only while it keeps, which the opening thread alone does. */

    void note_read(const Path &file);
    void note_sync(const Path &file);
    void note_rename(const Path &from, const Path &to);
    void note_removal(const Path &file); /* of what was not read: it is removed at once */

    /** On any thread; once it was done, or refused, it says the same again. */
    leveldb::Status settle();
    void abandon();

  private:
    enum State { KEEPING, SETTLED, REFUSED };

    State state();
    leveldb::Status settle_in_order();
    leveldb::Status rename_durably(const Path &from, const Path &to);

    const struct disk *disk_;
    pthread_mutex_t mutex_;
    State state_;
    leveldb::Status refused_;
    std::vector<Path> read_, files_, renamed_, removed_;
};

} // namespace kv_leveldb

#endif
