#include "snapshot/kv_leveldb_kept.h"

#include <algorithm>
#include <string.h>

using leveldb::Status;

namespace kv_leveldb
{

static bool ends(const std::string &name, const char *end)
{
    size_t len = strlen(end);

    return name.size() > len && name.compare(name.size() - len, len, end) == 0;
}

static bool names_table(const std::string &name)
{
    return ends(name, ".ldb") || ends(name, ".sst");
}

bool is_table(const Path &path)
{
    return names_table(path.name);
}

const char *place_of(const std::string &name)
{
    if (names_table(name)) return "leveldb.table";
    if (ends(name, ".log")) return "leveldb.log";
    if (name.compare(0, 8, "MANIFEST") == 0) return "leveldb.manifest";
    if (name == "CURRENT" || ends(name, ".dbtmp")) return "leveldb.current";
    return "leveldb.file";
}

Status status_of(enum hs_status st, const struct hs_error &err)
{
    switch (st) {
    case HS_OK: return Status::OK();
    case HS_NOT_FOUND: return Status::NotFound(err.text);
    case HS_CORRUPT: return Status::Corruption(err.text);
    default: return Status::IOError(err.text);
    }
}

Status file_open(const struct disk *disk, const Path &path, enum disk_mode mode,
                 struct disk_file **out)
{
    struct hs_error err = {};

    return status_of(
        disk_open(disk, place_of(path.name), path.dir.c_str(), path.name.c_str(), mode, out, &err),
        err);
}

static Status file_sync(const struct disk *disk, const Path &path)
{
    struct disk_file *file = nullptr;
    struct hs_error err = {};
    enum hs_status st = disk_open(disk, place_of(path.name), path.dir.c_str(), path.name.c_str(),
                                  DISK_WRITE, &file, &err);

    if (st == HS_OK) st = disk_sync(file, &err);
    disk_close(file);
    return status_of(st, err);
}

Status file_rename(const struct disk *disk, const Path &from, const Path &to)
{
    struct hs_error err = {};

    return status_of(disk_rename(disk, place_of(to.name), from.dir.c_str(), from.name.c_str(),
                                 to.dir.c_str(), to.name.c_str(), &err),
                     err);
}

void file_remove(const struct disk *disk, const Path &path)
{
    (void)(disk_remove(disk, place_of(path.name), path.dir.c_str(), path.name.c_str(), nullptr) ==
           HS_OK);
}

Status folder_sync(const struct disk *disk, const Path &of)
{
    struct hs_error err = {};

    return status_of(disk_sync_folder(disk, place_of(of.name), of.dir.c_str(), &err), err);
}

KeptBack::KeptBack(const struct disk *disk) : disk_(disk), state_(SETTLED)
{
    (void)pthread_mutex_init(&mutex_, nullptr);
}

KeptBack::~KeptBack()
{
    (void)pthread_mutex_destroy(&mutex_);
}

static bool holds(const std::vector<Path> &files, const Path &file)
{
    return std::find(files.begin(), files.end(), file) != files.end();
}

void KeptBack::begin()
{
    state_ = KEEPING;
    read_.clear();
    files_.clear();
    renamed_.clear();
    removed_.clear();
}

bool KeptBack::keeping()
{
    return state() == KEEPING;
}

Status KeptBack::refusal()
{
    return state() == REFUSED ? refused_ : Status::OK();
}

void KeptBack::note_read(const Path &file)
{
    if (!holds(read_, file)) read_.push_back(file);
}

void KeptBack::note_sync(const Path &file)
{
    files_.push_back(file);
}

void KeptBack::note_rename(const Path &from, const Path &to)
{
    renamed_.assign({from, to});
}

void KeptBack::note_removal(const Path &file)
{
    if (holds(read_, file)) {
        removed_.push_back(file);
    } else if (!holds(renamed_, file)) {
        file_remove(disk_, file);
    }
}

Status KeptBack::settle()
{
    Status done;

    (void)pthread_mutex_lock(&mutex_);
    if (state_ == KEEPING) {
        refused_ = settle_in_order();
        state_ = refused_.ok() ? SETTLED : REFUSED;
    }
    done = state_ == REFUSED ? refused_ : Status::OK();
    (void)pthread_mutex_unlock(&mutex_);
    return done;
}

void KeptBack::abandon()
{
    (void)pthread_mutex_lock(&mutex_);
    if (state_ == KEEPING) {
        refused_ = Status::IOError("the database was left as it was found");
        state_ = REFUSED;
    }
    (void)pthread_mutex_unlock(&mutex_);
}

KeptBack::State KeptBack::state()
{
    State state;

    (void)pthread_mutex_lock(&mutex_);
    state = state_;
    (void)pthread_mutex_unlock(&mutex_);
    return state;
}

/* A name must be durable before CURRENT leads to it, and CURRENT before anything is removed that
 * the old MANIFEST names. */
Status KeptBack::settle_in_order()
{
    Status st;

    for (size_t i = 0; st.ok() && i < files_.size(); i++) {
        st = file_sync(disk_, files_[i]);
    }
    if (st.ok() && !renamed_.empty()) st = rename_durably(renamed_[0], renamed_[1]);
    for (size_t i = 0; st.ok() && i < removed_.size(); i++) {
        file_remove(disk_, removed_[i]);
    }
    return st;
}

Status KeptBack::rename_durably(const Path &from, const Path &to)
{
    Status st = folder_sync(disk_, to);

    if (st.ok()) st = file_rename(disk_, from, to);
    return st.ok() ? folder_sync(disk_, to) : st;
}

} // namespace kv_leveldb
