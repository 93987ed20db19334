#include "kernel/vat/js_value.h"

#include "kernel/vat/wasm_runtime.h"
#include "kernel/vat/written_lines.h"

#include <assert.h>
#include <string.h>

/* JS_EVAL_TYPE_MODULE and JS_EVAL_FLAG_COMPILE_ONLY of quickjs.h */
enum { EVAL_FLAG_MODULE = 1 << 0, EVAL_FLAG_COMPILE_ONLY = 1 << 5 };
/* JS_WRITE_OBJ_STRIP_SOURCE and JS_WRITE_OBJ_STRIP_DEBUG */
enum { CODE_WITHOUT_SOURCE = 1 << 4, CODE_WITHOUT_LINES = 1 << 5 };

static uint8_t *memory_at(engine_instance *m, uint32_t address, uint32_t len)
{
    const wasm_rt_memory_t *memory = ENGINE_MEMORY(m);

    if (address > memory->size || len > memory->size - address) {
        wasm_runtime_leave(hs_fail(wasm_runtime_error(), HS_VAT_FAILED,
                                   "trap: a host call reached outside the linear memory"));
    }
    return memory->data + address;
}

const char *js_memory(engine_instance *m, uint32_t address, uint32_t len)
{
    return (const char *)memory_at(m, address, len);
}

char *js_memory_write(engine_instance *m, uint32_t address, uint32_t len)
{
    uint8_t *at = memory_at(m, address, len);

    written_lines_note(ENGINE_MEMORY(m)->data, address, len);
    return (char *)at;
}

static uint32_t word_get(engine_instance *m, uint32_t address)
{
    uint32_t word;

    memcpy(&word, js_memory(m, address, sizeof word), sizeof word);
    return word;
}

uint32_t js_bytes_copy_in(engine_instance *m, struct slice s)
{
    uint32_t address = 0;
    char *bytes;

    if (s.len < HS_HEAP_BYTES_MAX) address = qjs_malloc(m, (uint32_t)s.len + 1);
    if (address == 0) {
        wasm_runtime_leave(hs_fail(wasm_runtime_error(), HS_VAT_FAILED,
                                   "no room in the vat's memory for %zu bytes", s.len));
    }
    bytes = js_memory_write(m, address, (uint32_t)s.len + 1);
    if (s.len > 0) memcpy(bytes, s.data, s.len);
    bytes[s.len] = '\0';
    return address;
}

js_handle js_string_new(engine_instance *m, struct slice utf8)
{
    uint32_t bytes = js_bytes_copy_in(m, utf8);
    js_handle value = qjs_new_string(m, bytes, (uint32_t)utf8.len);

    qjs_free(m, bytes);
    return value;
}

struct slice js_string_borrow(engine_instance *m, js_handle value, uint32_t *address)
{
    uint32_t len_at = qjs_malloc(m, sizeof(uint32_t));
    uint32_t len;

    *address = qjs_get_string_len(m, value, len_at);
    len = word_get(m, len_at);
    qjs_free(m, len_at);
    if (*address == 0) js_leave_with_exception(m, "reading a string");
    return slice_make(js_memory(m, *address, len), len);
}

bool js_array_buffer_bytes(engine_instance *m, js_handle value, struct slice *out)
{
    uint32_t len_at = qjs_malloc(m, sizeof(uint32_t));
    uint32_t bytes = qjs_get_array_buffer(m, value, len_at);
    uint32_t len = bytes ? word_get(m, len_at) : 0;

    qjs_free(m, len_at);
    *out = slice_make(js_memory(m, bytes, len), len);
    return bytes != 0;
}

uint64_t js_handle_value(engine_instance *m, js_handle value)
{
    uint64_t word;

    memcpy(&word, js_memory(m, value, sizeof word), sizeof word);
    return word;
}

js_handle js_property_get(engine_instance *m, js_handle object, const char *name)
{
    uint32_t key = js_bytes_copy_in(m, slice_text(name));
    js_handle value = qjs_get_prop_string(m, object, key);

    qjs_free(m, key);
    return value;
}

void js_property_give(engine_instance *m, js_handle object, const char *name, js_handle value)
{
    uint32_t key = js_bytes_copy_in(m, slice_text(name));

    (void)qjs_set_prop_string(m, object, key, value);
    qjs_free(m, key);
    qjs_free_value(m, value);
}

