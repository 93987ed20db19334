/* Wasm runtime: traps end a run and nothing else; faults of others are none of its business. */
#include "tests/unit/vat/rig.h"

#include "kernel/vat/wasm_runtime.h"
#include "kernel/vat/written_lines.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WASM_PAGE = HS_WASM_PAGE_BYTES };

static wasm_rt_memory_t memory;

static void allocate_body(void *data)
{
    (void)data;
    wasm_rt_allocate_memory(&memory, 2, 4);
}

static void runtime_start(void)
{
    CU_ASSERT_EQUAL_FATAL(wasm_runtime_open(NULL), HS_OK);
    memory = (wasm_rt_memory_t){0};
    CU_ASSERT_EQUAL_FATAL(wasm_runtime_run(&memory, allocate_body, NULL, NULL), HS_OK);
    CU_ASSERT_EQUAL(memory.size, 2 * WASM_PAGE);
}

static void runtime_stop(void)
{
    wasm_rt_free_memory(&memory);
    wasm_runtime_close();
}

static void touch_body(void *data)
{
    volatile uint8_t *byte = memory.data + *(uint64_t *)data;

    *byte = 1;
}

static void run__access_past_the_memory_is_a_trap(void)
{
    static uint64_t offsets[] = {2 * WASM_PAGE, UINT64_C(1) << 30, UINT64_C(0xffffffff),
                                 UINT64_C(0x1fffffffe)};
    struct hs_error err;

    runtime_start();
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        CU_ASSERT_EQUAL(wasm_runtime_run(&memory, touch_body, &offsets[i], &err), HS_VAT_FAILED);
        CU_ASSERT_STRING_EQUAL(err.text, "trap: access outside the linear memory");
    }
    offsets[0] = 2 * WASM_PAGE - 1;
    CU_ASSERT_EQUAL(wasm_runtime_run(&memory, touch_body, &offsets[0], &err), HS_OK);
    CU_ASSERT_EQUAL(memory.data[offsets[0]], 1);
    runtime_stop();
}

static void lines_count(void *data, size_t first, size_t len)
{
    (void)first;
    *(size_t *)data += len;
}

/* A compiler may put what says so of a store behind the access that faults. */
static void run__fault_may_have_hidden_any_write(void)
{
    uint64_t past = 2 * WASM_PAGE;
    size_t lines = 0;

    runtime_start();
    written_lines_take(memory.data, memory.size, lines_count, &lines);
    lines = 0;
    CU_ASSERT_EQUAL(wasm_runtime_run(&memory, touch_body, &past, NULL), HS_VAT_FAILED);
    written_lines_take(memory.data, memory.size, lines_count, &lines);
    CU_ASSERT_EQUAL(lines, memory.size / HS_HEAP_LINE_BYTES);
    runtime_stop();
}

static void leave_body(void *data)
{
    wasm_runtime_leave(hs_fail(wasm_runtime_error(), *(enum hs_status *)data, "enough"));
}

static void nest_body(void *data)
{
    enum hs_status inner = HS_DIVERGED;

    /* Another instance's run inside this one: each returns where it began. */
    CU_ASSERT_EQUAL(wasm_runtime_run(&memory, leave_body, &inner, NULL), HS_DIVERGED);
    leave_body(data);
}

static void run__left_from_any_depth_returns_the_status(void)
{
    enum hs_status status = HS_IO;
    struct hs_error err;

    runtime_start();
    CU_ASSERT_EQUAL(wasm_runtime_run(&memory, nest_body, &status, &err), HS_IO);
    CU_ASSERT_STRING_EQUAL(err.text, "enough");
    CU_ASSERT_EQUAL(wasm_runtime_run(&memory, leave_body, &status, NULL), HS_IO);
    runtime_stop();
}

static void grow_body(void *data)
{
    *(uint32_t *)data = wasm_rt_grow_memory(&memory, 1);
}

static void memory__grows_to_its_limit_and_then_ends_the_run(void)
{
    uint32_t pages_before = 0;
    struct hs_error err;

    runtime_start();
    for (uint32_t pages = 2; pages < 4; pages++) {
        CU_ASSERT_EQUAL(wasm_runtime_run(&memory, grow_body, &pages_before, &err), HS_OK);
        CU_ASSERT_EQUAL(pages_before, pages);
        CU_ASSERT_EQUAL(memory.size, (pages + 1) * WASM_PAGE);
    }
    CU_ASSERT_EQUAL(wasm_runtime_run(&memory, grow_body, &pages_before, &err), HS_VAT_FAILED);
    CU_ASSERT_STRING_EQUAL(err.text, "memory limit of 262144 bytes reached");
    CU_ASSERT_EQUAL(memory.pages, 4);
    runtime_stop();
}

static void memory__shrunk_and_grown_again_is_zero(void)
{
    uint64_t offset = WASM_PAGE + 5;

    runtime_start();
    memset(memory.data, 7, memory.size);
    CU_ASSERT_EQUAL(wasm_memory_resize(&memory, WASM_PAGE, NULL), HS_OK);
    CU_ASSERT_EQUAL(wasm_runtime_run(&memory, touch_body, &offset, NULL), HS_VAT_FAILED);
    CU_ASSERT_EQUAL(wasm_memory_resize(&memory, 3 * WASM_PAGE, NULL), HS_OK);
    CU_ASSERT_EQUAL(memory.data[WASM_PAGE - 1], 7);
    for (size_t i = WASM_PAGE; i < memory.size; i++) {
        if (memory.data[i] != 0) CU_FAIL("a byte came back");
    }
    wasm_memory_zero(&memory);
    CU_ASSERT_EQUAL(memory.data[0], 0);
    CU_ASSERT_EQUAL(memory.size, 3 * WASM_PAGE);
    runtime_stop();
}

