#include "snapshot/generation.h"
#include "snapshot/page_run.h"

#include "kernel/state/array.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct record_value *generation_newest(const struct generation *g)
{
    return g->records_len ? &g->records[g->records_len - 1] : NULL;
}

enum hs_status generation_records_reserve(struct generation *g, struct hs_error *err)
{
    enum hs_status st =
        array_reserve(&g->records, &g->records_capacity, g->records_len + 1, sizeof *g->records);

    return st == HS_OK ? st : hs_fail(err, st, "snapshot: no memory for a record");
}

void generation_records_push(struct generation *g, const struct record_value *v)
{
    assert(g->records_len < g->records_capacity);
    g->records[g->records_len++] = *v;
    g->verified = g->verified || v->record.verified;
}

/* Hand every entry that begins with `prefix` to `each`, in key order. */
typedef enum hs_status (*entry_fn)(struct generation *g, struct slice key, struct slice value,
                                   struct hs_error *err);

static enum hs_status entries_visit(struct generation *g, struct slice prefix, entry_fn each,
                                    struct hs_error *err)
{
    struct kv_leveldb_cursor *cursor = NULL;
    struct slice key, value;
    enum hs_status st = kv_leveldb_cursor_open(g->db, prefix, &cursor, err);

    while (st == HS_OK && kv_leveldb_cursor_next(cursor, &key, &value, &st, err)) {
        if (!slice_starts_with(key, prefix)) break;
        st = each(g, key, value, err);
    }
    kv_leveldb_cursor_close(cursor);
    return st;
}

static enum hs_status record_load(struct generation *g, struct slice key, struct slice value,
                                  struct hs_error *err)
{
    const struct record_value *before = generation_newest(g);
    struct record_value record;
    uint64_t seqnum;
    enum hs_status st = record_value_decode(value, &record, err);

    if (st != HS_OK) return st;
    if (!key_number64(key, slice_text("r/"), &seqnum) || seqnum != record.record.at.seqnum) {
        return hs_fail(err, HS_CORRUPT, "snapshot: a record stands under another one's key");
    }
    if (before && before->record.at.seqnum != record.previous) {
        return hs_fail(err, HS_CORRUPT, "snapshot: the record before seqnum %llu is missing",
                       (unsigned long long)seqnum);
    }
    st = generation_records_reserve(g, err);
    if (st == HS_OK) generation_records_push(g, &record);
    return st;
}

/* Of the two newest batches: serial numbers n - 1 and n, or only 1. */
static enum hs_status link_load(struct generation *g, struct slice key, struct slice value,
                                struct hs_error *err)
{
    uint64_t serial;

    if (!key_number64(key, slice_text("l/"), &serial) || serial == 0 ||
        !link_value_decode(value, &g->link_seqnum) || (g->serial != 0 && serial != g->serial + 1)) {
        return hs_fail(err, HS_CORRUPT, "snapshot: a batch between kept ones is missing");
    }
    g->serial = serial;
    g->links++;
    return HS_OK;
}

static enum hs_status links_load(struct generation *g, struct hs_error *err)
{
    enum hs_status st = entries_visit(g, slice_text("l/"), link_load, err);

    if (st != HS_OK) return st;
    if (g->links != (g->serial > 1 ? 2 : 1) ||
        g->link_seqnum != generation_newest(g)->record.at.seqnum) {
        return hs_fail(err, HS_CORRUPT, "snapshot: the newest batches are not all there");
    }
    return HS_OK;
}

static enum hs_status meta_load(struct generation *g, struct hs_error *err)
{
    struct kv_store *kv = kv_leveldb_store(g->db);
    struct buffer format = {0};
    enum hs_status st = kv_store_get_text(kv, KEY_FORMAT, &format, err);

