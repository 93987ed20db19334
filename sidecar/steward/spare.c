#include "sidecar/steward/spare.h"

#include "kernel/state/kv_memory.h"
#include "sidecar/report/kernel_watch.h"
#include "sidecar/report/progress.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { VATS_SHOWN_EVERY_US = 250000 };

struct spare {
    struct spare_options o;
    struct kernel *kernel;    /* NULL: there is none */
    struct kv_memory *memory; /* its base where the disk fails us; else NULL */
    uint64_t vats_shown_us;   /* when the list of vats was last shown; 0: never */
};

enum hs_status spare_open(const struct spare_options *options, struct spare **out,
                          struct hs_error *err)
{
    struct spare *s = calloc(1, sizeof *s);

    *out = NULL;
    if (!s) return hs_fail(err, HS_NOMEM, "out of memory for the kernel");
    s->o = *options;
    *out = s;
    return HS_OK;
}

void spare_close(struct spare *s)
{
    if (!s) return;
    spare_drop(s);
    free(s);
}

struct kernel *spare_kernel(const struct spare *s)
{
    return s->kernel;
}

struct kv_store *spare_memory(const struct spare *s)
{
    return s->memory ? kv_memory_store(s->memory) : NULL;
}

enum hs_status spare_begin_memory(struct spare *s, struct hs_error *err)
{
    assert(!s->kernel);
    kv_memory_close(s->memory);
    s->memory = NULL;
    return kv_memory_open(&s->memory, err);
}

void spare_leave_memory(struct spare *s)
{
    kv_memory_close(s->memory);
    s->memory = NULL;
}

void spare_drop(struct spare *s)
{
    kernel_close(s->kernel);
    s->kernel = NULL;
    spare_leave_memory(s);
}

struct spare_watch {
    struct spare *spare;
    struct progress progress;
};

static bool spare_watch_transcripts(void *data, uint64_t done, uint64_t total)
{
    struct spare_watch *w = data;

    progress_step(&w->progress, done, total);
    return !atomic_load(w->spare->o.stopping);
}

/* Only a start that did one kind of work says how fast that kind goes. */
static void spare_measured(struct spare *s, const struct kernel_start_report *report,
                           uint64_t image_bytes, uint64_t us)
{
    uint64_t entries = report->transcript_entries_replayed;

    if (entries > 0 && report->vats_from_images == 0) {
        figures_measured(s->o.reporter->board, RATE_TRANSCRIPT_ENTRIES, entries, us);
    } else if (entries == 0 && report->vats_from_images > 0 && image_bytes > 0) {
        figures_measured(s->o.reporter->board, RATE_IMAGE_BYTES, image_bytes, us);
    }
}

enum hs_status spare_start(struct spare *s, const struct spare_base *disk, enum phase phase,
                           struct kernel_start_report *report, struct hs_error *err)
{
    struct spare_watch watch = {.spare = s};
    struct kernel_options options = {
        .base = s->memory ? kv_memory_store(s->memory) : disk->kv,
        .engine = s->o.engine,
        .config = s->o.kernel_config,
        .images = s->memory ? NULL : disk->images,
        .images_elsewhere = !s->memory && disk->images_elsewhere,
        .run_jobs = worker_crew_run_jobs,
        .run_jobs_data = &s->o.crew,
        .progress = spare_watch_transcripts,
        .progress_data = &watch,
    };
    enum hs_status st;
    uint64_t us;

    assert(!s->kernel);
    *report = (struct kernel_start_report){0};
    if (s->o.reporter->watch) kernel_watch_lend(s->o.reporter->watch, &options);
    progress_begin(&watch.progress, s->o.reporter, phase, "transcript entries", 0, 0);
    st = kernel_start(&options, &s->kernel, report, err);
    us = progress_end(&watch.progress);
    if (st != HS_OK) {
        s->kernel = NULL;
        return st;
    }
    spare_measured(s, report, disk->image_bytes, us);
    logger_write(s->o.reporter->logger, LOG_LEVEL_INFO,
                 "kernel at seqnum %" PRIu64 ": %" PRIu64 " vats, %" PRIu64 " from images, %" PRIu64
                 " transcript entries replayed",
                 kernel_position(s->kernel).seqnum, report->vats, report->vats_from_images,
                 report->transcript_entries_replayed);
    return HS_OK;
}

