/* The snapshot store in use, without anything going wrong. */
#include "tests/unit/snapshot/mark_model.h"
#include "tests/unit/suite.h"

#include "snapshot/snapshot_policy.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEEP = 4, STEPS = 40 };

static struct mark_model history[STEPS + 1];

static void snapshot_policy__due_at_a_new_height_once_in_n_messages(void)
{
    struct snapshot_moment now = {
        .height_last = 5, .height_next = 6, .seqnum_mark = 300, .seqnum_newest = 200};

    CU_ASSERT(snapshot_policy_due(&now, &(struct snapshot_rhythm){.messages = 100}));
    CU_ASSERT(!snapshot_policy_due(&now, &(struct snapshot_rhythm){.messages = 101}));
    now.height_next = 5; /* in the middle of a block */
    CU_ASSERT(!snapshot_policy_due(&now, &(struct snapshot_rhythm){.messages = 1}));
    now.height_next = 4; /* the node went back: still another block */
    CU_ASSERT(snapshot_policy_due(&now, &(struct snapshot_rhythm){.messages = 100}));
    now.height_next = 0; /* no blocks at all */
    CU_ASSERT(!snapshot_policy_due(&now, &(struct snapshot_rhythm){.messages = 1}));
    now.height_next = 6;
    now.seqnum_mark = 200; /* nothing new */
    CU_ASSERT(!snapshot_policy_due(&now, &(struct snapshot_rhythm){.messages = 1}));
    now.seqnum_mark = 150; /* went back behind the newest */
    CU_ASSERT(!snapshot_policy_due(&now, &(struct snapshot_rhythm){.messages = 1}));
    now = (struct snapshot_moment){.height_next = 1, .seqnum_mark = 0};
    CU_ASSERT(!snapshot_policy_due(&now, &(struct snapshot_rhythm){.messages = 1}));
}

static void snapshot_policy__due_when_messages_ran_for_long(void)
{
    struct snapshot_rhythm rhythm = {.messages = 100, .run_us = 10000000};
    struct snapshot_moment now = {.height_last = 5,
                                  .height_next = 6,
                                  .seqnum_mark = 203,
                                  .seqnum_newest = 200,
                                  .run_us = 9999999};

    CU_ASSERT(!snapshot_policy_due(&now, &rhythm));
    now.run_us = 10000000;
    CU_ASSERT_EQUAL(snapshot_policy_due(&now, &rhythm), SNAPSHOT_DUE_AT_ONCE);
    now.write_us = 500000;
    CU_ASSERT(snapshot_policy_due(&now, &rhythm));
    now.write_us = 500001; /* writing would cost more than its share */
    CU_ASSERT(!snapshot_policy_due(&now, &rhythm));
    now.run_us = 10000020;
    CU_ASSERT(snapshot_policy_due(&now, &rhythm));
    now.height_next = 5; /* in the middle of a block */
    CU_ASSERT(!snapshot_policy_due(&now, &rhythm));
    now.height_next = 6;
    now.seqnum_mark = 200; /* nothing new */
    CU_ASSERT(!snapshot_policy_due(&now, &rhythm));
    now.seqnum_mark = 203;
    rhythm.run_us = 0;
    CU_ASSERT(!snapshot_policy_due(&now, &rhythm));
    rhythm.messages = 3; /* one that is due by messages waits for its share, but not for long */
    now.run_us = 249999;
    now.write_us = 50000;
    CU_ASSERT_EQUAL(snapshot_policy_due(&now, &rhythm), SNAPSHOT_DUE);
    now.run_us = 250000;
    CU_ASSERT_EQUAL(snapshot_policy_due(&now, &rhythm), SNAPSHOT_DUE_SOON);
    now.write_us = 50001; /* nor for more than a fifth of it */
    CU_ASSERT_EQUAL(snapshot_policy_due(&now, &rhythm), SNAPSHOT_DUE);
}

