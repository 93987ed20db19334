#include "snapshot/kv_leveldb_tail.h"

#include "kernel/state/crc32c.h"
#include "kernel/state/little_endian.h"

#include <stdlib.h>

/* LevelDB's log format: blocks; in each, records of checksum u32 (masked CRC32C of what follows but
 * the length), length u16, type u8, payload. What is longer than the block goes on in the next as
 * parts. A block's last bytes, where no header fits, are zeros. */
enum { BLOCK_BYTES = 32768, HEADER_BYTES = 7, FILE_BYTES_MAX = 256 << 20, NAME_BYTES_MAX = 64 };
enum part { PART_WHOLE = 1, PART_FIRST, PART_MIDDLE, PART_LAST };

#define CHECKSUM_MASK 0xa282ead8u

struct tail_record {
    enum part part;
    uint64_t end; /* in the file */
};

static uint64_t block_left(uint64_t at)
{
    return BLOCK_BYTES - at % BLOCK_BYTES;
}

/* Is there a good record at `at`? */
static bool tail_record_read(struct slice file, uint64_t at, struct tail_record *out)
{
    const char *header = file.data + at;
    uint64_t len;
    uint32_t checksum;

    if (at + HEADER_BYTES > file.len || block_left(at) < HEADER_BYTES) return false;
    len = (uint64_t)(unsigned char)header[4] | (uint64_t)(unsigned char)header[5] << 8;
    if (header[6] < PART_WHOLE || header[6] > PART_LAST) return false;
    if (HEADER_BYTES + len > block_left(at) || at + HEADER_BYTES + len > file.len) return false;
    checksum = crc32c(0, slice_make(header + 6, (size_t)len + 1));
    checksum = (checksum >> 15 | checksum << 17) + CHECKSUM_MASK;
    *out = (struct tail_record){.part = (enum part)header[6], .end = at + HEADER_BYTES + len};
    return checksum == u32_get(header);
}

/* Does anything begin at or behind `at` that was written after it? Every byte of the block that is
 * damaged may be a beginning: its lengths are not to be believed. */
static bool tail_has_beginning(struct slice file, uint64_t at)
{
    uint64_t next_block = at + block_left(at);
    struct tail_record record;

    while (at < file.len) {
        bool good = tail_record_read(file, at, &record);

        if (good && (record.part == PART_WHOLE || record.part == PART_FIRST)) return true;
        if (good) {
            at = record.end;
        } else {
            at = at < next_block ? at + 1 : at + block_left(at);
        }
    }
    return false;
}

uint64_t kv_leveldb_tail_find(struct slice file)
{
    uint64_t at = 0, kept = 0;
    struct tail_record record;
    bool parts = false;

    while (at < file.len) {
        if (block_left(at) < HEADER_BYTES) {
            at += block_left(at);
            continue;
        }
        if (!tail_record_read(file, at, &record)) break;
        /* A part without what it belongs to. */
        if (parts != (record.part == PART_MIDDLE || record.part == PART_LAST)) break;
        parts = record.part == PART_FIRST || record.part == PART_MIDDLE;
        at = record.end;
        if (!parts) kept = at;
    }
    if (at >= file.len && !parts) return file.len;
    return tail_has_beginning(file, at) ? UINT64_MAX : kept;
}

/* True: cut. Anything else, errors included, leaves the database to be taken for damaged. */
static bool tail_cut_file(const struct disk *disk, const char *dir, const char *name)
{
    static const char place[] = "leveldb.tail";
    struct buffer content = {0};
    struct disk_file *f = NULL;
    enum hs_status st = disk_read_all(disk, place, dir, name, FILE_BYTES_MAX, &content, NULL);
    uint64_t keep = st == HS_OK ? kv_leveldb_tail_find(buffer_slice(&content)) : UINT64_MAX;
    bool cut = keep < content.len;

    buffer_fini(&content);
    if (!cut) return false;
    st = disk_open(disk, place, dir, name, DISK_WRITE, &f, NULL);
    if (st == HS_OK) st = disk_truncate(f, keep, NULL);
    if (st == HS_OK) st = disk_sync(f, NULL);
    disk_close(f);
    return st == HS_OK;
}

/* The log that was written last: "<number>.log". An empty one was begun by an open that nobody
 * settled: what is torn is the one that it left in use. */
static bool log_newest(const struct disk *disk, const char *dir, char name[NAME_BYTES_MAX])
{
    struct disk_listing files = {0};
    struct disk_entry found;
    unsigned long long newest = 0;

    if (disk_list(disk, "leveldb.tail", dir, &files, NULL) == HS_OK) {
        for (size_t i = 0; i < files.len; i++) {
            char *end;
            unsigned long long number = strtoull(files.names[i], &end, 10);

            if (strcmp(end, ".log") != 0 || number < newest) continue;
            if (strlen(files.names[i]) >= NAME_BYTES_MAX) continue;
            if (disk_look(disk, "leveldb.tail", dir, files.names[i], &found, NULL) == HS_OK &&
                found.bytes == 0) {
                continue;
            }
            newest = number;
            memcpy(name, files.names[i], strlen(files.names[i]) + 1);
        }
    }
    disk_listing_fini(&files);
    return newest > 0;
}

/* The manifest in use: CURRENT holds its name and a line's end. */
static bool manifest_current(const struct disk *disk, const char *dir, char name[NAME_BYTES_MAX])
{
    struct buffer content = {0};
    bool found = disk_read_all(disk, "leveldb.tail", dir, "CURRENT", NAME_BYTES_MAX - 1, &content,
                               NULL) == HS_OK &&
                 content.len > 1 && content.data[content.len - 1] == '\n' &&
                 !memchr(content.data, '/', content.len) &&
                 !memchr(content.data, '\0', content.len);

    if (found) {
        memcpy(name, content.data, content.len - 1);
        name[content.len - 1] = '\0';
    }
    buffer_fini(&content);
    return found;
}

bool kv_leveldb_tail_cut(const struct disk *disk, const char *dir)
{
    char name[NAME_BYTES_MAX];
    bool cut = false;

    if (manifest_current(disk, dir, name)) cut = tail_cut_file(disk, dir, name);
    if (log_newest(disk, dir, name)) cut = tail_cut_file(disk, dir, name) || cut;
    return cut;
}
