/* Names and statuses.
 *
 * The disk room's statuses become LevelDB's: not there → NotFound, damaged → Corruption, cannot now
 * → IO error; kv_leveldb.c reads them back from LevelDB's words.
 *
 * Durability beyond what LevelDB asks for: the first sync of a new file makes its name durable too,
 * and so does a rename (CURRENT). LevelDB starts a new log without it, and a power loss could take
 * the file that a synced batch is in.
 *
 * Without memory C++ ends the process by a signal; here it ends with words and a code: nothing of
 * ours is lost by that, and the next start is a start like any other. */
#include "snapshot/kv_leveldb_kept.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow" /* C lets a function have a structure's name */
extern "C" {
#include "kernel/state/unhurried_thread.h"
#include "snapshot/kv_leveldb_env.h"
}
#pragma GCC diagnostic pop

#include <leveldb/env.h>
#include <leveldb/slice.h>

#include <atomic>
#include <deque>
#include <new>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What leveldb/c.h hands around for an environment; its layout is LevelDB's (db/c.cc), and there is
 * no function to make one from a leveldb::Env. test_kv_leveldb fails if it ever changes. */
struct leveldb_env_t {
    leveldb::Env *rep;
    bool is_default;
};

namespace
{

using namespace kv_leveldb;
using leveldb::Slice;
using leveldb::Status;

constexpr size_t APPEND_BYTES = 64 << 10; /* gathered before the disk room is called, whole ones */
constexpr int EXIT_INTERNAL = 70;

class Sequential final : public leveldb::SequentialFile
{
  public:
    Sequential(KeptBack *kept, const Path &path, struct disk_file *file)
        : kept_(kept), path_(path), file_(file), at_(0)
    {
    }
    ~Sequential() override
    {
        disk_close(file_);
    }

    Status Read(size_t n, Slice *result, char *scratch) override
    {
        struct hs_error err = {};
        size_t got = 0;
        enum hs_status st = disk_read(file_, at_, scratch, n, &got, &err);

        at_ += got;
        if (got > 0 && kept_->keeping()) kept_->note_read(path_);
        *result = Slice(scratch, st == HS_OK ? got : 0);
        return status_of(st, err);
    }

    Status Skip(uint64_t n) override
    {
        at_ += n;
        return Status::OK();
    }

  private:
    KeptBack *kept_;
    Path path_;
    struct disk_file *file_;
    uint64_t at_;
};

class RandomAccess final : public leveldb::RandomAccessFile
{
  public:
    explicit RandomAccess(struct disk_file *file) : file_(file)
    {
    }
    ~RandomAccess() override
    {
        disk_close(file_);
    }

    Status Read(uint64_t offset, size_t n, Slice *result, char *scratch) const override
    {
        struct hs_error err = {};
        size_t got = 0;
        enum hs_status st = disk_read(file_, offset, scratch, n, &got, &err);

        *result = Slice(scratch, st == HS_OK ? got : 0);
        return status_of(st, err);
    }

  private:
    struct disk_file *file_;
};

/* After the first failure every later call fails: what the file holds is unknown. */
class Writable final : public leveldb::WritableFile
{
  public:
    Writable(const struct disk *disk, KeptBack *kept, const Path &path, struct disk_file *file)
        : disk_(disk), kept_(kept), path_(path), table_(is_table(path)), file_(file), named_(false)
    {
    }
    ~Writable() override
    {
        disk_close(file_);
    }

    Status Append(const Slice &data) override
    {
        if (!failed_.ok()) return failed_;
        pending_.append(data.data(), data.size());
        return write(pending_.size() / APPEND_BYTES * APPEND_BYTES);
    }

    /* LevelDB asks for it after each block of a table, which nobody reads before it is synced: a
     * write each, of 4 KiB beside the pages' bounds, took a third of a compaction's time. */
    Status Flush() override
    {
        return table_ ? failed_ : write(pending_.size());
    }

    Status Sync() override
    {
        struct hs_error err = {};
        Status flushed = write(pending_.size());

        if (!flushed.ok()) return flushed;
        if (kept_->keeping()) {
            kept_->note_sync(path_);
            return Status::OK();
        }
        failed_ = kept_->refusal();
        if (failed_.ok()) failed_ = status_of(disk_sync(file_, &err), err);
        if (failed_.ok() && !named_) {
            failed_ = folder_sync(disk_, path_);
            named_ = failed_.ok();
        }
        return failed_;
    }