static void snapshot_policy__writes_for_a_share_of_the_time(void)
{
    struct snapshot_allowance a = snapshot_allowance_full(1000);
    uint64_t now_us = 1000, written_us = 0;

    CU_ASSERT(snapshot_allowance_left(&a, now_us, 2));
    snapshot_allowance_spend(&a, 20000); /* a few in a row need not wait */
    CU_ASSERT(snapshot_allowance_left(&a, now_us, 2));
    snapshot_allowance_spend(&a, 20000);
    CU_ASSERT(!snapshot_allowance_left(&a, now_us + 999999, 2));
    CU_ASSERT(snapshot_allowance_left(&a, now_us + 1000000, 2));
    a = snapshot_allowance_full(now_us);
    for (; now_us < 1000000000; now_us += 1000) { /* written whenever it may be */
        if (!snapshot_allowance_left(&a, now_us, 3)) continue;
        snapshot_allowance_spend(&a, 7000);
        written_us += 7000;
    }
    CU_ASSERT(written_us >= 30000000 && written_us <= 30000000 + 20000 + 7000);
    snapshot_allowance_spend(&a, UINT64_MAX); /* a clock that jumps ends no snapshots for ever */
    snapshot_allowance_spend(&a, UINT64_MAX);
    CU_ASSERT(!snapshot_allowance_left(&a, now_us, 100));
    CU_ASSERT(snapshot_allowance_left(&a, now_us + UINT64_C(86400000000), 100));
}

static void snapshot_policy__excess_is_what_passes_keep(void)
{
    CU_ASSERT_EQUAL(snapshot_policy_excess(3, 8), 0);
    CU_ASSERT_EQUAL(snapshot_policy_excess(8, 8), 0);
    CU_ASSERT_EQUAL(snapshot_policy_excess(11, 8), 3);
}

static void snapshot_db__new_store_is_empty(void)
{
    struct scratch_path dir = scratch_make();
    struct mark_model empty = {0};
    struct snapshot_record record;
    struct model_store store;
    struct snapshot_db *db;

    model_store_init(&store, dir.text, KEEP);
    db = model_store_open(&store);
    CU_ASSERT(mark_model_holds(&empty, db, false));
    CU_ASSERT_EQUAL(snapshot_db_newest(db, &record, NULL), HS_NOT_FOUND);
    CU_ASSERT_EQUAL(snapshot_db_list(db, &record, 1), 0);
    CU_ASSERT_EQUAL(snapshot_db_verify(db, NULL, NULL), HS_NOT_FOUND);
    CU_ASSERT_EQUAL(snapshot_db_return_to(db, 1, NULL), HS_NOT_FOUND);
    snapshot_db_close(db);
    scratch_remove(dir);
}

/* Puts, reopening now and then; history[i] is what snapshot i held. */
static struct snapshot_db *put_history(const struct model_store *store, uint64_t *random)
{
    struct snapshot_db *db = model_store_open(store);
    struct hs_error err = {0};

    history[0] = (struct mark_model){0};
    for (size_t i = 1; i <= STEPS; i++) {
        struct mark_model from = history[i - 1];

        history[i] = from;
        mark_model_step(&history[i], random);
        CU_ASSERT_EQUAL_FATAL(mark_model_put(&from, &history[i], db, &err), HS_OK);
        CU_ASSERT_FATAL(mark_model_holds(&history[i], db, true));
        if (i % 7 == 0) CU_ASSERT_EQUAL_FATAL(snapshot_db_verify(db, NULL, &err), HS_OK);
        if (i % 5 != 0) continue;
        snapshot_db_close(db);
        db = model_store_open(store);
        CU_ASSERT_FATAL(mark_model_holds(&history[i], db, true));
    }
    return db;
}

static void snapshot_db__every_put_is_what_is_found(void)
{
    struct scratch_path dir = scratch_make();
    struct snapshot_record records[STEPS];
    uint64_t random = suite_seed();
    struct model_store store;
    struct snapshot_db *db;
    uint64_t digest, keys;

    model_store_init(&store, dir.text, KEEP);
    db = put_history(&store, &random);
    CU_ASSERT_EQUAL(snapshot_db_list(db, records, STEPS), KEEP);
    for (size_t i = 0; i < KEEP; i++) {
        CU_ASSERT_EQUAL(records[i].at.seqnum, history[STEPS - i].seqnum);
        CU_ASSERT_EQUAL(records[i].made_at, 1700000000);
    }
    CU_ASSERT_EQUAL(kv_store_digest(snapshot_db_base(db), &digest, &keys, NULL), HS_OK);
    CU_ASSERT_EQUAL(records[0].keys, keys);
    CU_ASSERT(records[0].batch_bytes > 0);
    CU_ASSERT(snapshot_db_disk_bytes(db) > records[0].bytes);
    snapshot_db_close(db);
    scratch_remove(dir);
}

