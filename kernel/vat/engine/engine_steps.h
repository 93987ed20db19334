/* Engine steps: included by the translated engine, whose every loop counts its rounds here.
 *
 * A step is one round of any loop in the engine, the interpreter's own included, or 64 bytes moved
 * or filled at once. So nothing a program can start runs on without being counted: not its own
 * loops, not a regular expression, not Array.prototype.indexOf over 2^53 absent elements. The
 * count is kept beside the linear memory and depends on nothing but the memory: equal heaps given
 * equal commands take equal steps.
 *
 * Rejected: QuickJS's interrupt callback. It counts calls and backward jumps of JavaScript only; a
 * program that lets a built-in function do the work is never asked.
 */
#ifndef HEADSTART_KERNEL_VAT_ENGINE_STEPS_H
#define HEADSTART_KERNEL_VAT_ENGINE_STEPS_H

#include "qjs.h"

/** Out of steps, or stopped from outside: does not return. Implemented in host_calls.c. */
__attribute__((noreturn, cold)) void engine_steps_end(Z_qjs_instance_t *instance);

/* The floor is 0, and above every count once all engines of the process are to stop: a flag of its
 * own that costs the same comparison, so that stopping leaves the count alone. */
#define ENGINE_STEP                                                                                \
    if (UNLIKELY(--instance->steps_left < *instance->steps_floor)) engine_steps_end(instance);
#define ENGINE_STEPS(bytes)                                                                        \
    if (UNLIKELY((instance->steps_left -= (s64)((bytes) >> 6)) < *instance->steps_floor)) {        \
        engine_steps_end(instance);                                                                \
    }

#endif
