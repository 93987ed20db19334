#include "sidecar/data/data_folder.h"

#include "kernel/state/decimal.h"
#include "kernel/state/position.h"
#include "kernel/state/utf8.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PID_BYTES_MAX = 32 };

struct data_folder {
    const struct disk *disk;
    void (*told)(void *data, const char *words);
    void *data;
    struct disk_file *folder_lock, *lock_file; /* NULL: it cannot be had; one of them is */
    struct buffer dir;
    struct buffer parts[DATA_FOLDER_PART_COUNT];
    char chain_id[HS_CHAIN_ID_BYTES_MAX + 1];
    bool taken;   /* false: it cannot be used at all, and nothing in it is touched */
    bool mending; /* what could not be had before is no news */
    bool has[DATA_FOLDER_PART_COUNT];
    bool former; /* a folder of another format is kept in here */
    struct data_folder_format format;
};

static const char folder_place[] = "data.folder";
static const char lock_place[] = "data.lock";
static const char lock_name[] = "LOCK";
static const char format_name[] = "FORMAT";
static const char former_prefix[] = "former-";

static const char *const part_names[DATA_FOLDER_PART_COUNT] = {
    [DATA_FOLDER_SNAPSHOT] = "snapshot", [DATA_FOLDER_LOG] = "log",
    [DATA_FOLDER_IMAGES] = "images",     [DATA_FOLDER_QUARANTINE] = "quarantine",
    [DATA_FOLDER_RATES] = "RATES",
};

const char *data_folder_part_name(enum data_folder_part part)
{
    assert(part < DATA_FOLDER_PART_COUNT);
    return part_names[part];
}

static enum hs_status path_join(const char *dir, const char *name, struct buffer *out,
                                struct hs_error *err)
{
    buffer_clear(out);
    if (buffer_printf(out, "%s/%s", dir, name) != HS_OK) return hs_fail(err, HS_NOMEM, "%s", dir);
    return HS_OK;
}

enum hs_status data_folder_part_path(const char *dir, enum data_folder_part part,
                                     struct buffer *out, struct hs_error *err)
{
    assert(part < DATA_FOLDER_PART_COUNT);
    return path_join(dir, part_names[part], out, err);
}

/* --- the three ways --- */

static void folder_tell(const struct data_folder *f, const char *format, ...) HS_PRINTF(2, 3);
static void folder_tell(const struct data_folder *f, const char *format, ...)
{
    char words[2 * HS_ERROR_TEXT_BYTES_MAX];
    va_list arguments;

    if (!f->told) return;
    va_start(arguments, format);
    (void)vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    f->told(f->data, words);
}

/* Damaged, or another kind of thing; also what stays unreadable while the rest is fine. */
static bool is_damage(enum hs_status st, const struct hs_error *why)
{
    return st == HS_CORRUPT || st == HS_NOT_FOUND || (st == HS_IO && disk_unreadable(why));
}

/* False: it is still there. */
static bool folder_move(const struct data_folder *f, const char *name, const char *to,
                        const char *as, const struct hs_error *why)
{
    struct hs_error failed = {0};

    if (disk_put_aside(f->disk, folder_place, buffer_text(&f->dir), name, to, as, &failed) ==
        HS_OK) {
        folder_tell(f, "data folder: %s; it is now in %s, as %s, and is made anew", why->text, to,
                    as);
        return true;
    }
    if (!f->mending) {
        folder_tell(f, "data folder: %s; it cannot be put aside: %s", why->text, failed.text);
    }
    return false;
}

/* To make a folder writes to the one that it lies in: what fails there is not this one's. */
static bool part_damaged(const struct data_folder *f, const char *name, enum hs_status st,
                         struct hs_error *why)
{
    struct disk_entry ignored;

    if (st != HS_IO) return is_damage(st, why);
    st = disk_look(f->disk, folder_place, buffer_text(&f->dir), name, &ignored, why);
    return st == HS_IO && disk_unreadable(why);
}

/* What stands in its place does not go into itself. Whatever names a process that died left
 * unsettled in the data folder are settled with its own. */