static void snapshot_db__every_kept_snapshot_can_be_returned_to(void)
{
    struct scratch_path dir = scratch_make(), copy = scratch_join(dir.text, "copy");
    uint64_t random = suite_seed();
    struct model_store store;
    struct hs_error err = {0};
    struct snapshot_db *db;

    model_store_init(&store, dir.text, KEEP);
    db = put_history(&store, &random);
    snapshot_db_close(db);
    CU_ASSERT_EQUAL(rename(store.snapshot_dir.text, copy.text), 0);
    for (size_t back = 0; back <= KEEP; back++) {
        struct mark_model wanted = history[STEPS - back], next;

        scratch_copy(copy.text, store.snapshot_dir.text);
        db = model_store_open(&store);
        if (back == KEEP) { /* pruned */
            CU_ASSERT_EQUAL(snapshot_db_return_to(db, wanted.seqnum, NULL), HS_NOT_FOUND);
            CU_ASSERT(mark_model_holds(&history[STEPS], db, true));
        } else {
            CU_ASSERT_EQUAL_FATAL(snapshot_db_return_to(db, wanted.seqnum, &err), HS_OK);
            CU_ASSERT(mark_model_holds(&wanted, db, true));
            CU_ASSERT_EQUAL(snapshot_db_verify(db, NULL, &err), HS_OK);
            CU_ASSERT_EQUAL(snapshot_db_list(db, NULL, 0), KEEP - back);
            next = wanted; /* and another history goes on from there */
            mark_model_step(&next, &random);
            CU_ASSERT_EQUAL(mark_model_put(&wanted, &next, db, &err), HS_OK);
            CU_ASSERT(mark_model_holds(&next, db, true));
            CU_ASSERT_EQUAL(snapshot_db_verify(db, NULL, &err), HS_OK);
        }
        snapshot_db_close(db);
        scratch_remove(store.snapshot_dir);
    }
    scratch_remove(dir);
}

static void snapshot_db__older_position_is_stale(void)
{
    struct scratch_path dir = scratch_make();
    uint64_t random = suite_seed();
    struct mark_model from = {0}, to = {0}, same;
    struct model_store store;
    struct snapshot_db *db;

    model_store_init(&store, dir.text, KEEP);
    db = model_store_open(&store);
    mark_model_step(&to, &random);
    CU_ASSERT_EQUAL(mark_model_put(&from, &to, db, NULL), HS_OK);
    same = to;
    same.values[0] ^= 2;
    CU_ASSERT_EQUAL(mark_model_put(&from, &same, db, NULL), HS_STALE);
    CU_ASSERT(mark_model_holds(&to, db, true));
    snapshot_db_close(db);
    scratch_remove(dir);
}

static void snapshot_db__keep_one_needs_no_undo(void)
{
    struct scratch_path dir = scratch_make();
    uint64_t random = suite_seed();
    struct model_store store;
    struct snapshot_record records[2];
    struct snapshot_db *db;

    model_store_init(&store, dir.text, 1);
    db = put_history(&store, &random);
    CU_ASSERT_EQUAL(snapshot_db_list(db, records, 2), 1);
    snapshot_db_close(db);
    scratch_remove(dir);
}

