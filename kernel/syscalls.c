#include "kernel/syscalls.h"

#include "kernel/metering.h"
#include "kernel/state/fault.h"
#include "kernel/syscall_size.h"
#include "kernel/syscalls_private.h"
#include "kernel/tables/transcript.h"

struct kv_hashed *syscall_kv(struct delivery *d)
{
    return &d->kernel->kv;
}

enum hs_status syscall_malformed(struct json_text *t, struct hs_error *err)
{
    return hs_fail(err, HS_VAT_FAILED, "%s", t->problem ? t->problem : "more than it takes");
}

enum hs_status syscall_answer_ok(struct buffer *reply, struct hs_error *err)
{
    return kernel_fail(err, buffer_append_text(reply, "[\"ok\",null]"));
}

bool syscall_read_ref(struct json_text *t, struct ref *out)
{
    struct slice raw;

    if (!json_text_string(t, &raw)) return false;
    return ref_make(json_text_inner(raw), out) == HS_OK || json_text_fail(t, "no reference");
}

static const struct {
    const char *name;
    syscall_fn run;
} syscalls[] = {
#define SYSCALL_ROW(name, function) {#name, function},
    SYSCALLS(SYSCALL_ROW)
#undef SYSCALL_ROW
};

static enum hs_status syscall_refuse(const char *problem, struct buffer *reply,
                                     struct hs_error *err)
{
    return kernel_fail(err, buffer_printf(reply, "[\"error\",\"too large: %s\"]", problem));
}

static enum hs_status syscall_run(struct delivery *d, struct slice syscall, struct buffer *reply,
                                  struct hs_error *err)
{
    struct json_text t;
    struct slice name;
    enum hs_status st;

    json_text_init(&t, syscall);
    if (!json_text_open(&t, '[') || !json_text_next(&t, ']') || !json_text_string(&t, &name)) {
        return hs_fail(err, HS_VAT_FAILED, "illegal syscall: %s", t.problem);
    }
    for (size_t i = 0; i < sizeof syscalls / sizeof *syscalls; i++) {
        if (!json_text_is(name, syscalls[i].name)) continue;
        st = syscalls[i].run(d, &t, reply, err);
        if (st == HS_OK && !json_text_end(&t)) st = syscall_malformed(&t, err);
        if (st != HS_VAT_FAILED) return st;
        return hs_fail_prefix(err, st, "illegal syscall %s", syscalls[i].name);
    }
    return hs_fail(err, HS_VAT_FAILED, "illegal syscall: there is none of that name");
}

static enum hs_status syscall_charge(struct delivery *d, uint64_t bytes, struct hs_error *err)
{
    struct kernel *k = d->kernel;

    k->meter.syscalls++;
    k->meter.moved_bytes += bytes;
    k->meter.noted_bytes = d->syscalls.len + bytes;
    if (k->ran) k->meter.vat_steps = vat_steps(k->ran->vat);
    return meter_check(k, err);
}

static enum hs_status syscall_do(struct delivery *d, struct slice syscall, size_t request_bytes,
                                 struct buffer *reply, struct hs_error *err)
{
    const char *problem;
    enum hs_status st;

    st = kernel_fail(err, syscall_size_problem(syscall, &problem));
    if (st == HS_OK) {
        st = problem ? syscall_refuse(problem, reply, err) : syscall_run(d, syscall, reply, err);
    }
    if (st == HS_OK) st = syscall_charge(d, request_bytes + reply->len, err);
    if (st != HS_OK) return st;
    if (FAULT("kernel.panic") != FAULT_NONE) {
        return hs_fail(err, HS_KERNEL_FAILED, "a panic, as a test wants it");
    }
    if (FAULT("kernel.diverge") != FAULT_NONE) {
        /* What a kernel that is not deterministic would do: another answer than the last time. */
        st = kernel_fail(err, buffer_assign(reply, slice_text("[\"ok\",\"another\"]")));
        if (st != HS_OK) return st;
    }
    return kernel_fail(err, transcript_note_syscall(&d->syscalls, syscall, buffer_slice(reply)));
}

enum hs_status syscall_answer(void *data, struct slice request, struct buffer *reply,
                              struct hs_error *err)
{
    struct delivery *d = data;
    const struct vat_process *ran = d->kernel->ran;
    struct witnessed event = {.kind = WITNESS_SYSCALL, .vat = ran ? &ran->name : NULL};

    buffer_clear(reply);
    if (!vat_request_syscall(request, &event.text)) {
        event.kind = WITNESS_CONSOLE;
        event.text = request;
        kernel_tell(d->kernel, event);
        return kernel_fail(err, buffer_append_text(reply, VAT_ANSWER_NOTHING));
    }
    event.status = syscall_do(d, event.text, request.len, reply, err);
    event.answer = buffer_slice(reply);
    event.words = err ? err->text : "";
    kernel_tell(d->kernel, event);
    return event.status;
}
