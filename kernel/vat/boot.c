#include "kernel/vat/boot.h"

#include "kernel/vat/host_calls.h"
#include "kernel/vat/js_sources.h"
#include "kernel/vat/wasm_runtime.h"

#include <assert.h>
#include <string.h>

enum {
    ENTRY_ADDRESS = 1024,
    ENTRY_MAGIC = 0x31767368, /* "hsv1" */
};

/* As it lies in the linear memory. */
struct entry_bytes {
    uint32_t magic;
    uint32_t command;
    uint32_t turn;
};

static void entry_store(engine_instance *m, js_handle supervisor)
{
    struct entry_bytes bytes = {.magic = ENTRY_MAGIC};

    bytes.command = js_property_get(m, supervisor, "command");
    bytes.turn = js_property_get(m, supervisor, "turn");
    assert(qjs_is_function(m, bytes.command));
    assert(qjs_is_function(m, bytes.turn));
    memcpy(js_memory(m, ENTRY_ADDRESS, sizeof bytes), &bytes, sizeof bytes);
}

static bool entry_load(const wasm_rt_memory_t *memory, struct entry_bytes *out)
{
    assert(memory->size > ENTRY_ADDRESS + sizeof *out);
    memcpy(out, memory->data + ENTRY_ADDRESS, sizeof *out);
    return out->magic == ENTRY_MAGIC && out->command != 0 && out->command < memory->size &&
           out->turn != 0 && out->turn < memory->size;
}

bool vat_entry_present(const wasm_rt_memory_t *memory)
{
    struct entry_bytes bytes;

    return entry_load(memory, &bytes);
}

struct vat_entry vat_entry_find(engine_instance *m)
{
    struct entry_bytes bytes;

    if (!entry_load(ENGINE_MEMORY(m), &bytes)) {
        wasm_runtime_leave(hs_fail(wasm_runtime_error(), HS_VAT_FAILED,
                                   "the supervisor's entry is gone from the vat's memory"));
    }
    return (struct vat_entry){.command = bytes.command, .turn = bytes.turn};
}

/* Evaluate a file of ours, a function expression, and call it. Frees `argument`. */
static js_handle boot_step(engine_instance *m, struct js_source source, js_handle argument)
{
    js_handle function = js_eval(m, source.text, source.name, JS_EVAL_SCRIPT);
    js_handle value;

    if (qjs_is_exception(m, function)) js_leave_with_exception(m, source.name);
    value = js_call(m, function, argument);
    if (qjs_is_exception(m, value)) js_leave_with_exception(m, source.name);
    qjs_free_value(m, function);
    qjs_free_value(m, argument);
    return value;
}

void vat_boot(engine_instance *m, enum vat_supervisor supervisor)
{
    js_handle value;

    qjs_initialize(m);
    if (qjs_init(m) != 0) {
        wasm_runtime_leave(
            hs_fail(wasm_runtime_error(), HS_VAT_FAILED, "the engine did not start"));
    }
    qjs_set_max_stack_size(m, VAT_STACK_BYTES_MAX);
    qjs_set_module_loader(m, 1);
    value = host_calls_object_new(m);
    for (size_t i = 0; i < js_source_count(supervisor); i++) {
        value = boot_step(m, js_source_at(supervisor, i), value);
    }
    entry_store(m, value);
    qjs_free_value(m, value);
    qjs_run_gc(m);
}
