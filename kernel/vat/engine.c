#include "kernel/vat/engine.h"

#include "kernel/vat/boot.h"
#include "kernel/vat/boot_image.h"
#include "kernel/vat/engine_id.h"
#include "kernel/vat/vat_instance.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct vat_engine {
    const struct disk *disk;
    char *boot_image_dir; /* NULL: no cache */
    char ids[VAT_ENGINES_MAX][SHA256_HEX_BYTES];
    bool watch;
    struct stop_switch stop;
    pthread_mutex_t lock;                      /* guards the booted heaps below */
    struct boot_image booted[VAT_ENGINES_MAX]; /* without pages: not yet */
};

static pthread_once_t module_once = PTHREAD_ONCE_INIT;

static void module_init(void)
{
    engine_module_init(); /* fills the generated code's tables of function types */
}

static enum hs_status engine_cache_open(struct vat_engine *e, const char *dir, struct hs_error *err)
{
    if (!dir) return HS_OK;
    /* A cache: what cannot be read is made, what cannot be kept is not. */
    if (disk_have_folder(e->disk, "vat.boot_image", dir, NULL, NULL) == HS_OK) {
        disk_sweep(e->disk, "vat.boot_image", dir);
    }
    e->boot_image_dir = strdup(dir);
    return e->boot_image_dir ? HS_OK : hs_fail(err, HS_NOMEM, "no memory for a path");
}

enum hs_status vat_engine_open(const struct disk *disk, const char *boot_image_dir,
                               struct vat_engine **out, struct hs_error *err)
{
    struct vat_engine *e = calloc(1, sizeof *e);
    enum hs_status st;

    if (!e) return hs_fail(err, HS_NOMEM, "no memory for the vat engine");
    e->disk = disk;
    (void)pthread_mutex_init(&e->lock, NULL);
    stop_switch_init(&e->stop);
    st = wasm_runtime_open(err);
    if (st != HS_OK) {
        stop_switch_fini(&e->stop);
        (void)pthread_mutex_destroy(&e->lock);
        free(e);
        return st;
    }
    e->watch = true;
    (void)pthread_once(&module_once, module_init);
    for (size_t i = 0; i < vat_engine_count() && st == HS_OK; i++) {
        st = vat_engine_id(i, e->ids[i], err);
    }
    if (st == HS_OK) st = engine_cache_open(e, boot_image_dir, err);
    if (st != HS_OK) {
        vat_engine_close(e);
        return st;
    }
    *out = e;
    return HS_OK;
}

void vat_engine_close(struct vat_engine *e)
{
    if (!e) return;
    for (size_t i = 0; i < vat_engine_count(); i++)
        boot_image_fini(&e->booted[i]);
    wasm_runtime_close();
    stop_switch_fini(&e->stop);
    (void)pthread_mutex_destroy(&e->lock);
    free(e->boot_image_dir);
    free(e);
}

void vat_engine_keep_images(struct vat_engine *e, const char *dir)
{
    (void)pthread_mutex_lock(&e->lock);
    if (!e->boot_image_dir) (void)(engine_cache_open(e, dir, NULL) == HS_OK);
    (void)pthread_mutex_unlock(&e->lock);
}

const char *vat_engine_id_at(const struct vat_engine *e, size_t number)
{
    assert(number < vat_engine_count());
    return e->ids[number];
}

bool vat_engine_find(const struct vat_engine *e, struct slice id, size_t *number)
{
    for (size_t i = 0; i < vat_engine_count(); i++) {
        if (!slice_equal(id, slice_text(e->ids[i]))) continue;
        *number = i;
        return true;
    }
    return false;
}

void vat_engine_stop(struct vat_engine *e)
{
    stop_switch_stop(&e->stop);
}

void vat_engine_resume(struct vat_engine *e)
{
    stop_switch_resume(&e->stop);
}

struct stop_switch *vat_engine_stop_switch(struct vat_engine *e)
{
    return &e->stop;
}

void vat_engine_watch(struct vat_engine *e, bool watch)
{
    e->watch = watch;
}

bool vat_engine_watches(const struct vat_engine *e)
{
    return e->watch;
}

/* --- boot --- */

struct boot_job {
    engine_instance *instance;
    size_t number; /* of the engine */
    struct boot_code code;
    struct vat_entry entry;
};

static void compile_body(void *data)
{
    struct boot_job *job = data;

    vat_compile(job->instance, job->number, &job->code);
}

static void boot_body(void *data)
{
    struct boot_job *job = data;

    job->entry = vat_boot(job->instance, job->number, &job->code);
}

/* In an instance of its own; heap: what it leaves there, NULL: unwanted. */
static enum hs_status boot_job_run(struct vat_engine *e, struct boot_job *job,
                                   void (*body)(void *data), struct heap_changes *heap,
                                   struct hs_error *err)
{
    struct vat_limits unlimited = {.ticks_max = 0, .heap_bytes_max = HS_HEAP_BYTES_MAX};
    struct vat *v = NULL;
    enum hs_status st = vat_instance_open(e->watch, &e->stop, unlimited, &v, err);

    if (st != HS_OK) return st;
    job->instance = &v->instance;
    st = vat_instance_run(v, VAT_STEPS_UNLIMITED, body, job, err);
    if (st == HS_OK && heap) st = heap_copy_whole(&v->heap, heap, err);
    vat_instance_close(v);
    return st;
}

/* Compiled elsewhere than it is booted: so not even memory given back holds the text. */
static enum hs_status engine_boot_now(struct vat_engine *e, size_t number, struct boot_image *out,
                                      struct hs_error *err)
{
    struct boot_job job = {.number = number};
    enum hs_status st = boot_job_run(e, &job, compile_body, NULL, err);

    if (st == HS_OK) st = boot_job_run(e, &job, boot_body, &out->heap, err);
    out->entry = job.entry;
    boot_code_fini(&job.code);
    return st == HS_OK ? HS_OK : hs_fail_prefix(err, st, "boot a supervisor");
}

static enum hs_status engine_boot_through_cache(struct vat_engine *e, size_t number,
                                                struct boot_image *out, struct hs_error *err)
{
    char name[SHA256_HEX_BYTES + 16];
    enum hs_status st;

    if (!e->boot_image_dir) return engine_boot_now(e, number, out, err);
    (void)snprintf(name, sizeof name, "%s.boot", e->ids[number]);
    /* Whatever is wrong with the cache, a boot puts it right; and if it cannot be written, this
     * process has the heap all the same. */
    if (boot_image_read(e->disk, e->boot_image_dir, name, out, NULL) == HS_OK) return HS_OK;
    st = engine_boot_now(e, number, out, err);
    if (st == HS_OK) {
        (void)(boot_image_write(e->disk, e->boot_image_dir, name, out, NULL) == HS_OK);
    }
    return st;
}

enum hs_status vat_engine_boot_image(struct vat_engine *e, size_t number,
                                     const struct boot_image **out, struct hs_error *err)
{
    struct boot_image *booted = &e->booted[number];
    enum hs_status st = HS_OK;

    assert(number < vat_engine_count());
    (void)pthread_mutex_lock(&e->lock);
    if (booted->heap.len == 0) st = engine_boot_through_cache(e, number, booted, err);
    (void)pthread_mutex_unlock(&e->lock);
    *out = booted;
    return st;
}
