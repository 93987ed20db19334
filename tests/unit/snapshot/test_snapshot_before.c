/* A store that begins anew with the heaps of the one before. */
#include "tests/unit/snapshot/mark_model.h"
#include "tests/unit/suite.h"

enum { KEEP = 4, STEPS = 6 };

static struct mark_model history[STEPS + 1];
static struct scratch_path dir;
static struct model_store store;
static uint64_t random_state;

static struct snapshot_db *open_with_history(void)
{
    struct snapshot_db *db;

    random_state = suite_seed();
    dir = scratch_make();
    model_store_init(&store, dir.text, KEEP);
    db = model_store_open(&store);
    history[0] = (struct mark_model){0};
    for (size_t i = 1; i <= STEPS; i++) {
        struct mark_model from = history[i - 1];

        history[i] = from;
        do { /* one without heaps has no images to serve */
            mark_model_step(&history[i], &random_state);
        } while (!history[i].vats[0].alive);
        CU_ASSERT_EQUAL_FATAL(mark_model_put(&from, &history[i], db, NULL), HS_OK);
        history[i] = from;
    }
    return db;
}

static bool images_hold(const struct mark_model *m, struct heap_image_source *source)
{
    bool holds = source != NULL;

    for (size_t i = 0; i < MODEL_VATS && holds; i++) {
        holds = mark_model_vat_holds(m, i, source) == HS_OK;
    }
    return holds;
}

/* As a tail does: some of the store's entries, taken from elsewhere. */
static void fill_some(struct snapshot_db *db)
{
    CU_ASSERT_EQUAL(snapshot_db_fill(db, slice_text("key"), slice_text("value"), NULL), HS_OK);
    CU_ASSERT_EQUAL(snapshot_db_fill_end(db, NULL), HS_OK);
}

static void snapshot_before__images_serve_while_the_new_one_is_filled(void)
{
    for (size_t back = 0; back < KEEP; back++) {
        struct snapshot_db *db = open_with_history();
        const struct mark_model *wanted = &history[STEPS - back];
        struct buffer value = {0};

        CU_ASSERT_PTR_NULL(snapshot_db_images_before(db));
        CU_ASSERT_EQUAL(snapshot_db_begin_after(db, wanted->seqnum, NULL), HS_OK);
        CU_ASSERT(images_hold(wanted, snapshot_db_images_before(db)));
        CU_ASSERT_PTR_NULL(snapshot_db_images(db));
        CU_ASSERT_EQUAL(snapshot_db_list(db, NULL, 0), 0);
        fill_some(db);
        CU_ASSERT(images_hold(wanted, snapshot_db_images_before(db)));
        CU_ASSERT_EQUAL(kv_store_get_text(snapshot_db_base(db), "key", &value, NULL), HS_OK);
        buffer_fini(&value);
        snapshot_db_close(db);
        scratch_remove(dir);
    }
}

static void snapshot_before__restored_is_as_if_nothing_had_begun(void)
{
    struct snapshot_db *db = open_with_history();
    struct mark_model at = history[STEPS - 1], next;

    CU_ASSERT_EQUAL(snapshot_db_begin_after(db, at.seqnum, NULL), HS_OK);
    fill_some(db);
    snapshot_db_before_restore(db);
    CU_ASSERT(mark_model_holds(&at, db, true));
    CU_ASSERT_EQUAL(snapshot_db_list(db, NULL, 0), KEEP - 1);
    CU_ASSERT_EQUAL(snapshot_db_begin_after(db, history[STEPS - 2].seqnum, NULL), HS_OK);
    snapshot_db_before_restore(db);
    at = history[STEPS - 2];
    next = at;
    mark_model_step(&next, &random_state);
    CU_ASSERT_EQUAL(mark_model_put(&at, &next, db, NULL), HS_OK);
    CU_ASSERT_EQUAL(snapshot_db_verify(db, NULL, NULL), HS_OK);
    CU_ASSERT(mark_model_holds(&next, db, true));
    snapshot_db_close(db);
    scratch_remove(dir);
}

static void snapshot_before__released_the_new_one_takes_over(void)
{
    struct snapshot_db *db = open_with_history();
    struct mark_model from = {0}, to = history[STEPS];

    CU_ASSERT_EQUAL(snapshot_db_begin_after(db, to.seqnum, NULL), HS_OK);
    snapshot_db_before_release(db);
    CU_ASSERT_PTR_NULL(snapshot_db_images_before(db));
    for (size_t i = 0; i < MODEL_VATS; i++) {
        to.vats[i].kept = false; /* whole: nothing of them is here */
    }
    CU_ASSERT_EQUAL(mark_model_put(&from, &to, db, NULL), HS_OK);
    CU_ASSERT(mark_model_holds(&to, db, true));
    CU_ASSERT_EQUAL(snapshot_db_verify(db, NULL, NULL), HS_OK);
    snapshot_db_close(db);
    db = model_store_open(&store);
    CU_ASSERT(mark_model_holds(&to, db, true));
    snapshot_db_close(db);
    scratch_remove(dir);
}

static void snapshot_before__crash_on_the_way_finds_the_old_one(void)
{
    struct snapshot_db *db = open_with_history();

    CU_ASSERT_EQUAL(snapshot_db_begin_after(db, history[STEPS - 1].seqnum, NULL), HS_OK);
    fill_some(db);
    snapshot_db_close(db);
    db = model_store_open(&store);
    CU_ASSERT(mark_model_holds(&history[STEPS - 1], db, true));
    snapshot_db_close(db);
    scratch_remove(dir);
}

static void snapshot_before__what_is_not_kept_begins_nothing(void)
{
    struct snapshot_db *db = open_with_history();

    CU_ASSERT_EQUAL(snapshot_db_begin_after(db, history[1].seqnum, NULL), HS_NOT_FOUND);
    CU_ASSERT_PTR_NULL(snapshot_db_images_before(db));
    CU_ASSERT(mark_model_holds(&history[STEPS], db, true));
    snapshot_db_close(db);
    scratch_remove(dir);
}

static void snapshot_before__images_of_another_epoch_do_not_serve(void)
{
    struct snapshot_db *db = open_with_history();

    snapshot_db_close(db);
    store.options.epoch = "another";
    db = model_store_open(&store);
    CU_ASSERT_EQUAL(snapshot_db_begin_after(db, history[STEPS].seqnum, NULL), HS_OK);
    CU_ASSERT_PTR_NULL(snapshot_db_images_before(db));
    snapshot_db_before_restore(db);
    CU_ASSERT(mark_model_holds(&history[STEPS], db, false));
    snapshot_db_close(db);
    scratch_remove(dir);
}

static const struct suite_case cases[] = {
    SUITE_CASE(snapshot_before__images_serve_while_the_new_one_is_filled),
    SUITE_CASE(snapshot_before__restored_is_as_if_nothing_had_begun),
    SUITE_CASE(snapshot_before__released_the_new_one_takes_over),
    SUITE_CASE(snapshot_before__crash_on_the_way_finds_the_old_one),
    SUITE_CASE(snapshot_before__what_is_not_kept_begins_nothing),
    SUITE_CASE(snapshot_before__images_of_another_epoch_do_not_serve),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("snapshot before", cases, argc, argv);
}
