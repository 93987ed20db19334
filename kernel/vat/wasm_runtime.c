#include "kernel/vat/wasm_runtime.h"

#include "kernel/vat/address_space.h"
#include "kernel/vat/written_lines.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

enum {
    FUNC_TYPES_MAX = 256,       /* the engine registers a few dozen */
    FUNC_TYPE_VALUES_MAX = 32,  /* parameters and results of one */
    ALT_STACK_BYTES = 64 << 10, /* for the fault handler */
    STACK_END_BYTES = 1 << 20,  /* a fault this near to a stack's end is an overflow */
};

struct func_type {
    uint32_t params;
    uint32_t results;
    wasm_rt_type_t values[FUNC_TYPE_VALUES_MAX];
};

/* One call of wasm_runtime_run. */
struct wasm_run {
    jmp_buf out;
    const wasm_rt_memory_t *memory; /* the instance's; its data is NULL while it has none */
    enum hs_status status;
    struct hs_error *err;
    struct wasm_run *outer;
};

/* The generated module itself keeps its type indices in globals, filled once per process; these
 * belong to the same singleton. Written under runtime_lock only. */
static pthread_mutex_t runtime_lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t runtime_users;
static struct func_type func_types[FUNC_TYPES_MAX];
static uint32_t func_types_len;
static struct sigaction previous_segv;
static struct sigaction previous_bus;
static pthread_key_t alt_stack_key;

static _Thread_local struct wasm_run *running;
static _Thread_local bool thread_prepared;
static _Thread_local const uint8_t *thread_stack_low; /* where this thread's stack ends */

/* --- entering and leaving --- */

struct hs_error *wasm_runtime_error(void)
{
    assert(running);
    return running->err;
}

_Noreturn void wasm_runtime_leave(enum hs_status status)
{
    assert(running);
    assert(status != HS_OK);
    running->status = status;
    longjmp(running->out, 1);
}

WASM_RT_NO_RETURN void wasm_rt_trap(wasm_rt_trap_t trap)
{
    wasm_runtime_leave(
        hs_fail(wasm_runtime_error(), HS_VAT_FAILED, "trap: %s", wasm_rt_strerror(trap)));
}

const char *wasm_rt_strerror(wasm_rt_trap_t trap)
{
    switch (trap) {
    case WASM_RT_TRAP_NONE: return "none";
    case WASM_RT_TRAP_OOB: return "access outside the linear memory";
    case WASM_RT_TRAP_INT_OVERFLOW: return "integer overflow";
    case WASM_RT_TRAP_DIV_BY_ZERO: return "integer division by zero";
    case WASM_RT_TRAP_INVALID_CONVERSION: return "conversion from NaN to integer";
    case WASM_RT_TRAP_UNREACHABLE: return "unreachable code";
    case WASM_RT_TRAP_CALL_INDIRECT: return "invalid indirect call";
    case WASM_RT_TRAP_UNCAUGHT_EXCEPTION: return "uncaught exception";
    case WASM_RT_TRAP_EXHAUSTION: return "native stack exhausted";
    }
    return "unknown";
}

static void alt_stack_release(void *base)
{
    const stack_t none = {.ss_flags = SS_DISABLE};

    (void)sigaltstack(&none, NULL);
    (void)munmap(base, ALT_STACK_BYTES);
}

static void thread_stack_find(void)
{
    pthread_attr_t attributes;
    void *low = NULL;
    size_t bytes = 0;

    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
    if (pthread_attr_getstack(&attributes, &low, &bytes) == 0) {
        /* Half of what is asked for still holds every case measured; less is a caller's error
         * that would only show under a hostile vat. */
        assert(bytes >= (size_t)HS_VAT_THREAD_STACK_BYTES / 2);
        thread_stack_low = low;
    }
    (void)pthread_attr_destroy(&attributes);
}

/* A fault in the guard is handled on a stack of its own: the thread's may be the cause. */
static enum hs_status thread_prepare(struct hs_error *err)
{
    stack_t current;
    stack_t mine = {.ss_size = ALT_STACK_BYTES};

    if (thread_prepared) return HS_OK;
    thread_stack_find();
    if (sigaltstack(NULL, &current) != 0) return hs_fail_errno(err, HS_IO, errno, "sigaltstack");
    if (current.ss_flags & SS_DISABLE) {
        mine.ss_sp =
            mmap(NULL, ALT_STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mine.ss_sp == MAP_FAILED) return hs_fail_errno(err, HS_NOMEM, errno, "signal stack");
        if (pthread_setspecific(alt_stack_key, mine.ss_sp) != 0 || sigaltstack(&mine, NULL) != 0) {
            (void)munmap(mine.ss_sp, ALT_STACK_BYTES);
            return hs_fail(err, HS_NOMEM, "cannot install a signal stack");
        }
    }
    thread_prepared = true;
    return HS_OK;
}

