/* A kernel's state too simple to be wrong, its changes as marks, and a snapshot store compared
 * with it. */
#ifndef HEADSTART_TESTS_UNIT_SNAPSHOT_MARK_MODEL_H
#define HEADSTART_TESTS_UNIT_SNAPSHOT_MARK_MODEL_H

#include "snapshot/snapshot_db.h"
#include "tests/unit/scratch.h"

enum { MODEL_KEYS = 60, MODEL_VATS = 3, MODEL_PAGES_MAX = 48 };

struct model_vat {
    bool alive;
    bool kept; /* the snapshot store has an image: changes need not be whole */
    uint32_t page_count;
    uint32_t stack_pointer;
    uint64_t transcript_entries;
    uint32_t pages[MODEL_PAGES_MAX]; /* what the page is filled from; 0: zeros */
};

/* Plain value: copies are history. */
struct mark_model {
    uint64_t seqnum;
    uint32_t values[MODEL_KEYS]; /* 0: absent */
    struct model_vat vats[MODEL_VATS];
};

/** Some messages later. Vats come, grow, shrink, change and end. */
void mark_model_step(struct mark_model *m, uint64_t *random);
/** The position the model is at. */
struct position mark_model_position(const struct mark_model *m);
/** What leads from `from` to `to`; `whole`: all pages of every vat. Released with
 *  mark_model_changes_fini. */
void mark_model_changes(const struct mark_model *from, const struct mark_model *to, bool whole,
                        struct mark_changes *out);
void mark_model_changes_fini(struct mark_changes *m);

/** Do base and images hold what the model says? `images`: they must be there; else must not. */
bool mark_model_holds(const struct mark_model *m, struct snapshot_db *db, bool images);

/** HS_OK: the source has that vat's heap as the model says, or rightly none; HS_DIVERGED: it has
 *  another one; else what the source answered. */
enum hs_status mark_model_vat_holds(const struct mark_model *m, size_t vat,
                                    struct heap_image_source *source);

/** snapshot_db_put of the changes between the two; on success *from = *to, vats kept. */
HS_MUST_CHECK enum hs_status mark_model_put(struct mark_model *from, struct mark_model *to,
                                            struct snapshot_db *db, struct hs_error *err);

/** Options for a store in dir/snapshot with a clock that stands still. */
struct model_store {
    struct scratch_path snapshot_dir, quarantine_dir;
    struct snapshot_db_options options;
};
void model_store_init(struct model_store *s, const char *dir, uint32_t keep);
/** Opened; the test program ends when that fails. */
struct snapshot_db *model_store_open(const struct model_store *s);

#endif
