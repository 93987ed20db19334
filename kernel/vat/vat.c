#include "kernel/vat/vat.h"

#include "kernel/vat/boot.h"
#include "kernel/vat/boot_image.h"
#include "kernel/vat/vat_instance.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    TURNS_MAX = 1 << 20, /* of one command; ticks bound them too */
};

/* --- open and close --- */

void vat_close(struct vat *v)
{
    vat_instance_close(v);
}

enum hs_status vat_open(struct vat_engine *e, size_t number, const char *id,
                        struct vat_limits limits, struct vat **out, struct hs_error *err)
{
    const struct boot_image *booted = NULL;
    struct vat *v = NULL;
    enum hs_status st;

    assert(strlen(id) < VAT_ID_BYTES_MAX);
    st = vat_engine_boot_image(e, number, &booted, err);
    if (st != HS_OK) return st;
    if ((uint64_t)booted->heap.info.page_count * HS_HEAP_PAGE_BYTES > limits.heap_bytes_max) {
        return hs_fail(err, HS_TOO_LARGE,
                       "a booted vat takes %u pages of %d bytes, its limit is %u",
                       booted->heap.info.page_count, HS_HEAP_PAGE_BYTES, limits.heap_bytes_max);
    }
    st = vat_instance_open(vat_engine_watches(e), vat_engine_stop_switch(e), limits, &v, err);
    if (st != HS_OK) return st;
    (void)snprintf(v->id, sizeof v->id, "%s", id);
    v->entry = &booted->entry;
    st = heap_restore(&v->heap, &booted->heap, false, err);
    if (st != HS_OK) {
        vat_close(v);
        return st;
    }
    *out = v;
    return HS_OK;
}

enum hs_status vat_open_image(struct vat_engine *e, size_t number, struct vat_limits limits,
                              struct heap_image_source *source, const struct heap_image_info *info,
                              struct vat **out, struct hs_error *err)
{
    const struct boot_image *booted = NULL;
    struct vat *v = NULL;
    enum hs_status st;

    if (strnlen(info->vat_id, VAT_ID_BYTES_MAX) == VAT_ID_BYTES_MAX) {
        return hs_fail(err, HS_CORRUPT, "a heap image's vat id has no end");
    }
    st = vat_engine_boot_image(e, number, &booted, err); /* of its entry */
    if (st != HS_OK) return st;
    st = vat_instance_open(vat_engine_watches(e), vat_engine_stop_switch(e), limits, &v, err);
    if (st != HS_OK) return st;
    v->entry = &booted->entry;
    memcpy(v->id, info->vat_id, sizeof v->id);
    st = heap_load(&v->heap, source, info, err);
    if (st != HS_OK) {
        vat_close(v);
        return st;
    }
    *out = v;
    return HS_OK;
}

/* --- commands --- */

static void vat_jobs_run(engine_instance *m)
{
    while (qjs_is_job_pending(m)) {
        /* A job that throws has nobody to tell: promise reactions turn exceptions into rejections
         * themselves. Only the pending exception must not stay. */
        if ((int32_t)qjs_execute_pending_job(m) < 0) {
            js_handle exception = qjs_get_exception(m);

            qjs_free_value(m, exception);
        }
    }
}

static void vat_answer(struct vat *v, js_handle answer)
{
    struct hs_error *err = wasm_runtime_error();
    uint32_t address = 0;
    struct slice text;
    enum hs_status st;

    if (!qjs_is_string(&v->instance, answer)) {
        wasm_runtime_leave(hs_fail(err, HS_VAT_FAILED, "the vat came to rest without an answer"));
    }
    text = js_string_borrow(&v->instance, answer, &address);
    st = buffer_assign(v->result, text);
    if (st != HS_OK) wasm_runtime_leave(hs_fail(err, st, "a vat's answer of %zu bytes", text.len));
    qjs_free_cstring(&v->instance, address);
}