static enum hs_status quarantine_open(struct data_folder *f, struct hs_error *err)
{
    const char *dir = buffer_text(&f->dir), *name = part_names[DATA_FOLDER_QUARANTINE];
    enum hs_status st = disk_have_folder(f->disk, folder_place, dir, name, err);
    struct hs_error why = *err;

    if (part_damaged(f, name, st, &why) && folder_move(f, name, dir, "quarantine.was", &why)) {
        st = disk_have_folder(f->disk, folder_place, dir, name, err);
    }
    if (st == HS_OK) st = disk_settle_folder(f->disk, folder_place, dir, err);
    f->has[DATA_FOLDER_QUARANTINE] = st == HS_OK;
    return st;
}

/* False: it is still there. */
static bool folder_put_aside(struct data_folder *f, const char *name, const struct hs_error *why)
{
    const char *quarantine = data_folder_path(f, DATA_FOLDER_QUARANTINE);
    struct hs_error failed = {0};

    if (!f->has[DATA_FOLDER_QUARANTINE] && quarantine_open(f, &failed) != HS_OK) {
        if (f->mending) return false;
        folder_tell(f, "data folder: %s; it cannot be put aside: %s", why->text, failed.text);
        return false;
    }
    if (!folder_move(f, name, quarantine, name, why)) return false;
    disk_bound(f->disk, quarantine, HS_QUARANTINE_NAMES_MAX, HS_QUARANTINE_BYTES_MAX);
    return true;
}

static void folder_go_without(const struct data_folder *f, const char *what,
                              const struct hs_error *why)
{
    if (f->mending) return;
    folder_tell(f, "data folder: %s; the daemon runs without %s until it can be had", why->text,
                what);
}

/* --- the lock --- */

static uint64_t lock_read_pid(const struct disk_file *file)
{
    char text[PID_BYTES_MAX] = "";
    uint64_t pid = 0;
    size_t got = 0;

    if (disk_read(file, 0, text, sizeof text - 1, &got, NULL) != HS_OK) return 0;
    text[got] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return uint_parse(slice_text(text), &pid) == HS_OK ? pid : 0;
}

static enum hs_status lock_refuse(const struct data_folder *f, struct hs_error *err)
{
    const char *dir = buffer_text(&f->dir);
    struct disk_file *file = NULL;
    uint64_t pid = 0;

    if (disk_open(f->disk, lock_place, dir, lock_name, DISK_READ, &file, NULL) == HS_OK) {
        pid = lock_read_pid(file);
    }
    disk_close(file);
    return hs_fail(err, HS_LOCKED,
                   "%s/%s is held by process %" PRIu64
                   "; stop that one, or name another folder with --data",
                   dir, lock_name, pid);
}

/* For people only: what locks is flock. */
static void lock_write_pid(struct disk_file *file)
{
    char text[PID_BYTES_MAX];
    int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());

    if (disk_truncate(file, 0, NULL) != HS_OK) return;
    (void)(disk_write(file, 0, slice_make(text, (size_t)len), NULL) == HS_OK);
}

/* A file system that knows no locks of folders, as some network ones. */
static bool folder_locks_unknown(const struct hs_error *why)
{
    return why->errnum == EBADF || why->errnum == EINVAL || why->errnum == ENOLCK ||
           why->errnum == EOPNOTSUPP;
}

/* The lock of the folder itself counts: it needs no right to write, and is there whatever became of
 * the file LOCK. That one alone does only where it is so for everybody: two processes that held one
 * lock each would both be in. */
static enum hs_status folder_lock(struct data_folder *f, struct hs_error *err)
{
    const char *dir = buffer_text(&f->dir);
    struct hs_error why = {0};
    enum hs_status st = disk_lock(f->disk, lock_place, dir, NULL, &f->folder_lock, &why);

