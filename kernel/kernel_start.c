/* Start: heaps for every vat that a store knows.
 *
 *   image there?  ──yes──► heap as of transcript item n ──┐
 *        └──no───► fresh heap, the program, n = 0 ────────┴──► replay items n.. ──► mark
 *
 * Vats do not see each other, and a replay touches nothing but its vat and reads nothing but the
 * base store: each vat is a job of its own, and jobs may run in parallel. */
#include "kernel/kernel_start.h"

#include "kernel/genesis.h"
#include "kernel/replay.h"
#include "kernel/state/position.h"
#include "kernel/state_vector.h"
#include "kernel/tables/gc_actions.h"
#include "kernel/tables/run_queue.h"
#include "kernel/tables/transcript.h"
#include "kernel/vat_engines.h"

#include <assert.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { PROGRESS_EVERY = 64 }; /* items between two reports of one vat */

struct start_job {
    struct kernel *kernel;
    struct vat_process *process;
    struct heap_image_info image;
    bool has_image;
    size_t engine; /* number of the one that the vat is on */
    uint64_t from; /* first item to replay */
    enum hs_status status;
    struct hs_error error;
    struct start *all;
    uint64_t unreported;
};

/* Who begins when: the longest first, so that it is not what all wait for in the end. */
struct start_turn {
    size_t job;
    uint64_t items; /* to replay */
};

struct start {
    struct start_job *jobs; /* in the order of the vats */
    struct start_turn *turns;
    size_t len;
    uint64_t total;
    _Atomic uint64_t done;
    atomic_flag reporting; /* progress is told to one at a time; who finds it busy goes on */
    atomic_bool cancelled;
};

static void start_report_progress(struct start_job *job)
{
    const struct kernel_options *o = &job->kernel->options;
    struct start *all = job->all;
    uint64_t done = atomic_fetch_add(&all->done, job->unreported) + job->unreported;

    job->unreported = 0;
    if (!o->progress || atomic_flag_test_and_set(&all->reporting)) return;
    if (!o->progress(o->progress_data, done, all->total)) atomic_store(&all->cancelled, true);
    atomic_flag_clear(&all->reporting);
}

static bool start_step(void *data)
{
    struct start_job *job = data;

    job->unreported++;
    if (job->unreported >= PROGRESS_EVERY) start_report_progress(job);
    return !atomic_load(&job->all->cancelled);
}

static enum hs_status start_heap(struct start_job *job, struct hs_error *err)
{
    static const struct vat_limits unlimited = {.heap_bytes_max = HS_HEAP_BYTES_MAX};
    const struct kernel_options *o = &job->kernel->options;

    if (!job->has_image) {
        return vat_process_open(job->process, o->base, o->engine, 0, NULL, NULL, err);
    }
    return vat_open_image(o->engine, job->engine, unlimited, o->images, &job->image,
                          &job->process->vat, err);
}

static enum hs_status start_vat(struct start_job *job, struct hs_error *err)
{
    struct vat_process *p = job->process;
    struct kv_store *base = job->kernel->options.base;
    enum hs_status st = start_heap(job, err);

    if (st == HS_VAT_FAILED) {
        /* It loaded once: this engine or supervisor is not the one it ran on. */
        return hs_fail_prefix(err, HS_DIVERGED,
                              "vat %s (%s), loading its program: recorded success, now",
                              p->name.id.text, p->name.name);
    }
    if (st == HS_OK) st = replay_vat(p, base, job->from, start_step, job, err);
    start_report_progress(job);
    /* An image is its own mark; pages change only if something was replayed. */
    if (st == HS_OK && (!job->has_image || p->touched)) vat_mark(p->vat);
    if (st == HS_OK && job->kernel->options.images_elsewhere) vat_changes_forget(p->vat);
    p->unsaved = !job->has_image || p->touched || job->kernel->options.images_elsewhere;
    p->touched = false;
    return st;
}

