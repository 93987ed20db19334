#include "kernel/vat/vat_instance.h"

#include <assert.h>
#include <stdlib.h>

static void instance_body(void *data)
{
    struct vat *v = data;

    engine_instantiate(&v->instance, &v->env, &v->wasi);
}

enum hs_status vat_instance_open(bool watched, struct stop_switch *stop, struct vat_limits limits,
                                 struct vat **out, struct hs_error *err)
{
    struct vat *v = calloc(1, sizeof *v);
    wasm_rt_memory_t *memory;
    enum hs_status st;

    assert(limits.heap_bytes_max <= HS_HEAP_BYTES_MAX);
    if (!v) return hs_fail(err, HS_NOMEM, "no memory for a vat");
    v->steps_max = vat_limits_steps(limits);
    v->stop = stop;
    v->env.vat = v;
    v->wasi.vat = v;
    memory = ENGINE_MEMORY(&v->instance);
    st = wasm_runtime_run(memory, instance_body, v, err); /* runs nothing of the module */
    if (st == HS_OK) {
        memory->max_pages = limits.heap_bytes_max / HS_WASM_PAGE_BYTES;
        st = heap_init(&v->heap, memory, ENGINE_STACK_POINTER(&v->instance), watched, err);
    }
    if (st != HS_OK) {
        vat_instance_close(v);
        return st;
    }
    *out = v;
    return HS_OK;
}

void vat_instance_close(struct vat *v)
{
    if (!v) return;
    heap_fini(&v->heap);
    engine_instance_free(&v->instance);
    buffer_fini(&v->reply);
    free(v);
}

/* Traps of the module's own (engine/instrument.py) look alike; its globals tell which it was. */
static enum hs_status instance_failure(const struct vat *v, uint64_t steps_max, enum hs_status st,
                                       struct hs_error *err)
{
    uint32_t stack_pointer = *ENGINE_STACK_POINTER(&v->instance);

    if (*ENGINE_STEPS(&v->instance) > steps_max) return hs_fail(err, st, "meter spent");
    if (stack_pointer < ENGINE_STACK_LOW || stack_pointer > ENGINE_STACK_TOP) {
        return hs_fail(err, st, "stack exhausted");
    }
    return st;
}

enum hs_status vat_instance_run(struct vat *v, uint64_t steps_max, void (*body)(void *data),
                                void *data, struct hs_error *err)
{
    engine_instance *m = &v->instance;
    bool stopped = true;
    enum hs_status st = HS_VAT_FAILED;

    *ENGINE_STEPS(m) = 0;
    if (stop_switch_enter(v->stop, &v->stop_entry, ENGINE_STEPS_MAX(m), steps_max)) {
        st = wasm_runtime_run(ENGINE_MEMORY(m), body, data, err);
        stopped = stop_switch_leave(v->stop, &v->stop_entry);
    }
    if (st != HS_VAT_FAILED) return st;
    if (stopped) return hs_fail(err, HS_CANCELLED, "the engine was stopped");
    return instance_failure(v, steps_max, st, err);
}
