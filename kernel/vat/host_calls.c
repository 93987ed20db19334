#include "kernel/vat/host_calls.h"

#include "kernel/vat/vat_instance.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { WASI_ERRNO_BADF = 8 };

/* --- what our JavaScript may call --- */

/* Put the text to the command's handler; its answer is in v->reply. The text stays in the linear
 * memory, so that nothing of ours is lost if the handler's failure ends the command. */
static void host_ask(struct vat *v, js_handle argument)
{
    struct hs_error *err = wasm_runtime_error();
    uint32_t address = 0;
    struct slice text = js_string_borrow(&v->instance, argument, &address);
    enum hs_status st;

    if (!v->host) {
        wasm_runtime_leave(hs_fail(err, HS_VAT_FAILED, "a syscall outside of any command"));
    }
    buffer_clear(&v->reply);
    st = v->host(v->host_data, text, &v->reply, err);
    if (st != HS_OK) wasm_runtime_leave(st);
    qjs_free_cstring(&v->instance, address);
}

static js_handle call_issue(struct vat *v, js_handle argument)
{
    host_ask(v, argument);
    return js_string_new(&v->instance, buffer_slice(&v->reply));
}

static js_handle call_report(struct vat *v, js_handle argument)
{
    host_ask(v, argument);
    return qjs_get_undefined(&v->instance);
}

static js_handle evaluate_as(struct vat *v, js_handle argument, enum js_eval_kind kind)
{
    engine_instance *m = &v->instance;
    uint32_t address = 0;
    struct slice text = js_string_borrow(m, argument, &address);
    js_handle value = js_eval(m, text, "vat", kind);

    qjs_free_cstring(m, address);
    if (!qjs_is_exception(m, value)) return value;
    qjs_free_value(m, value); /* the exception itself is pending in the engine */
    return 0;
}

static js_handle call_evaluate(struct vat *v, js_handle argument)
{
    return evaluate_as(v, argument, JS_EVAL_MODULE);
}

static js_handle call_compile(struct vat *v, js_handle argument)
{
    js_handle value = evaluate_as(v, argument, JS_EVAL_MODULE_COMPILE);

    if (value == 0) return 0;
    qjs_free_value(&v->instance, value);
    return qjs_get_undefined(&v->instance);
}

static js_handle call_collect(struct vat *v, js_handle argument)
{
    (void)argument;
    qjs_run_gc(&v->instance);
    return qjs_get_undefined(&v->instance);
}

static js_handle call_encode(struct vat *v, js_handle argument)
{
    uint32_t address = 0;
    struct slice text = js_string_borrow(&v->instance, argument, &address);
    js_handle bytes = qjs_new_array_buffer(&v->instance, address, (uint32_t)text.len);

    qjs_free_cstring(&v->instance, address);
    return bytes;
}

static js_handle call_decode(struct vat *v, js_handle argument)
{
    struct slice bytes;

    if (!js_array_buffer_bytes(&v->instance, argument, &bytes)) return 0;
    return js_string_new(&v->instance, bytes);
}

static const struct host_call {
    const char *name;
    js_handle (*call)(struct vat *v, js_handle argument);
    uint32_t arguments;
} host_calls[] = {
    {"issue", call_issue, 1},     {"report", call_report, 1},   {"evaluate", call_evaluate, 1},
    {"compile", call_compile, 1}, {"collect", call_collect, 0}, {"encode", call_encode, 1},
    {"decode", call_decode, 1},
};
enum { HOST_CALLS_LEN = sizeof host_calls / sizeof host_calls[0] };

js_handle host_calls_object_new(engine_instance *m)
{
    js_handle object = qjs_new_object(m);

    for (size_t i = 0; i < HOST_CALLS_LEN; i++) {
        struct slice name = slice_text(host_calls[i].name);
        uint32_t bytes = js_bytes_copy_in(m, name);
        js_handle function =
            qjs_new_host_function(m, bytes, (uint32_t)name.len, host_calls[i].arguments);

        qjs_free(m, bytes);
        js_property_give(m, object, host_calls[i].name, function);
    }
    return object;
}

/* --- imports --- */

u32 env_host_call(struct engine_env *env, u32 name, u32 name_len, u32 this_value, u32 argc,
                  u32 argv)
{
    engine_instance *m = &env->vat->instance;
    struct slice wanted = slice_make(js_memory(m, name, name_len), name_len);
    js_handle argument = 0;

    (void)this_value;
    for (size_t i = 0; i < HOST_CALLS_LEN; i++) {
        if (!slice_equal(wanted, slice_text(host_calls[i].name))) continue;
        if (argc < host_calls[i].arguments) return js_throw(m, "a host call lacks its argument");
        if (argc > 0) memcpy(&argument, js_memory(m, argv, sizeof argument), sizeof argument);
        return host_calls[i].call(env->vat, argument);
    }
    return js_throw(m, "no such host call");
}

u32 env_host_interrupt(struct engine_env *env)
{
    (void)env;
    return 0; /* the module counts its steps itself: engine/instrument.py */
}

void env_host_promise_rejection(struct engine_env *env, u32 promise, u32 reason, u32 handled)
{
    (void)handled;
    qjs_free_value(&env->vat->instance, promise);
    qjs_free_value(&env->vat->instance, reason);
}

u32 env_host_module_normalize(struct engine_env *env, u32 base, u32 name)
{
    engine_instance *m = &env->vat->instance;
    const wasm_rt_memory_t *memory = ENGINE_MEMORY(m);
    char text[256];

    (void)base;
    (void)snprintf(text, sizeof text, "a vat's source cannot import modules, bundle them: \"%.*s\"",
                   (int)strnlen(js_memory(m, name, 0), memory->size - name), js_memory(m, name, 0));
    return js_throw(m, text);
}

u32 env_host_module_load(struct engine_env *env, u32 name, u32 len_out)
{
    (void)name;
    (void)len_out;
    return js_throw(&env->vat->instance, "a vat's source cannot import modules");
}

u32 env_host_get_timezone_offset(struct engine_env *env, u32 high, u32 low)
{
    (void)env;
    (void)high;
    (void)low;
    return 0; /* UTC, everywhere */
}

u32 wasi_clock_time_get(struct engine_wasi *wasi, u32 clock, u64 precision, u32 out)
{
    (void)clock;
    (void)precision;
    memset(js_memory(&wasi->vat->instance, out, sizeof(u64)), 0, sizeof(u64));
    return 0;
}

u32 wasi_random_get(struct engine_wasi *wasi, u32 out, u32 len)
{
    memset(js_memory(&wasi->vat->instance, out, len), 0, len);
    return 0;
}

u32 wasi_fd_close(struct engine_wasi *wasi, u32 fd)
{
    (void)wasi;
    (void)fd;
    return WASI_ERRNO_BADF;
}

u32 wasi_fd_fdstat_get(struct engine_wasi *wasi, u32 fd, u32 out)
{
    (void)wasi;
    (void)fd;
    (void)out;
    return WASI_ERRNO_BADF;
}

u32 wasi_fd_seek(struct engine_wasi *wasi, u32 fd, u64 offset, u32 whence, u32 out)
{
    (void)wasi;
    (void)fd;
    (void)offset;
    (void)whence;
    (void)out;
    return WASI_ERRNO_BADF;
}

u32 wasi_fd_write(struct engine_wasi *wasi, u32 fd, u32 vectors, u32 vectors_len, u32 out)
{
    (void)wasi;
    (void)fd;
    (void)vectors;
    (void)vectors_len;
    (void)out;
    return WASI_ERRNO_BADF;
}
