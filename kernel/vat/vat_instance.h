/* Vat instance: what a vat is made of, for the files of this folder. */
#ifndef HEADSTART_KERNEL_VAT_VAT_INSTANCE_H
#define HEADSTART_KERNEL_VAT_VAT_INSTANCE_H

#include "kernel/state/heap_image.h"
#include "kernel/vat/engine_symbols.h"
#include "kernel/vat/heap.h"
#include "kernel/vat/vat_terms.h"

/* What the engine hands to every import that it calls. */
struct engine_env {
    struct vat *vat;
};
struct engine_wasi {
    struct vat *vat;
};

struct vat {
    engine_instance instance;
    struct engine_env env;
    struct engine_wasi wasi;
    struct heap heap;
    char id[VAT_ID_BYTES_MAX];
    struct vat_limits limits;
    bool failed; /* the heap is undefined: only going back to the mark helps */

    /* One command. */
    vat_host_fn host;
    void *host_data;
    struct slice command;
    struct buffer *result;
    struct buffer reply; /* of the host; kept between commands for its memory */
};

/** An instance without memory contents of its own: right after instantiation.
 *  steps_floor  0, or above all steps: then every run ends with HS_CANCELLED
 *  watch, steps_floor  borrowed for the vat's life */
HS_MUST_CHECK enum hs_status vat_instance_open(const struct page_watch *watch,
                                               const volatile int64_t *steps_floor,
                                               struct vat_limits limits, struct vat **out,
                                               struct hs_error *err);
void vat_instance_close(struct vat *v);

#endif
