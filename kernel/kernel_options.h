/* Kernel options: what a kernel is started on and with, and what its start reports. */
#ifndef HEADSTART_KERNEL_KERNEL_OPTIONS_H
#define HEADSTART_KERNEL_KERNEL_OPTIONS_H

#include "kernel/config.h"
#include "kernel/state/kv_store.h"
#include "kernel/vat/vat.h"
#include "kernel/witness.h"

/* Runs job(job_data, i) for every i < count and returns when all are done, in any order and on any
 * threads with vat-sized stacks: how an owner with worker threads replays vats in parallel. */
typedef void (*kernel_run_jobs_fn)(void *data, void (*job)(void *job_data, size_t i),
                                   void *job_data, size_t count);

/* Told now and then while transcripts are replayed; may be called from job threads, one at a time.
 * Returning false cancels: kernel_start returns HS_CANCELLED. */
typedef bool (*kernel_progress_fn)(void *data, uint64_t done, uint64_t total);

struct kernel_options {
    struct kv_store *base;              /* borrowed for the kernel's life */
    struct vat_engine *engine;          /* borrowed likewise */
    const struct kernel_config *config; /* borrowed likewise; may be NULL if base is initialised */
    struct heap_image_source *images;   /* heap images for base's position, or for one before it
                                           in the same history; NULL: transcripts */
    bool images_elsewhere;              /* they are not kept where the next snapshot goes: it takes
                                           every heap whole */
    kernel_run_jobs_fn run_jobs;        /* NULL: one after the other on this thread */
    void *run_jobs_data;
    kernel_progress_fn progress; /* NULL: not wanted */
    void *progress_data;
    kernel_witness_fn witness; /* NULL: nobody looks */
    void *witness_data;
};

/* How the heaps of a started kernel came to be. */
struct kernel_start_report {
    uint64_t vats;
    uint64_t vats_from_images;
    uint64_t transcript_entries_replayed;
};

#endif
