/* The JavaScript that is booted into vats and the hash of the wasm file, embedded at build time. */
#ifndef HEADSTART_KERNEL_VAT_JS_SOURCES_H
#define HEADSTART_KERNEL_VAT_JS_SOURCES_H

#include "kernel/state/bytes.h"
#include "kernel/vat/vat.h"

struct slice js_source_prelude(void);
struct slice js_source_supervisor(enum vat_supervisor supervisor);
/** SHA-256 of quickjs.wasm, 64 hex digits. */
const char *js_engine_wasm_sha256(void);

#endif
