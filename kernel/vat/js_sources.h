/* The JavaScript that is booted into vats and the hash of the wasm file, embedded at build time. */
#ifndef HEADSTART_KERNEL_VAT_JS_SOURCES_H
#define HEADSTART_KERNEL_VAT_JS_SOURCES_H

#include "kernel/state/bytes.h"

#include <stdbool.h>

/* One file: a function expression. */
struct js_source {
    const char *name;
    struct slice text;
};

/** How many engines this program holds, by their numbers from 0. */
size_t js_engine_count(void);
/** The files of an engine's supervisor in the order of booting: the first is called with the host
 *  calls, each further one with what the one before returned; the last returns {command, turn}. */
size_t js_source_count(size_t engine);
struct js_source js_source_at(size_t engine, size_t i);

/** The ES module that vats may import as `name` without having it; false: none. */
bool js_module_find(struct slice name, struct slice *text);
/** The program of a vat that is built in: by its name; empty: there is none. */
struct slice js_builtin(const char *name);

/** SHA-256 of the module that was compiled in (engine/instrument.py), 64 hex digits. */
const char *js_engine_wasm_sha256(void);

#endif
