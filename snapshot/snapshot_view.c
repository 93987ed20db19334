/* The two views a kernel holds: the base store and the heap images. They stay the same while the
 * generation behind them is replaced by one of equal content. */
#include "snapshot/snapshot_state.h"

#include <assert.h>
#include <string.h>

static struct generation *view_acquire(struct snapshot_db *db)
{
    (void)pthread_rwlock_rdlock(&db->swap);
    return db->live;
}

static void view_release(struct snapshot_db *db)
{
    (void)pthread_rwlock_unlock(&db->swap);
}

static enum hs_status base_get(struct kv_store *kv, struct slice key, struct buffer *value,
                               struct hs_error *err)
{
    struct snapshot_db *db = ((struct snapshot_base *)kv)->db;
    struct generation *g = view_acquire(db);
    enum hs_status st = g ? kv_store_get(g->base, key, value, err) : HS_NOT_FOUND;

    view_release(db);
    return st;
}

static enum hs_status base_has(struct kv_store *kv, struct slice key, bool *found,
                               struct hs_error *err)
{
    struct snapshot_db *db = ((struct snapshot_base *)kv)->db;
    struct generation *g = view_acquire(db);
    enum hs_status st = HS_OK;

    *found = false;
    if (g) st = kv_store_has(g->base, key, found, err);
    view_release(db);
    return st;
}

static enum hs_status base_next(struct kv_store *kv, struct slice after, struct buffer *key,
                                struct buffer *value, struct hs_error *err)
{
    struct snapshot_db *db = ((struct snapshot_base *)kv)->db;
    struct generation *g = view_acquire(db);
    enum hs_status st = g ? kv_store_next(g->base, after, key, value, err) : HS_NOT_FOUND;

    view_release(db);
    return st;
}

static const struct kv_store_ops base_ops = {base_get, base_has, base_next, NULL, NULL};

static enum hs_status images_find(struct heap_image_source *source, const char *vat_id,
                                  struct heap_image_info *info, struct hs_error *err)
{
    struct snapshot_db *db = ((struct snapshot_images *)source)->db;
    struct generation *g = view_acquire(db);
    enum hs_status st = g ? generation_image_find(g, vat_id, info, err) : HS_NOT_FOUND;

    view_release(db);
    return st;
}

static enum hs_status images_load(struct heap_image_source *source,
                                  const struct heap_image_info *info, char *memory,
                                  struct hs_error *err)
{
    struct snapshot_db *db = ((struct snapshot_images *)source)->db;
    struct generation *g = view_acquire(db);
    enum hs_status st = g ? generation_image_load(g, info, memory, err) : HS_NOT_FOUND;

    view_release(db);
    return st;
}

static const struct heap_image_source_ops images_ops = {images_find, images_load};

void snapshot_views_init(struct snapshot_db *db)
{
    db->base = (struct snapshot_base){.kv = {&base_ops}, .db = db};
    db->images = (struct snapshot_images){.source = {&images_ops}, .db = db};
}

void snapshot_live_replace(struct snapshot_db *db, struct generation *g)
{
    struct generation *before;

    (void)pthread_rwlock_wrlock(&db->swap);
    before = db->live;
    db->live = g;
    (void)pthread_rwlock_unlock(&db->swap);
    assert(before != g || !g);
    generation_close(before);
}

struct kv_store *snapshot_db_base(struct snapshot_db *db)
{
    assert(db);
    return &db->base.kv;
}

struct heap_image_source *snapshot_db_images(struct snapshot_db *db)
{
    const struct record_value *newest;

    assert(db);
    if (!db->live || db->rejected) return NULL;
    newest = generation_newest(db->live);
    if (!newest || newest->images == 0) return NULL;
    if (strcmp(buffer_text(&db->live->epoch), db->epoch) != 0) return NULL;
    return &db->images.source;
}
