/* A generation: one LevelDB folder that holds a line of snapshots.
 *
 *   present content ◄─undo of newest─ one before ◄─undo─ … oldest kept
 *
 * Every change after the first snapshot is one synced batch that holds the changed entries, what
 * they were, and a link entry with the batch's serial number. The links of the two newest batches
 * are always there: a database that lost a batch in the middle (its MANIFEST damaged, say) shows
 * a missing link when it is opened. Records name the one before them for the same reason.
 *
 * Only the owner calls here, but for the reads of `base` and generation_image_*, which may run on
 * other threads beside generation_put.
 */
#ifndef HEADSTART_SNAPSHOT_GENERATION_H
#define HEADSTART_SNAPSHOT_GENERATION_H

#include "kernel/state/mark.h"
#include "snapshot/kv_leveldb.h"
#include "snapshot/page_file.h"
#include "snapshot/slot_list.h"
#include "snapshot/snapshot_files.h"
#include "snapshot/snapshot_format.h"

/* A table a snapshot made LevelDB compact most of what it holds after every fourth one. What lies
 * in its log costs the next open instead: of a MiB 10 ms of a core and more. So there are two
 * bounds, and the lower one is for when nobody waits. */
enum {
    GENERATION_WRITE_BUFFER_BYTES = 4 << 20,
    GENERATION_UNFLUSHED_BYTES_MAX = 1 << 20,
    GENERATION_UNFLUSHED_BYTES_QUIET = 256 << 10,
};
_Static_assert(
    (int)GENERATION_UNFLUSHED_BYTES_MAX < (int)GENERATION_WRITE_BUFFER_BYTES,
    "a later snapshot's table is made where it is said so, not wherever the buffer is full");

struct generation {
    uint64_t number;
    struct snapshot_path path;
    struct kv_leveldb *db;
    struct page_file *pages; /* NULL: opened without */
    bool slots_counted;      /* pages knows which slots are free */
    struct kv_store *base;   /* the s/ entries */
    struct buffer epoch;     /* of the images; empty while there is no snapshot */
    uint64_t serial;         /* of the newest batch; 0: none yet */
    uint64_t links;          /* while loading: links found, and what the last one says */
    uint64_t link_seqnum;
    bool partial;                 /* a first snapshot was begun and not finished */
    bool verified;                /* a snapshot passed its verification; it need not be kept now */
    struct record_value *records; /* oldest first */
    size_t records_len;
    size_t records_capacity;
};

enum generation_mode {
    GENERATION_NEW = 1,
    GENERATION_PRESENT,
    GENERATION_AT_START, /* the same, and what opening LevelDB changes is settled later */
    GENERATION_READ_ONLY,
    GENERATION_WITHOUT_PAGES, /* read only, and no page can be read */
};

/** `path` is a generation's folder, or a copy of one. HS_CORRUPT, HS_LOCKED, HS_IO; HS_NOT_FOUND:
 *  not NEW, and no snapshot in it. */
HS_MUST_CHECK enum hs_status generation_open(const struct disk *disk, const char *path,
                                             uint64_t number, enum generation_mode mode,
                                             struct generation **out, struct hs_error *err);
void generation_close(struct generation *g);
/** NULL: no snapshot. */
const struct record_value *generation_newest(const struct generation *g);
/** Room for one more record, so that adding it cannot fail. */
HS_MUST_CHECK enum hs_status generation_records_reserve(struct generation *g, struct hs_error *err);
void generation_records_push(struct generation *g, const struct record_value *v);

/** Before anything is put: learn which slots of the page file are free. */
HS_MUST_CHECK enum hs_status generation_count_slots(struct generation *g, struct hs_error *err);

/** Write the batch, synced, with its link, after the pages that it refers to. `newest_seqnum`: the
 * newest snapshot's once it is in. */
HS_MUST_CHECK enum hs_status generation_commit(struct generation *g, struct kv_leveldb_batch *batch,
                                               uint64_t newest_seqnum, struct hs_error *err);

/** Where more than `unflushed_max` bytes lie in LevelDB's log only, move them into a table. */
void generation_flush(struct generation *g, size_t unflushed_max);

/** Read all of the present content, each entry against its checksum. HS_CORRUPT, HS_CANCELLED. */
HS_MUST_CHECK enum hs_status generation_sum(struct generation *g, const _Atomic bool *cancel,
                                            struct content_sums *out, struct hs_error *err);

/** The first snapshot: write the changes, then the record over all there is. Not atomic: until the
 *  record is there the generation has no snapshot, and the call may be made again. */
HS_MUST_CHECK enum hs_status generation_put_first(struct generation *g, const char *epoch,
                                                  const struct mark_changes *changes,
                                                  uint64_t made_at, struct hs_error *err);
/** A further one, with undo entries, dropping the oldest past `keep`: one batch. */
HS_MUST_CHECK enum hs_status generation_put_next(struct generation *g,
                                                 const struct mark_changes *changes,
                                                 uint64_t made_at, size_t keep,
                                                 struct hs_error *err);
/** Entries of a store without snapshot, written in unsynced pieces. */
HS_MUST_CHECK enum hs_status generation_copy_store(struct generation *to, struct generation *from,
                                                   struct hs_error *err);

/* What undo pieces come to. */
struct undo_sums {
    uint64_t pieces, digest;
};
typedef enum hs_status (*undo_entry_fn)(struct generation *g, const struct undo_entry *u,
                                        void *data, struct hs_error *err);
/** Hand every undo entry below `prefix` to `each`, in order; each NULL: the pieces are not looked
 *  into. *sums (may be NULL): of the pieces. HS_CORRUPT: one that is not well-formed; or what
 * `each` returns. */
HS_MUST_CHECK enum hs_status generation_undo_visit(struct generation *g, struct slice prefix,
                                                   undo_entry_fn each, void *data,
                                                   struct undo_sums *sums, struct hs_error *err);
/** The same for what leads from `record` to the one before it. HS_CORRUPT also: they are not what
 *  the record says. */
HS_MUST_CHECK enum hs_status generation_undo_check(struct generation *g,
                                                   const struct record_value *record,
                                                   undo_entry_fn each, void *data,
                                                   struct hs_error *err);
/** Their deletion, into the batch. */
void generation_undo_delete(struct kv_leveldb_batch *batch, const struct record_value *record);

/** Make the snapshot before the newest the present content. There must be one. */
HS_MUST_CHECK enum hs_status generation_undo_newest(struct generation *g, struct hs_error *err);
/** Check content and undo entries against the records; note the newest, and so the generation, as
 *  verified. */
HS_MUST_CHECK enum hs_status generation_verify(struct generation *g, const _Atomic bool *cancel,
                                               struct hs_error *err);

/** As heap_image_source's find and load. */
HS_MUST_CHECK enum hs_status generation_image_find(struct generation *g, const char *vat_id,
                                                   struct heap_image_info *info,
                                                   struct hs_error *err);
HS_MUST_CHECK enum hs_status generation_image_load(struct generation *g,
                                                   const struct heap_image_info *info, char *memory,
                                                   struct hs_error *err);

#endif