static void snapshot_db__smaller_keep_drops_the_oldest_with_the_next_put(void)
{
    struct scratch_path dir = scratch_make();
    uint64_t random = suite_seed();
    struct snapshot_record records[STEPS];
    struct model_store store;
    struct hs_error err = {0};
    struct mark_model next;
    struct snapshot_db *db;

    model_store_init(&store, dir.text, 10);
    db = put_history(&store, &random);
    CU_ASSERT_EQUAL(snapshot_db_list(db, records, STEPS), 10);
    snapshot_db_close(db);
    store.options.keep = 3;
    db = model_store_open(&store);
    CU_ASSERT_EQUAL(snapshot_db_list(db, records, STEPS), 10);
    next = history[STEPS];
    mark_model_step(&next, &random);
    CU_ASSERT_EQUAL(mark_model_put(&history[STEPS], &next, db, &err), HS_OK);
    CU_ASSERT_EQUAL(snapshot_db_list(db, records, STEPS), 3);
    CU_ASSERT_EQUAL(snapshot_db_verify(db, NULL, &err), HS_OK);
    snapshot_db_close(db);
    db = model_store_open(&store);
    CU_ASSERT_EQUAL(snapshot_db_list(db, records, STEPS), 3);
    CU_ASSERT_EQUAL(snapshot_db_return_to(db, history[STEPS - 1].seqnum, &err), HS_OK);
    CU_ASSERT(mark_model_holds(&history[STEPS - 1], db, true));
    snapshot_db_close(db);
    scratch_remove(dir);
}

static void snapshot_db__new_generation_takes_over_with_its_first_put(void)
{
    struct scratch_path dir = scratch_make();
    uint64_t random = suite_seed();
    struct mark_model old = {0}, from = {0}, to = {0}, empty = {0};
    struct snapshot_record record;
    struct model_store store;
    struct hs_error err = {0};
    struct snapshot_db *db;

    model_store_init(&store, dir.text, KEEP);
    db = model_store_open(&store);
    mark_model_step(&to, &random);
    CU_ASSERT_EQUAL(mark_model_put(&old, &to, db, &err), HS_OK);
    CU_ASSERT_EQUAL(snapshot_db_begin_anew(db, &err), HS_OK);
    CU_ASSERT(mark_model_holds(&empty, db, false));
    CU_ASSERT_EQUAL(snapshot_db_newest(db, &record, NULL), HS_NOT_FOUND);
    for (size_t i = 0; i < MODEL_KEYS; i += 2) { /* a store is filled in */
        char key[16], value[64];

        (void)snprintf(key, sizeof key, "key.%02zu", i);
        from.values[i] = (uint32_t)suite_random(&random) | 1;
        (void)snprintf(value, sizeof value, "%0*x", 1 + (int)(from.values[i] % 60), from.values[i]);
        CU_ASSERT_EQUAL(snapshot_db_fill(db, slice_text(key), slice_text(value), &err), HS_OK);
    }
    CU_ASSERT_EQUAL(snapshot_db_fill_end(db, &err), HS_OK);
    CU_ASSERT(mark_model_holds(&from, db, false));
    snapshot_db_close(db); /* before its first put: as if it had never been */
    db = model_store_open(&store);
    CU_ASSERT(mark_model_holds(&old, db, true));
    snapshot_db_proven(db);
    CU_ASSERT_EQUAL(scratch_count(store.snapshot_dir.text),
                    scratch_count(scratch_join(store.snapshot_dir.text, "gen-0000000001").text) +
                        2);
    CU_ASSERT_EQUAL(snapshot_db_begin_anew(db, &err), HS_OK);
    from = (struct mark_model){0};
    to = (struct mark_model){0};
    mark_model_step(&to, &random);
    CU_ASSERT_EQUAL(mark_model_put(&from, &to, db, &err), HS_OK);
    CU_ASSERT(mark_model_holds(&to, db, true));
    CU_ASSERT(scratch_exists(scratch_join(store.snapshot_dir.text, "gen-0000000001").text));
    snapshot_db_close(db);
    db = model_store_open(&store);
    CU_ASSERT(mark_model_holds(&to, db, true));
    CU_ASSERT_EQUAL(snapshot_db_verify(db, NULL, &err), HS_OK);
    CU_ASSERT(!scratch_exists(scratch_join(store.snapshot_dir.text, "gen-0000000001").text));
    CU_ASSERT_EQUAL(snapshot_db_newest(db, &record, NULL), HS_OK);
    CU_ASSERT(record.verified);
    snapshot_db_close(db);
    scratch_remove(dir);
}

