/* The bytes of a generation's LevelDB entries, without I/O (docs/formats.md).
 *
 *   s/<key>                    store entry
 *   h/<vat>/<page be32>        heap page: its XXH3-64 u64, its slot in the file of pages u32
 *   i/<vat>                    image: what a heap is besides its pages
 *   r/<seqnum be64>            record of a snapshot
 *   u/<seqnum be64>/<n be32>   undo piece n of that snapshot: entries that it overwrote
 *   l/<serial be64>            link: batch number `serial` was written, and the newest snapshot's
 *                              seqnum since then
 *   m/epoch, m/format          made by
 *
 * Big-endian numbers in keys sort; numbers in values are little-endian.
 *
 * The first three kinds are a snapshot's content. Its digest is the sum (mod 2^64) of
 * entry_checksum64(key, proof) over them, where a page's proof is its stored checksum and every
 * other entry's proof is its value: so it does not depend on where pages lie.
 */
#ifndef HEADSTART_SNAPSHOT_SNAPSHOT_FORMAT_H
#define HEADSTART_SNAPSHOT_SNAPSHOT_FORMAT_H

#include "kernel/state/heap_image.h"
#include "snapshot/snapshot_record.h"

enum {
    SNAPSHOT_FORMAT_VERSION = 1,
    SNAPSHOT_KEY_BYTES_MAX = 64, /* of every kind but s/ */
    PAGE_CHECKSUM_BYTES = 8,
    PAGE_VALUE_BYTES = 12,
    IMAGE_VALUE_BYTES = 40,
    RECORD_VALUE_BYTES = 176,
    LINK_VALUE_BYTES = 16,
};

#define KEY_EPOCH         "m/epoch"
#define KEY_FORMAT        "m/format"
#define GENERATION_FORMAT "2" /* what lies there */

/* A short key by value. */
struct snapshot_key {
    char bytes[SNAPSHOT_KEY_BYTES_MAX];
    size_t len;
};
struct slice snapshot_key_slice(const struct snapshot_key *k);

struct snapshot_key key_page(const char *vat_id, uint32_t page);
struct snapshot_key key_pages(const char *vat_id); /* what all its pages' keys begin with */
struct snapshot_key key_image(const char *vat_id);
struct snapshot_key key_record(uint64_t seqnum);
struct snapshot_key key_undo(uint64_t seqnum, uint32_t n);
struct snapshot_key key_undos(uint64_t seqnum); /* what all its undo keys begin with */
struct snapshot_key key_link(uint64_t serial);
/** The number at the end of such a key; false when the key is not `prefix` and 4 or 8 bytes. */
bool key_number32(struct slice key, struct slice prefix, uint32_t *out);
bool key_number64(struct slice key, struct slice prefix, uint64_t *out);

bool vat_id_valid(const char *vat_id); /* 1..15 bytes, NUL behind, no '/' */

/* An image as it is kept: with what its pages add up to, so that a stale or missing page shows. */
struct image_value {
    struct heap_image_info info;
    uint64_t pages_stored;
    uint64_t pages_digest;
};
void image_value_encode(const struct image_value *v, char out[IMAGE_VALUE_BYTES]);
/** HS_CORRUPT. info.vat_id is the caller's to set. */
HS_MUST_CHECK enum hs_status image_value_decode(struct slice bytes, struct image_value *out,
                                                struct hs_error *err);

/* A snapshot's record with what the public one does not show. */
struct record_value {
    struct snapshot_record record;
    uint64_t images;   /* i/ entries */
    uint64_t previous; /* seqnum of the snapshot that the undo entries lead to; 0: none */
    uint64_t undo_pieces;
    uint64_t undo_digest; /* sum of entry_checksum64 over them */
};
void record_value_encode(const struct record_value *v, char out[RECORD_VALUE_BYTES]);
HS_MUST_CHECK enum hs_status record_value_decode(struct slice bytes, struct record_value *out,
                                                 struct hs_error *err);

void link_value_encode(uint64_t newest_seqnum, char out[LINK_VALUE_BYTES]);
bool link_value_decode(struct slice bytes, uint64_t *newest_seqnum);

/** An epoch's text with its checksum before it. */
HS_MUST_CHECK enum hs_status epoch_value_encode(const char *epoch, struct buffer *out,
                                                struct hs_error *err);
/** Takes the checksum off. HS_CORRUPT. */
HS_MUST_CHECK enum hs_status epoch_value_decode(struct buffer *value, struct hs_error *err);

/* Where a page is, and what it must be. */
struct page_value {
    uint64_t checksum; /* checksum64 of its bytes */
    uint32_t slot;
};
void page_value_encode(const struct page_value *v, char out[PAGE_VALUE_BYTES]);
bool page_matches(const char *page, uint64_t checksum);

enum entry_kind { ENTRY_OTHER, ENTRY_STORE, ENTRY_PAGE, ENTRY_IMAGE };

/* An entry of the content, looked at once: what it is, and what a snapshot with it comes to. */
struct content_entry {
    struct slice key, value; /* borrowed */
    enum entry_kind kind;
    struct page_value page; /* of a page: its value */
    uint64_t bytes;         /* key and value, or key and page; 0 of what is no content */
    uint64_t digest;        /* entry_checksum64(key, proof); 0 of what is no content */
};
/** HS_CORRUPT: a page's value that is not well-formed. */
HS_MUST_CHECK enum hs_status content_entry_read(struct slice key, struct slice value,
                                                struct content_entry *out, struct hs_error *err);
/** An entry that is not there: what its key says, and nothing that counts. */
struct content_entry content_entry_absent(struct slice key);

/* What the content of a snapshot comes to. */
struct content_sums {
    uint64_t keys, pages, images, bytes, digest;
};
/** The entry comes in (times 1) or goes out (times UINT64_MAX: minus 1). */
void content_sums_count(struct content_sums *sums, const struct content_entry *e, uint64_t times);

/* An undo entry: an entry as it was, or that it was absent. A piece is a row of them. */
struct undo_entry {
    struct content_entry entry;
    bool present;
};
/** Put it behind what the piece holds. HS_NOMEM: the piece may end in a part of it. */
HS_MUST_CHECK enum hs_status undo_entry_append(const struct undo_entry *u, struct buffer *piece,
                                               struct hs_error *err);
/** Take the first off `rest`, a piece with something left in it. HS_CORRUPT */
HS_MUST_CHECK enum hs_status undo_entry_next(struct slice *rest, struct undo_entry *out,
                                             struct hs_error *err);

#endif
