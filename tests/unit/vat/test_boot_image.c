/* Boot images: a cache that may be missing, damaged, full or shared, and never changes a heap. */
#include "tests/unit/scratch.h"
#include "tests/unit/vat/rig.h"

#include "kernel/state/fault.h"
#include "kernel/vat/boot_image.h"

/* The digest of a fresh vat's heap, with its own engine over `dir`. */
static void boot_digest(const char *dir, char hex[SHA256_HEX_BYTES])
{
    struct vat_engine *e = NULL;
    struct vat *v = NULL;

    CU_ASSERT_EQUAL_FATAL(vat_engine_open(disk_system(), dir, &e, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(vat_open(e, VAT_ENGINE_FIRST, "v1", vat_limits_default(), &v, NULL),
                          HS_OK);
    CU_ASSERT_EQUAL(vat_heap_sha256(v, hex, NULL), HS_OK);
    vat_close(v);
    vat_engine_close(e);
}

static struct scratch_path only_file(const char *dir)
{
    static struct scratch_listing listing;

    scratch_list(dir, &listing);
    CU_ASSERT_EQUAL_FATAL(listing.len, 1); /* no temporary file is left either */
    return scratch_join(dir, listing.names[0]);
}

static void boot_image__from_cache_equals_booted(void)
{
    struct scratch_path dir = scratch_make();
    struct scratch_path images = scratch_join(dir.text, "made");
    char booted[SHA256_HEX_BYTES], cached[SHA256_HEX_BYTES], plain[SHA256_HEX_BYTES];
    struct scratch_path file;

    boot_digest(NULL, plain);
    boot_digest(images.text, booted);
    file = only_file(images.text);
    CU_ASSERT_PTR_NOT_NULL(strstr(file.text, vat_engine_id_at(rig_engine(), VAT_ENGINE_FIRST)));
    boot_digest(images.text, cached);
    CU_ASSERT_STRING_EQUAL(plain, booted);
    CU_ASSERT_STRING_EQUAL(plain, cached);
    scratch_remove(dir);
}

static void boot_image__damaged_file_costs_a_boot_only(void)
{
    struct scratch_path dir = scratch_make();
    char booted[SHA256_HEX_BYTES], again[SHA256_HEX_BYTES];
    struct buffer good = {0}, bad = {0};
    struct scratch_path file;
    uint64_t random = suite_seed();

    boot_digest(dir.text, booted);
    file = only_file(dir.text);
    scratch_read(file.text, &good);
    for (int i = 0; i < 12; i++) {
        size_t at = suite_random(&random) % good.len;

        CU_ASSERT_EQUAL(buffer_assign(&bad, buffer_slice(&good)), HS_OK);
        if (i % 3 == 0) bad.len = at;
        bad.data[at] = (char)(bad.data[at] ^ 1 << (i % 8));
        scratch_write(file.text, buffer_slice(&bad));
        boot_digest(dir.text, again);
        CU_ASSERT_STRING_EQUAL(booted, again);
        scratch_read(only_file(dir.text).text, &bad); /* and it was put right */
        CU_ASSERT(slice_equal(buffer_slice(&bad), buffer_slice(&good)));
    }
    buffer_fini(&good);
    buffer_fini(&bad);
    scratch_remove(dir);
}

static void boot_image__unwritable_cache_is_done_without(void)
{
    struct scratch_path dir = scratch_make();
    char booted[SHA256_HEX_BYTES], plain[SHA256_HEX_BYTES];

    boot_digest(NULL, plain);
    fault_arm("vat.boot_image.write:1:ENOSPC");
    boot_digest(dir.text, booted);
    fault_arm(NULL);
    CU_ASSERT_STRING_EQUAL(plain, booted);
    CU_ASSERT_EQUAL(scratch_count(dir.text), 0);
    scratch_remove(dir);
}

static void boot_image__folder_that_cannot_be_is_done_without(void)
{
    struct scratch_path dir = scratch_make();
    struct scratch_path below = scratch_join(dir.text, "no/such");
    char booted[SHA256_HEX_BYTES], plain[SHA256_HEX_BYTES];

    boot_digest(NULL, plain);
    boot_digest(below.text, booted);
    CU_ASSERT_STRING_EQUAL(plain, booted);
    scratch_remove(dir);
}

/* --- bytes --- */

static void small_image(struct boot_image *image)
{
    static uint32_t numbers[2] = {1, 14};
    static char pages[2 * HS_HEAP_PAGE_BYTES];

    memset(pages, 'a', HS_HEAP_PAGE_BYTES);
    memset(pages + HS_HEAP_PAGE_BYTES, 'b', HS_HEAP_PAGE_BYTES);
    image->heap = (struct heap_changes){.info = {.page_count = 16, .stack_pointer = 0x10203040},
                                        .whole = true,
                                        .numbers = numbers,
                                        .pages = pages,
                                        .len = 2};
    image->entry =
        (struct vat_entry){.command = {.handle = 0x11121314, .value = 0x2122232425262728},
                           .message = {.handle = 0x191a1b1c, .value = 0x3132333435363738},
                           .turn = {.handle = 0x15161718, .value = 0x292a2b2c2d2e2f30}};
}

static void boot_image__bytes_are_these(void)
{
    static const char head[] = "hsboot3\n"
                               "\x10\0\0\0"
                               "\x40\x30\x20\x10"
                               "\x14\x13\x12\x11"
                               "\x28\x27\x26\x25\x24\x23\x22\x21"
                               "\x1c\x1b\x1a\x19"
                               "\x38\x37\x36\x35\x34\x33\x32\x31"
                               "\x18\x17\x16\x15"
                               "\x30\x2f\x2e\x2d\x2c\x2b\x2a\x29"
                               "\x02\0\0\0"
                               "\x01\0\0\0"
                               "\x0e\0\0\0"
                               "aaaa";
    struct boot_image image, back;
    struct buffer bytes = {0};

    small_image(&image);
    CU_ASSERT_EQUAL(boot_image_encode(&image, &bytes), HS_OK);
    CU_ASSERT_EQUAL(bytes.len, 56 + 2 * (4 + HS_HEAP_PAGE_BYTES) + 8);
    CU_ASSERT_EQUAL(memcmp(bytes.data, head, sizeof head - 1), 0);
    CU_ASSERT_EQUAL(boot_image_decode(buffer_slice(&bytes), &back, NULL), HS_OK);
    CU_ASSERT_EQUAL(back.heap.info.page_count, 16);
    CU_ASSERT_EQUAL(back.heap.info.stack_pointer, 0x10203040);
    CU_ASSERT_EQUAL(back.heap.len, 2);
    CU_ASSERT_EQUAL(back.heap.numbers[1], 14);
    CU_ASSERT_EQUAL(memcmp(back.heap.pages, image.heap.pages, 2 * HS_HEAP_PAGE_BYTES), 0);
    CU_ASSERT_EQUAL(back.entry.command.handle, 0x11121314);
    CU_ASSERT_EQUAL(back.entry.message.handle, 0x191a1b1c);
    CU_ASSERT_EQUAL(back.entry.turn.value, 0x292a2b2c2d2e2f30);
    boot_image_fini(&back);
    buffer_fini(&bytes);
}

static void boot_image__every_truncation_and_flipped_byte_is_noticed(void)
{
    struct boot_image image, back;
    struct buffer bytes = {0};

    small_image(&image);
    CU_ASSERT_EQUAL(boot_image_encode(&image, &bytes), HS_OK);
    for (size_t len = 0; len < bytes.len; len++) {
        CU_ASSERT_EQUAL(boot_image_decode(slice_make(bytes.data, len), &back, NULL), HS_CORRUPT);
        CU_ASSERT_PTR_NULL(back.heap.pages);
    }
    for (size_t i = 0; i < bytes.len; i++) {
        bytes.data[i] = (char)(bytes.data[i] ^ 0x20);
        CU_ASSERT_EQUAL(boot_image_decode(buffer_slice(&bytes), &back, NULL), HS_CORRUPT);
        bytes.data[i] = (char)(bytes.data[i] ^ 0x20);
    }
    CU_ASSERT_EQUAL(boot_image_decode(buffer_slice(&bytes), &back, NULL), HS_OK);
    boot_image_fini(&back);
    buffer_fini(&bytes);
}

static const struct suite_case cases[] = {
    SUITE_CASE(boot_image__from_cache_equals_booted),
    SUITE_CASE(boot_image__damaged_file_costs_a_boot_only),
    SUITE_CASE(boot_image__unwritable_cache_is_done_without),
    SUITE_CASE(boot_image__folder_that_cannot_be_is_done_without),
    SUITE_CASE(boot_image__bytes_are_these),
    SUITE_CASE(boot_image__every_truncation_and_flipped_byte_is_noticed),
};

int main(int argc, char **argv)
{
    return RIG_MAIN("boot image", cases, argc, argv);
}