static void snapshot_db__rejected_generation_is_never_chosen_again(void)
{
    struct scratch_path dir = scratch_make();
    uint64_t random = suite_seed();
    struct mark_model from = {0}, to = {0}, empty = {0};
    struct model_store store;
    struct hs_error err = {0};
    struct buffer reason = {0};
    struct snapshot_db *db;

    model_store_init(&store, dir.text, KEEP);
    for (int reopen = 0; reopen < 2; reopen++) {
        from = to = empty;
        db = model_store_open(&store);
        mark_model_step(&to, &random);
        CU_ASSERT_EQUAL(mark_model_put(&from, &to, db, &err), HS_OK);
        CU_ASSERT_EQUAL(snapshot_db_reject(db, "diverged at seqnum 7", &err), HS_OK);
        CU_ASSERT_EQUAL(snapshot_db_list(db, NULL, 0), 0);
        CU_ASSERT_PTR_NULL(snapshot_db_images(db));
        mark_model_step(&to, &random);
        CU_ASSERT_EQUAL(mark_model_put(&from, &to, db, &err), HS_INVALID);
        if (reopen) {
            snapshot_db_close(db);
            db = model_store_open(&store);
        } else {
            CU_ASSERT_EQUAL(snapshot_db_begin_anew(db, &err), HS_OK);
        }
        CU_ASSERT(mark_model_holds(&empty, db, false));
        CU_ASSERT_EQUAL(snapshot_db_list(db, NULL, 0), 0);
        snapshot_db_close(db);
    }
    scratch_read(scratch_join(store.quarantine_dir.text, "snapshot-1/REJECTED").text, &reason);
    CU_ASSERT_STRING_EQUAL(buffer_text(&reason), "diverged at seqnum 7");
    buffer_fini(&reason);
    scratch_remove(dir);
}

static void snapshot_db__another_epoch_keeps_the_store_and_not_the_images(void)
{
    struct scratch_path dir = scratch_make();
    uint64_t random = suite_seed();
    struct mark_model from = {0}, to = {0};
    struct mark_changes changes;
    struct model_store store;
    struct hs_error err = {0};
    struct snapshot_db *db;

    model_store_init(&store, dir.text, KEEP);
    db = put_history(&store, &random);
    snapshot_db_close(db);
    store.options.epoch = "epoch-2";
    db = model_store_open(&store);
    CU_ASSERT(mark_model_holds(&history[STEPS], db, false));
    from = to = history[STEPS];
    mark_model_step(&to, &random);
    mark_model_changes(&from, &to, false, &changes);
    if (changes.heaps_len) CU_ASSERT_EQUAL(snapshot_db_put(db, &changes, NULL, &err), HS_INVALID);
    mark_model_changes_fini(&changes);
    CU_ASSERT(mark_model_holds(&from, db, false));
    mark_model_changes(&from, &to, true, &changes);
    CU_ASSERT_EQUAL(snapshot_db_put(db, &changes, NULL, &err), HS_OK);
    mark_model_changes_fini(&changes);
    CU_ASSERT(mark_model_holds(&to, db, true));
    snapshot_db_close(db);
    db = model_store_open(&store);
    CU_ASSERT(mark_model_holds(&to, db, true));
    CU_ASSERT_EQUAL(snapshot_db_list(db, NULL, 0), 1);
    CU_ASSERT(scratch_exists(scratch_join(store.snapshot_dir.text, "gen-0000000001").text));
    CU_ASSERT_EQUAL(snapshot_db_verify(db, NULL, &err), HS_OK);
    CU_ASSERT(!scratch_exists(scratch_join(store.snapshot_dir.text, "gen-0000000001").text));
    snapshot_db_close(db);
    scratch_remove(dir);
}