enum hs_status spare_rehearse(struct spare *s, struct kv_store *state, struct hs_error *err)
{
    struct kernel_options options = {
        .base = state, .engine = s->o.engine, .config = s->o.kernel_config};
    struct kv_memory *nothing = NULL;
    enum hs_status st = state ? HS_OK : kv_memory_open(&nothing, err);

    if (st != HS_OK) return st;
    if (!state) options.base = kv_memory_store(nothing);
    st = kernel_rehearse(&options, err);
    kv_memory_close(nothing);
    return st;
}

enum hs_status spare_return_to(struct spare *s, const struct position *to, struct hs_error *err)
{
    const uint64_t began_us = clock_now_us(s->o.reporter->clock);
    const uint64_t before = kernel_position(s->kernel).seqnum;
    enum hs_status st = kernel_back_to(s->kernel, to, err);
    struct figures *f;

    if (st != HS_OK || before == to->seqnum) return st;
    f = figures_acquire(s->o.reporter->board);
    f->savepoints.returns++;
    f->savepoints.undone += before - to->seqnum;
    histogram_add(&f->savepoint_return, clock_now_us(s->o.reporter->clock) - began_us);
    figures_release(s->o.reporter->board);
    return HS_OK;
}

static void spare_show_savepoints(struct spare *s)
{
    struct kernel_savepoint_figures now = {0};
    struct figures *f;

    if (s->kernel) now = kernel_savepoint_figures(s->kernel);
    f = figures_acquire(s->o.reporter->board);
    f->savepoints.kept = now.savepoints;
    f->savepoints.bytes = now.bytes;
    figures_release(s->o.reporter->board);
}

void spare_vats_changed(struct spare *s)
{
    s->vats_shown_us = 0;
}

static void spare_show_vats_ended(struct spare *s)
{
    struct buffer json = {0};
    char *copy = NULL;

    if (s->kernel && kernel_vats_ended(s->kernel, &json, NULL) == HS_OK) {
        copy = strdup(buffer_text(&json));
    }
    figures_take_vats_gone(s->o.reporter->board, copy);
    buffer_fini(&json);
}

void spare_show_vats(struct spare *s)
{
    uint64_t now_us = clock_now_us(s->o.reporter->clock);
    struct kernel_vat_info *vats;
    size_t count, filled;

    if (s->vats_shown_us != 0 && now_us - s->vats_shown_us < VATS_SHOWN_EVERY_US) return;
    s->vats_shown_us = now_us;
    count = s->kernel ? kernel_vats(s->kernel, NULL, 0) : 0;
    vats = count > 0 ? calloc(count, sizeof *vats) : NULL;
    filled = vats ? kernel_vats(s->kernel, vats, count) : 0;
    assert(filled <= count);
    figures_take_vats(s->o.reporter->board, vats, filled);
    spare_show_vats_ended(s);
    spare_show_savepoints(s);
}

void spare_show(struct spare *s)
{
    struct position at = s->kernel ? kernel_position(s->kernel) : position_origin();
    uint64_t height = s->kernel ? kernel_height(s->kernel) : 0;
    uint64_t queued = s->kernel ? kernel_queued(s->kernel) : 0;
    uint64_t mark_seqnum = s->kernel ? kernel_mark_position(s->kernel).seqnum : 0;
    struct figures *f = figures_acquire(s->o.reporter->board);

    f->at = at;
    f->height = height;
    f->queued = queued;
    f->mark_seqnum = mark_seqnum;
    f->disk.in_memory = s->kernel && s->memory;
    figures_release(s->o.reporter->board);
}