    Status Close() override
    {
        Status flushed = write(pending_.size());

        disk_close(file_);
        file_ = nullptr;
        if (failed_.ok()) failed_ = Status::IOError(path_.name, "the file is closed");
        return flushed;
    }

  private:
    /* The first len bytes of what is pending. */
    Status write(size_t len)
    {
        struct hs_error err = {};
        struct slice bytes = {pending_.data(), len};

        if (!failed_.ok() || len == 0) return failed_;
        failed_ = status_of(disk_append(file_, bytes, &err), err);
        pending_.erase(0, len);
        return failed_;
    }

    const struct disk *disk_;
    KeptBack *kept_;
    Path path_;
    bool table_;
    struct disk_file *file_;
    std::string pending_;
    Status failed_;
    bool named_; /* its name is durable */
};

class Lock final : public leveldb::FileLock
{
  public:
    explicit Lock(struct disk_file *file) : file_(file)
    {
    }
    ~Lock() override
    {
        disk_close(file_);
    }

  private:
    struct disk_file *file_;
};

/* What LevelDB does in the background, one after the other; not while it is held. */
class Worker
{
  public:
    Worker() : ending_(false), held_(false), started_(false), unhurried_(false)
    {
        (void)pthread_mutex_init(&mutex_, nullptr);
        (void)pthread_cond_init(&changed_, nullptr);
    }
    ~Worker()
    {
        if (started_) {
            (void)pthread_mutex_lock(&mutex_);
            ending_ = true;
            (void)pthread_cond_signal(&changed_);
            (void)pthread_mutex_unlock(&mutex_);
            (void)pthread_join(thread_, nullptr);
        }
        (void)pthread_cond_destroy(&changed_);
        (void)pthread_mutex_destroy(&mutex_);
    }

    int start()
    {
        int failed = pthread_create(&thread_, nullptr, run, this);

        started_ = failed == 0;
        return failed;
    }

    void add(void (*function)(void *), void *argument)
    {
        (void)pthread_mutex_lock(&mutex_);
        work_.push_back({function, argument});
        (void)pthread_cond_signal(&changed_);
        (void)pthread_mutex_unlock(&mutex_);
    }

    void hold()
    {
        (void)pthread_mutex_lock(&mutex_);
        held_ = true;
        (void)pthread_mutex_unlock(&mutex_);
    }

    /* What begins from now on can wait. */
    void unhurry()
    {
        (void)pthread_mutex_lock(&mutex_);
        unhurried_ = true;
        (void)pthread_mutex_unlock(&mutex_);
    }

    /* function, if there is one, before all that was held. */
    void release(void (*function)(void *), void *argument)
    {
        (void)pthread_mutex_lock(&mutex_);
        held_ = false;
        if (function) work_.push_front({function, argument});
        (void)pthread_cond_signal(&changed_);
        (void)pthread_mutex_unlock(&mutex_);
    }

  private:
    struct Item {
        void (*function)(void *);
        void *argument;
    };

    static void *run(void *self)
    {
        static_cast<Worker *>(self)->serve();
        return nullptr;
    }

    void serve()
    {
        bool unhurried = false;

        hurried_thread_begin(); /* a store may be opened by an unhurried thread */
        (void)pthread_mutex_lock(&mutex_);
        for (;;) {
            while ((work_.empty() || held_) && !ending_) {
                (void)pthread_cond_wait(&changed_, &mutex_);
            }
            if (work_.empty()) break;
            Item item = work_.front();
            work_.pop_front();
            if (unhurried_ && !unhurried) unhurried_thread_begin();
            unhurried = unhurried_;
            (void)pthread_mutex_unlock(&mutex_);
            item.function(item.argument);
            (void)pthread_mutex_lock(&mutex_);
        }
        (void)pthread_mutex_unlock(&mutex_);
        if (unhurried) unhurried_thread_end();
    }

