/* The disk room: the only place from which files and folders are reached.
 *
 *   everybody ──► disk.h: whole operations ──► disk_operations.h: one system call each
 *                 retries, syncs, fault points,     the system's (disk_system), or a test's that
 *                 words, three statuses             forgets, tears, reorders and refuses
 *
 * It fails in three ways, which mean one thing each everywhere:
 *
 *   HS_NOT_FOUND   not there
 *   HS_CORRUPT     damaged: another kind of thing, larger or shorter than what we wrote can be, or
 *                  the file system itself says so. Trying again finds the same
 *   HS_IO          cannot now: no rights, no space, read only, no descriptor, a failing device.
 *                  err->errnum says which. It blames no content; trying again may succeed
 *
 * and answers HS_EXISTS or HS_LOCKED where a function says so; HS_NOMEM is the process's own.
 * Words name the path and the system's reason; callers add what it was for.
 *
 * Whatever a function opened is closed again when it fails. EINTR is tried again and a short read
 * or write goes on, both within a bound. After a failed write or sync the content of a file is
 * unknown: nothing may rely on it until it was written again to another file.
 *
 * A file is named by its folder and its name in there; `dir` may be NULL for a path that somebody
 * typed. `place` is a literal `module.noun` ("log.segment"), the first part of the fault points'
 * names: `log.segment.write` is reached before each write call there (fault.h).
 *
 * Threads: any number may use a struct disk, and all but disk_append of one struct disk_file.
 */
#ifndef HEADSTART_KERNEL_STATE_DISK_H
#define HEADSTART_KERNEL_STATE_DISK_H

#include "kernel/state/bytes.h"

struct disk;
struct disk_file;

/** The disk of this machine. */
const struct disk *disk_system(void);

/* --- open files --- */

enum disk_mode {
    DISK_READ = 1,   /* present, to be read */
    DISK_WRITE,      /* present, to be read and written */
    DISK_CREATE,     /* made if missing */
    DISK_CREATE_NEW, /* HS_EXISTS if present */
    DISK_EMPTY,      /* made if missing, emptied if present */
};

HS_MUST_CHECK enum hs_status disk_open(const struct disk *disk, const char *place, const char *dir,
                                       const char *name, enum disk_mode mode,
                                       struct disk_file **out, struct hs_error *err);
/** NULL is fine. */
void disk_close(struct disk_file *f);
/** The same file once more, to be closed once more, in any order: for a thread that goes on with it
 *  when its owner may be done. No descriptor is taken. */
struct disk_file *disk_file_share(struct disk_file *f);
/** "dir/name", for words; valid as long as the handle. */
const char *disk_file_path(const struct disk_file *f);

/** Up to `len` bytes from `offset` on into `memory`; *got is less only at the end of the file. A
 *  pipe is read on, whatever the offset. */
HS_MUST_CHECK enum hs_status disk_read(const struct disk_file *f, uint64_t offset, void *memory,
                                       size_t len, size_t *got, struct hs_error *err);
/** All of `bytes` at `offset`, in one call unless the system cuts it short. */
HS_MUST_CHECK enum hs_status disk_write(struct disk_file *f, uint64_t offset, struct slice bytes,
                                        struct hs_error *err);
/** All of `bytes` behind what the file held when it was opened and what was appended since. After
 *  a failure the end is where it was: the next append writes over what half of it got there. */
HS_MUST_CHECK enum hs_status disk_append(struct disk_file *f, struct slice bytes,
                                         struct hs_error *err);
/** Make content and size durable. The name becomes so by disk_sync_folder. */
HS_MUST_CHECK enum hs_status disk_sync(struct disk_file *f, struct hs_error *err);
HS_MUST_CHECK enum hs_status disk_truncate(struct disk_file *f, uint64_t bytes,
                                           struct hs_error *err);
HS_MUST_CHECK enum hs_status disk_size(const struct disk_file *f, uint64_t *bytes,
                                       struct hs_error *err);

/** Let the system forget its copy of the file where it can, so that reading shows what the disk
 *  has. */
void disk_drop_cache(const struct disk_file *f);

