#include "kernel/vat/boot.h"

#include "kernel/vat/host_calls.h"
#include "kernel/vat/js_sources.h"
#include "kernel/vat/wasm_runtime.h"

#include <assert.h>

/* --- compiling --- */

void engine_begin(engine_instance *m)
{
    qjs_initialize(m);
    if (qjs_init(m) != 0) {
        wasm_runtime_leave(
            hs_fail(wasm_runtime_error(), HS_VAT_FAILED, "the engine did not start"));
    }
    qjs_set_max_stack_size(m, VAT_STACK_BYTES_MAX);
}

void vat_compile(engine_instance *m, size_t engine, struct boot_code *code)
{
    assert(js_source_count(engine) <= BOOT_FILES_MAX);
    engine_begin(m);
    for (size_t i = 0; i < js_source_count(engine); i++) {
        struct js_source source = js_source_at(engine, i);

        js_compile(m, source.text, source.name, &code->files[i]);
    }
}

void boot_code_fini(struct boot_code *code)
{
    for (size_t i = 0; i < BOOT_FILES_MAX; i++)
        buffer_fini(&code->files[i]);
}

/* --- booting --- */

/* Evaluate a file of ours, a function expression, and call it. Frees `argument`. */
static js_handle boot_step(engine_instance *m, const char *name, struct slice code,
                           js_handle argument)
{
    js_handle function = js_eval_code(m, code);
    js_handle value;

    if (qjs_is_exception(m, function)) js_leave_with_exception(m, name);
    value = js_call(m, function, &argument, 1);
    if (qjs_is_exception(m, value)) js_leave_with_exception(m, name);
    qjs_free_value(m, function);
    qjs_free_value(m, argument);
    return value;
}

static struct vat_function function_take(engine_instance *m, js_handle supervisor, const char *name)
{
    struct vat_function f = {.handle = js_property_get(m, supervisor, name)};

    assert(qjs_is_function(m, f.handle));
    f.value = js_handle_value(m, f.handle);
    return f;
}

struct vat_entry vat_boot(engine_instance *m, size_t engine, const struct boot_code *code)
{
    struct vat_entry entry;
    js_handle value;

    engine_begin(m);
    qjs_set_module_loader(m, 1);
    value = host_calls_object_new(m);
    for (size_t i = 0; i < js_source_count(engine); i++) {
        value = boot_step(m, js_source_at(engine, i).name, buffer_slice(&code->files[i]), value);
    }
    entry.command = function_take(m, value, "command");
    entry.message = function_take(m, value, "message");
    entry.turn = function_take(m, value, "turn");
    qjs_free_value(m, value);
    qjs_run_gc(m);
    return entry;
}

/* --- entering --- */

static bool function_is_whole(engine_instance *m, const struct vat_function *f)
{
    return js_handle_value(m, f->handle) == f->value;
}

void vat_entry_check(engine_instance *m, const struct vat_entry *entry)
{
    if (function_is_whole(m, &entry->command) && function_is_whole(m, &entry->message) &&
        function_is_whole(m, &entry->turn)) {
        return;
    }
    wasm_runtime_leave(hs_fail(wasm_runtime_error(), HS_VAT_FAILED,
                               "the supervisor's entry is gone from the vat's memory"));
}