    if (st == HS_LOCKED) return lock_refuse(f, err);
    if (st != HS_OK && !folder_locks_unknown(&why)) return hs_fail(err, HS_IO, "%s", why.text);
    st = disk_lock(f->disk, lock_place, dir, lock_name, &f->lock_file, &why);
    if (f->folder_lock && is_damage(st, &why) && folder_put_aside(f, lock_name, &why)) {
        st = disk_lock(f->disk, lock_place, dir, lock_name, &f->lock_file, &why);
    }
    if (st == HS_LOCKED) return lock_refuse(f, err);
    if (st == HS_OK) {
        lock_write_pid(f->lock_file);
    } else if (!f->mending) {
        folder_tell(f, "data folder: %s", why.text);
    }
    if (st == HS_OK || f->folder_lock) return HS_OK;
    return hs_fail(err, HS_IO, "%s", why.text);
}

enum hs_status data_folder_holder(const char *dir, uint64_t *pid, struct hs_error *err)
{
    struct disk_file *file = NULL;
    enum hs_status st = disk_open(disk_system(), lock_place, dir, lock_name, DISK_READ, &file, err);

    *pid = 0;
    if (st != HS_OK) return st;
    /* A shared lock asks without getting into the way of another reader; it ends with the close. */
    if (disk_lock_file(file, DISK_LOCK_SHARED, NULL) != HS_OK) *pid = lock_read_pid(file);
    disk_close(file);
    return HS_OK;
}

/* --- FORMAT --- */

enum hs_status data_folder_read_format(const char *dir, struct data_folder_format *out,
                                       struct hs_error *err)
{
    enum hs_status st = folder_format_read(disk_system(), dir, out, err);

    if (st == HS_NOT_FOUND) {
        return hs_fail(err, st, "%s is no data folder; name one with --data", dir);
    }
    if (st == HS_CORRUPT) {
        return hs_fail(err, st, "%s/%s is damaged; the next start of the daemon mends it", dir,
                       format_name);
    }
    if (st != HS_OK || out->version == DATA_FOLDER_VERSION) return st;
    return hs_fail(err, HS_WRONG_EPOCH,
                   "%s has format %" PRIu64 ", this program knows %d; use the program that wrote "
                   "it, or start the daemon, which begins anew beside it",
                   dir, out->version, DATA_FOLDER_VERSION);
}

/* Where it cannot be written the rest may be used all the same; it is written with the epoch. */
static void format_begin(struct data_folder *f)
{
    struct hs_error why = {0};

    f->format = (struct data_folder_format){.version = DATA_FOLDER_VERSION};
    memcpy(f->format.chain_id, f->chain_id, sizeof f->chain_id);
    if (folder_format_write(f->disk, buffer_text(&f->dir), &f->format, &why) == HS_OK) return;
    folder_tell(f, "data folder: %s was not written: %s", format_name, why.text);
}

/* A folder of another format moves into former-N, its FORMAT last: what a crash interrupts, the
 * next start goes on with. */
static enum hs_status former_keep(struct data_folder *f, struct hs_error *err)
{
    const char *const names[] = {part_names[DATA_FOLDER_SNAPSHOT], part_names[DATA_FOLDER_LOG],
                                 part_names[DATA_FOLDER_IMAGES], part_names[DATA_FOLDER_RATES],
                                 format_name};
    const char *dir = buffer_text(&f->dir);
    struct buffer former = {0};
    enum hs_status st =
        buffer_printf(&former, "%s/%s%" PRIu64, dir, former_prefix, f->format.version);

    if (st != HS_OK) st = hs_fail(err, st, "%s", dir);
    for (size_t i = 0; st == HS_OK && i < sizeof names / sizeof names[0]; i++) {
        st = disk_put_aside(f->disk, folder_place, dir, names[i], buffer_text(&former), names[i],
                            err);
        if (st == HS_NOT_FOUND) st = HS_OK;
    }
    if (st == HS_OK) {
        folder_tell(f,
                    "data folder: it is of format %" PRIu64 ", this program knows %d: it is kept "
                    "in %s until there is a verified snapshot, and begun anew",
                    f->format.version, DATA_FOLDER_VERSION, buffer_text(&former));
    }
    buffer_fini(&former);
    return st;
}

static enum hs_status format_check_chain(const struct data_folder *f,
                                         const struct data_folder_format *format,
                                         struct hs_error *err)
{
    if (format->chain_id[0] == '\0' || strcmp(format->chain_id, f->chain_id) == 0) return HS_OK;
    return hs_fail(err, HS_WRONG_CHAIN,
                   "the data folder %s belongs to chain \"%s\", not \"%s\"; name another with "
                   "--data, or the right --chain-id",
                   buffer_text(&f->dir), format->chain_id, f->chain_id);
}

