#include "sidecar/commands/offline.h"

#include "kernel/state/limits.h"
#include "sidecar/data/data_folder.h"

#include <assert.h>
#include <jansson.h>

/* The path of a part of the data folder, which must be one. */
static enum hs_status part_path(const struct settings *s, enum data_folder_part part,
                                struct data_folder_format *format, struct buffer *out,
                                struct hs_error *err)
{
    const char *dir = settings_text(s, SETTING_DATA);
    enum hs_status st = data_folder_read_format(dir, format, err);

    /* A start makes FORMAT anew, and goes on with all the others. */
    if (st == HS_CORRUPT ||
        (st == HS_NOT_FOUND && disk_exists(disk_system(), "offline.part", dir, "snapshot"))) {
        *format = (struct data_folder_format){.version = DATA_FOLDER_VERSION};
        st = HS_OK;
    }
    return st == HS_OK ? data_folder_part_path(dir, part, out, err) : st;
}

enum exit_code offline_log_open(const struct settings *s, struct replay_log **out)
{
    struct replay_log_options options = {.read_only = true};
    struct buffer dir = {0}, quarantine = {0};
    struct data_folder_format format;
    struct hs_error err = {0};
    enum hs_status st;

    *out = NULL;
    st = part_path(s, DATA_FOLDER_LOG, &format, &dir, &err);
    if (st == HS_OK) st = part_path(s, DATA_FOLDER_QUARANTINE, &format, &quarantine, &err);
    if (st == HS_OK) {
        options.dir = buffer_text(&dir);
        options.quarantine_dir = buffer_text(&quarantine);
        st = replay_log_open(&options, out, &err);
    }
    buffer_fini(&dir);
    buffer_fini(&quarantine);
    return st == HS_OK ? EXIT_CODE_OK : failure_report(st, &err);
}

enum exit_code offline_snapshots_open(const struct settings *s, const char *epoch,
                                      enum offline_pages pages, struct snapshot_db **out)
{
    struct snapshot_db_options options = {.read_only = true,
                                          .without_pages = pages == OFFLINE_WITHOUT_PAGES,
                                          .keep = HS_SNAPSHOT_KEEP_MAX};
    struct buffer dir = {0}, quarantine = {0};
    struct data_folder_format format;
    struct hs_error err = {0};
    enum hs_status st;

    *out = NULL;
    st = part_path(s, DATA_FOLDER_SNAPSHOT, &format, &dir, &err);
    if (st == HS_OK) st = part_path(s, DATA_FOLDER_QUARANTINE, &format, &quarantine, &err);
    if (st == HS_OK) {
        options.dir = buffer_text(&dir);
        options.quarantine_dir = buffer_text(&quarantine);
        options.epoch = epoch ? epoch : format.epoch;
        st = snapshot_db_open(&options, out, &err);
    }
    buffer_fini(&dir);
    buffer_fini(&quarantine);
    return st == HS_OK ? EXIT_CODE_OK : failure_report(st, &err);
}

bool offline_snapshot_was_there(const struct settings *s)
{
    struct buffer path = {0};
    bool there = data_folder_part_path(settings_text(s, SETTING_DATA), DATA_FOLDER_SNAPSHOT, &path,
                                       NULL) == HS_OK &&
                 disk_exists(disk_system(), "offline.snapshot", buffer_text(&path), "CURRENT");

    buffer_fini(&path);
    return there;
}

static enum exit_code solo_store_open(const struct settings *s, struct offline_store *out)
{
    struct kv_leveldb_options options = {.read_only_hint = true};
    const char *dir = settings_text(s, SETTING_DATA);
    struct hs_error err = {0};
    struct buffer path = {0};
    enum hs_status st = buffer_printf(&path, "%s/solo", dir);

    if (st == HS_OK && !disk_exists(disk_system(), "solo.store", buffer_text(&path), NULL)) {
        st = hs_fail(&err, HS_NOT_FOUND, "%s holds no snapshot yet; wait for the first one", dir);
    } else if (st == HS_OK) {
        st = kv_leveldb_open(buffer_text(&path), &options, &out->solo, &err);
    }
    if (st == HS_OK) out->kv = kv_leveldb_store(out->solo);
    buffer_fini(&path);
    return st == HS_OK ? EXIT_CODE_OK : failure_report(st, &err);
}

enum exit_code offline_store_open(const struct settings *s, struct offline_store *out)
{
    struct snapshot_record newest;
    enum exit_code code;

    *out = (struct offline_store){0};
    code = offline_snapshots_open(s, NULL, OFFLINE_WITHOUT_PAGES, &out->snapshots);
    if (code != EXIT_CODE_OK) return code;
    if (snapshot_db_newest(out->snapshots, &newest, NULL) != HS_OK) return solo_store_open(s, out);
    out->kv = snapshot_db_base(out->snapshots);
    assert(out->kv);
    return EXIT_CODE_OK;
}

void offline_store_close(struct offline_store *o)
{
    snapshot_db_close(o->snapshots);
    kv_leveldb_close(o->solo);
    *o = (struct offline_store){0};
}

void offline_print_json(struct slice text)
{
    json_t *string = json_stringn(text.data ? text.data : "", text.len);

    if (!string || json_dumpf(string, stdout, JSON_ENCODE_ANY) != 0) (void)fputs("null", stdout);
    json_decref(string);
}

void offline_print_line(struct slice text, size_t bytes_max)
{
    size_t shown = text.len < bytes_max ? text.len : bytes_max;

    /* Not in the middle of a character: UTF-8 goes on with bytes 10xxxxxx. */
    while (shown > 0 && shown < text.len && (text.data[shown] & 0xc0) == 0x80) {
        shown--;
    }
    for (size_t i = 0; i < shown; i++) {
        unsigned char byte = (unsigned char)text.data[i];

        (void)putchar(byte < 0x20 || byte == 0x7f ? '?' : byte);
    }
    if (shown < text.len) (void)fputs("…", stdout);
}
