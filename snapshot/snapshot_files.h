/* The snapshot store's folders: generations, which one is in use, what is moved or copied.
 *
 *   snapshot/LOCK                 held by the process that writes
 *   snapshot/CURRENT              "gen-<10 digits> <XXH3-64 of that name, 16 hex digits>\n"
 *   snapshot/gen-<10 digits>/     a generation; REJECTED inside: never chosen again
 *   snapshot/.read-<pid>-<n>/     an offline tool's copy, locked while in use
 */
#ifndef HEADSTART_SNAPSHOT_SNAPSHOT_FILES_H
#define HEADSTART_SNAPSHOT_SNAPSHOT_FILES_H

#include "kernel/state/disk.h"

enum { SNAPSHOT_PATH_BYTES_MAX = 1024, GENERATION_NAME_BYTES = 16 };

struct snapshot_path {
    char text[SNAPSHOT_PATH_BYTES_MAX];
};

/** HS_TOO_LARGE when it does not fit. */
HS_MUST_CHECK enum hs_status snapshot_path_join(const char *dir, const char *name,
                                                struct snapshot_path *out, struct hs_error *err);

void generation_name(uint64_t number, char out[GENERATION_NAME_BYTES]);
/** Numbers of the generations in `dir`, descending; up to `max`, *len how many. */
HS_MUST_CHECK enum hs_status generation_list(const struct disk *disk, const char *dir,
                                             uint64_t *out, size_t max, size_t *len,
                                             struct hs_error *err);
HS_MUST_CHECK enum hs_status generation_current_write(const struct disk *disk, const char *dir,
                                                      uint64_t number, struct hs_error *err);
/** 0: CURRENT is missing or damaged. */
uint64_t generation_current_read(const struct disk *disk, const char *dir);
bool generation_rejected(const struct disk *disk, const char *dir, uint64_t number);
HS_MUST_CHECK enum hs_status generation_reject(const struct disk *disk, const char *dir,
                                               uint64_t number, const char *reason,
                                               struct hs_error *err);
/** Remove the folder and its files; one that is absent is HS_OK. */
HS_MUST_CHECK enum hs_status generation_remove(const struct disk *disk, const char *dir,
                                               uint64_t number, struct hs_error *err);
/** Try to remove it; what is left is removed when the store is opened or verified. */
void generation_discard(const struct disk *disk, const char *dir, uint64_t number);
/** Move the folder to quarantine, under the first free name. */
HS_MUST_CHECK enum hs_status generation_quarantine(const struct disk *disk, const char *dir,
                                                   uint64_t number, const char *quarantine_dir,
                                                   struct hs_error *err);
/** Bytes of the generation's files. */
uint64_t generation_bytes(const struct disk *disk, const char *dir, uint64_t number);

enum clone_use {
    CLONE_TO_READ = 1, /* `from` may be written to meanwhile and afterwards */
    CLONE_TO_LIST,     /* likewise; the copy is without heap pages */
    CLONE_TO_GO_ON,    /* `from` is never written to again: heap pages are shared with it. What
                          was copied is durable on return, once the folder above `to` is synced */
};
/** Make `to` (a new folder, or one to be emptied) a generation with the content that `from` has at
 *  some moment of the call, also while a process writes there. */
HS_MUST_CHECK enum hs_status database_clone(const struct disk *disk, const char *from,
                                            const char *to, enum clone_use use,
                                            struct hs_error *err);
/** A new folder for an offline tool's copy: below `dir`, or in $TMPDIR or /tmp where that cannot
 *  be written. *lock keeps a daemon from clearing it away. */
HS_MUST_CHECK enum hs_status reader_dir_make(const struct disk *disk, const char *dir,
                                             struct snapshot_path *out, struct disk_file **lock,
                                             struct hs_error *err);
/** Remove it with the database in it. */
void reader_dir_remove(const struct disk *disk, const struct snapshot_path *path,
                       struct disk_file *lock);
/** Remove what tools that were killed left in `dir`. */
void reader_dirs_sweep(const struct disk *disk, const char *dir);

#endif
