#include "kernel/vat/host_calls.h"

#include "kernel/state/utf8.h"
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

/* The module `entry` of `modules`, which have it and all that is imported. */
static js_handle evaluate_among(struct vat *v, js_handle entry, js_handle modules)
{
    engine_instance *m = &v->instance;
    uint32_t name_at = 0, text_at = 0;
    struct slice name = js_string_borrow(m, entry, &name_at), text;
    js_handle source = qjs_get_prop_string(m, modules, name_at), value;
    char entry_name[VAT_MODULE_NAME_BYTES_MAX + 1];

    if (name.len > VAT_MODULE_NAME_BYTES_MAX || !qjs_is_string(m, source)) {
        return js_throw(m, "the program has no module to begin with");
    }
    memcpy(entry_name, name.data, name.len);
    entry_name[name.len] = '\0';
    text = js_string_borrow(m, source, &text_at);
    v->modules = modules;
    value = js_eval(m, text, entry_name, JS_EVAL_MODULE);
    v->modules = 0;
    qjs_free_cstring(m, text_at);
    qjs_free_cstring(m, name_at);
    qjs_free_value(m, source);
    if (!qjs_is_exception(m, value)) return value;
    qjs_free_value(m, value);
    return 0;
}

static js_handle call_evaluate_program(struct vat *v, js_handle argument)
{
    engine_instance *m = &v->instance;
    js_handle entry = js_property_get(m, argument, "entry");
    js_handle modules = js_property_get(m, argument, "modules");
    js_handle value = evaluate_among(v, entry, modules);

    qjs_free_value(m, modules);
    qjs_free_value(m, entry);
    return value;
}

static js_handle call_collect(struct vat *v, js_handle argument)
{
    (void)argument;
    qjs_run_gc(&v->instance);
    return qjs_get_undefined(&v->instance);
}

static js_handle call_later(struct vat *v, js_handle argument)
{
    (void)argument;
    if (!qjs_is_job_pending(&v->instance)) return qjs_get_undefined(&v->instance);
    return js_string_new(&v->instance, slice_text("jobs"));
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
    {"issue", call_issue, 1},       {"report", call_report, 1},
    {"evaluate", call_evaluate, 1}, {"evaluateProgram", call_evaluate_program, 1},
    {"compile", call_compile, 1},   {"collect", call_collect, 0},
    {"later", call_later, 0},       {"encode", call_encode, 1},
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

/* A text that the engine's C ended with a NUL. */
static struct slice c_string(engine_instance *m, uint32_t address)
{
    const wasm_rt_memory_t *memory = ENGINE_MEMORY(m);
    const char *text = js_memory(m, address, 0);

    return slice_make(text, strnlen(text, memory->size - address));
}

static js_handle throw_of_module(engine_instance *m, const char *words, struct slice name)
{
    char text[256];
    int shown = (int)utf8_cut(name, sizeof text / 2);

    (void)snprintf(text, sizeof text, "%s: \"%.*s\"", words, shown, name.data);
    return js_throw(m, text);
}

u32 env_host_module_normalize(struct engine_env *env, u32 base, u32 name)
{
    struct vat *v = env->vat;
    engine_instance *m = &v->instance;
    struct slice importer = c_string(m, base), specifier = c_string(m, name);
    char resolved[VAT_MODULE_NAME_BYTES_MAX + 1];

    if (!v->finder && !v->modules) {
        return throw_of_module(m, "a vat's source cannot import modules, bundle them", specifier);
    }
    if (!module_name_resolve(importer, specifier, resolved)) {
        return throw_of_module(
            m, "no name of a module, or one outside of the folder that the path begins with",
            specifier);
    }
    memcpy(v->importer, importer.data, importer.len); /* not too long, it was a base */
    v->importer[importer.len] = '\0';
    return js_bytes_copy_in(m, slice_text(resolved));
}

/* Into the linear memory, the engine's to free. */
static u32 module_give(engine_instance *m, struct slice source, u32 len_out)
{
    u32 len = (u32)source.len, bytes = js_bytes_copy_in(m, source);

    memcpy(js_memory_write(m, len_out, sizeof len), &len, sizeof len);
    return bytes;
}

static u32 module_find(struct vat *v, struct slice name, u32 len_out)
{
    struct hs_error *err = wasm_runtime_error();
    enum hs_status st =
        v->finder->read(v->finder->data, slice_text(v->importer), name, &v->reply, err);

    if (st != HS_OK) wasm_runtime_leave(st);
    return module_give(&v->instance, buffer_slice(&v->reply), len_out);
}

u32 env_host_module_load(struct engine_env *env, u32 name, u32 len_out)
{
    struct vat *v = env->vat;
    engine_instance *m = &v->instance;
    uint32_t address = 0;
    js_handle text;
    u32 bytes;

    if (v->finder) return module_find(v, c_string(m, name), len_out);
    if (!v->modules) return js_throw(m, "a vat's source cannot import modules");
    text = qjs_get_prop_string(m, v->modules, name);
    if (!qjs_is_string(m, text)) {
        qjs_free_value(m, text);
        return throw_of_module(m, "the program has no such module", c_string(m, name));
    }
    bytes = module_give(m, js_string_borrow(m, text, &address), len_out);
    qjs_free_cstring(m, address);
    qjs_free_value(m, text);
    return bytes;
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
    memset(js_memory_write(&wasi->vat->instance, out, sizeof(u64)), 0, sizeof(u64));
    return 0;
}

u32 wasi_random_get(struct engine_wasi *wasi, u32 out, u32 len)
{
    memset(js_memory_write(&wasi->vat->instance, out, len), 0, len);
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