/* Recursion that no check of the engine sees. */
static uint64_t recurse(volatile uint64_t *depth)
{
    volatile uint64_t here[64];

    if (++*depth == UINT64_MAX) return 0; /* never, but the compiler cannot know */
    here[*depth % 64] = *depth;
    return recurse(depth) + here[(*depth + 1) % 64];
}

static void recurse_body(void *data)
{
    *(uint64_t *)data = recurse(data);
}

static void run__native_stack_overflow_is_a_trap(void)
{
    uint64_t depth = 0;
    struct hs_error err;

    runtime_start();
    CU_ASSERT_EQUAL(wasm_runtime_run(&memory, recurse_body, &depth, &err), HS_VAT_FAILED);
    CU_ASSERT_STRING_EQUAL(err.text, "trap: native stack exhausted");
    CU_ASSERT(depth > 10000);
    depth = 0;
    CU_ASSERT_EQUAL(wasm_runtime_run(&memory, recurse_body, &depth, &err), HS_VAT_FAILED);
    runtime_stop();
}

/* --- faults of others --- */

static sigjmp_buf fault_out;

static void fault_note(int number)
{
    siglongjmp(fault_out, number);
}

static void fault_elsewhere(void *data)
{
    *(volatile char *)data = 1;
}

static void fault__elsewhere_goes_to_the_handler_before(void)
{
    struct sigaction mine = {.sa_handler = fault_note}, before, after;
    void *trap = mmap(NULL, HS_HEAP_PAGE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CU_ASSERT_FATAL(trap != MAP_FAILED);
    CU_ASSERT_EQUAL(sigaction(SIGSEGV, &mine, &before), 0);
    CU_ASSERT_EQUAL(wasm_runtime_open(NULL), HS_OK);
    if (sigsetjmp(fault_out, 1) == 0) {
        fault_elsewhere(trap);
        CU_FAIL("no fault");
    }
    wasm_runtime_close();
    CU_ASSERT_EQUAL(sigaction(SIGSEGV, &before, &after), 0);
    CU_ASSERT_PTR_EQUAL(after.sa_handler, fault_note); /* closing put it back */
    (void)munmap(trap, HS_HEAP_PAGE_BYTES);
}

static void fault__elsewhere_during_a_run_ends_the_process(void)
{
    void *trap = mmap(NULL, HS_HEAP_PAGE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int status = 0;
    pid_t pid;

    runtime_start();
    pid = fork();
    if (pid == 0) {
        (void)!freopen("/dev/null", "w", stderr); /* a sanitizer has much to say about it */
        (void)!wasm_runtime_run(&memory, fault_elsewhere, trap, NULL);
        _exit(0);
    }
    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    CU_ASSERT(!WIFEXITED(status) || WEXITSTATUS(status) != 0);
    runtime_stop();
    (void)munmap(trap, HS_HEAP_PAGE_BYTES);
}

/* Take all mappings that the system gives a process. */
static bool exhaust_mappings(void)
{
    const size_t page = HS_HEAP_PAGE_BYTES, pages = 200000;
    char *all =
        mmap(NULL, pages * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (all == MAP_FAILED) return false;
    for (size_t i = 1; i < pages; i += 2) {
        if (mprotect(all + i * page, page, PROT_READ) != 0) break;
    }
    for (int i = 0; i < 8; i++) {
        int protection = i % 2 == 0 ? PROT_READ : PROT_NONE;

        if (mmap(NULL, page, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED) {
            return true;
        }
    }
    return false;
}

/* In a process of its own, which ends with what went wrong. */
static int resize_without_mappings(uint32_t wasm_pages)
{
    const uint32_t before = 64;

    if (wasm_memory_resize(&memory, before * WASM_PAGE, NULL) != HS_OK) return 1;
    if (!exhaust_mappings()) return SUITE_SKIPPED;
    if (wasm_memory_resize(&memory, wasm_pages * WASM_PAGE, NULL) != HS_OK) return 2;
    if (memory.size != wasm_pages * WASM_PAGE) return 3;
    if (wasm_memory_resize(&memory, 2 * before * WASM_PAGE, NULL) != HS_OK) return 4;
    return memory.data[memory.size - 1] == 0 ? 0 : 5;
}

static void memory__resized_where_no_more_mappings_are_given(void)
{
    static const uint32_t sizes[] = {13, 65}; /* smaller; larger */
    int status = 0;
    pid_t pid;

    runtime_start();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        pid = fork();
        if (pid == 0) _exit(resize_without_mappings(sizes[i]));
        CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
        CU_ASSERT_FATAL(WIFEXITED(status));
        if (WEXITSTATUS(status) == SUITE_SKIPPED) {
            SUITE_SKIP("a process may have more mappings than this test can make");
            break;
        }
        CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
    }
    runtime_stop();
}

static const struct suite_case cases[] = {
    SUITE_CASE(run__access_past_the_memory_is_a_trap),
    SUITE_CASE(run__fault_may_have_hidden_any_write),
    SUITE_CASE(run__left_from_any_depth_returns_the_status),
    SUITE_CASE(memory__grows_to_its_limit_and_then_ends_the_run),
    SUITE_CASE(memory__shrunk_and_grown_again_is_zero),
    SUITE_CASE(memory__resized_where_no_more_mappings_are_given),
    SUITE_CASE(run__native_stack_overflow_is_a_trap),
    SUITE_CASE(fault__elsewhere_goes_to_the_handler_before),
    SUITE_CASE(fault__elsewhere_during_a_run_ends_the_process),
};

int main(int argc, char **argv)
{
    return RIG_MAIN("wasm runtime", cases, argc, argv);
}