    if (st == HS_OK && strcmp(buffer_text(&format), GENERATION_FORMAT) != 0) {
        st = hs_fail(err, HS_CORRUPT, "snapshot: format %s is not known", buffer_text(&format));
    }
    if (st == HS_OK) st = kv_store_get_text(kv, KEY_EPOCH, &g->epoch, err);
    if (st == HS_OK) st = epoch_value_decode(&g->epoch, err);
    if (st == HS_NOT_FOUND) {
        st = hs_fail(err, HS_CORRUPT, "snapshot: a generation does not say what made it");
    }
    buffer_fini(&format);
    return st;
}

static enum hs_status generation_load(struct generation *g, struct hs_error *err)
{
    enum hs_status st = entries_visit(g, slice_text("r/"), record_load, err);

    if (st != HS_OK) return st;
    if (g->records_len == 0)
        return hs_fail(err, HS_NOT_FOUND, "snapshot: none in %s", g->path.text);
    st = links_load(g, err);
    return st == HS_OK ? meta_load(g, err) : st;
}

enum hs_status generation_open(const struct disk *disk, const char *path, uint64_t number,
                               enum generation_mode mode, struct generation **out,
                               struct hs_error *err)
{
    struct kv_leveldb_options options = {.disk = disk,
                                         .create = mode == GENERATION_NEW,
                                         .read_only_hint = mode >= GENERATION_READ_ONLY,
                                         .settle_later = mode == GENERATION_AT_START,
                                         .write_buffer_bytes = GENERATION_WRITE_BUFFER_BYTES};
    enum page_file_mode pages_mode = mode == GENERATION_NEW         ? PAGE_FILE_NEW
                                     : mode >= GENERATION_READ_ONLY ? PAGE_FILE_READ_ONLY
                                                                    : PAGE_FILE_PRESENT;
    struct generation *g = calloc(1, sizeof *g);
    enum hs_status st;

    if (!g) return hs_fail(err, HS_NOMEM, "snapshot: no memory for a generation");
    g->number = number;
    (void)snprintf(g->path.text, sizeof g->path.text, "%s", path);
    st = kv_leveldb_open(path, &options, &g->db, err);
    if (st == HS_NOT_FOUND) st = hs_fail_prefix(err, HS_CORRUPT, "snapshot");
    if (st == HS_OK) st = kv_leveldb_view_open(g->db, slice_text("s/"), &g->base, err);
    /* Before the pages: one that was being made when the process died has neither. */
    if (st == HS_OK && mode != GENERATION_NEW) st = generation_load(g, err);
    if (st == HS_OK && mode != GENERATION_WITHOUT_PAGES) {
        st = page_file_open(disk, path, pages_mode, &g->pages, err);
    }
    if (st != HS_OK) {
        generation_close(g);
        return st;
    }
    *out = g;
    return HS_OK;
}

void generation_close(struct generation *g)
{
    if (!g) return;
    kv_leveldb_view_close(g->base);
    kv_leveldb_close(g->db);
    page_file_close(g->pages);
    buffer_fini(&g->epoch);
    free(g->records);
    free(g);
}

enum hs_status generation_commit(struct generation *g, struct kv_leveldb_batch *batch,
                                 uint64_t newest_seqnum, struct hs_error *err)
{
    struct snapshot_key link = key_link(g->serial + 1);
    char value[LINK_VALUE_BYTES];
    enum hs_status st;

    link_value_encode(newest_seqnum, value);
    kv_leveldb_batch_put(batch, snapshot_key_slice(&link), slice_make(value, sizeof value));
    if (g->serial >= 2) {
        link = key_link(g->serial - 1);
        kv_leveldb_batch_delete(batch, snapshot_key_slice(&link));
    }
    st = page_file_sync(g->pages, err);
    if (st == HS_OK) st = kv_leveldb_write(g->db, batch, true, err);
    if (st == HS_OK) g->serial++;
    return st;
}

void generation_flush(struct generation *g, size_t unflushed_max)
{
    if (kv_leveldb_unflushed_bytes(g->db) > unflushed_max) kv_leveldb_flush(g->db);
}

