/* Copies of a database that a process may be writing to.
 *
 * Tables never change once written. LevelDB removes a file only after it has noted so in its
 * MANIFEST: if that is as long after the copy as before, every file that it needs was there
 * throughout. Most snapshots change its log alone; the file of heap pages is copied last, and if no
 * log is longer by then either, no slot that the copy refers to was free, let alone used again.
 *
 * So a reader's copy has its tables as hard links, where that can be: they are most of the bytes,
 * and stay readable when the other process removes them. A table that it is writing at this moment
 * is in no MANIFEST yet, and recovery in the copy may reuse its number: nothing is written through
 * a link, since the environment takes a table's name away before it makes a new one
 * (kv_leveldb_env.cc). What goes on for good is copied: links would hide which bytes are durable.
 */
#include "snapshot/page_file.h"
#include "snapshot/snapshot_files.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    CLONE_TRIES_MAX = 20,
    CLONE_PAUSE_US = 500,
    CURRENT_BYTES_MAX = 63,
    READER_TRIES_MAX = 100,
};

static const char clone_place[] = "snapshot.clone";
static const char reader_place[] = "snapshot.reader";
static const char reader_prefix[] = ".read-";

/* One copy being made. */
struct clone {
    const struct disk *disk;
    const char *from, *to;
    enum clone_use use;
};

/* What must not change during a copy. */
struct clone_moment {
    char manifest[CURRENT_BYTES_MAX + 1];
    uint64_t manifest_bytes;
    uint64_t log_bytes; /* of all logs that are there */
};

static bool name_ends(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);

    return len > end_len && strcmp(name + len - end_len, end) == 0;
}

/* HS_NOT_FOUND: a log was removed meanwhile. */
static enum hs_status logs_look(const struct clone *c, uint64_t *bytes, struct hs_error *err)
{
    struct disk_listing names = {0};
    enum hs_status st = disk_list(c->disk, clone_place, c->from, &names, err);

    *bytes = 0;
    for (size_t i = 0; st == HS_OK && i < names.len; i++) {
        struct disk_entry entry = {.bytes = 0};

        if (!name_ends(names.names[i], ".log")) continue;
        st = disk_look(c->disk, clone_place, c->from, names.names[i], &entry, err);
        *bytes += entry.bytes;
    }
    disk_listing_fini(&names);
    return st;
}

/* HS_NOT_FOUND: the database does not say what its MANIFEST is, or it is not there. */
static enum hs_status clone_moment_take(const struct clone *c, struct clone_moment *out,
                                        struct hs_error *err)
{
    struct buffer text = {0};
    struct disk_entry entry = {.bytes = 0};
    enum hs_status st =
        disk_read_all(c->disk, clone_place, c->from, "CURRENT", CURRENT_BYTES_MAX, &text, err);

    memset(out, 0, sizeof *out);
    if (st == HS_OK) {
        (void)snprintf(out->manifest, sizeof out->manifest, "%.*s",
                       (int)strcspn(buffer_text(&text), "\n"), buffer_text(&text));
        st = out->manifest[0] && !strchr(out->manifest, '/') ? HS_OK : HS_NOT_FOUND;
    }
    if (st == HS_OK) st = disk_look(c->disk, clone_place, c->from, out->manifest, &entry, err);
    out->manifest_bytes = entry.bytes;
    if (st == HS_OK) st = logs_look(c, &out->log_bytes, err);
    buffer_fini(&text);
    return st;
}

static enum hs_status file_copy(const struct clone *c, const char *name, struct hs_error *err)
{
    return disk_copy(c->disk, clone_place, c->from, name, c->to, name,
                     c->use == CLONE_TO_GO_ON ? DISK_COPY_SYNCED : DISK_COPY_UNSYNCED, err);
}

/* Another file system, or another user's files: then a copy. */
static enum hs_status table_clone(const struct clone *c, const char *name, struct hs_error *err)
{
    if (c->use != CLONE_TO_GO_ON &&
        disk_link(c->disk, clone_place, c->from, name, c->to, name, NULL) == HS_OK) {
        return HS_OK;
    }
    return file_copy(c, name, err);
}

static enum hs_status file_clone(const struct clone *c, const char *name,
                                 const struct clone_moment *moment, struct hs_error *err)
{
    if (name_ends(name, ".ldb") || name_ends(name, ".sst")) return table_clone(c, name, err);
    if (strcmp(name, "CURRENT") == 0 || strcmp(name, moment->manifest) == 0 ||
        name_ends(name, ".log")) {
        return file_copy(c, name, err);
    }
    return HS_OK;
}

/* After the database: a slot that its copy refers to is not reused before another snapshot was
 * made, which shows in a log's length, or in the MANIFEST. */
static enum hs_status pages_clone(const struct clone *c, struct hs_error *err)
{
    if (c->use == CLONE_TO_LIST) return HS_OK;
    if (c->use == CLONE_TO_READ) return file_copy(c, PAGE_FILE_NAME, err);
    return disk_link(c->disk, clone_place, c->from, PAGE_FILE_NAME, c->to, PAGE_FILE_NAME, err);
}

