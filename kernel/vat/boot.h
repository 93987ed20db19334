/* Boot: bring a supervisor up in a fresh instance, and enter it in any heap made from that.
 *
 * A supervisor is booted from bytecode without text, file names and lines, so that no heap holds
 * any of it and no function of it can tell. How it is entered is known from the boot, and kept with
 * the boot image: whatever a vat does to its own memory, nothing is looked up there, and a heap in
 * which the entry is not what it was at the boot fails the command that finds it so, on every node
 * alike.
 * Nothing here depends on a vat's name or limits: all vats of one engine boot alike.
 */
#ifndef HEADSTART_KERNEL_VAT_BOOT_H
#define HEADSTART_KERNEL_VAT_BOOT_H

#include "kernel/vat/js_value.h"
#include "kernel/vat/vat_entry.h"

enum {
    /* Of the module's 1 MiB. What is left is for native frames below the check. */
    VAT_STACK_BYTES_MAX = 960 << 10,
    BOOT_FILES_MAX = 32,
};

/* A supervisor's files as bytecode; zeroed: none. */
struct boot_code {
    struct buffer files[BOOT_FILES_MAX];
};

/** Make the engine ready in an instance that was just instantiated. Under wasm_runtime_run. */
void engine_begin(engine_instance *m);

/** Compile the supervisor of engine number `engine` in an instance that was just instantiated, and
 *  is of no use afterwards. Under wasm_runtime_run; whatever comes of it, boot_code_fini the code.
 */
void vat_compile(engine_instance *m, size_t engine, struct boot_code *code);
void boot_code_fini(struct boot_code *code);

/** Boot that supervisor in an instance that was just instantiated; how to enter it from then on.
 *  Under wasm_runtime_run. */
struct vat_entry vat_boot(engine_instance *m, size_t engine, const struct boot_code *code);

/** Leaves when a heap made from that boot does not hold the entry any more. */
void vat_entry_check(engine_instance *m, const struct vat_entry *entry);

#endif
