/* Heaps: marks, changes, images. A vat that went any way round must equal the twin that never did,
 * byte for byte, now and after whatever comes next. */
#include "tests/unit/vat/image_keeper.h"
#include "tests/unit/vat/rig.h"

#include "kernel/vat/boot_image.h"

/* A program whose heap grows, shrinks and keeps many small things. */
static const char program[] =
    "export const buildRootObject = () => { const m = new Map(); let big = [];\n"
    "  return Far('root', {\n"
    "    put(k, v) { m.set(k, { v, at: m.size }); return m.size; }, get: k => m.get(k)?.v,\n"
    "    drop: k => m.delete(k), grow(n) { big.push(new Uint8Array(n).fill(7)); },\n"
    "    shed() { big = []; }, sum() { let s = 0; for (const x of m.values()) s += x.at; return s; "
    "},\n"
    "    fail() { throw Error('x'); }, loop() { for (;;); } }); };";

static void step(struct rig *r, uint64_t *random)
{
    char body[64];
    uint64_t n = suite_random(random);

    switch (n % 6) {
    case 0:
    case 1:
    case 2:
        (void)snprintf(body, sizeof body, "['put',['k%u',%u]]", (unsigned)(n >> 8) % 500,
                       (unsigned)(n >> 32));
        break;
    case 3: (void)snprintf(body, sizeof body, "['drop',['k%u']]", (unsigned)(n >> 8) % 500); break;
    case 4: (void)snprintf(body, sizeof body, "['grow',[%u]]", (unsigned)(n >> 8) % 30000); break;
    default: (void)snprintf(body, sizeof body, "['%s',[]]", n & 256 ? "sum" : "fail"); break;
    }
    CU_ASSERT_EQUAL(rig_call(r, body, "[]"), HS_OK);
}

static void steps(struct rig *r, uint64_t *random, int count)
{
    for (int i = 0; i < count; i++)
        step(r, random);
}

static void check_equal(const struct rig *a, const struct rig *b)
{
    CU_ASSERT_EQUAL(vat_heap_bytes(a->vat), vat_heap_bytes(b->vat));
    CU_ASSERT_STRING_EQUAL(rig_heap(a), rig_heap(b));
}

static void vat__same_commands_make_equal_heaps(void)
{
    struct rig a, b;
    uint64_t seed = suite_seed(), random_a = seed, random_b = seed;

    rig_start(&a, program);
    rig_start(&b, program);
    check_equal(&a, &b);
    for (int i = 0; i < 20; i++) {
        steps(&a, &random_a, 10);
        steps(&b, &random_b, 10);
        check_equal(&a, &b);
    }
    step(&a, &random_a);
    CU_ASSERT_STRING_NOT_EQUAL(rig_heap(&a), rig_heap(&b));
    rig_close(&a);
    rig_close(&b);
}

