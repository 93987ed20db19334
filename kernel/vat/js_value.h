/* JavaScript values from C: strings in and out, errors, properties.
 *
 * A value is a handle: the address of a box in the linear memory, to be freed with qjs_free_value.
 * All of this runs under wasm_runtime_run and leaves through wasm_runtime_leave when the vat cannot
 * go on. Nothing kept in the linear memory depends on where the host's own bytes lie.
 */
#ifndef HEADSTART_KERNEL_VAT_JS_VALUE_H
#define HEADSTART_KERNEL_VAT_JS_VALUE_H

#include "kernel/state/bytes.h"
#include "kernel/vat/engine_symbols.h"

typedef uint32_t js_handle;

/** A copy of `s`, with a NUL behind it, in the linear memory; free with qjs_free. */
uint32_t js_bytes_copy_in(engine_instance *m, struct slice s);
/** The linear memory from `address` on; checked to hold `len` bytes. */
const char *js_memory(engine_instance *m, uint32_t address, uint32_t len);
/** The same, of which all bytes are about to be written. */
char *js_memory_write(engine_instance *m, uint32_t address, uint32_t len);

js_handle js_string_new(engine_instance *m, struct slice utf8);
/** The string value of `value` as UTF-8, in the linear memory until qjs_free_cstring(*address).
 *  Leaves when it has none. */
struct slice js_string_borrow(engine_instance *m, js_handle value, uint32_t *address);
/** The bytes of an ArrayBuffer, borrowed until the vat runs again. False: it is none, or one
 * without memory any more; the engine's exception that says so is pending. */
bool js_array_buffer_bytes(engine_instance *m, js_handle value, struct slice *out);
/** The engine's word for the value: the same word, the same value. Leaves when the handle lies
 *  outside the linear memory. */
uint64_t js_handle_value(engine_instance *m, js_handle value);

js_handle js_property_get(engine_instance *m, js_handle object, const char *name);
/** Set a property and free `value`. */
void js_property_give(engine_instance *m, js_handle object, const char *name, js_handle value);

/** Throw an Error with this text; returns 0, the "exception thrown" answer of a host call. */
js_handle js_throw(engine_instance *m, const char *text);
/** Leave, describing the pending exception after `doing`. */
_Noreturn void js_leave_with_exception(engine_instance *m, const char *doing);

/** The same, with where it was thrown, if that is known, which stands in the stack's first line. */
_Noreturn void js_leave_with_exception_and_place(engine_instance *m);

enum js_eval_kind {
    JS_EVAL_SCRIPT,
    JS_EVAL_MODULE,         /* the value is a promise for the namespace */
    JS_EVAL_MODULE_COMPILE, /* runs nothing */
};

/** Evaluate source text. The result may be an exception. */
js_handle js_eval(engine_instance *m, struct slice source, const char *name,
                  enum js_eval_kind kind);
/** A script's bytecode, without its text, its name and its lines. */
void js_compile(engine_instance *m, struct slice source, const char *name, struct buffer *out);
/** Evaluate that. The result may be an exception. */
js_handle js_eval_code(engine_instance *m, struct slice code);
/** Call `function` with these arguments, which stay the caller's. May be an exception. */
js_handle js_call(engine_instance *m, js_handle function, const js_handle *arguments, uint32_t len);

#endif