/* HS_IO: what is here may be another chain's, or of another format; so is what cannot be read and
 * stays where it is. */
static enum hs_status folder_claim(struct data_folder *f, struct hs_error *err)
{
    const char *dir = buffer_text(&f->dir);
    struct hs_error why = {0};
    enum hs_status st = folder_format_read(f->disk, dir, &f->format, &why);

    if (st == HS_IO) st = folder_format_read(f->disk, dir, &f->format, &why); /* it may pass */
    if (st == HS_NOT_FOUND) {
        format_begin(f);
        return HS_OK;
    }
    if (is_damage(st, &why) && folder_put_aside(f, format_name, &why)) {
        format_begin(f);
        return HS_OK;
    }
    if (st != HS_OK) return hs_fail(err, HS_IO, "%s", why.text);
    st = format_check_chain(f, &f->format, err);
    if (st != HS_OK) return st;
    if (f->format.version == DATA_FOLDER_VERSION) return HS_OK;
    st = former_keep(f, &why);
    if (st != HS_OK) return hs_fail(err, HS_IO, "%s", why.text);
    format_begin(f);
    return HS_OK;
}

enum hs_status data_folder_adopt_epoch(struct data_folder *f, const char *epoch, bool *changed,
                                       struct hs_error *err)
{
    struct data_folder_format next = f->format;
    enum hs_status st;

    assert(strlen(epoch) == SHA256_HEX_BYTES - 1);
    *changed = false;
    if (!f->taken || strcmp(epoch, f->format.epoch) == 0) return HS_OK;
    memcpy(next.epoch, epoch, SHA256_HEX_BYTES);
    st = folder_format_write(f->disk, buffer_text(&f->dir), &next, err);
    if (st != HS_OK) return st;
    *changed = f->format.epoch[0] != '\0';
    f->format = next;
    return HS_OK;
}

static bool is_former(const char *name)
{
    return strncmp(name, former_prefix, strlen(former_prefix)) == 0;
}

static bool former_find(const struct data_folder *f)
{
    struct disk_listing names = {0};
    bool found = false;

    if (disk_list(f->disk, folder_place, buffer_text(&f->dir), &names, NULL) != HS_OK) return false;
    for (size_t i = 0; i < names.len && !found; i++) {
        found = is_former(names.names[i]);
    }
    disk_listing_fini(&names);
    return found;
}

void data_folder_drop_former(struct data_folder *f)
{
    const char *dir = buffer_text(&f->dir);
    struct disk_listing names = {0};

    if (!f->former) return;
    f->former = false; /* what cannot be removed now waits for the next start's snapshot */
    (void)(disk_list(f->disk, folder_place, dir, &names, NULL) == HS_OK);
    for (size_t i = 0; i < names.len; i++) {
        if (!is_former(names.names[i])) continue;
        (void)(disk_remove_folder(f->disk, folder_place, dir, names.names[i], NULL) == HS_OK);
    }
    disk_listing_fini(&names);
}

/* --- opening --- */

/* In a folder of ours that is sticky, as a fresh mount is, others may add names but not touch ours:
 * safe while all that is there is ours. */
static enum hs_status folder_check_names(const struct disk *disk, const char *dir,
                                         struct hs_error *err)
{
    struct disk_listing names = {0};
    struct disk_entry found;
    enum hs_status st = disk_list(disk, folder_place, dir, &names, NULL);
    const char *foreign = NULL;

    for (size_t i = 0; st == HS_OK && !foreign && i < names.len; i++) {
        if (disk_look(disk, folder_place, dir, names.names[i], &found, NULL) != HS_OK) continue;
        if (found.owner != geteuid() && found.owner != 0) foreign = names.names[i];
    }
    st = HS_OK;
    if (foreign) {
        st = hs_fail(err, HS_UNSAFE,
                     "others may write to the data folder %s, and %s in it is another user's; take "
                     "both away: chmod go-w %s",
                     dir, foreign, dir);
    }
    disk_listing_fini(&names);
    return st;
}