static void start_job_run(void *data, size_t i)
{
    struct start *all = data;
    struct start_job *job = &all->jobs[all->turns[i].job];

    assert(i < all->len);
    job->status = start_vat(job, &job->error);
}

static enum hs_status start_find_image(struct start_job *job, struct hs_error *err)
{
    struct heap_image_source *images = job->kernel->options.images;
    const char *id = job->process->name.id.text;
    enum hs_status st;

    if (!images) return HS_OK;
    st = images->ops->find(images, id, &job->image, err);
    if (st == HS_NOT_FOUND) return HS_OK;
    if (st != HS_OK) return st;
    if (strncmp(job->image.vat_id, id, sizeof job->image.vat_id) != 0 ||
        job->image.transcript_entries > job->process->transcript_len) {
        return hs_fail(err, HS_CORRUPT,
                       "the heap image of %s holds %" PRIu64 " deliveries, the store %" PRIu64, id,
                       job->image.transcript_entries, job->process->transcript_len);
    }
    /* Of an incarnation before this one it would be no image: of another program, and maybe of
     * another engine. A vat changes engines by an upgrade alone, so that what is left is of the
     * engine that the store names. */
    if (job->from > 0 && job->image.transcript_entries <= job->from) return HS_OK;
    job->has_image = true;
    job->from = job->image.transcript_entries;
    return HS_OK;
}

/* A vat without deliveries has no heap yet: it gets one with its first (startVat). */
static enum hs_status start_add_job(struct kernel *k, struct start *all,
                                    const struct vat_name *name, struct hs_error *err)
{
    struct start_job *job = &all->jobs[all->len];
    struct kv_store *base = k->options.base;
    uint64_t len, from;
    size_t engine;
    /* On another engine it would run, and come to something else. */
    enum hs_status st = vat_engines_read(base, k->options.engine, name->id.text, &engine, err);

    if (st == HS_WRONG_EPOCH) return hs_fail_prefix(err, st, "%s", name->name);
    if (st == HS_OK) st = transcript_span(base, &name->id, &from, &len, err);
    if (st != HS_OK || len == from) return st;
    *job = (struct start_job){.kernel = k, .all = all, .from = from, .engine = engine};
    st = vat_table_add(&k->vats, name, &job->process, err);
    if (st != HS_OK) return st;
    job->process->transcript_from = from;
    job->process->transcript_len = len;
    job->process->transcript_len_marked = len;
    st = start_find_image(job, err);
    all->total += len - job->from;
    all->turns[all->len] = (struct start_turn){.job = all->len, .items = len - job->from};
    all->len++;
    return st;
}

static enum hs_status start_gather(struct kernel *k, struct start *all, struct hs_error *err)
{
    struct vat_name *names = NULL;
    size_t len = 0, unwanted;
    enum hs_status st =
        vat_engines_read(k->options.base, k->options.engine, VAT_ENGINES_OF_NEW, &unwanted, err);

    if (st == HS_OK) st = vat_names_all(&k->kv, &names, &len, err);
    if (st == HS_OK && len > 0) {
        all->jobs = calloc(len, sizeof *all->jobs);
        all->turns = calloc(len, sizeof *all->turns);
        if (!all->jobs || !all->turns) st = kernel_fail(err, HS_NOMEM);
    }
    for (size_t i = 0; i < len && st == HS_OK; i++) {
        st = start_add_job(k, all, &names[i], err);
    }
    free(names);
    return st;
}

static int start_turn_compare(const void *a, const void *b)
{
    const struct start_turn *x = a, *y = b;

    if (x->items != y->items) return x->items > y->items ? -1 : 1;
    return x->job < y->job ? -1 : x->job > y->job;
}

