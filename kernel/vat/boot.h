/* Boot: bring a supervisor up in a fresh instance, and find it again in any heap made from that.
 *
 * Where the supervisor's two functions are is written at a fixed place in the linear memory, far
 * below where the stack check lets the stack come; so a heap image needs nothing beside it.
 * Nothing here depends on the vat's name or limits: all vats of one supervisor boot alike.
 */
#ifndef HEADSTART_KERNEL_VAT_BOOT_H
#define HEADSTART_KERNEL_VAT_BOOT_H

#include "kernel/vat/js_value.h"
#include "kernel/vat/vat_terms.h"

enum {
    /* Of the module's 1 MiB. What is left is for native frames below the check. */
    VAT_STACK_BYTES_MAX = 960 << 10,
};

/* The supervisor's end of the protocol with vat_command. */
struct vat_entry {
    js_handle command; /* command(text): take one command */
    js_handle turn;    /* turn(): once promise jobs have run dry: the answer's text; undefined:
                          more to run; null: there will be no answer */
};

/** Boot `supervisor` in an instance that was just instantiated. Under wasm_runtime_run. */
void vat_boot(engine_instance *m, enum vat_supervisor supervisor);

/** The entry of a booted heap; leaves when the memory does not hold one. */
struct vat_entry vat_entry_find(engine_instance *m);
/** Does this memory hold an entry? For images from outside. */
bool vat_entry_present(const wasm_rt_memory_t *memory);

#endif
