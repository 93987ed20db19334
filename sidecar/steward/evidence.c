#include "sidecar/steward/evidence.h"

#include "kernel/state/disk.h"
#include "kernel/state/limits.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { EVIDENCE_NAMES_MAX = 100, EVIDENCE_BYTES_MAX = 16 << 20 };

static const char place[] = "steward.evidence";

static json_t *evidence_snapshot(const struct snapshot_record *r)
{
    if (!r) return json_null();
    return json_pack("{s:I,s:s,s:I,s:I,s:I,s:I,s:b,s:b}", "seqnum", (json_int_t)r->at.seqnum,
                     "hash", r->at.hash, "height", (json_int_t)r->height, "made_at",
                     (json_int_t)r->made_at, "keys", (json_int_t)r->keys, "pages",
                     (json_int_t)r->pages, "images", r->has_images, "verified", r->verified);
}

static json_t *evidence_json(const struct evidence *e)
{
    return json_pack("{s:s,s:s,s:s,s:{s:I,s:s},s:o,s:{s:I,s:I,s:I,s:I},s:o}", "version",
                     HEADSTART_VERSION_TEXT, "cause", e->cause, "words", e->words, "kernel",
                     "seqnum", (json_int_t)e->kernel_at.seqnum, "hash", e->kernel_at.hash,
                     "snapshot", evidence_snapshot(e->newest), "log", "first",
                     (json_int_t)e->log.first, "last", (json_int_t)e->log.last, "entries",
                     (json_int_t)e->log.entries, "height_last", (json_int_t)e->log.height_last,
                     "divergence", e->divergence ? divergence_json(e->divergence) : json_null());
}

/* Several within a second get a number: nothing kept is written over. */
static enum hs_status evidence_path(const char *dir, const struct evidence *e, struct buffer *path)
{
    enum hs_status st = HS_OK;

    for (int i = 0; i < EVIDENCE_NAMES_MAX && st == HS_OK; i++) {
        buffer_clear(path);
        st = buffer_printf(path, "%s/%s-%" PRIu64 "-%" PRIu64 "-%d.json", dir, e->cause,
                           e->kernel_at.seqnum, e->unix_s, i);
        if (st == HS_OK && !disk_exists(disk_system(), place, NULL, buffer_text(path))) break;
    }
    return st;
}

static enum hs_status evidence_dump(const json_t *root, const char *path, struct hs_error *err)
{
    const char *slash = strrchr(path, '/');
    char *text = json_dumps(root, JSON_INDENT(2));
    struct buffer dir = {0};
    enum hs_status st = text && slash ? HS_OK : HS_NOMEM;

    if (st == HS_OK) st = buffer_append(&dir, slice_make(path, (size_t)(slash - path)));
    if (st != HS_OK) {
        (void)hs_fail(err, st, "evidence");
    } else {
        st =
            disk_replace(disk_system(), place, buffer_text(&dir), slash + 1, slice_text(text), err);
    }
    buffer_fini(&dir);
    free(text);
    return st;
}

enum hs_status evidence_write(const char *dir, const struct evidence *e, struct buffer *path,
                              struct hs_error *err)
{
    json_t *root = evidence_json(e);
    enum hs_status st = root ? evidence_path(dir, e, path) : HS_NOMEM;

    if (st != HS_OK) {
        (void)hs_fail(err, st, "evidence");
    } else {
        st = evidence_dump(root, buffer_text(path), err);
    }
    json_decref(root);
    disk_bound(disk_system(), dir, HS_QUARANTINE_NAMES_MAX, HS_QUARANTINE_BYTES_MAX);
    return st;
}

enum hs_status evidence_amend(const char *path, const struct divergence *divergence,
                              struct hs_error *err)
{
    struct buffer text = {0};
    json_t *root = NULL;
    enum hs_status st =
        disk_read_all(disk_system(), place, NULL, path, EVIDENCE_BYTES_MAX, &text, err);

    if (st == HS_OK) {
        root = json_loadb(text.data, text.len, 0, NULL);
        if (!root) st = hs_fail(err, HS_CORRUPT, "%s is not what was written", path);
    }
    buffer_fini(&text);
    if (st != HS_OK) return st;
    if (json_object_set_new(root, "divergence", divergence_json(divergence)) != 0) {
        st = hs_fail(err, HS_NOMEM, "evidence");
    } else {
        st = evidence_dump(root, path, err);
    }
    json_decref(root);
    return st;
}
