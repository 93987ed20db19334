/* What snapshot_db.c, snapshot_open.c and snapshot_view.c share: the open snapshot store. */
#ifndef HEADSTART_SNAPSHOT_SNAPSHOT_STATE_H
#define HEADSTART_SNAPSHOT_SNAPSHOT_STATE_H

#include "snapshot/generation.h"

#include <pthread.h>

/* Both views find their store by being in it. */
struct snapshot_base {
    struct kv_store kv; /* first */
    struct snapshot_db *db;
};
struct snapshot_images {
    struct heap_image_source source; /* first */
    struct snapshot_db *db;
    struct generation **from; /* db's live, or the one before it */
};

struct snapshot_db {
    struct snapshot_base base;
    struct snapshot_images images, images_before;
    const struct disk *disk;
    char *dir;
    char *quarantine_dir;
    char *epoch;
    uint32_t keep;
    bool read_only;
    bool without_pages;
    void (*told)(void *data, const char *words);
    void *told_data;
    uint64_t (*clock)(void);
    bool marked;           /* OPENING is written */
    bool marked_unsettled; /* it is removed, and that is not durable */
    struct disk_file *lock_file;
    uint64_t number_last;      /* the highest number a generation was seen or made with */
    pthread_rwlock_t swap;     /* readers of `live` against its replacement */
    struct generation *live;   /* NULL only when read_only found none */
    struct generation *before; /* NULL, or whose images serve while live is filled */
    bool current;              /* live is what CURRENT names */
    bool rejected;             /* nothing more comes of live: only begin_anew helps */
    struct kv_leveldb_batch *fill;
    struct snapshot_path reader_dir; /* of a read-only copy */
    struct disk_file *reader_lock;
};

/** Set up the two views. */
void snapshot_views_init(struct snapshot_db *db);
/** Put `g` (may be NULL) in the place of live, whose handle is closed. */
void snapshot_live_replace(struct snapshot_db *db, struct generation *g);
/** The same, but what was live is handed out; it must be closed. */
struct generation *snapshot_live_take(struct snapshot_db *db, struct generation *g);
/** Wait until what reads the images now has read: what was freed before may then be reused. */
void snapshot_readers_wait(struct snapshot_db *db);
/** Does the generation hold images that this epoch can use? */
bool snapshot_images_usable(const struct snapshot_db *db, const struct generation *g);
/** A new, empty generation with the next number; not live yet. */
HS_MUST_CHECK enum hs_status
snapshot_generation_make(struct snapshot_db *db, struct generation **out, struct hs_error *err);

#endif
