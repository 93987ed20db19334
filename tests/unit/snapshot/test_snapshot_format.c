/* The bytes of a snapshot, as docs/formats.md tells them: a change here is a new format version. */
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#include "snapshot/kv_leveldb.h"
#include "snapshot/page_file.h"
#include "snapshot/snapshot_db.h"
#include "snapshot/snapshot_format.h"

static uint64_t clock_standing_still(void)
{
    return 1700000000;
}

static struct position position_of(uint64_t seqnum)
{
    struct position at = {.seqnum = seqnum};

    memset(at.hash, 'a', sizeof at.hash - 1);
    return at;
}

/* Page 1 of three holds 4096 times `byte`; the others are zeros. */
static void heap_make(struct heap_changes *h, char byte, bool whole)
{
    *h = (struct heap_changes){.info = {.vat_id = "v1",
                                        .page_count = 3,
                                        .stack_pointer = 1048576,
                                        .transcript_entries = 5},
                               .whole = whole,
                               .len = 1};
    h->numbers = calloc(1, sizeof *h->numbers);
    h->pages = malloc(HS_HEAP_PAGE_BYTES);
    CU_ASSERT_FATAL(h->numbers && h->pages);
    h->numbers[0] = 1;
    memset(h->pages, byte, HS_HEAP_PAGE_BYTES);
}

static void put_one(struct snapshot_db *db, uint64_t seqnum, const char *value, char byte)
{
    struct mark_changes changes = {.at = position_of(seqnum), .height = 7, .heaps_len = 1};
    struct kv_map *keys = NULL;

    CU_ASSERT_EQUAL_FATAL(kv_map_open(&keys, NULL), HS_OK);
    CU_ASSERT_EQUAL(kv_map_put(keys, slice_text("k"), slice_text(value), false, NULL), HS_OK);
    changes.keys = keys;
    changes.heaps = calloc(1, sizeof *changes.heaps);
    CU_ASSERT_PTR_NOT_NULL_FATAL(changes.heaps);
    heap_make(&changes.heaps[0], byte, seqnum == 1);
    CU_ASSERT_EQUAL(snapshot_db_put(db, &changes, NULL, NULL), HS_OK);
    mark_changes_fini(&changes);
    kv_map_close(keys);
}

static void hex_add(struct buffer *text, struct slice bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        CU_ASSERT_EQUAL(buffer_printf(text, "%02x", (unsigned char)bytes.data[i]), HS_OK);
    }
}

/* Every entry as "key value" in hex, a line each. */
static void entries_dump(const char *dir, struct buffer *text)
{
    struct kv_leveldb_options options = {0};
    struct buffer key = {0}, value = {0};
    struct kv_leveldb *db = NULL;

    CU_ASSERT_EQUAL_FATAL(kv_leveldb_open(dir, &options, &db, NULL), HS_OK);
    while (kv_store_next(kv_leveldb_store(db), buffer_slice(&key), &key, &value, NULL) == HS_OK) {
        hex_add(text, buffer_slice(&key));
        CU_ASSERT_EQUAL(buffer_append_text(text, " "), HS_OK);
        hex_add(text, buffer_slice(&value));
        CU_ASSERT_EQUAL(buffer_append_text(text, "\n"), HS_OK);
    }
    kv_leveldb_close(db);
    buffer_fini(&key);
    buffer_fini(&value);
}

static const char golden_entries[] =
    "682f76312f00000001 bb446b1740b7431402000000\n"
    "692f7631 030000000000100005000000000000000100000000000000704f020f4c9a21a52e566e112d0b58"
    "5f\n"
    "6c2f0000000000000001 01000000000000002e79db643559bc2f\n"
    "6c2f0000000000000002 020000000000000043e2ee915cc68620\n"
    "6d2f65706f6368 3cf6f64ac098d11265706f63682d31\n"
    "6d2f666f726d6174 32\n"
    "722f0000000000000001 01000000000000000100000000000000070000000000000000f153650000000001"
    "0000000000000001000000000000003b10000000000000660000000000000009672f6ce7e895bc010000000"
    "000000000000000000000000000000000000000616161616161616161616161616161616161616161616161"
    "616161616161616161616161616161616161616161616161616161616161616161616161616161610000000"
    "000000000ebbab76d85c2a702\n"
    "722f0000000000000002 01000000000000000200000000000000070000000000000000f153650000000001"
    "0000000000000001000000000000003b10000000000000b8000000000000003cf646f292154109010000000"
    "00000000100000000000000ab3a13a29eb1c1a2616161616161616161616161616161616161616161616161"
    "616161616161616161616161616161616161616161616161616161616161616161616161616161610100000"
    "0000000007b641556e52cfbd7\n"
    "732f6b 74776f\n"
    "752f00000000000000022f00000000 010300000003000000732f6b6f6e6501090000000c000000682f7631"
    "2f000000014a227d3041b6d32401000000010400000028000000692f7631030000000000100005000000000"
    "0000001000000000000004dc059a2d0f83129997391de203cb119\n";