/* HS_NOT_FOUND: the database changed meanwhile. All names are taken before any file is copied: a
 * log in the list that is not the newest in it is then complete. */
static enum hs_status clone_once(const struct clone *c, struct hs_error *err)
{
    struct clone_moment before, after;
    struct disk_listing names = {0};
    enum hs_status st = clone_moment_take(c, &before, err);

    if (st == HS_OK) st = disk_list(c->disk, clone_place, c->from, &names, err);
    for (size_t i = 0; st == HS_OK && i < names.len; i++) {
        st = file_clone(c, names.names[i], &before, err);
    }
    if (st == HS_OK) st = pages_clone(c, err);
    if (st == HS_OK) st = clone_moment_take(c, &after, err);
    if (st == HS_OK && memcmp(&before, &after, sizeof before) != 0) st = HS_NOT_FOUND;
    if (st == HS_OK && c->use == CLONE_TO_GO_ON) {
        st = disk_sync_folder(c->disk, clone_place, c->to, err);
    }
    disk_listing_fini(&names);
    return st;
}

/* Its files go, the folder stays: it may be locked. */
static void folder_empty(const struct disk *disk, const char *place, const char *dir)
{
    struct disk_listing names = {0};

    (void)(disk_list(disk, place, dir, &names, NULL) == HS_OK);
    for (size_t i = 0; i < names.len; i++) {
        (void)(disk_remove(disk, place, dir, names.names[i], NULL) == HS_OK);
    }
    disk_listing_fini(&names);
}

enum hs_status database_clone(const struct disk *disk, const char *from, const char *to,
                              enum clone_use use, struct hs_error *err)
{
    struct clone c = {.disk = disk, .from = from, .to = to, .use = use};
    enum hs_status st = disk_make_folder(disk, clone_place, to, NULL, err);

    if (st != HS_OK) return st;
    st = HS_NOT_FOUND;
    for (int i = 0; st == HS_NOT_FOUND && i < CLONE_TRIES_MAX; i++) {
        if (i > 0) (void)usleep(CLONE_PAUSE_US);
        folder_empty(disk, clone_place, to);
        st = clone_once(&c, err);
    }
    if (st == HS_NOT_FOUND) {
        return hs_fail(err, HS_CORRUPT, "snapshot: %s lacks the files that it names", from);
    }
    return st;
}

/* A folder of our own below `parent`, locked; other tools have other numbers. */
static enum hs_status reader_dir_make_in(const struct disk *disk, const char *parent,
                                         struct snapshot_path *out, struct disk_file **lock,
                                         struct hs_error *err)
{
    enum hs_status st = HS_EXISTS;
    char name[64] = "";

    for (int i = 0; st == HS_EXISTS && i < READER_TRIES_MAX; i++) {
        (void)snprintf(name, sizeof name, "%s%ld-%d", reader_prefix, (long)getpid(), i);
        st = disk_make_folder_new(disk, reader_place, parent, name, err);
    }
    if (st == HS_OK) st = snapshot_path_join(parent, name, out, err);
    return st == HS_OK ? disk_lock(disk, reader_place, out->text, NULL, lock, err) : st;
}

enum hs_status reader_dir_make(const struct disk *disk, const char *dir, struct snapshot_path *out,
                               struct disk_file **lock, struct hs_error *err)
{
    const char *temporary = getenv("TMPDIR");
    enum hs_status st = reader_dir_make_in(disk, dir, out, lock, err);

    if (st == HS_OK) return HS_OK;
    st = reader_dir_make_in(disk, temporary ? temporary : "/tmp", out, lock, err);
    if (st == HS_OK) return HS_OK;
    return hs_fail_prefix(err, st, "snapshot: cannot make a folder for a copy");
}

void reader_dir_remove(const struct disk *disk, const struct snapshot_path *path,
                       struct disk_file *lock)
{
    if (!lock) return;
    (void)(disk_remove_folder(disk, reader_place, path->text, NULL, NULL) == HS_OK);
    disk_close(lock);
}

void reader_dirs_sweep(const struct disk *disk, const char *dir)
{
    struct disk_listing names = {0};

    (void)(disk_list(disk, reader_place, dir, &names, NULL) == HS_OK);
    for (size_t i = 0; i < names.len; i++) {
        struct disk_file *lock = NULL;
        struct snapshot_path path;

        if (strncmp(names.names[i], reader_prefix, strlen(reader_prefix)) != 0) continue;
        if (snapshot_path_join(dir, names.names[i], &path, NULL) != HS_OK) continue;
        if (disk_lock(disk, reader_place, path.text, NULL, &lock, NULL) != HS_OK) continue;
        reader_dir_remove(disk, &path, lock);
    }
    disk_listing_fini(&names);
}