enum hs_status wasm_runtime_run(const wasm_rt_memory_t *memory, void (*body)(void *data),
                                void *data, struct hs_error *err)
{
    struct wasm_run run = {.memory = memory, .err = err, .outer = running};
    enum hs_status st = thread_prepare(err);

    if (st != HS_OK) return st;
    /* The signal mask is not saved here, that would cost a call: fault_trap restores it. */
    if (_setjmp(run.out) == 0) {
        running = &run;
        body(data);
    }
    assert(running == &run);
    running = run.outer;
    return run.status;
}

/* --- faults --- */

static void fault_pass_on(const struct sigaction *previous, int number, siginfo_t *info,
                          void *context)
{
    if (previous->sa_flags & SA_SIGINFO) {
        previous->sa_sigaction(number, info, context);
        return;
    }
    if (previous->sa_handler != SIG_DFL && previous->sa_handler != SIG_IGN) {
        previous->sa_handler(number);
        return;
    }
    /* Back to the default and return: the access faults again and ends the process as it should,
     * with the true address in the core. */
    (void)signal(number, SIG_DFL);
}

static bool fault_in_guard(const struct wasm_run *run, const uint8_t *address)
{
    const uint8_t *low = run->memory->data;

    return low && address >= low && (uint64_t)(address - low) < WASM_RESERVED_BYTES;
}

/* The engine's own stack check comes first wherever it checks. Should native recursion escape it,
 * ending the vat is better than ending the process, which would only meet the same message again.
 */
static bool fault_at_stack_end(const uint8_t *address)
{
    return thread_stack_low && address >= thread_stack_low - STACK_END_BYTES &&
           address < thread_stack_low + STACK_END_BYTES;
}

/* Leaves the handler for good, so the signals that were blocked for it are let through again. */
_Noreturn static void fault_trap(const void *context, wasm_rt_trap_t trap)
{
    const ucontext_t *interrupted = context;

    (void)pthread_sigmask(SIG_SETMASK, &interrupted->uc_sigmask, NULL);
    /* What was stored before the fault need not have been said yet: no order binds the two here. */
    written_lines_note(running->memory->data, 0, running->memory->size);
    wasm_rt_trap(trap);
}

static void fault_handle(int number, siginfo_t *info, void *context)
{
    const uint8_t *address = info->si_addr;

    if (running && fault_in_guard(running, address)) fault_trap(context, WASM_RT_TRAP_OOB);
    if (running && fault_at_stack_end(address)) fault_trap(context, WASM_RT_TRAP_EXHAUSTION);
    fault_pass_on(number == SIGSEGV ? &previous_segv : &previous_bus, number, info, context);
}

static enum hs_status handlers_install(struct hs_error *err)
{
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK};

    action.sa_sigaction = fault_handle;
    (void)sigemptyset(&action.sa_mask);
    if (sigaction(SIGSEGV, &action, &previous_segv) != 0) {
        return hs_fail_errno(err, HS_INTERNAL, errno, "install the SIGSEGV handler");
    }
    if (sigaction(SIGBUS, &action, &previous_bus) != 0) {
        (void)sigaction(SIGSEGV, &previous_segv, NULL);
        return hs_fail_errno(err, HS_INTERNAL, errno, "install the SIGBUS handler");
    }
    return HS_OK;
}

enum hs_status wasm_runtime_open(struct hs_error *err)
{
    static bool key_created;
    enum hs_status st = HS_OK;

    (void)pthread_mutex_lock(&runtime_lock);
    if (!key_created) {
        if (pthread_key_create(&alt_stack_key, alt_stack_release) != 0) {
            st = hs_fail(err, HS_NOMEM, "no thread-specific key left");
        } else {
            key_created = true;
        }
    }
    if (st == HS_OK && runtime_users == 0) st = handlers_install(err);
    if (st == HS_OK) runtime_users++;
    (void)pthread_mutex_unlock(&runtime_lock);
    return st;
}

void wasm_runtime_close(void)
{
    (void)pthread_mutex_lock(&runtime_lock);
    assert(runtime_users > 0);
    if (--runtime_users == 0) {
        (void)sigaction(SIGSEGV, &previous_segv, NULL);
        (void)sigaction(SIGBUS, &previous_bus, NULL);
    }
    (void)pthread_mutex_unlock(&runtime_lock);
}

bool wasm_rt_is_initialized(void)
{
    return runtime_users > 0;
}

/* --- function types --- */

static bool func_type_equal(const struct func_type *a, const struct func_type *b)
{
    return a->params == b->params && a->results == b->results &&
           memcmp(a->values, b->values, (a->params + a->results) * sizeof a->values[0]) == 0;
}

uint32_t wasm_rt_register_func_type(uint32_t params, uint32_t results, ...)
{
    struct func_type type = {.params = params, .results = results};
    va_list values;

    assert(params + results <= FUNC_TYPE_VALUES_MAX);
    va_start(values, results);
    for (uint32_t i = 0; i < params + results; i++) {
        type.values[i] = va_arg(values, wasm_rt_type_t);
    }
    va_end(values);
    for (uint32_t i = 0; i < func_types_len; i++) {
        if (func_type_equal(&func_types[i], &type)) return i + 1;
    }
    assert(func_types_len < FUNC_TYPES_MAX);
    func_types[func_types_len] = type;
    return ++func_types_len;
}

