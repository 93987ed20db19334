/* Vat instance: what a vat is made of, for the files of this folder. */
#ifndef HEADSTART_KERNEL_VAT_VAT_INSTANCE_H
#define HEADSTART_KERNEL_VAT_VAT_INSTANCE_H

#include "kernel/state/heap_image.h"
#include "kernel/vat/engine_symbols.h"
#include "kernel/vat/heap.h"
#include "kernel/vat/module_names.h"
#include "kernel/vat/stop_switch.h"
#include "kernel/vat/vat_entry.h"
#include "kernel/vat/vat_host.h"
#include "kernel/vat/vat_limits.h"
#include "kernel/vat/vat_message.h"

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
    struct stop_switch *stop;
    struct stop_entry stop_entry;
    const struct vat_entry *entry; /* the engine's; NULL while it boots */
    char id[VAT_ID_BYTES_MAX];
    uint64_t steps_max; /* of one command */
    bool failed;        /* the heap is undefined: only going back to the mark helps */

    /* One command. */
    vat_host_fn host;
    void *host_data;
    struct slice command;
    const struct vat_message *message; /* instead of a command's text; NULL: that */
    struct buffer *result;
    struct buffer reply; /* of the host; kept between commands for its memory */

    /* Where imported modules come from, while something is compiled. */
    const struct module_finder *finder;           /* NULL: */
    uint32_t modules;                             /* an object of sources by name; 0: nowhere */
    char importer[VAT_MODULE_NAME_BYTES_MAX + 1]; /* who asks for the module at hand */
};

/** An instance without memory contents of its own: right after instantiation.
 *  stop  borrowed for the vat's life */
HS_MUST_CHECK enum hs_status vat_instance_open(bool watched, struct stop_switch *stop,
                                               struct vat_limits limits, struct vat **out,
                                               struct hs_error *err);
void vat_instance_close(struct vat *v);

/** Call body(data), which may run code of the instance, for at most `steps_max` steps; how many it
 *  took is in ENGINE_STEPS afterwards.
 *
 *  Returns: as wasm_runtime_run, where HS_VAT_FAILED may be a spent meter or an exhausted stack;
 *           HS_CANCELLED  the switch was off, or turned off meanwhile */
HS_MUST_CHECK enum hs_status vat_instance_run(struct vat *v, uint64_t steps_max,
                                              void (*body)(void *data), void *data,
                                              struct hs_error *err);

#endif