js_handle js_throw(engine_instance *m, const char *text)
{
    js_handle error = qjs_new_error(m);

    js_property_give(m, error, "message", js_string_new(m, slice_text(text)));
    qjs_free_value(m, qjs_throw(m, error));
    qjs_free_value(m, error);
    return 0;
}

/* Its string value, as much as an error holds, in the linear memory; empty if it has none. */
static struct slice shown_text(engine_instance *m, js_handle value)
{
    uint32_t len_at = qjs_malloc(m, sizeof(uint32_t));
    uint32_t text = qjs_get_string_len(m, value, len_at);
    uint32_t len = text ? word_get(m, len_at) : 0;

    if (len > HS_ERROR_TEXT_BYTES_MAX) len = HS_ERROR_TEXT_BYTES_MAX;
    return slice_make(js_memory(m, text, len), len);
}

_Noreturn void js_leave_with_exception(engine_instance *m, const char *doing)
{
    struct slice text = shown_text(m, qjs_get_exception(m));

    wasm_runtime_leave(
        hs_fail(wasm_runtime_error(), HS_VAT_FAILED, "%s: %.*s", doing, (int)text.len, text.data));
}

_Noreturn void js_leave_with_exception_and_place(engine_instance *m)
{
    js_handle exception = qjs_get_exception(m);
    struct slice text = shown_text(m, exception);
    struct slice stack = shown_text(m, js_property_get(m, exception, "stack"));
    const char *line_end = memchr(stack.data, '\n', stack.len);

    if (line_end) stack.len = (size_t)(line_end - stack.data);
    wasm_runtime_leave(hs_fail(wasm_runtime_error(), HS_VAT_FAILED, "%.*s%.*s", (int)text.len,
                               text.data, (int)stack.len, stack.data));
}

js_handle js_eval(engine_instance *m, struct slice source, const char *name, enum js_eval_kind kind)
{
    static const uint32_t flags[] = {
        [JS_EVAL_SCRIPT] = 0,
        [JS_EVAL_MODULE] = EVAL_FLAG_MODULE,
        [JS_EVAL_MODULE_COMPILE] = EVAL_FLAG_MODULE | EVAL_FLAG_COMPILE_ONLY,
    };
    uint32_t text = js_bytes_copy_in(m, source);
    uint32_t file = js_bytes_copy_in(m, slice_text(name));
    js_handle value = qjs_eval(m, text, (uint32_t)source.len, file, flags[kind]);

    qjs_free(m, text);
    qjs_free(m, file);
    return value;
}

void js_compile(engine_instance *m, struct slice source, const char *name, struct buffer *out)
{
    uint32_t text = js_bytes_copy_in(m, source);
    uint32_t file = js_bytes_copy_in(m, slice_text(name));
    uint32_t len_at = qjs_malloc(m, sizeof(uint32_t));
    uint32_t code = qjs_compile(m, text, (uint32_t)source.len, file, 0,
                                CODE_WITHOUT_SOURCE | CODE_WITHOUT_LINES, len_at);
    uint32_t len = word_get(m, len_at);
    enum hs_status st;

    if (code == 0) js_leave_with_exception(m, name);
    st = buffer_assign(out, slice_make(js_memory(m, code, len), len));
    if (st != HS_OK) wasm_runtime_leave(hs_fail(wasm_runtime_error(), st, "keep %s", name));
    qjs_free(m, code);
    qjs_free(m, len_at);
    qjs_free(m, text);
    qjs_free(m, file);
}

js_handle js_eval_code(engine_instance *m, struct slice code)
{
    uint32_t bytes = js_bytes_copy_in(m, code);
    js_handle value = qjs_eval_code(m, bytes, (uint32_t)code.len);

    qjs_free(m, bytes);
    return value;
}

js_handle js_call(engine_instance *m, js_handle function, const js_handle *arguments, uint32_t len)
{
    js_handle none = qjs_get_undefined(m);
    uint32_t at = qjs_malloc(m, (len ? len : 1) * (uint32_t)sizeof *arguments);
    js_handle value;

    assert(function != 0);
    if (len > 0) {
        memcpy(js_memory_write(m, at, len * (uint32_t)sizeof *arguments), arguments,
               len * sizeof *arguments);
    }
    value = qjs_call(m, function, none, len, at);
    qjs_free(m, at);
    qjs_free_value(m, none);
    return value;
}