static void start_run(struct kernel *k, struct start *all)
{
    qsort(all->turns, all->len, sizeof *all->turns, start_turn_compare);
    if (k->options.run_jobs) {
        k->options.run_jobs(k->options.run_jobs_data, start_job_run, all, all->len);
        return;
    }
    for (size_t i = 0; i < all->len; i++) {
        start_job_run(all, i);
    }
}

/* The first failure in vat order; a cancelled replay is what failed only if nothing else did. */
static enum hs_status start_result(const struct start *all, struct hs_error *err)
{
    const struct start_job *failed = NULL;

    for (size_t i = 0; i < all->len; i++) {
        const struct start_job *job = &all->jobs[i];

        if (job->status == HS_OK || (failed && failed->status != HS_CANCELLED)) continue;
        if (!failed || job->status != HS_CANCELLED) failed = job;
    }
    return failed ? hs_fail(err, failed->status, "%s", failed->error.text) : HS_OK;
}

static enum hs_status start_vats(struct kernel *k, struct kernel_start_report *report,
                                 struct hs_error *err)
{
    struct start all = {.reporting = ATOMIC_FLAG_INIT};
    enum hs_status st = start_gather(k, &all, err);

    if (st == HS_OK && all.len > 0) {
        start_run(k, &all);
        st = start_result(&all, err);
    }
    for (size_t i = 0; i < all.len && st == HS_OK; i++) {
        report->vats++;
        report->vats_from_images += all.jobs[i].has_image;
        report->transcript_entries_replayed +=
            all.jobs[i].process->transcript_len - all.jobs[i].from;
    }
    free(all.jobs);
    free(all.turns);
    return st;
}

/* --- what the store says --- */

/* Is there a state vector? A store without one must be empty: anything else is no kernel's. */
static enum hs_status start_check_base(struct kernel *k, bool *empty, struct hs_error *err)
{
    struct buffer key = {0};
    bool found;
    enum hs_status st = kv_hashed_has(&k->kv, slice_text("vat.nextID"), &found, err);

    *empty = st == HS_OK && !found;
    if (st != HS_OK || found) return st;
    st = kv_store_next(k->options.base, slice_make(NULL, 0), &key, NULL, err);
    if (st == HS_OK) st = kernel_store_damaged(slice_text("vat.nextID"), "missing", err);
    buffer_fini(&key);
    if (st != HS_NOT_FOUND) return st;
    if (k->options.config) return HS_OK;
    return hs_fail(
        err, HS_INVALID,
        "the store is empty and there is no kernel configuration; start headstart with one");
}

static enum hs_status start_read_position(struct kernel *k, struct hs_error *err)
{
    struct slice hash;
    uint64_t seqnum = 0;
    bool found;
    enum hs_status st = kv_hashed_has(&k->kv, slice_text("kernel.seqnum"), &found, err);

    if (st == HS_OK && found) {
        st = kv_hashed_read_uint(&k->kv, slice_text("kernel.seqnum"), &seqnum, err);
    }
    if (st == HS_OK) st = kv_hashed_find(&k->kv, slice_text("kernel.hash"), &hash, &found, err);
    if (st != HS_OK) return st;
    if (!found) hash = slice_make(NULL, 0);
    st = position_make(seqnum, hash, &k->now.at, err);
    if (st == HS_OK) memcpy(k->kv.activity, k->now.at.hash, sizeof k->kv.activity);
    if (st != HS_INVALID) return st;
    return kernel_store_damaged(slice_text("kernel.hash"), "no hash of kernel.seqnum", err);
}

/* Nobody has executed a message that vouches for a state vector: its own hash does. */
static enum hs_status start_at_genesis(struct kernel *k, struct hs_error *err)
{
    char hex[SHA256_HEX_BYTES];
    struct position *at = &k->now.at;
    enum hs_status st = genesis_hash(k->options.base, hex, err);