    pthread_mutex_t mutex_;
    pthread_cond_t changed_;
    pthread_t thread_;
    std::deque<Item> work_;
    bool ending_, held_, started_, unhurried_;
};

class DiskEnv final : public leveldb::Env
{
  public:
    explicit DiskEnv(const struct disk *disk) : disk_(disk), kept_(disk), settling_(true)
    {
    }

    int start()
    {
        return worker_.start();
    }

    void unhurry()
    {
        worker_.unhurry();
    }

    void keep_back()
    {
        kept_.begin();
        settling_ = false;
        worker_.hold();
    }

    /* On the worker. */
    void settle_begin()
    {
        if (!settling_.exchange(true)) worker_.release(settle_run, &kept_);
    }

    /* On the calling thread, or once the worker has. */
    Status settle()
    {
        Status st;

        if (!kept_.keeping()) return kept_.refusal();
        st = kept_.settle();
        worker_.release(nullptr, nullptr);
        return st;
    }

    void abandon()
    {
        kept_.abandon();
        worker_.release(nullptr, nullptr);
    }

    Status NewSequentialFile(const std::string &full, leveldb::SequentialFile **out) override
    {
        struct disk_file *file = nullptr;
        Status st = file_open(disk_, Path(full), DISK_READ, &file);

        *out = st.ok() ? new Sequential(&kept_, Path(full), file) : nullptr;
        return st;
    }

    Status NewRandomAccessFile(const std::string &full, leveldb::RandomAccessFile **out) override
    {
        struct disk_file *file = nullptr;
        Status st = file_open(disk_, Path(full), DISK_READ, &file);

        *out = st.ok() ? new RandomAccess(file) : nullptr;
        return st;
    }

    /* A table of that name may be a link to another process's (snapshot_clone.c). */
    Status NewWritableFile(const std::string &full, leveldb::WritableFile **out) override
    {
        Path path(full);

        if (is_table(path)) file_remove(disk_, path);
        return writable_open(full, DISK_EMPTY, out);
    }

    Status NewAppendableFile(const std::string &full, leveldb::WritableFile **out) override
    {
        return writable_open(full, DISK_CREATE, out);
    }

    bool FileExists(const std::string &full) override
    {
        Path path(full);

        return disk_exists(disk_, place_of(path.name), path.dir.c_str(), path.name.c_str());
    }

    Status GetChildren(const std::string &dir, std::vector<std::string> *out) override
    {
        struct disk_listing names = {};
        struct hs_error err = {};
        enum hs_status st = disk_list(disk_, "leveldb.folder", dir.c_str(), &names, &err);

        out->clear();
        for (size_t i = 0; st == HS_OK && i < names.len; i++) {
            out->push_back(names.names[i]);
        }
        disk_listing_fini(&names);
        return status_of(st, err);
    }

    Status RemoveFile(const std::string &full) override
    {
        Path path(full);
        struct hs_error err = {};
        Status refusal = kept_.refusal();

        if (!refusal.ok()) return refusal;
        if (kept_.keeping()) {
            kept_.note_removal(path);
            return Status::OK();
        }
        return status_of(
            disk_remove(disk_, place_of(path.name), path.dir.c_str(), path.name.c_str(), &err),
            err);
    }

    /* LevelDB's C interface destroys and repairs by this; we remove folders ourselves. */
    Status RemoveDir(const std::string &dir) override
    {
        return Status::NotSupported(dir, "folders are removed by their owner");
    }

    Status CreateDir(const std::string &dir) override
    {
        struct hs_error err = {};

        return status_of(disk_make_folder(disk_, "leveldb.folder", dir.c_str(), nullptr, &err),
                         err);
    }

    Status GetFileSize(const std::string &full, uint64_t *bytes) override
    {
        Path path(full);
        struct disk_entry entry = {};
        struct hs_error err = {};
        enum hs_status st = disk_look(disk_, place_of(path.name), path.dir.c_str(),
                                      path.name.c_str(), &entry, &err);

        *bytes = entry.bytes;
        return status_of(st, err);
    }

    Status RenameFile(const std::string &from_full, const std::string &to_full) override
    {
        Path from(from_full), to(to_full);
        Status st = kept_.refusal();

        if (st.ok() && kept_.keeping() && to.name == "CURRENT") {
            kept_.note_rename(from, to);
            return st;
        }
        if (st.ok()) st = file_rename(disk_, from, to);
        return st.ok() ? folder_sync(disk_, to) : st;
    }

