/* A store that begins anew with the heaps of the one before.
 *
 *   live, at seqnum ──begin_after──► before (images only)  +  live, empty, being filled
 *        ▲                              │                        │
 *        └───────── before_restore ─────┘    before_release ─────┴──► live alone
 *
 * CURRENT names the generation before until the new one has its first snapshot, so a crash on the
 * way finds it again, standing at seqnum. */
#include "snapshot/snapshot_db.h"
#include "snapshot/snapshot_state.h"

#include <assert.h>

enum hs_status snapshot_db_begin_after(struct snapshot_db *db, uint64_t seqnum,
                                       struct hs_error *err)
{
    struct generation *g = NULL;
    enum hs_status st;

    assert(db && !db->read_only && !db->before);
    st = snapshot_db_return_to(db, seqnum, err);
    if (st == HS_OK) st = snapshot_generation_make(db, &g, err);
    if (st != HS_OK) return st;
    assert(db->current && !db->fill); /* a snapshot is kept, so nothing is being filled */
    db->before = snapshot_live_take(db, g);
    db->current = false;
    return HS_OK;
}

struct heap_image_source *snapshot_db_images_before(struct snapshot_db *db)
{
    assert(db);
    return snapshot_images_usable(db, db->before) ? &db->images_before.source : NULL;
}

void snapshot_db_before_release(struct snapshot_db *db)
{
    assert(db);
    generation_close(db->before);
    db->before = NULL;
}

void snapshot_db_beside_end(struct snapshot_db *db, bool worked)
{
    if (worked) {
        snapshot_db_before_release(db);
    } else if (db->before) {
        snapshot_db_before_restore(db);
    } else {
        (void)(snapshot_db_begin_anew(db, NULL) == HS_OK); /* else it goes with the next attempt */
    }
}

void snapshot_db_before_restore(struct snapshot_db *db)
{
    struct generation *filled;
    uint64_t number;

    assert(db && db->before && !db->current);
    kv_leveldb_batch_close(db->fill);
    db->fill = NULL;
    filled = snapshot_live_take(db, db->before);
    db->before = NULL;
    db->current = true;
    number = filled->number;
    generation_close(filled);
    generation_discard(db->disk, db->dir, number);
}
