/* How the disk room makes one call: fault point before, retries, fault point behind, words. For
 * the files of the room only. */
#ifndef HEADSTART_KERNEL_STATE_DISK_CALL_H
#define HEADSTART_KERNEL_STATE_DISK_CALL_H

#include "kernel/state/disk_operations.h"

enum { DISK_PATH_BYTES_MAX = 4096 }; /* Linux takes no longer ones */

struct disk_path {
    char text[DISK_PATH_BYTES_MAX];
};

/* One call's arguments and results; an operation uses those that it knows. */
struct disk_call {
    int file;
    int other_file;
    const char *path;
    const char *other_path;
    unsigned kind; /* enum disk_open_kind, disk_lock_mode */
    uint64_t offset;
    char *memory;      /* to be read into */
    const char *bytes; /* to be written */
    size_t len;
    size_t done; /* of len */
    void *out;   /* the operation's own result, or what its callback is handed */
};

typedef int (*disk_call_fn)(const struct disk *disk, struct disk_call *call);

/** Make the call at the fault point `place.operation`, again while it is interrupted. 0, or an
 *  errno value. A short or torn call is acted out on len. */
int disk_run(const struct disk *disk, const char *place, const char *operation, disk_call_fn make,
             struct disk_call *call);

/** The same for two names, told in words. */
HS_MUST_CHECK enum hs_status disk_run_names(const struct disk *disk, const char *place,
                                            const char *operation, disk_call_fn make,
                                            const char *from_dir, const char *from_name,
                                            const char *to_dir, const char *to_name,
                                            struct hs_error *err);

/** dir/name; NULL for either leaves the other. ENAMETOOLONG, else 0. */
int disk_path_join(const char *dir, const char *name, struct disk_path *out);

/** Let the operations copy, `len` bytes a call, as far as they can; *done: how far. */
HS_MUST_CHECK enum hs_status disk_blocks_copy(const struct disk_file *from, struct disk_file *to,
                                              size_t len, uint64_t *done, struct hs_error *err);

/** "cannot <what> <path>: <errnum's words>", with the status that stands for it. */
enum hs_status disk_fail(struct hs_error *err, int errnum, const char *what, const char *path);

#endif