    Status LockFile(const std::string &full, leveldb::FileLock **out) override
    {
        Path path(full);
        struct disk_file *file = nullptr;
        struct hs_error err = {};
        enum hs_status st =
            disk_lock(disk_, "leveldb.lock", path.dir.c_str(), path.name.c_str(), &file, &err);

        *out = st == HS_OK ? new Lock(file) : nullptr;
        if (st == HS_LOCKED) return Status::IOError("lock " + full, "already held");
        return status_of(st, err);
    }

    Status UnlockFile(leveldb::FileLock *lock) override
    {
        delete lock;
        return Status::OK();
    }

    void Schedule(void (*function)(void *), void *argument) override
    {
        worker_.add(function, argument);
    }

    void StartThread(void (*function)(void *), void *argument) override
    {
        worker_.add(function, argument); /* LevelDB itself never asks for one */
    }

    Status GetTestDirectory(std::string *path) override
    {
        path->clear();
        return Status::NotSupported("no folder for LevelDB's own tests");
    }

    /* Its informational log is not kept: what matters reaches us as a status. */
    Status NewLogger(const std::string &full, leveldb::Logger **out) override
    {
        *out = nullptr;
        return Status::NotSupported(full, "not kept");
    }

    uint64_t NowMicros() override
    {
        struct timespec now = {};

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return static_cast<uint64_t>(now.tv_sec) * 1000000 +
               static_cast<uint64_t>(now.tv_nsec) / 1000;
    }

    void SleepForMicroseconds(int micros) override
    {
        (void)usleep(static_cast<useconds_t>(micros));
    }

  private:
    static void settle_run(void *kept)
    {
        (void)static_cast<KeptBack *>(kept)->settle();
    }

    Status writable_open(const std::string &full, enum disk_mode mode, leveldb::WritableFile **out)
    {
        struct disk_file *file = nullptr;
        Status st = kept_.refusal();

        if (st.ok()) st = file_open(disk_, Path(full), mode, &file);
        *out = st.ok() ? new Writable(disk_, &kept_, Path(full), file) : nullptr;
        return st;
    }

    const struct disk *disk_;
    KeptBack kept_;
    std::atomic<bool> settling_; /* the worker was asked to */
    Worker worker_;
};

void memory_ended()
{
    static const char words[] = "headstart: out of memory in LevelDB; give the process more memory "
                                "and start it again\n";

    if (write(STDERR_FILENO, words, sizeof words - 1) < 0) _exit(EXIT_INTERNAL);
    _exit(EXIT_INTERNAL);
}

} // namespace

extern "C" enum hs_status kv_leveldb_env_open(const struct disk *disk, struct leveldb_env_t **out,
                                              struct hs_error *err)
{
    DiskEnv *env;
    int failed;

    (void)std::set_new_handler(memory_ended);
    env = new DiskEnv(disk);
    failed = env->start();
    if (failed) {
        delete env;
        return hs_fail_errno(err, HS_NOMEM, failed, "no thread for LevelDB");
    }
    *out = new leveldb_env_t{env, false};
    return HS_OK;
}

extern "C" void kv_leveldb_env_unhurry(struct leveldb_env_t *env)
{
    static_cast<DiskEnv *>(env->rep)->unhurry();
}

extern "C" void kv_leveldb_env_keep_back(struct leveldb_env_t *env)
{
    static_cast<DiskEnv *>(env->rep)->keep_back();
}

extern "C" void kv_leveldb_env_settle_begin(struct leveldb_env_t *env)
{
    static_cast<DiskEnv *>(env->rep)->settle_begin();
}

extern "C" char *kv_leveldb_env_settle(struct leveldb_env_t *env)
{
    Status st = static_cast<DiskEnv *>(env->rep)->settle();

    return st.ok() ? nullptr : strdup(st.ToString().c_str());
}

extern "C" void kv_leveldb_env_abandon(struct leveldb_env_t *env)
{
    static_cast<DiskEnv *>(env->rep)->abandon();
}

extern "C" void kv_leveldb_env_close(struct leveldb_env_t *env)
{
    if (!env) return;
    delete env->rep;
    delete env;
}