static js_handle supervisor_call(engine_instance *m, const struct vat_function *function,
                                 const js_handle *arguments, uint32_t len)
{
    js_handle answer = js_call(m, function->handle, arguments, len);

    if (qjs_is_exception(m, answer)) js_leave_with_exception(m, "the supervisor failed");
    for (uint32_t i = 0; i < len; i++) {
        qjs_free_value(m, arguments[i]);
    }
    return answer;
}

static js_handle text_or_undefined(engine_instance *m, struct slice text)
{
    return text.len > 0 ? js_string_new(m, text) : qjs_get_undefined(m);
}

static js_handle vat_take(struct vat *v)
{
    engine_instance *m = &v->instance;

    if (v->message) {
        js_handle parts[] = {js_string_new(m, v->message->vref), js_string_new(m, v->message->body),
                             text_or_undefined(m, v->message->slots),
                             text_or_undefined(m, v->message->result)};

        return supervisor_call(m, &v->entry->message, parts, sizeof parts / sizeof parts[0]);
    } else {
        js_handle text = js_string_new(m, v->command);

        return supervisor_call(m, &v->entry->command, &text, 1);
    }
}

static void command_body(void *data)
{
    struct vat *v = data;
    engine_instance *m = &v->instance;
    js_handle answer;

    vat_entry_check(m, v->entry);
    answer = vat_take(v);
    for (uint32_t turns = 0; turns < TURNS_MAX; turns++) {
        vat_jobs_run(m);
        if (!qjs_is_undefined(m, answer)) {
            vat_answer(v, answer);
            qjs_free_value(m, answer);
            return;
        }
        qjs_free_value(m, answer);
        vat_entry_check(m, v->entry); /* the vat ran */
        answer = supervisor_call(m, &v->entry->turn, NULL, 0);
    }
    wasm_runtime_leave(hs_fail(wasm_runtime_error(), HS_VAT_FAILED, "the vat never comes to rest"));
}

static enum hs_status vat_run(struct vat *v, vat_host_fn host, void *host_data,
                              struct buffer *result, uint64_t *ticks, struct hs_error *err)
{
    enum hs_status st;

    assert(result);
    if (v->failed) {
        return hs_fail(err, HS_VAT_FAILED, "%s failed before and was not taken back", v->id);
    }
    v->host = host;
    v->host_data = host_data;
    v->result = result;
    v->modules = 0;
    st = vat_instance_run(v, v->steps_max, command_body, v, err);
    v->host = NULL;
    v->failed = st != HS_OK;
    if (ticks) *ticks = vat_steps(v) / HS_TICK_STEPS;
    return st;
}

enum hs_status vat_command(struct vat *v, struct slice command, vat_host_fn host, void *host_data,
                           struct buffer *result, uint64_t *ticks, struct hs_error *err)
{
    v->command = command;
    v->message = NULL;
    return vat_run(v, host, host_data, result, ticks, err);
}

enum hs_status vat_deliver_message(struct vat *v, const struct vat_message *message,
                                   vat_host_fn host, void *host_data, struct buffer *result,
                                   uint64_t *ticks, struct hs_error *err)
{
    v->message = message;
    return vat_run(v, host, host_data, result, ticks, err);
}

uint64_t vat_steps(const struct vat *v)
{
    return *ENGINE_STEPS(&v->instance);
}

uint64_t vat_steps_max(const struct vat *v)
{
    return v->steps_max;
}

void vat_set_steps_max(struct vat *v, uint64_t steps_max)
{
    v->steps_max = steps_max < VAT_STEPS_UNLIMITED ? steps_max : VAT_STEPS_UNLIMITED;
}

void vat_set_memory_max(struct vat *v, uint64_t bytes)
{
    assert(bytes <= HS_HEAP_BYTES_MAX);
    ENGINE_MEMORY(&v->instance)->max_pages = (uint32_t)(bytes / HS_WASM_PAGE_BYTES);
}

