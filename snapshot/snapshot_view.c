/* The two views a kernel holds: the base store and the heap images. They stay the same while the
 * generation behind them is replaced by one of equal content. */
#include "snapshot/snapshot_db.h"
#include "snapshot/snapshot_state.h"

#include <assert.h>
#include <string.h>

static struct generation *view_acquire(struct snapshot_db *db, struct generation *const *from)
{
    (void)pthread_rwlock_rdlock(&db->swap);
    return *from;
}

static void view_release(struct snapshot_db *db)
{
    (void)pthread_rwlock_unlock(&db->swap);
}

static enum hs_status base_get(struct kv_store *kv, struct slice key, struct buffer *value,
                               struct hs_error *err)
{
    struct snapshot_db *db = ((struct snapshot_base *)kv)->db;
    struct generation *g = view_acquire(db, &db->live);
    enum hs_status st = g ? kv_store_get(g->base, key, value, err) : HS_NOT_FOUND;

    view_release(db);
    return st;
}

static enum hs_status base_has(struct kv_store *kv, struct slice key, bool *found,
                               struct hs_error *err)
{
    struct snapshot_db *db = ((struct snapshot_base *)kv)->db;
    struct generation *g = view_acquire(db, &db->live);
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
    struct generation *g = view_acquire(db, &db->live);
    enum hs_status st = g ? kv_store_next(g->base, after, key, value, err) : HS_NOT_FOUND;

    view_release(db);
    return st;
}

static const struct kv_store_ops base_ops = {base_get, base_has, base_next, NULL, NULL};

static enum hs_status images_find(struct heap_image_source *source, const char *vat_id,
                                  struct heap_image_info *info, struct hs_error *err)
{
    struct snapshot_images *images = (struct snapshot_images *)source;
    struct generation *g = view_acquire(images->db, images->from);
    enum hs_status st = g ? generation_image_find(g, vat_id, info, err) : HS_NOT_FOUND;

    view_release(images->db);
    return st;
}

static enum hs_status images_load(struct heap_image_source *source,
                                  const struct heap_image_info *info, char *memory,
                                  struct hs_error *err)
{
    struct snapshot_images *images = (struct snapshot_images *)source;
    struct generation *g = view_acquire(images->db, images->from);
    enum hs_status st = g ? generation_image_load(g, info, memory, err) : HS_NOT_FOUND;

    view_release(images->db);
    return st;
}

static const struct heap_image_source_ops images_ops = {images_find, images_load};

void snapshot_views_init(struct snapshot_db *db)
{
    db->base = (struct snapshot_base){.kv = {&base_ops}, .db = db};
    db->images = (struct snapshot_images){{&images_ops}, db, &db->live};
    db->images_before = (struct snapshot_images){{&images_ops}, db, &db->before};
}

struct generation *snapshot_live_take(struct snapshot_db *db, struct generation *g)
{
    struct generation *before;

    (void)pthread_rwlock_wrlock(&db->swap);
    before = db->live;
    db->live = g;
    (void)pthread_rwlock_unlock(&db->swap);
    assert(before != g || !g);
    return before;
}

void snapshot_live_replace(struct snapshot_db *db, struct generation *g)
{
    generation_close(snapshot_live_take(db, g));
}

void snapshot_readers_wait(struct snapshot_db *db)
{
    (void)pthread_rwlock_wrlock(&db->swap);
    (void)pthread_rwlock_unlock(&db->swap);
}

struct kv_store *snapshot_db_base(struct snapshot_db *db)
{
    assert(db);
    return &db->base.kv;
}

bool snapshot_images_usable(const struct snapshot_db *db, const struct generation *g)
{
    const struct record_value *newest = g ? generation_newest(g) : NULL;

    return newest && newest->images > 0 && strcmp(buffer_text(&g->epoch), db->epoch) == 0;
}

struct heap_image_source *snapshot_db_images(struct snapshot_db *db)
{
    assert(db);
    if (db->rejected || !snapshot_images_usable(db, db->live)) return NULL;
    return &db->images.source;
}
