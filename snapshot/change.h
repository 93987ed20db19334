/* A change of a generation's content: what becomes one snapshot.
 *
 * Everything goes through change_set and change_delete, on LevelDB keys of any content kind. In a
 * further snapshot they read what is there, add an undo entry with it, and keep the content's sums
 * up to date by subtracting the old entry and adding the new, so nothing but the changed entries
 * is touched; all of it becomes one batch. In a first snapshot there is nothing to go back to:
 * entries are written in unsynced pieces of bounded size.
 *
 * A key may be changed once in a change: what is there is asked of the database, not of the batch.
 * Pages go to free slots at once; change_settle says what became of the batch that refers to them.
 */
#ifndef HEADSTART_SNAPSHOT_CHANGE_H
#define HEADSTART_SNAPSHOT_CHANGE_H

#include "snapshot/generation.h"

struct change {
    struct generation *g;
    struct kv_leveldb_batch *batch;
    bool first; /* written in pieces; no undo, and the sums mean nothing */
    bool undo;  /* there will be a snapshot to go back to */
    uint64_t seqnum;
    struct content_sums sums;  /* of the content as the change leaves it */
    struct image_value *image; /* kept up to date with its pages; NULL: no page may change */
    uint64_t undo_pieces;
    uint64_t undo_digest;
    uint64_t written_bytes;   /* in pieces so far */
    struct slot_list taken;   /* slots that only this change refers to */
    struct slot_list freed;   /* slots that nothing refers to once it is durable */
    struct buffer old;        /* the value that is overwritten */
    struct buffer undo_piece; /* entries that are not in the batch yet */
};

/** first: the generation has no snapshot. keep: how many there will be at most. */
HS_MUST_CHECK enum hs_status change_init(struct change *c, struct generation *g, uint64_t seqnum,
                                         size_t keep, struct hs_error *err);
void change_fini(struct change *c);

/* What became of a change. After a failed write nobody knows: the slots stay taken until they are
 * counted again. */
enum change_end { CHANGE_DURABLE = 1, CHANGE_DROPPED, CHANGE_UNKNOWN };
void change_settle(struct change *c, enum change_end end);

HS_MUST_CHECK enum hs_status change_set(struct change *c, struct slice key, struct slice value,
                                        struct hs_error *err);
HS_MUST_CHECK enum hs_status change_delete(struct change *c, struct slice key,
                                           struct hs_error *err);
/** A page with anything in it. */
HS_MUST_CHECK enum hs_status change_set_page(struct change *c, struct slice key, const char *page,
                                             struct hs_error *err);
/** The last entries that undo the change, into the batch. */
HS_MUST_CHECK enum hs_status change_undo_end(struct change *c, struct hs_error *err);
/** Of a first snapshot: write what is gathered if it is `bytes_min` or more. */
HS_MUST_CHECK enum hs_status change_write_piece(struct change *c, size_t bytes_min,
                                                struct hs_error *err);

/** Apply everything in the mark, and put what undoes it into the batch. HS_INVALID: the mark
 * contradicts itself or what is kept. */
HS_MUST_CHECK enum hs_status change_mark(struct change *c, const struct mark_changes *m,
                                         struct hs_error *err);

#endif