/* What a walk over all of the content gathers. */
struct content_walk {
    struct content_sums sums;
    struct page_run run;
    char *pages; /* of PAGE_RUN_MAX pages, which are checked there and forgotten */
};

static enum hs_status walk_entry(struct generation *g, struct content_walk *w, struct slice key,
                                 struct slice value, struct hs_error *err)
{
    struct content_entry e;
    enum hs_status st = content_entry_read(key, value, &e, err);
    char *page;

    if (st == HS_OK) content_sums_count(&w->sums, &e, 1);
    if (st != HS_OK || e.kind != ENTRY_PAGE) return st;
    page = page_run_next(&w->run, e.page.slot);
    return page_run_add(g->pages, &w->run, &e.page, page ? page : w->pages, err);
}

static enum hs_status walk_content(struct generation *g, const _Atomic bool *cancel,
                                   struct content_walk *w, struct hs_error *err)
{
    struct kv_leveldb_cursor *cursor = NULL;
    struct slice key, value;
    enum hs_status st = kv_leveldb_cursor_open(g->db, slice_text(""), &cursor, err);

    while (st == HS_OK && kv_leveldb_cursor_next(cursor, &key, &value, &st, err)) {
        if (cancel && *cancel) {
            st = hs_fail(err, HS_CANCELLED, "snapshot: verification was stopped");
        } else {
            st = walk_entry(g, w, key, value, err);
        }
    }
    kv_leveldb_cursor_close(cursor);
    return st == HS_OK ? page_run_read(g->pages, &w->run, err) : st;
}

enum hs_status generation_sum(struct generation *g, const _Atomic bool *cancel,
                              struct content_sums *out, struct hs_error *err)
{
    struct content_walk walk = {.pages = malloc((size_t)PAGE_RUN_MAX * HS_HEAP_PAGE_BYTES)};
    enum hs_status st;

    if (!walk.pages) return hs_fail(err, HS_NOMEM, "snapshot: no memory to read pages");
    st = walk_content(g, cancel, &walk, err);
    free(walk.pages);
    if (st == HS_OK) *out = walk.sums;
    return st;
}

static enum hs_status verified_note(struct generation *g, struct hs_error *err)
{
    struct record_value *newest = &g->records[g->records_len - 1];
    struct record_value verified = *newest;
    struct snapshot_key key = key_record(newest->record.at.seqnum);
    struct kv_leveldb_batch *batch = NULL;
    char value[RECORD_VALUE_BYTES];
    enum hs_status st;

    if (newest->record.verified) return HS_OK;
    st = kv_leveldb_batch_open(&batch, err);
    if (st != HS_OK) return st;
    verified.record.verified = true;
    record_value_encode(&verified, value);
    kv_leveldb_batch_put(batch, snapshot_key_slice(&key), slice_make(value, sizeof value));
    st = generation_commit(g, batch, newest->record.at.seqnum, err);
    kv_leveldb_batch_close(batch);
    if (st != HS_OK) return st;
    newest->record.verified = true;
    g->verified = true;
    return HS_OK;
}

enum hs_status generation_verify(struct generation *g, const _Atomic bool *cancel,
                                 struct hs_error *err)
{
    const struct record_value *newest = generation_newest(g);
    const struct snapshot_record *r = &newest->record;
    struct content_sums sums;
    enum hs_status st;

    assert(newest && g->pages);
    st = generation_sum(g, cancel, &sums, err);
    if (st != HS_OK) return st;
    if (sums.keys != r->keys || sums.pages != r->pages || sums.images != newest->images ||
        sums.bytes != r->bytes || sums.digest != r->digest) {
        return hs_fail(err, HS_CORRUPT, "snapshot: the content is not that of seqnum %llu",
                       (unsigned long long)r->at.seqnum);
    }
    for (size_t i = 1; st == HS_OK && i < g->records_len; i++) {
        st = generation_undo_check(g, &g->records[i], NULL, NULL, err);
    }
    if (st != HS_OK || g->base->ops->set == NULL) return st; /* read only: nothing is noted */
    return verified_note(g, err);
}