static void snapshot_format__golden_entries_and_pages(void)
{
    struct scratch_path dir = scratch_make(), generation = scratch_join(dir.text, "gen-0000000001");
    struct snapshot_db_options options = {.dir = dir.text,
                                          .quarantine_dir = dir.text,
                                          .epoch = "epoch-1",
                                          .keep = 2,
                                          .clock = clock_standing_still};
    struct buffer text = {0}, pages = {0};
    struct snapshot_db *db = NULL;

    CU_ASSERT_EQUAL_FATAL(snapshot_db_open(&options, &db, NULL), HS_OK);
    put_one(db, 1, "one", 'p');
    put_one(db, 2, "two", 'q');
    snapshot_db_close(db);
    entries_dump(generation.text, &text);
    if (strcmp(buffer_text(&text), golden_entries) != 0) (void)printf("\n%s", buffer_text(&text));
    CU_ASSERT_STRING_EQUAL(buffer_text(&text), golden_entries);

    scratch_read(scratch_join(generation.text, PAGE_FILE_NAME).text, &pages);
    CU_ASSERT_EQUAL_FATAL(pages.len, 3 * HS_HEAP_PAGE_BYTES);
    CU_ASSERT_EQUAL(memcmp(pages.data, "hs-pages\1\0\0\0\0", 13), 0);
    CU_ASSERT(pages.data[HS_HEAP_PAGE_BYTES] == 'p' && pages.data[2 * HS_HEAP_PAGE_BYTES] == 'q');
    scratch_read(scratch_join(dir.text, "CURRENT").text, &text);
    CU_ASSERT_STRING_EQUAL(buffer_text(&text), "gen-0000000001 394edacd643bd1b9\n");
    buffer_fini(&text);
    buffer_fini(&pages);
    scratch_remove(dir);
}

/* Decoders: every truncation and every flipped bit of what has a checksum of its own. */
static void decode_all(struct slice bytes, bool *record, bool *image, bool *link, bool *epoch)
{
    struct record_value r;
    struct image_value i;
    struct buffer text = {0};
    uint64_t seqnum;

    *record = record_value_decode(bytes, &r, NULL) == HS_OK;
    *image = image_value_decode(bytes, &i, NULL) == HS_OK;
    *link = link_value_decode(bytes, &seqnum);
    CU_ASSERT_EQUAL(buffer_assign(&text, bytes), HS_OK);
    *epoch = epoch_value_decode(&text, NULL) == HS_OK;
    buffer_fini(&text);
}

static void every_change_is_seen(const char *bytes, size_t len)
{
    bool record, image, link, epoch;
    struct buffer changed = {0};

    for (size_t cut = 0; cut < len; cut++) {
        decode_all(slice_make(bytes, cut), &record, &image, &link, &epoch);
        CU_ASSERT(!record && !image && !link && !epoch);
    }
    CU_ASSERT_EQUAL_FATAL(buffer_assign(&changed, slice_make(bytes, len)), HS_OK);
    for (size_t bit = 0; bit < 8 * len; bit++) {
        changed.data[bit / 8] ^= (char)(1 << bit % 8);
        decode_all(buffer_slice(&changed), &record, &image, &link, &epoch);
        CU_ASSERT(!record && !image && !link && !epoch);
        changed.data[bit / 8] ^= (char)(1 << bit % 8);
    }
    buffer_fini(&changed);
}

static void snapshot_format__every_changed_byte_is_seen(void)
{
    struct record_value r = {.record = {.at = position_of(9), .keys = 3}, .previous = 8};
    struct image_value i = {.info = {.page_count = 16, .stack_pointer = 7}, .pages_stored = 2};
    char record[RECORD_VALUE_BYTES], image[IMAGE_VALUE_BYTES], link[LINK_VALUE_BYTES];
    struct buffer epoch = {0};

    record_value_encode(&r, record);
    every_change_is_seen(record, sizeof record);
    image_value_encode(&i, image);
    every_change_is_seen(image, sizeof image);
    link_value_encode(12345, link);
    every_change_is_seen(link, sizeof link);
    CU_ASSERT_EQUAL(epoch_value_encode("epoch of this", &epoch, NULL), HS_OK);
    every_change_is_seen(epoch.data, epoch.len);
    buffer_fini(&epoch);
}

