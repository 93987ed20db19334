/* Wasm runtime: memory, tables and traps for the translated engine (it implements wasm-rt.h).
 *
 *   8 GiB of address space per instance
 *   ├─ live memory, readable and writable, memory->size bytes
 *   └─ guard: no access; any 32-bit address plus any 32-bit offset lands inside the 8 GiB
 *
 * Before it lies the map of the lines that were written (written_map.h).
 *
 * The generated code checks no bounds: an access past the live memory faults in the guard, and
 * the signal handler turns the fault into a trap of the instance that runs on that thread. A trap
 * leaves through the wasm_runtime_run that entered, so nothing of the process is lost; native
 * frames of the generated code own nothing outside the linear memory.
 *
 * Rejected: linking wabt's own runtime. It keeps the jump target in a global, takes every fault
 * for its own, and aborts the process when memory is short.
 */
#ifndef HEADSTART_KERNEL_VAT_WASM_RUNTIME_H
#define HEADSTART_KERNEL_VAT_WASM_RUNTIME_H

#include "kernel/state/errors.h"
#include "kernel/state/limits.h"
#include "wasm-rt.h"

#define WASM_RESERVED_BYTES (UINT64_C(8) << 30) /* address space of one instance */

/** Install the fault handler and register the module's types, once for the process; later calls
 *  count users. */
HS_MUST_CHECK enum hs_status wasm_runtime_open(struct hs_error *err);
void wasm_runtime_close(void); /* the last user puts the previous handlers back */

/** Call body(data), which may run code of the instance that owns `memory`.
 *
 *  Returns: HS_OK           body returned
 *           HS_VAT_FAILED   a trap, in words in err
 *           HS_NOMEM        the machine has no memory for the instance
 *           other           what wasm_runtime_leave was called with
 *  Thread:  needs a native stack of HS_VAT_THREAD_STACK_BYTES */
HS_MUST_CHECK enum hs_status wasm_runtime_run(const wasm_rt_memory_t *memory,
                                              void (*body)(void *data), void *data,
                                              struct hs_error *err);

/** End the running body at once: its wasm_runtime_run returns `status`. For use under it only.
 *  The caller has written `wasm_runtime_error()`. */
_Noreturn void wasm_runtime_leave(enum hs_status status);
/** Where the running body's failure is to be described; may be NULL, as hs_fail takes it. */
struct hs_error *wasm_runtime_error(void);

/** Make the live memory exactly `bytes` long (whole wasm pages). What is added is zero.
 *  HS_NOMEM: unchanged. Shrinking cannot fail. */
HS_MUST_CHECK enum hs_status wasm_memory_resize(wasm_rt_memory_t *memory, uint32_t bytes,
                                                struct hs_error *err);
/** Fill the live memory with zeros and give its pages back to the system. */
void wasm_memory_zero(wasm_rt_memory_t *memory);

#endif
