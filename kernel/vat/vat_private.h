/* What the files of this folder know of a vat. */
#ifndef HEADSTART_KERNEL_VAT_VAT_PRIVATE_H
#define HEADSTART_KERNEL_VAT_VAT_PRIVATE_H

#include "kernel/vat/engine_symbols.h"
#include "kernel/vat/heap.h"
#include "kernel/vat/vat.h"

/* What the engine hands to every import that it calls. */
struct engine_env {
    struct vat *vat;
};
struct engine_wasi {
    struct vat *vat;
};

struct vat {
    struct vat_engine *engine;
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

/* An instance without memory contents of its own: right after instantiation. */
HS_MUST_CHECK enum hs_status vat_instantiate(struct vat_engine *e, struct vat_limits limits,
                                             struct vat **out, struct hs_error *err);

#endif