static void vat__name_and_limits_leave_no_trace_in_the_heap(void)
{
    struct vat_limits small = {.ticks_max = 100, .heap_bytes_max = 16 << 20};
    struct vat *a = NULL, *b = NULL;
    char hex_a[SHA256_HEX_BYTES], hex_b[SHA256_HEX_BYTES];

    CU_ASSERT_EQUAL_FATAL(
        vat_open(rig_engine(), VAT_ENGINE_FIRST, "v1", vat_limits_default(), &a, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(vat_open(rig_engine(), VAT_ENGINE_FIRST, "v4294967295", small, &b, NULL),
                          HS_OK);
    CU_ASSERT_EQUAL(vat_heap_sha256(a, hex_a, NULL), HS_OK);
    CU_ASSERT_EQUAL(vat_heap_sha256(b, hex_b, NULL), HS_OK);
    CU_ASSERT_STRING_EQUAL(hex_a, hex_b);
    CU_ASSERT_STRING_EQUAL(vat_id(b), "v4294967295");
    vat_close(a);
    vat_close(b);
}

static void mark__going_back_undoes_everything_since(void)
{
    struct rig a, b;
    uint64_t random_a = suite_seed(), random_b = random_a, other = 1;

    rig_start(&a, program);
    rig_start(&b, program);
    for (int round = 0; round < 8; round++) {
        char before[SHA256_HEX_BYTES];
        uint64_t bytes = vat_heap_bytes(a.vat);

        vat_mark(a.vat);
        (void)snprintf(before, sizeof before, "%s", rig_heap(&a));
        steps(&a, &other, 25);
        CU_ASSERT_STRING_NOT_EQUAL(rig_heap(&a), before);
        vat_back_to_mark(a.vat);
        CU_ASSERT_EQUAL(vat_heap_bytes(a.vat), bytes);
        CU_ASSERT_STRING_EQUAL(rig_heap(&a), before);
        steps(&a, &random_a, 15);
        steps(&b, &random_b, 15);
        check_equal(&a, &b);
    }
    rig_close(&a);
    rig_close(&b);
}

static void mark__going_back_shrinks_and_growing_again_finds_zeros(void)
{
    struct rig a, b;

    rig_start(&a, program);
    rig_start(&b, program);
    vat_mark(a.vat);
    CU_ASSERT_EQUAL(rig_call(&a, "['grow',[3000000]]", "[]"), HS_OK);
    CU_ASSERT(vat_heap_bytes(a.vat) > vat_heap_bytes(b.vat));
    vat_back_to_mark(a.vat);
    check_equal(&a, &b);
    CU_ASSERT_EQUAL(rig_call(&a, "['grow',[2000000]]", "[]"), HS_OK);
    CU_ASSERT_EQUAL(rig_call(&b, "['grow',[2000000]]", "[]"), HS_OK);
    check_equal(&a, &b);
    rig_close(&a);
    rig_close(&b);
}

static void mark__never_made_is_the_boot(void)
{
    struct rig r;
    char boot[SHA256_HEX_BYTES];

    rig_open(&r, vat_limits_default());
    (void)snprintf(boot, sizeof boot, "%s", rig_heap(&r));
    CU_ASSERT_EQUAL(rig_set_bundle(&r, program), HS_OK);
    CU_ASSERT_STRING_NOT_EQUAL(rig_heap(&r), boot);
    vat_back_to_mark(r.vat);
    CU_ASSERT_STRING_EQUAL(rig_heap(&r), boot);
    CU_ASSERT_EQUAL(rig_set_bundle(&r, program), HS_OK);
    CU_ASSERT_STRING_EQUAL(buffer_text(&r.result), "['dispatchReady']");
    rig_close(&r);
}

static void mark__failed_vat_comes_back_whole(void)
{
    struct vat_limits limits = {.ticks_max = 500, .heap_bytes_max = 32 << 20};
    struct rig a, b;
    uint64_t random_a = 7, random_b = 7;

    rig_start_limited(&a, program, limits);
    rig_start(&b, program);
    vat_mark(a.vat);
    CU_ASSERT_EQUAL(rig_call_plain(&a, "loop"), HS_VAT_FAILED);
    vat_back_to_mark(a.vat);
    check_equal(&a, &b);
    CU_ASSERT_EQUAL(rig_call(&a, "['grow',[64000000]]", "[]"), HS_VAT_FAILED);
    vat_back_to_mark(a.vat);
    check_equal(&a, &b);
    steps(&a, &random_a, 10);
    steps(&b, &random_b, 10);
    check_equal(&a, &b);
    rig_close(&a);
    rig_close(&b);
}

/* The engine stores numbers at any address, also over a page's end. Backwards, so that nothing else
 * touches the page behind. */
static void mark__store_over_a_page_end_is_undone(void)
{
    static const char scribbler[] =
        "export const buildRootObject = () => { const d = new DataView(new ArrayBuffer(20480));\n"
        "  return Far('root', { write(at) { d.setFloat64(at, -1.1); } }); };";
    char before[SHA256_HEX_BYTES], body[64];
    struct rig r;

    rig_start(&r, scribbler);
    vat_mark(r.vat);
    (void)snprintf(before, sizeof before, "%s", rig_heap(&r));
    for (int at = 12288; at > 4096; at--) {
        (void)snprintf(body, sizeof body, "['write',[%d]]", at);
        CU_ASSERT_EQUAL(rig_call(&r, body, "[]"), HS_OK);
        vat_back_to_mark(r.vat);
    }
    CU_ASSERT_STRING_EQUAL(rig_heap(&r), before);
    rig_close(&r);
}

/* What a vat is handed is written into its memory by us, not by the engine: over many lines. */
static void mark__long_argument_is_undone(void)
{
    enum { LETTERS = 20000 };
    static const char listener[] =
        "export const buildRootObject = () => Far('root', { hear(x) { return x.length; } });";
    static char body[LETTERS + 64];
    char before[SHA256_HEX_BYTES];
    struct rig r;
    int len;

    rig_start(&r, listener);
    vat_mark(r.vat);
    (void)snprintf(before, sizeof before, "%s", rig_heap(&r));
    len = snprintf(body, sizeof body, "['hear',['");
    memset(body + len, 'x', LETTERS);
    (void)snprintf(body + len + LETTERS, sizeof body - (size_t)len - LETTERS, "']]");
    CU_ASSERT_EQUAL(rig_call(&r, body, "[]"), HS_OK);
    vat_back_to_mark(r.vat);
    CU_ASSERT_STRING_EQUAL(rig_heap(&r), before);
    rig_close(&r);
}

static size_t process_mappings(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    size_t lines = 0;

    CU_ASSERT_FATAL(maps != NULL);
    for (int c = fgetc(maps); c != EOF; c = fgetc(maps)) {
        lines += c == '\n';
    }
    (void)fclose(maps);
    return lines;
}

/* A vat that writes a word here and there leaves the process mappings for others. */
static void vat__scattered_writes_take_no_mappings(void)
{
    static const char scatterer[] =
        "export const buildRootObject = () => { const b = new Uint8Array(16 << 20);\n"
        "  return Far('root', { write(from) {\n"
        "    for (let at = from; at < b.length; at += 16384) b[at] += 1; } }); };";
    size_t before;
    struct rig r;

    rig_start(&r, scatterer);
    vat_mark(r.vat);
    before = process_mappings();
    for (int round = 0; round < 4; round++) {
        CU_ASSERT_EQUAL(rig_call(&r, round % 2 ? "['write',[4096]]" : "['write',[0]]", "[]"),
                        HS_OK);
        vat_mark(r.vat);
        CU_ASSERT(process_mappings() < before + 64);
    }
    rig_close(&r);
}

/* --- changes and images --- */

static void keep(struct rig *r, struct image_keeper *k, bool whole)
{
    struct heap_changes changes;

    CU_ASSERT_EQUAL_FATAL(vat_changes_take(r->vat, &changes, NULL), HS_OK);
    CU_ASSERT_EQUAL(changes.whole, whole);
    CU_ASSERT_STRING_EQUAL(changes.info.vat_id, "v1");
    for (size_t i = 1; i < changes.len; i++) {
        CU_ASSERT(changes.numbers[i - 1] < changes.numbers[i]);
    }
    image_keeper_apply(k, &changes);
    heap_changes_fini(&changes);
}

static void restore(struct rig *r, struct image_keeper *k)
{
    struct heap_image_info info;

    memset(r, 0, sizeof *r);
    CU_ASSERT_EQUAL_FATAL(k->source.ops->find(&k->source, "v1", &info, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(vat_open_image(rig_engine(), VAT_ENGINE_FIRST, vat_limits_default(),
                                         &k->source, &info, &r->vat, &r->err),
                          HS_OK);
    CU_ASSERT_STRING_EQUAL(vat_id(r->vat), "v1");
}

static void image__restored_vat_goes_on_as_the_twin(void)
{
    struct rig a, b;
    struct image_keeper k;
    uint64_t seed = suite_seed(), random_a = seed, random_b = seed;

    image_keeper_init(&k);
    rig_start(&a, program);
    for (int round = 0; round < 6; round++) {
        steps(&a, &random_a, 20);
        random_b = random_a;
        vat_mark(a.vat);
        keep(&a, &k, round == 0);
        restore(&b, &k);
        check_equal(&a, &b);
        steps(&b, &random_b, 20);
        vat_back_to_mark(b.vat); /* its mark is the image */
        random_b = random_a;
        check_equal(&a, &b);
        steps(&a, &random_a, 20);
        steps(&b, &random_b, 20);
        check_equal(&a, &b);
        rig_close(&b);
    }
    rig_close(&a);
    image_keeper_fini(&k);
}

static void image__restored_vat_gives_only_what_changed(void)
{
    struct rig a, b, c;
    struct image_keeper k;
    uint64_t random = suite_seed();

    image_keeper_init(&k);
    rig_start(&a, program);
    steps(&a, &random, 50);
    vat_mark(a.vat);
    keep(&a, &k, true);
    restore(&b, &k);
    keep(&b, &k, false); /* nothing yet */
    steps(&b, &random, 50);
    vat_mark(b.vat);
    steps(&b, &random, 5); /* not in the mark */
    keep(&b, &k, false);
    restore(&c, &k);
    vat_back_to_mark(b.vat);
    check_equal(&b, &c);
    rig_close(&a);
    rig_close(&b);
    rig_close(&c);
    image_keeper_fini(&k);
}

static void changes__given_back_are_taken_again(void)
{
    struct rig a, b;
    struct image_keeper k;
    struct heap_changes lost;
    uint64_t random = suite_seed();

    image_keeper_init(&k);
    rig_start(&a, program);
    CU_ASSERT_EQUAL(vat_changes_take(a.vat, &lost, NULL), HS_OK); /* the boot: whole */
    CU_ASSERT(lost.whole && lost.len > 0);
    vat_changes_give_back(a.vat, &lost);
    heap_changes_fini(&lost);
    vat_mark(a.vat);
    keep(&a, &k, true);
    steps(&a, &random, 20);
    vat_mark(a.vat);
    CU_ASSERT_EQUAL(vat_changes_take(a.vat, &lost, NULL), HS_OK);
    CU_ASSERT(!lost.whole && lost.len > 0);
    steps(&a, &random, 20);
    vat_mark(a.vat);
    vat_changes_give_back(a.vat, &lost);
    heap_changes_fini(&lost);
    keep(&a, &k, false);
    restore(&b, &k);
    check_equal(&a, &b);
    keep(&a, &k, false);
    CU_ASSERT_EQUAL(vat_changes_take(a.vat, &lost, NULL), HS_OK);
    CU_ASSERT_EQUAL(lost.len, 0);
    heap_changes_fini(&lost);
    rig_close(&a);
    rig_close(&b);
    image_keeper_fini(&k);
}

static void image__damaged_is_refused(void)
{
    struct rig a;
    struct image_keeper k;
    struct heap_image_info info;
    struct vat *v = NULL;

    image_keeper_init(&k);
    rig_start(&a, program);
    vat_mark(a.vat);
    keep(&a, &k, true);
    k.damaged = true;
    CU_ASSERT_EQUAL(vat_open_image(rig_engine(), VAT_ENGINE_FIRST, vat_limits_default(), &k.source,
                                   &k.info, &v, &a.err),
                    HS_CORRUPT);
    k.damaged = false;
    info = k.info;
    info.page_count = 0;
    CU_ASSERT_EQUAL(vat_open_image(rig_engine(), VAT_ENGINE_FIRST, vat_limits_default(), &k.source,
                                   &info, &v, NULL),
                    HS_CORRUPT);
    info.page_count = UINT32_MAX;
    CU_ASSERT_EQUAL(vat_open_image(rig_engine(), VAT_ENGINE_FIRST, vat_limits_default(), &k.source,
                                   &info, &v, NULL),
                    HS_CORRUPT);
    info = k.info;
    info.page_count++;
    CU_ASSERT_EQUAL(vat_open_image(rig_engine(), VAT_ENGINE_FIRST, vat_limits_default(), &k.source,
                                   &info, &v, NULL),
                    HS_CORRUPT);
    info = k.info;
    info.stack_pointer = UINT32_MAX;
    CU_ASSERT_EQUAL(vat_open_image(rig_engine(), VAT_ENGINE_FIRST, vat_limits_default(), &k.source,
                                   &info, &v, NULL),
                    HS_CORRUPT);
    CU_ASSERT_PTR_NULL(v);
    rig_close(&a);
    image_keeper_fini(&k);
}

/* How a vat is entered lies neither where its stack could run over it, nor anywhere that it
 * decides: whatever is in its memory, its image opens, and its next command ends it, here as
 * elsewhere. */
static void image__with_overrun_memory_opens_and_ends_at_a_command(void)
{
    struct rig a, b;
    struct image_keeper k;
    const struct boot_image *booted = NULL;

    image_keeper_init(&k);
    rig_start(&a, program);
    vat_mark(a.vat);
    keep(&a, &k, true);
    memset(k.pages, 0xaa, 16 << 10); /* all that a stack may not reach */
    restore(&b, &k);
    CU_ASSERT_EQUAL(rig_call_plain(&b, "sum"), HS_OK);
    rig_close(&b);

    CU_ASSERT_EQUAL_FATAL(vat_engine_boot_image(rig_engine(), VAT_ENGINE_FIRST, &booted, NULL),
                          HS_OK);
    k.pages[booted->entry.turn.handle] ^= 8; /* another object */
    restore(&b, &k);
    CU_ASSERT_EQUAL(rig_call_plain(&b, "sum"), HS_VAT_FAILED);
    CU_ASSERT_STRING_EQUAL(b.err.text, "the supervisor's entry is gone from the vat's memory");
    rig_close(&a);
    rig_close(&b);
    image_keeper_fini(&k);
}

static void image__wild_bytes_end_the_vat_not_the_process(void)
{
    struct rig a, b;
    struct image_keeper k;
    uint64_t random = suite_seed();

    image_keeper_init(&k);
    rig_start(&a, program);
    vat_mark(a.vat);
    keep(&a, &k, true);
    restore(&b, &k);
    rig_close(&b);
    for (int round = 0; round < 60; round++) {
        size_t bytes = (size_t)k.info.page_count * HS_HEAP_PAGE_BYTES;
        char *copy = malloc(bytes);

        CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
        memcpy(copy, k.pages, bytes);
        for (int i = 0; i < 2000; i++) {
            /* Above the stack, where all data lies. */
            size_t at = (1 << 20) + suite_random(&random) % (bytes - (1 << 20));

            k.pages[at] = (char)suite_random(&random);
        }
        restore(&b, &k);
        for (int i = 0; i < 5; i++) {
            enum hs_status st = rig_call_plain(&b, "sum");

            CU_ASSERT(st == HS_OK || st == HS_VAT_FAILED || st == HS_TOO_LARGE);
        }
        rig_close(&b);
        memcpy(k.pages, copy, bytes);
        free(copy);
    }
    CU_ASSERT_EQUAL(rig_call_plain(&a, "sum"), HS_OK);
    rig_close(&a);
    image_keeper_fini(&k);
}

static uint64_t twin_seed;

static void *twin_on_a_thread(void *index)
{
    static char digests[8][SHA256_HEX_BYTES];
    size_t i = *(size_t *)index;
    struct rig r;
    uint64_t random = twin_seed;

    rig_start(&r, program);
    for (int round = 0; round < 5; round++) {
        steps(&r, &random, 10);
        vat_mark(r.vat);
        (void)rig_call_plain(&r, "shed");
        vat_back_to_mark(r.vat);
    }
    (void)snprintf(digests[i], sizeof digests[i], "%s", rig_heap(&r));
    rig_close(&r);
    return digests[i];
}

static const char *thread_digests[8];

static void *twin_body(void *index)
{
    thread_digests[*(size_t *)index] = twin_on_a_thread(index);
    return NULL;
}

static void vat__several_threads_run_alike(void)
{
    twin_seed = suite_seed();
    rig_threads(8, twin_body);
    for (size_t i = 1; i < 8; i++)
        CU_ASSERT_STRING_EQUAL(thread_digests[0], thread_digests[i]);
}

static void vat__memory_is_about_twice_the_heap(void)
{
    struct rig r;

    rig_start(&r, program);
    CU_ASSERT_EQUAL(rig_call(&r, "['grow',[20000000]]", "[]"), HS_OK);
    vat_mark(r.vat);
    CU_ASSERT(vat_memory_bytes(r.vat) >= 2 * vat_heap_bytes(r.vat));
    CU_ASSERT(vat_memory_bytes(r.vat) * 10 <= 22 * vat_heap_bytes(r.vat));
    rig_close(&r);
}

/* What stands beside the heap is counted: a byte a line for what was written, and from the first
 * savepoint on a pointer a line. */
static void vat__memory_has_what_is_kept_of_lines(void)
{
    struct rig r;
    uint64_t lines, before;

    rig_start(&r, program);
    CU_ASSERT_EQUAL(rig_call(&r, "['grow',[20000000]]", "[]"), HS_OK);
    vat_mark(r.vat);
    lines = vat_heap_bytes(r.vat) / HS_HEAP_LINE_BYTES;
    before = vat_memory_bytes(r.vat);
    CU_ASSERT(before >= 2 * vat_heap_bytes(r.vat) + lines +
                            HS_HEAP_BYTES_MAX / HS_HEAP_LINE_BYTES / 8 +
                            HS_HEAP_BYTES_MAX / HS_HEAP_PAGE_BYTES / 8);
    CU_ASSERT_EQUAL(vat_savepoint(r.vat, 1, 1, NULL), HS_OK);
    CU_ASSERT(vat_memory_bytes(r.vat) >= before + lines * sizeof(void *));
    rig_close(&r);
}

static const struct suite_case cases[] = {
    SUITE_CASE(vat__same_commands_make_equal_heaps),
    SUITE_CASE(vat__name_and_limits_leave_no_trace_in_the_heap),
    SUITE_CASE(mark__going_back_undoes_everything_since),
    SUITE_CASE(mark__going_back_shrinks_and_growing_again_finds_zeros),
    SUITE_CASE(mark__never_made_is_the_boot),
    SUITE_CASE(mark__store_over_a_page_end_is_undone),
    SUITE_CASE(mark__long_argument_is_undone),
    SUITE_CASE(vat__scattered_writes_take_no_mappings),
    SUITE_CASE(mark__failed_vat_comes_back_whole),
    SUITE_CASE(image__restored_vat_goes_on_as_the_twin),
    SUITE_CASE(image__restored_vat_gives_only_what_changed),
    SUITE_CASE(changes__given_back_are_taken_again),
    SUITE_CASE(image__damaged_is_refused),
    SUITE_CASE(image__with_overrun_memory_opens_and_ends_at_a_command),
    SUITE_CASE(image__wild_bytes_end_the_vat_not_the_process),
    SUITE_CASE(vat__several_threads_run_alike),
    SUITE_CASE(vat__memory_is_about_twice_the_heap),
    SUITE_CASE(vat__memory_has_what_is_kept_of_lines),
};

int main(int argc, char **argv)
{
    return RIG_MAIN("vat heap", cases, argc, argv);
}