/* Who may write here may make us start from anything. Where that cannot be asked, nothing can be
 * read either. */
static enum hs_status folder_check_private(const struct disk *disk, const char *dir,
                                           struct hs_error *err)
{
    struct disk_entry found;

    if (disk_look(disk, folder_place, dir, NULL, &found, NULL) != HS_OK) return HS_OK;
    if (found.others_may_write && found.sticky && found.owner == geteuid()) {
        return folder_check_names(disk, dir, err);
    }
    if (found.others_may_write) {
        return hs_fail(err, HS_UNSAFE,
                       "others may write to the data folder %s; take that away: chmod go-w %s", dir,
                       dir);
    }
    if (found.owner != geteuid() && found.owner != 0 && geteuid() != 0) {
        return hs_fail(err, HS_UNSAFE,
                       "the data folder %s belongs to user %llu; run as that user, or give "
                       "it away with chown",
                       dir, (unsigned long long)found.owner);
    }
    return HS_OK;
}

/* A folder, made where missing. That a present one's name is durable is for whoever keeps something
 * in it, and the quarantine's sync covers it: a start does not wait for one of each part here. */
static enum hs_status part_open(struct data_folder *f, enum data_folder_part part,
                                struct hs_error *err)
{
    const char *dir = buffer_text(&f->dir), *name = part_names[part];
    enum hs_status st = disk_have_folder(f->disk, folder_place, dir, name, err);
    struct hs_error why = *err;

    if (part_damaged(f, name, st, &why) && folder_put_aside(f, name, &why)) {
        st = disk_have_folder(f->disk, folder_place, dir, name, err);
    }
    return st;
}

/* What rates.c reads and writes is a file, made when there is something to keep. */
static enum hs_status rates_open(struct data_folder *f, struct hs_error *err)
{
    const char *name = part_names[DATA_FOLDER_RATES];
    struct disk_entry found = {.kind = DISK_FILE};
    enum hs_status st = disk_look(f->disk, folder_place, buffer_text(&f->dir), name, &found, err);

    if (st == HS_OK && found.kind != DISK_FILE) {
        st = hs_fail(err, HS_CORRUPT, "%s is no file", name);
    }
    if (st == HS_NOT_FOUND) return HS_OK;
    return is_damage(st, err) && folder_put_aside(f, name, err) ? HS_OK : st;
}

static enum hs_status any_open(struct data_folder *f, enum data_folder_part part,
                               struct hs_error *err)
{
    switch (part) {
    case DATA_FOLDER_QUARANTINE: return quarantine_open(f, err);
    case DATA_FOLDER_RATES: return rates_open(f, err);
    default: return part_open(f, part, err);
    }
}

/* What is not there yet; the first that cannot be had is *err's. */
static enum hs_status folder_open_parts(struct data_folder *f, struct hs_error *err)
{
    enum hs_status first = HS_OK;

    for (int i = 0; i < DATA_FOLDER_PART_COUNT; i++) {
        enum data_folder_part part = (enum data_folder_part)i;
        struct hs_error why = {0};
        enum hs_status st;

        if (f->has[part]) continue;
        st = any_open(f, part, &why);
        f->has[part] = st == HS_OK;
        if (st == HS_OK) continue;
        folder_go_without(f, part_names[part], &why);
        if (first == HS_OK) first = hs_fail(err, HS_IO, "%s", why.text);
    }
    return first;
}

/* Both locks end: what is not taken is not kept from others. */
static void folder_unlock(struct data_folder *f)
{
    disk_close(f->lock_file);
    disk_close(f->folder_lock);
    f->lock_file = NULL;
    f->folder_lock = NULL;
}

/* HS_IO: it cannot be used at all. */
static enum hs_status folder_take(struct data_folder *f, struct hs_error *err)
{
    const char *dir = buffer_text(&f->dir);
    enum hs_status st = disk_make_folder(f->disk, folder_place, dir, NULL, err);