static void snapshot_db__contradictions_are_refused_whole(void)
{
    struct scratch_path dir = scratch_make();
    uint64_t random = suite_seed();
    struct mark_model from = {0}, to = {0}, next;
    struct mark_changes changes;
    struct model_store store;
    struct snapshot_db *db;

    model_store_init(&store, dir.text, KEEP);
    db = model_store_open(&store);
    while (!to.vats[0].alive || to.vats[0].page_count < 3) {
        mark_model_step(&to, &random);
    }
    CU_ASSERT_EQUAL(mark_model_put(&from, &to, db, NULL), HS_OK);
    next = to;
    next.seqnum++;
    next.vats[0].pages[0]++;
    next.vats[0].pages[1]++;
    mark_model_changes(&from, &next, false, &changes);
    changes.heaps[0].numbers[1] = changes.heaps[0].numbers[0]; /* out of order */
    CU_ASSERT_EQUAL(snapshot_db_put(db, &changes, NULL, NULL), HS_INVALID);
    changes.heaps[0].numbers[1] = changes.heaps[0].info.page_count; /* past the end */
    CU_ASSERT_EQUAL(snapshot_db_put(db, &changes, NULL, NULL), HS_INVALID);
    changes.heaps[0].numbers[1] = 1;
    (void)snprintf(changes.heaps[0].info.vat_id, VAT_ID_BYTES_MAX, "v99"); /* nothing to change */
    CU_ASSERT_EQUAL(snapshot_db_put(db, &changes, NULL, NULL), HS_INVALID);
    (void)snprintf(changes.heaps[0].info.vat_id, VAT_ID_BYTES_MAX, "v/1");
    CU_ASSERT_EQUAL(snapshot_db_put(db, &changes, NULL, NULL), HS_INVALID);
    (void)snprintf(changes.heaps[0].info.vat_id, VAT_ID_BYTES_MAX, "v1");
    CU_ASSERT(mark_model_holds(&to, db, true));
    CU_ASSERT_EQUAL(snapshot_db_put(db, &changes, NULL, NULL), HS_OK);
    CU_ASSERT(mark_model_holds(&next, db, true));
    mark_model_changes_fini(&changes);
    snapshot_db_close(db);
    scratch_remove(dir);
}

static void snapshot_db__reader_beside_a_writer_changes_nothing(void)
{
    struct scratch_path dir = scratch_make();
    uint64_t random = suite_seed();
    struct snapshot_db *db, *reader = NULL;
    struct mark_model from, to;
    struct model_store store, reading;
    struct hs_error err = {0};
    struct scratch_listing left;

    model_store_init(&store, dir.text, KEEP);
    reading = store;
    reading.options.dir = store.snapshot_dir.text;
    reading.options.read_only = true;
    db = put_history(&store, &random);
    CU_ASSERT_EQUAL_FATAL(snapshot_db_open(&reading.options, &reader, &err), HS_OK);
    CU_ASSERT(mark_model_holds(&history[STEPS], reader, true));
    from = to = history[STEPS];
    mark_model_step(&to, &random);
    CU_ASSERT_EQUAL(mark_model_put(&from, &to, db, &err), HS_OK);
    CU_ASSERT(mark_model_holds(&history[STEPS], reader, true)); /* still what it was */
    CU_ASSERT_EQUAL(snapshot_db_list(reader, NULL, 0), KEEP);
    CU_ASSERT_EQUAL(snapshot_db_verify(reader, NULL, &err), HS_OK);
    CU_ASSERT_EQUAL(snapshot_db_return_to(reader, to.seqnum, &err), HS_NOT_FOUND);
    CU_ASSERT_EQUAL(snapshot_db_return_to(reader, history[STEPS - 1].seqnum, &err), HS_OK);
    CU_ASSERT(mark_model_holds(&history[STEPS - 1], reader, true));
    CU_ASSERT_EQUAL(snapshot_db_verify(reader, NULL, &err), HS_OK);
    snapshot_db_close(reader);
    snapshot_db_proven(db);
    scratch_list(store.snapshot_dir.text, &left);
    CU_ASSERT_EQUAL(left.len, 3); /* CURRENT, LOCK, a generation; no copy */
    CU_ASSERT_EQUAL(mark_model_put(&from, &to, db, &err), HS_STALE);
    CU_ASSERT(mark_model_holds(&to, db, true));
    snapshot_db_close(db);
    scratch_remove(dir);
}

/* Tables are most of the bytes and never change: a reader has them by another name. */
static size_t tables_linked(const char *snapshot_dir, size_t *tables)
{
    struct scratch_listing readers, files;
    size_t linked = 0;

    *tables = 0;
    scratch_list(snapshot_dir, &readers);
    for (size_t i = 0; i < readers.len; i++) {
        struct scratch_path folder = scratch_join(snapshot_dir, readers.names[i]);

        if (strncmp(readers.names[i], ".read-", 6) != 0) continue;
        scratch_list(folder.text, &files);
        for (size_t j = 0; j < files.len; j++) {
            struct stat found;

            if (!strstr(files.names[j], ".ldb")) continue;
            CU_ASSERT_EQUAL(stat(scratch_join(folder.text, files.names[j]).text, &found), 0);
            *tables += 1;
            linked += found.st_nlink > 1;
        }
    }
    return linked;
}

