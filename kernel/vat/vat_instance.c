#include "kernel/vat/vat_instance.h"

#include <assert.h>
#include <stdlib.h>

static void instance_body(void *data)
{
    struct vat *v = data;

    engine_instantiate(&v->instance, &v->env, &v->wasi);
}

enum hs_status vat_instance_open(const struct page_watch *watch,
                                 const volatile int64_t *steps_floor, struct vat_limits limits,
                                 struct vat **out, struct hs_error *err)
{
    struct vat *v = calloc(1, sizeof *v);
    wasm_rt_memory_t *memory;
    enum hs_status st;

    assert(limits.heap_bytes_max <= HS_HEAP_BYTES_MAX);
    if (!v) return hs_fail(err, HS_NOMEM, "no memory for a vat");
    v->limits = limits;
    *ENGINE_STEPS_LEFT(&v->instance) = INT64_MAX; /* booting is not the vat's to pay */
    *ENGINE_STEPS_FLOOR(&v->instance) = (const volatile s64 *)steps_floor;
    v->env.vat = v;
    v->wasi.vat = v;
    memory = ENGINE_MEMORY(&v->instance);
    st = wasm_runtime_run(memory, instance_body, v, err);
    if (st == HS_OK) {
        memory->max_pages = limits.heap_bytes_max / HS_WASM_PAGE_BYTES;
        st = heap_init(&v->heap, memory, ENGINE_STACK_POINTER(&v->instance), watch, err);
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