    if (st != HS_OK) return HS_IO; /* whatever stands there, it was not ours */
    st = folder_check_private(f->disk, dir, err);
    if (st == HS_OK) st = folder_lock(f, err);
    if (st == HS_OK) st = folder_claim(f, err);
    if (st != HS_OK) {
        f->has[DATA_FOLDER_QUARANTINE] = false;
        folder_unlock(f);
        return st;
    }
    f->taken = true;
    disk_sweep(f->disk, folder_place, dir);
    f->former = former_find(f);
    return HS_OK;
}

static enum hs_status folder_init(struct data_folder *f, const struct data_folder_options *options,
                                  struct hs_error *err)
{
    enum hs_status st = buffer_append_text(&f->dir, options->dir);

    f->disk = options->disk ? options->disk : disk_system();
    f->told = options->told;
    f->data = options->data;
    f->format.version = DATA_FOLDER_VERSION;
    memcpy(f->chain_id, options->chain_id, strlen(options->chain_id) + 1);
    memcpy(f->format.chain_id, f->chain_id, sizeof f->chain_id);
    if (st != HS_OK) return hs_fail(err, HS_NOMEM, "%s", options->dir);
    for (int part = 0; part < DATA_FOLDER_PART_COUNT && st == HS_OK; part++) {
        st = path_join(options->dir, part_names[part], &f->parts[part], err);
    }
    return st;
}

enum hs_status data_folder_open(const struct data_folder_options *options, struct data_folder **out,
                                struct hs_error *err)
{
    struct data_folder *f = NULL;
    struct hs_error why = {0};
    enum hs_status st;

    *out = NULL;
    if (options->chain_id[0] == '\0' || strlen(options->chain_id) > HS_CHAIN_ID_BYTES_MAX) {
        return hs_fail(err, HS_INVALID, "--chain-id must have 1 to %d bytes",
                       HS_CHAIN_ID_BYTES_MAX);
    }
    if (!utf8_valid(slice_text(options->chain_id))) {
        return hs_fail(err, HS_INVALID, "--chain-id must be UTF-8 text");
    }
    f = calloc(1, sizeof *f);
    if (!f) return hs_fail(err, HS_NOMEM, "data folder");
    st = folder_init(f, options, &why);
    if (st == HS_OK) st = folder_take(f, &why);
    if (st == HS_OK) {
        (void)folder_open_parts(f, &why); /* each that is missing was told */
    } else if (st == HS_IO) {
        folder_go_without(f, "a data folder, from memory,", &why);
    } else {
        data_folder_close(f);
        return hs_fail(err, st, "%s", why.text);
    }
    *out = f;
    return HS_OK;
}

/* Another chain's is not even locked: what is there now is not what was there at the start. */
static enum hs_status folder_take_late(struct data_folder *f, struct hs_error *err)
{
    struct data_folder_format found;
    enum hs_status st = HS_OK;

    if (folder_format_read(f->disk, buffer_text(&f->dir), &found, NULL) == HS_OK) {
        st = format_check_chain(f, &found, err);
    }
    return st == HS_OK ? folder_take(f, err) : st;
}

enum hs_status data_folder_mend(struct data_folder *f, struct hs_error *err)
{
    enum hs_status st;

    f->mending = true;
    st = f->taken ? HS_OK : folder_take_late(f, err);
    if (st == HS_OK) st = folder_open_parts(f, err);
    f->mending = false;
    return st;
}

void data_folder_close(struct data_folder *f)
{
    if (!f) return;
    folder_unlock(f);
    for (int part = 0; part < DATA_FOLDER_PART_COUNT; part++) {
        buffer_fini(&f->parts[part]);
    }
    buffer_fini(&f->dir);
    free(f);
}

const char *data_folder_dir(const struct data_folder *f)
{
    return buffer_text(&f->dir);
}

const char *data_folder_path(const struct data_folder *f, enum data_folder_part part)
{
    assert(part < DATA_FOLDER_PART_COUNT);
    return buffer_text(&f->parts[part]);
}

bool data_folder_has(const struct data_folder *f, enum data_folder_part part)
{
    assert(part < DATA_FOLDER_PART_COUNT);
    return f->has[part];
}

const struct data_folder_format *data_folder_format(const struct data_folder *f)
{
    return &f->format;
}