/* Two entries: what was there, and that nothing was. */
static void undo_piece_make(struct buffer *piece)
{
    struct undo_entry was = {.entry = {.key = slice_text("s/k"), .value = slice_text("v")},
                             .present = true};
    struct undo_entry absent = {.entry = {.key = slice_text("i/v1")}};

    CU_ASSERT_EQUAL(undo_entry_append(&was, piece, NULL), HS_OK);
    CU_ASSERT_EQUAL(undo_entry_append(&absent, piece, NULL), HS_OK);
}

/* The bytes of all entries that are well-formed, up to the first that is not. */
static size_t undo_piece_walk(struct slice piece)
{
    struct slice rest = piece;
    struct undo_entry u;

    while (rest.len > 0) {
        size_t before = rest.len;

        if (undo_entry_next(&rest, &u, NULL) != HS_OK) return piece.len - before;
        CU_ASSERT_EQUAL(before - rest.len, 9 + u.entry.key.len + u.entry.value.len);
        CU_ASSERT(u.entry.key.data > piece.data && rest.data <= piece.data + piece.len);
    }
    return piece.len;
}

static void snapshot_format__undo_piece_is_entries_in_a_row(void)
{
    static const char golden[] = "\1\3\0\0\0\1\0\0\0s/kv"
                                 "\0\4\0\0\0\0\0\0\0i/v1";
    struct buffer piece = {0};
    struct undo_entry u;
    struct slice rest;

    undo_piece_make(&piece);
    CU_ASSERT(slice_equal(buffer_slice(&piece), slice_make(golden, sizeof golden - 1)));
    rest = buffer_slice(&piece);
    CU_ASSERT_EQUAL(undo_entry_next(&rest, &u, NULL), HS_OK);
    CU_ASSERT(u.present && slice_equal(u.entry.key, slice_text("s/k")) &&
              slice_equal(u.entry.value, slice_text("v")));
    CU_ASSERT_EQUAL(undo_entry_next(&rest, &u, NULL), HS_OK);
    CU_ASSERT(!u.present && slice_equal(u.entry.key, slice_text("i/v1")));
    CU_ASSERT_EQUAL(rest.len, 0);
    buffer_fini(&piece);
}

static void snapshot_format__undo_entries_are_read_within_their_bytes(void)
{
    struct buffer piece = {0};

    undo_piece_make(&piece);
    CU_ASSERT_EQUAL(undo_piece_walk(buffer_slice(&piece)), piece.len);
    for (size_t cut = 0; cut < piece.len; cut++) {
        CU_ASSERT_EQUAL(undo_piece_walk(slice_make(piece.data, cut)), cut < 13 ? 0 : 13);
    }
    for (size_t at = 0; at < piece.len; at++) {
        for (int value = 0; value < 256; value++) {
            char was = piece.data[at];

            piece.data[at] = (char)value;
            (void)undo_piece_walk(buffer_slice(&piece));
            piece.data[at] = was;
        }
    }
    buffer_fini(&piece);
}

static void snapshot_format__keys_sort_by_number(void)
{
    struct snapshot_key a = key_page("v1", 255), b = key_page("v1", 256), p = key_pages("v1");
    struct snapshot_key other = key_page("v10", 0);
    uint32_t number = 0;

    CU_ASSERT(slice_compare(snapshot_key_slice(&a), snapshot_key_slice(&b)) < 0);
    CU_ASSERT(key_number32(snapshot_key_slice(&b), snapshot_key_slice(&p), &number));
    CU_ASSERT_EQUAL(number, 256);
    CU_ASSERT(!key_number32(snapshot_key_slice(&other), snapshot_key_slice(&p), &number));
    CU_ASSERT(!vat_id_valid("") && !vat_id_valid("v/1") && !vat_id_valid("v123456789012345"));
    CU_ASSERT(vat_id_valid("v4294967295"));
}

static const struct suite_case cases[] = {
    SUITE_CASE(snapshot_format__golden_entries_and_pages),
    SUITE_CASE(snapshot_format__every_changed_byte_is_seen),
    SUITE_CASE(snapshot_format__undo_piece_is_entries_in_a_row),
    SUITE_CASE(snapshot_format__undo_entries_are_read_within_their_bytes),
    SUITE_CASE(snapshot_format__keys_sort_by_number),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("snapshot_format", cases, argc, argv);
}
