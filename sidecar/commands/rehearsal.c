#include "sidecar/commands/rehearsal.h"

#include "kernel/kernel.h"
#include "sidecar/threads/vat_thread.h"

#include <inttypes.h>

struct rehearsal {
    struct snapshot_db *db;
    struct vat_engine *engine;
    struct hs_error *why;
};

/* As preload loads it. */
static enum hs_status rehearsal_load(const struct rehearsal *r,
                                     const struct snapshot_record *newest, struct hs_error *err)
{
    struct kernel_options options = {
        .base = snapshot_db_base(r->db),
        .engine = r->engine,
        .images = snapshot_db_images(r->db),
    };
    struct kernel *kernel = NULL;
    struct kernel_start_report report;
    struct position at;
    enum hs_status st;

    if (!options.images) return HS_OK;
    st = kernel_start(&options, &kernel, &report, err);
    if (st != HS_OK) return st;
    at = kernel_position(kernel);
    kernel_close(kernel);
    if (position_equal(&newest->at, &at)) return HS_OK;
    return hs_fail(err, HS_CORRUPT, "the snapshot says seqnum %" PRIu64 ", its store says %" PRIu64,
                   newest->at.seqnum, at.seqnum);
}

/* Is it the data's fault? Then it is not used. */
static bool rehearsal_blames(enum hs_status status)
{
    return status == HS_CORRUPT || status == HS_DIVERGED || status == HS_KERNEL_FAILED ||
           status == HS_VAT_FAILED;
}

static enum hs_status rehearsal_work(void *data, struct hs_error *err)
{
    struct rehearsal *r = data;
    struct snapshot_record newest;
    struct hs_error failed;
    enum hs_status st;

    while (snapshot_db_newest(r->db, &newest, NULL) == HS_OK) {
        failed = (struct hs_error){.status = HS_OK};
        st = rehearsal_load(r, &newest, &failed);
        if (st == HS_OK) return HS_OK;
        if (!rehearsal_blames(st)) return hs_fail(err, st, "%s", failed.text);
        if (r->why->status == HS_OK) *r->why = failed;
        if (st == HS_CORRUPT) {
            st = snapshot_db_salvage(r->db, failed.text, NULL, err);
        } else {
            st = snapshot_db_reject(r->db, failed.text, err);
        }
        if (st != HS_OK && st != HS_NOT_FOUND) return st;
    }
    return HS_OK;
}

enum hs_status rehearsal_run(struct snapshot_db *db, struct vat_engine *engine,
                             struct hs_error *why, struct hs_error *err)
{
    struct rehearsal r = {.db = db, .engine = engine, .why = why};

    *why = (struct hs_error){.status = HS_OK};
    return vat_thread_run(rehearsal_work, &r, err);
}