/* --- marks and images --- */

void vat_mark(struct vat *v)
{
    assert(!v->failed);
    heap_mark(&v->heap);
}

void vat_back_to_mark(struct vat *v)
{
    heap_back_to_mark(&v->heap);
    v->failed = false;
}

enum hs_status vat_savepoint(struct vat *v, uint64_t id, uint64_t transcript_entries,
                             struct hs_error *err)
{
    enum hs_status st;

    assert(!v->failed);
    st = heap_savepoint(&v->heap, id, transcript_entries, err);
    return st == HS_OK ? st : hs_fail_prefix(err, st, "%s", v->id);
}

bool vat_back_to(struct vat *v, uint64_t id, uint64_t *transcript_entries)
{
    const struct line_version *to = heap_back_to(&v->heap, id);

    v->failed = false;
    if (to) *transcript_entries = to->extent.transcript_entries;
    return to != NULL;
}

void vat_savepoint_give_up(struct vat *v, uint64_t id, uint64_t next)
{
    line_versions_merge(&v->heap.versions, id, next);
}

void vat_savepoints_spare_none(struct vat *v)
{
    line_versions_spare_none(&v->heap.versions);
}

void vat_savepoints_end(struct vat *v)
{
    heap_savepoints_end(&v->heap);
}

enum hs_status vat_guard(struct vat *v, struct hs_error *err)
{
    return vat_savepoint(v, vat_savepoint_last(v) + 1, 0, err);
}

void vat_guard_end(struct vat *v)
{
    heap_savepoint_drop(&v->heap);
}

void vat_guard_return(struct vat *v)
{
    uint64_t unwanted;

    (void)vat_back_to(v, vat_savepoint_last(v), &unwanted);
    heap_savepoint_drop(&v->heap);
}

uint64_t vat_savepoint_last(const struct vat *v)
{
    const struct line_version *last = line_versions_last(&v->heap.versions);

    return last ? last->id : 0;
}

uint64_t vat_savepoint_bytes(const struct vat *v)
{
    return line_versions_bytes(&v->heap.versions);
}

enum hs_status vat_changes_take(struct vat *v, struct heap_changes *out, struct hs_error *err)
{
    enum hs_status st = heap_changes_take(&v->heap, out, err);

    if (st != HS_OK) return hs_fail_prefix(err, st, "%s", v->id);
    memcpy(out->info.vat_id, v->id, sizeof v->id);
    return HS_OK;
}

void vat_changes_give_back(struct vat *v, const struct heap_changes *changes)
{
    assert(strcmp(v->id, changes->info.vat_id) == 0);
    heap_changes_give_back(&v->heap, changes);
}

void vat_changes_forget(struct vat *v)
{
    heap_changes_forget(&v->heap);
}

/* --- facts --- */

const char *vat_id(const struct vat *v)
{
    return v->id;
}

uint64_t vat_heap_bytes(const struct vat *v)
{
    return v->heap.memory->size;
}

uint64_t vat_memory_bytes(const struct vat *v)
{
    const uint64_t table_bytes =
        (uint64_t)v->instance.w2c___indirect_function_table.size * sizeof(wasm_rt_funcref_t);

    return heap_occupied_bytes(&v->heap) + table_bytes + sizeof *v + v->reply.capacity;
}

enum hs_status vat_heap_sha256(const struct vat *v, char hex[SHA256_HEX_BYTES],
                               struct hs_error *err)
{
    struct sha256 *digest = NULL;
    uint32_t stack_pointer = *v->heap.stack_pointer;
    enum hs_status st = sha256_open(&digest, err);

    if (st != HS_OK) return st;
    sha256_add(digest, slice_make(&stack_pointer, sizeof stack_pointer));
    sha256_add(digest, slice_make(v->heap.memory->data, v->heap.memory->size));
    sha256_finish_hex(digest, hex);
    sha256_close(digest);
    return HS_OK;
}