/* What lists need not copy what only restoring and verifying read, nor the tables. */
static void snapshot_db__reader_without_pages_copies_none(void)
{
    size_t tables = 0;
    struct scratch_path dir = scratch_make(), pages;
    uint64_t random = suite_seed();
    struct snapshot_db *db, *reader = NULL;
    struct heap_image_info info;
    struct model_store store, reading;
    struct heap_image_source *images;
    uint64_t digest, keys, wanted;

    model_store_init(&store, dir.text, KEEP);
    reading = store;
    reading.options.read_only = true;
    reading.options.without_pages = true;
    db = put_history(&store, &random);
    /* A file of pages that cannot be read at all is no hindrance. */
    pages = scratch_join(store.snapshot_dir.text, "gen-0000000001/pages");
    CU_ASSERT_TRUE_FATAL(scratch_exists(pages.text));
    CU_ASSERT_EQUAL(unlink(pages.text), 0);
    CU_ASSERT_EQUAL_FATAL(snapshot_db_open(&reading.options, &reader, NULL), HS_OK);
    CU_ASSERT(tables_linked(store.snapshot_dir.text, &tables) > 0);
    CU_ASSERT_EQUAL(snapshot_db_list(reader, NULL, 0), KEEP);
    CU_ASSERT_EQUAL(kv_store_digest(snapshot_db_base(reader), &digest, &keys, NULL), HS_OK);
    CU_ASSERT_EQUAL(kv_store_digest(snapshot_db_base(db), &wanted, &keys, NULL), HS_OK);
    CU_ASSERT_EQUAL(digest, wanted);
    images = snapshot_db_images(reader);
    for (int vat = 1; images && vat < 10; vat++) {
        char id[VAT_ID_BYTES_MAX];

        (void)snprintf(id, sizeof id, "v%d", vat);
        if (images->ops->find(images, id, &info, NULL) != HS_OK) continue;
        CU_ASSERT_EQUAL(images->ops->load(images, &info, id, NULL), HS_UNAVAILABLE);
    }
    snapshot_db_close(reader);
    snapshot_db_close(db);
    scratch_remove(dir);
}

static void snapshot_db__second_opener_is_locked_out(void)
{
    struct scratch_path dir = scratch_make();
    struct snapshot_db *db, *second = NULL;
    struct model_store store;

    model_store_init(&store, dir.text, KEEP);
    db = model_store_open(&store);
    CU_ASSERT_EQUAL(snapshot_db_open(&store.options, &second, NULL), HS_LOCKED);
    snapshot_db_close(db);
    CU_ASSERT_EQUAL_FATAL(snapshot_db_open(&store.options, &second, NULL), HS_OK);
    snapshot_db_close(second);
    scratch_remove(dir);
}

/* Slots that no kept snapshot refers to are used again. */
static void snapshot_db__page_file_stays_bounded(void)
{
    struct scratch_path dir = scratch_make(), pages;
    struct mark_model from = {0}, to = {0};
    uint64_t random = suite_seed();
    struct buffer file = {0};
    struct model_store store;
    struct snapshot_db *db;

    model_store_init(&store, dir.text, 2);
    pages = scratch_join(store.snapshot_dir.text, "gen-0000000001/pages");
    db = model_store_open(&store);
    for (int i = 0; i < 150; i++) {
        mark_model_step(&to, &random);
        CU_ASSERT_EQUAL_FATAL(mark_model_put(&from, &to, db, NULL), HS_OK);
        if (i % 20 == 7) { /* what is free is found again */
            snapshot_db_close(db);
            db = model_store_open(&store);
        }
    }
    CU_ASSERT_EQUAL(snapshot_db_verify(db, NULL, NULL), HS_OK);
    scratch_read(pages.text, &file);
    CU_ASSERT(file.len <= (1 + 3 * MODEL_VATS * MODEL_PAGES_MAX) * HS_HEAP_PAGE_BYTES);
    snapshot_db_close(db);
    buffer_fini(&file);
    scratch_remove(dir);
}