    if (st != HS_OK) return st;
    if (!position_is_origin(at) && strcmp(at->hash, hex) != 0) {
        return kernel_store_damaged(slice_text("kernel.hash"), "not the state vector's", err);
    }
    memcpy(at->hash, hex, sizeof at->hash);
    memcpy(k->kv.activity, hex, sizeof k->kv.activity);
    return HS_OK;
}

/* Is something else than `text` there? */
static enum hs_status start_differs(struct kernel *k, const char *key, const char *text, bool *out,
                                    struct hs_error *err)
{
    struct slice value;
    enum hs_status st = kv_hashed_read(&k->kv, slice_text(key), &value, err);

    if (st == HS_OK) *out = !slice_equal(value, slice_text(text));
    return st;
}

static enum hs_status start_require(struct kernel *k, const char *key, const char *text,
                                    struct hs_error *err)
{
    struct slice value;
    enum hs_status st = kv_hashed_read(&k->kv, slice_text(key), &value, err);

    if (st != HS_OK || slice_equal(value, slice_text(text))) return st;
    return kernel_store_damaged(slice_text(key), "not what it is between messages", err);
}

/* What the last message left to be done, and the rules of the next one. */
static enum hs_status start_read_work(struct kernel *k, struct hs_error *err)
{
    struct standing *now = &k->now;
    uint64_t waiting;
    enum hs_status st = kernel_rules_read(&k->kv.store, &now->rules, err);

    if (st == HS_OK) st = run_queues_len(&k->kv, &waiting, err); /* well-formed, that is */
    if (st == HS_OK) st = gc_actions_wait(&k->kv, &now->gc_pending, err);
    if (st == HS_OK) st = start_differs(k, "reapQueue", "[]", &now->reap_pending, err);
    if (st == HS_OK) st = start_differs(k, "vats.terminated", "[]", &now->cleanup_pending, err);
    if (st != HS_OK) return st;
    return kv_hashed_read_uint(&k->kv, slice_text("kernel.queued"), &now->queued, err);
}

static enum hs_status start_read_standing(struct kernel *k, struct hs_error *err)
{
    enum hs_status st = start_read_position(k, err);

    if (st == HS_OK) {
        st = kv_hashed_has(&k->kv, slice_text("initialized"), &k->now.initialized, err);
    }
    if (st == HS_OK && k->now.initialized) st = start_require(k, "initialized", "true", err);
    if (st == HS_OK) {
        st = kv_hashed_has(&k->kv, slice_text("kernel.height"), &k->now.in_block, err);
    }
    if (st == HS_OK && k->now.in_block) {
        st = kv_hashed_read_uint(&k->kv, slice_text("kernel.height"), &k->now.height, err);
        if (st == HS_OK) {
            st = kv_hashed_read_uint(&k->kv, slice_text("kernel.time"), &k->now.time, err);
        }
    }
    if (st != HS_OK || k->now.initialized || k->now.at.seqnum == 0) return st;
    return kernel_store_damaged(slice_text("initialized"), "missing, with a position", err);
}

enum hs_status kernel_start_load(struct kernel *k, struct kernel_start_report *report,
                                 struct hs_error *err)
{
    struct standing at;
    bool empty;
    enum hs_status st = start_check_base(k, &empty, err);

    if (st == HS_OK) st = start_read_standing(k, err);
    if (st == HS_OK && !empty && k->now.at.seqnum == 0) st = start_at_genesis(k, err);
    if (st == HS_OK && !empty) st = start_read_work(k, err);
    if (st == HS_OK && empty) {
        k->now.rules = kernel_config_rules(k->options.config);
        k->now.queued = STATE_VECTOR_QUEUED;
    }
    at = k->now;
    kernel_stand(k, &at);
    if (st == HS_OK && !empty) st = start_vats(k, report, err);
    k->mark = k->now;
    /* What the store says about itself may be damaged; nothing is broken in the kernel. */
    return st == HS_KERNEL_FAILED ? hs_fail_prefix(err, HS_CORRUPT, "starting") : st;
}
