/* Host calls: what a vat can ask of the world outside its memory. It is little, and it is all here.
 *
 *   issue(text) → text        a command to the host, answered by the handler of vat_command
 *   report(text)              likewise, but the answer is dropped before the vat can see it:
 *                             console output, which may differ between nodes
 *   evaluate(text) → promise  the namespace of an ES module
 *   evaluateProgram({ entry, modules }) → promise   the same of several, sources by their names
 *   compile(text)             the same module's syntax checked, without running it
 *   collect()                 the engine's garbage collector, now
 *   later() → text            what runs when this is done: promise jobs; undefined for nothing
 *   encode(text) → ArrayBuffer, decode(ArrayBuffer) → text     UTF-8
 *
 * There is no clock, no randomness, no file and no environment. Only our own JavaScript holds these
 * functions, as arguments of closures; no vat code can reach one.
 */
#ifndef HEADSTART_KERNEL_VAT_HOST_CALLS_H
#define HEADSTART_KERNEL_VAT_HOST_CALLS_H

#include "kernel/vat/js_value.h"

/** A new object that holds the functions above. Under wasm_runtime_run. */
js_handle host_calls_object_new(engine_instance *m);

#endif