enum disk_lock_mode { DISK_LOCK_SHARED = 1, DISK_LOCK_EXCLUSIVE };

/** Hold the file, made if missing, until the handle is closed or the process ends. Name NULL: the
 *  folder itself, which needs no right to write. HS_LOCKED: another open handle has it. */
HS_MUST_CHECK enum hs_status disk_lock(const struct disk *disk, const char *place, const char *dir,
                                       const char *name, struct disk_file **out,
                                       struct hs_error *err);
/** As above for an open file, at once: to ask whether somebody else holds it. */
HS_MUST_CHECK enum hs_status disk_lock_file(struct disk_file *f, enum disk_lock_mode mode,
                                            struct hs_error *err);

/* --- whole files --- */

/** The whole file into *out (replaced). HS_CORRUPT: more than bytes_max. */
HS_MUST_CHECK enum hs_status disk_read_all(const struct disk *disk, const char *place,
                                           const char *dir, const char *name, size_t bytes_max,
                                           struct buffer *out, struct hs_error *err);
/** Put `bytes` in the place of the file (dir NULL: `name` is its path), durably: a temporary file,
 *  sync, rename, sync of the folder. A crash leaves the old one or the new one, and perhaps a
 *  temporary file, for disk_sweep; so does a failure, which may come after the new one is visible.
 */
HS_MUST_CHECK enum hs_status disk_replace(const struct disk *disk, const char *place,
                                          const char *dir, const char *name, struct slice bytes,
                                          struct hs_error *err);

enum disk_copy_mode { DISK_COPY_SYNCED = 1, DISK_COPY_UNSYNCED };

/** Copy a file's content to a new file, or over another; blocks are shared where the file system
 *  can. SYNCED: content durable; the name, too, after disk_sync_folder. */
HS_MUST_CHECK enum hs_status disk_copy(const struct disk *disk, const char *place,
                                       const char *from_dir, const char *from_name,
                                       const char *to_dir, const char *to_name,
                                       enum disk_copy_mode mode, struct hs_error *err);

/* --- names and folders --- */

enum disk_kind { DISK_FILE = 1, DISK_FOLDER, DISK_OTHER };

struct disk_entry {
    enum disk_kind kind;
    uint64_t bytes;        /* of a file */
    int64_t written_s;     /* its content, or a folder's names, were changed last; since 1970 */
    uint64_t owner;        /* user id */
    bool others_may_write; /* group or all */
    bool sticky;           /* a folder in which each may take away or rename only what is theirs */
};

/** What stands there; symbolic links are followed. Name NULL: the folder. HS_NOT_FOUND. */
HS_MUST_CHECK enum hs_status disk_look(const struct disk *disk, const char *place, const char *dir,
                                       const char *name, struct disk_entry *out,
                                       struct hs_error *err);
/** Is anything there? True also when it cannot be looked at: what may be there is not built over.
 */
bool disk_exists(const struct disk *disk, const char *place, const char *dir, const char *name);
/** Of a failure HS_IO, by err->errnum: is it about this thing (no rights, a failing device), so
 *  that it stays unreadable while its neighbours are fine? Else the whole disk or the process has
 *  come to an end of something. Both may pass. */
bool disk_unreadable(const struct hs_error *err);

/** The folder dir/name (NULL: dir), made where missing, durably, together with its missing
 *  parents. The name of a present one that is empty is made durable, too, where we may: whoever
 *  made it may have died before. What we put something into was durable before that.
 *  HS_CORRUPT: something else stands there, also a link that leads nowhere. */
HS_MUST_CHECK enum hs_status disk_make_folder(const struct disk *disk, const char *place,
                                              const char *dir, const char *name,
                                              struct hs_error *err);
/** The same, but the name of a present one is left as it is, which costs no sync: for a folder that
 *  whoever keeps something in it opens with disk_make_folder, or that may be lost. */
HS_MUST_CHECK enum hs_status disk_have_folder(const struct disk *disk, const char *place,
                                              const char *dir, const char *name,
                                              struct hs_error *err);