/* A heap that does not change is loaded again and again while slots are freed and reused. */
struct reader {
    struct heap_image_source *images;
    struct mark_model model;
    atomic_bool stop;
    int loads, failures;
};

static void *reader_run(void *data)
{
    struct reader *r = data;

    while (!atomic_load(&r->stop)) {
        r->failures += mark_model_vat_holds(&r->model, 0, r->images) != HS_OK;
        r->loads++;
    }
    return NULL;
}

static void snapshot_db__images_are_read_beside_puts(void)
{
    struct scratch_path dir = scratch_make();
    struct mark_model from = {0}, to = {0};
    uint64_t random = suite_seed();
    struct model_store store;
    struct reader reader = {0};
    struct snapshot_db *db;
    pthread_t thread;

    model_store_init(&store, dir.text, 1); /* what is overwritten is free at once */
    db = model_store_open(&store);
    while (!to.vats[0].alive) {
        mark_model_step(&to, &random);
    }
    CU_ASSERT_EQUAL_FATAL(mark_model_put(&from, &to, db, NULL), HS_OK);
    reader.images = snapshot_db_images(db);
    reader.model = to;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, reader_run, &reader), 0);
    for (int i = 0; i < 200; i++) {
        struct model_vat unchanged = to.vats[0];

        mark_model_step(&to, &random);
        to.vats[0] = unchanged;
        CU_ASSERT_EQUAL_FATAL(mark_model_put(&from, &to, db, NULL), HS_OK);
    }
    atomic_store(&reader.stop, true);
    (void)pthread_join(thread, NULL);
    CU_ASSERT(reader.loads > 0);
    CU_ASSERT_EQUAL(reader.failures, 0);
    snapshot_db_close(db);
    scratch_remove(dir);
}

static void snapshot_db__verification_can_be_stopped(void)
{
    struct scratch_path dir = scratch_make();
    uint64_t random = suite_seed();
    struct snapshot_record record;
    _Atomic bool cancel = true;
    struct model_store store;
    struct snapshot_db *db;

    model_store_init(&store, dir.text, KEEP);
    db = put_history(&store, &random);
    CU_ASSERT_EQUAL(snapshot_db_verify(db, &cancel, NULL), HS_CANCELLED);
    CU_ASSERT_EQUAL(snapshot_db_newest(db, &record, NULL), HS_OK);
    CU_ASSERT(!record.verified);
    snapshot_db_close(db);
    scratch_remove(dir);
}

static const struct suite_case cases[] = {
    SUITE_CASE(snapshot_policy__due_at_a_new_height_once_in_n_messages),
    SUITE_CASE(snapshot_policy__due_when_messages_ran_for_long),
    SUITE_CASE(snapshot_policy__writes_for_a_share_of_the_time),
    SUITE_CASE(snapshot_policy__excess_is_what_passes_keep),
    SUITE_CASE(snapshot_db__new_store_is_empty),
    SUITE_CASE(snapshot_db__every_put_is_what_is_found),
    SUITE_CASE(snapshot_db__every_kept_snapshot_can_be_returned_to),
    SUITE_CASE(snapshot_db__older_position_is_stale),
    SUITE_CASE(snapshot_db__keep_one_needs_no_undo),
    SUITE_CASE(snapshot_db__smaller_keep_drops_the_oldest_with_the_next_put),
    SUITE_CASE(snapshot_db__new_generation_takes_over_with_its_first_put),
    SUITE_CASE(snapshot_db__rejected_generation_is_never_chosen_again),
    SUITE_CASE(snapshot_db__another_epoch_keeps_the_store_and_not_the_images),
    SUITE_CASE(snapshot_db__contradictions_are_refused_whole),
    SUITE_CASE(snapshot_db__reader_beside_a_writer_changes_nothing),
    SUITE_CASE(snapshot_db__reader_without_pages_copies_none),
    SUITE_CASE(snapshot_db__second_opener_is_locked_out),
    SUITE_CASE(snapshot_db__page_file_stays_bounded),
    SUITE_CASE(snapshot_db__images_are_read_beside_puts),
    SUITE_CASE(snapshot_db__verification_can_be_stopped),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("snapshot_db", cases, argc, argv);
}