/* --- tables --- */

void wasm_rt_allocate_funcref_table(wasm_rt_funcref_table_t *table, uint32_t elements,
                                    uint32_t max_elements)
{
    table->data = calloc(elements, sizeof *table->data);
    if (!table->data) {
        wasm_runtime_leave(hs_fail(wasm_runtime_error(), HS_NOMEM, "no memory for a table"));
    }
    table->size = elements;
    table->max_size = max_elements;
}

void wasm_rt_free_funcref_table(wasm_rt_funcref_table_t *table)
{
    free(table->data);
    table->data = NULL;
}

/* --- memory --- */

static void memory_set_bytes(wasm_rt_memory_t *memory, uint32_t bytes)
{
    memory->size = bytes;
    memory->pages = bytes / HS_WASM_PAGE_BYTES;
}

void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint32_t initial_pages, uint32_t max_pages)
{
    struct hs_error *err = wasm_runtime_error();
    uint8_t *room = address_space_reserve(WRITTEN_LINES_BYTES, WASM_RESERVED_BYTES);
    enum hs_status st;

    if (!room) {
        wasm_runtime_leave(hs_fail_errno(err, HS_NOMEM, errno, "reserve a vat's address space"));
    }
    memory->data = room; /* its owner frees it from here on */
    if (mprotect(room - WRITTEN_LINES_BYTES, WRITTEN_LINES_BYTES, PROT_READ | PROT_WRITE) != 0) {
        wasm_runtime_leave(hs_fail_errno(err, HS_NOMEM, errno, "a vat's written lines"));
    }
    /* Some bytes of it are used: pages of 2 MiB would be a waste. */
    (void)madvise(room - WRITTEN_LINES_BYTES, WRITTEN_LINES_BYTES, MADV_NOHUGEPAGE);
    memory->max_pages = max_pages;
    memory_set_bytes(memory, 0);
    st = wasm_memory_resize(memory, initial_pages * (uint32_t)HS_WASM_PAGE_BYTES, err);
    if (st != HS_OK) wasm_runtime_leave(st); /* the owner frees the instance */
}

/* Over its limit a vat ends, rather than see an out-of-memory exception: what it would do next
 * would depend on a limit that is configuration, and on luck when the machine itself is short. */
uint32_t wasm_rt_grow_memory(wasm_rt_memory_t *memory, uint32_t delta)
{
    uint32_t pages_before = memory->pages;
    uint64_t pages = (uint64_t)pages_before + delta;
    struct hs_error *err = wasm_runtime_error();
    enum hs_status st;

    if (pages > memory->max_pages) {
        wasm_runtime_leave(hs_fail(err, HS_VAT_FAILED, "memory limit of %llu bytes reached",
                                   (unsigned long long)memory->max_pages * HS_WASM_PAGE_BYTES));
    }
    st = wasm_memory_resize(memory, (uint32_t)(pages * HS_WASM_PAGE_BYTES), err);
    if (st != HS_OK) wasm_runtime_leave(st);
    return pages_before;
}

void wasm_rt_free_memory(wasm_rt_memory_t *memory)
{
    if (memory->data) {
        (void)munmap(memory->data - WRITTEN_LINES_BYTES, WRITTEN_LINES_BYTES + WASM_RESERVED_BYTES);
    }
    memory->data = NULL;
}

static void memory_shrink(wasm_rt_memory_t *memory, uint32_t bytes)
{
    uint32_t surplus = memory->size - bytes;
    bool gone;

    /* Dropped pages are zero when they are grown into again. Neither call can be refused: a border
     * moves, no mapping is added. */
    gone = madvise(memory->data + bytes, surplus, MADV_DONTNEED) == 0;
    gone = mprotect(memory->data + bytes, surplus, PROT_NONE) == 0 && gone;
    assert(gone);
    memory_set_bytes(memory, bytes);
}

enum hs_status wasm_memory_resize(wasm_rt_memory_t *memory, uint32_t bytes, struct hs_error *err)
{
    assert(bytes % HS_WASM_PAGE_BYTES == 0);
    assert(bytes <= HS_HEAP_BYTES_MAX);
    if (bytes < memory->size) memory_shrink(memory, bytes);
    if (bytes > memory->size) {
        const uint32_t added = bytes - memory->size;

        if (mprotect(memory->data + memory->size, added, PROT_READ | PROT_WRITE) != 0) {
            return hs_fail_errno(err, HS_NOMEM, errno, "grow a vat's memory");
        }
        written_lines_note(memory->data, memory->size, added);
        memory_set_bytes(memory, bytes);
    }
    return HS_OK;
}

void wasm_memory_zero(wasm_rt_memory_t *memory)
{
    uint32_t bytes = memory->size;

    if (madvise(memory->data, bytes, MADV_DONTNEED) != 0) memset(memory->data, 0, bytes);
}