/** A new one in a folder that is there. HS_EXISTS. */
HS_MUST_CHECK enum hs_status disk_make_folder_new(const struct disk *disk, const char *place,
                                                  const char *dir, const char *name,
                                                  struct hs_error *err);
/** Make creations, renames and removals in the folder durable. */
HS_MUST_CHECK enum hs_status disk_sync_folder(const struct disk *disk, const char *place,
                                              const char *dir, struct hs_error *err);

/** The same of one that may be somebody else's: where we have no right to it, nothing in it is ours
 *  to settle. */
HS_MUST_CHECK enum hs_status disk_settle_folder(const struct disk *disk, const char *place,
                                                const char *dir, struct hs_error *err);

/** As disk_sync_folder, of the folder that this path lies in. */
HS_MUST_CHECK enum hs_status disk_sync_parent(const struct disk *disk, const char *place,
                                              const char *path, struct hs_error *err);

/* A folder's names in byte order, without "." and "..". All zero bytes is a valid empty one. */
struct disk_listing {
    char **names;
    size_t len;
    struct buffer bytes; /* what the names point into */
};

/** *out is replaced. HS_CORRUPT: more than HS_FOLDER_NAMES_MAX. */
HS_MUST_CHECK enum hs_status disk_list(const struct disk *disk, const char *place, const char *dir,
                                       struct disk_listing *out, struct hs_error *err);
void disk_listing_fini(struct disk_listing *l);

/** Within one file system. A file that has the new name is replaced. */
HS_MUST_CHECK enum hs_status disk_rename(const struct disk *disk, const char *place,
                                         const char *from_dir, const char *from_name,
                                         const char *to_dir, const char *to_name,
                                         struct hs_error *err);
/** A second name for a file's content; a synced copy where the file system has no such thing. The
 *  name is durable after disk_sync_folder. HS_EXISTS. */
HS_MUST_CHECK enum hs_status disk_link(const struct disk *disk, const char *place,
                                       const char *from_dir, const char *from_name,
                                       const char *to_dir, const char *to_name,
                                       struct hs_error *err);
/** An absent file is HS_OK. */
HS_MUST_CHECK enum hs_status disk_remove(const struct disk *disk, const char *place,
                                         const char *dir, const char *name, struct hs_error *err);
/** The folder dir/name (NULL: dir) with all that is in it, HS_FOLDER_DEPTH_MAX deep at most, or the
 *  file that stands there instead; symbolic links are not followed. An absent one is HS_OK. */
HS_MUST_CHECK enum hs_status disk_remove_folder(const struct disk *disk, const char *place,
                                                const char *dir, const char *name,
                                                struct hs_error *err);
/** Move dir/name, whatever it is, into the folder `aside_dir`, made if missing, as `as`, or as.1,
 *  as.2, … where that is taken. A crash just after may leave it where it was; on failure it is
 *  there. Within one file system. */
HS_MUST_CHECK enum hs_status disk_put_aside(const struct disk *disk, const char *place,
                                            const char *dir, const char *name,
                                            const char *aside_dir, const char *as,
                                            struct hs_error *err);
/** A folder that holds nothing. HS_NOT_FOUND; HS_IO with ENOTEMPTY. */
HS_MUST_CHECK enum hs_status disk_remove_empty_folder(const struct disk *disk, const char *place,
                                                      const char *dir, const char *name,
                                                      struct hs_error *err);
/** Remove the files and folders named *.tmp, which a crash left, as far as that works. To be done
 * by the folder's only user when it is opened. */
void disk_sweep(const struct disk *disk, const char *place, const char *dir);
/** Hold the folder to `names_max` (> 0) names with `bytes_max` in them, as far as that works: what
 *  was written first goes first; what was written last stays, however large. For quarantine/, after
 *  something was put there. */
void disk_bound(const struct disk *disk, const char *dir, size_t names_max, uint64_t bytes_max);

struct disk_space {
    uint64_t bytes_free; /* for us, not for root only */
    uint64_t names_free; /* files and folders that can still be made; UINT64_MAX: no such bound */
};

HS_MUST_CHECK enum hs_status disk_space(const struct disk *disk, const char *place, const char *dir,
                                        struct disk_space *out, struct hs_error *err);

#endif
