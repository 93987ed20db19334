/* The only file that knows leveldb/c.h; its files are the disk room's (kv_leveldb_env.h).
 *
 * A failed write fences the handle. After a record that a full disk cut short LevelDB would go on
 * appending to its log; every later record, synced and acknowledged, would be unreadable at the
 * next open. So after one failure this handle only reads, until the folder is opened again. */
#include "snapshot/kv_leveldb.h"

#include "snapshot/kv_leveldb_env.h"
#include "snapshot/kv_leveldb_tail.h"

#include <assert.h>
#include <leveldb/c.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WRITE_BUFFER_BYTES_DEFAULT = 4 << 20,
    BLOCK_CACHE_BYTES = 2 << 20,
    FILTER_BITS_PER_KEY = 10, /* one in a hundred is looked at in vain */
    ERRNUM_MAX = 200,         /* past the last one that Linux has */
};

struct kv_leveldb {
    struct kv_store store; /* first: the store view of all keys */
    leveldb_t *db;
    leveldb_env_t *env;
    leveldb_options_t *options;
    leveldb_filterpolicy_t *filter;
    leveldb_cache_t *cache;
    leveldb_readoptions_t *read;
    leveldb_readoptions_t *scan; /* does not displace hot blocks from the cache */
    leveldb_writeoptions_t *write;
    leveldb_writeoptions_t *write_synced;
    bool read_only;
    atomic_bool fenced;
    atomic_size_t unflushed_bytes;
};

struct kv_leveldb_batch {
    leveldb_writebatch_t *batch;
    size_t bytes;
};

struct kv_leveldb_cursor {
    leveldb_iterator_t *iterator;
    bool started;
};

/* Words end with the system's reason, as the disk room gave it. 0: with no such one. */
static int errnum_of(const char *words)
{
    size_t len = strlen(words);

    for (int errnum = 1; errnum < ERRNUM_MAX; errnum++) {
        const char *reason = strerrordesc_np(errnum);
        size_t reason_len = reason ? strlen(reason) : 0;

        if (reason_len == 0 || reason_len > len) continue;
        if (strcmp(words + len - reason_len, reason) == 0) return errnum;
    }
    return 0;
}

static bool words_begin(const char *words, const char *with)
{
    return strncmp(words, with, strlen(with)) == 0;
}

/* LevelDB tells errors apart in words only. Takes `words`. */
static enum hs_status leveldb_fail(struct hs_error *err, char *words, const char *operation)
{
    enum hs_status st = HS_IO;

    assert(words);
    if (words_begin(words, "Corruption") || words_begin(words, "NotFound")) {
        st = HS_CORRUPT; /* not found: a file that it needs is missing */
    } else if (words_begin(words, "IO error: lock ") && strstr(words, "already held")) {
        st = HS_LOCKED;
    } else if (strstr(words, "does not exist (create_if_missing")) {
        st = HS_NOT_FOUND;
    }
    st = hs_fail(err, st, "%s: %s", operation, words);
    if (err && st == HS_IO) err->errnum = errnum_of(words);
    leveldb_free(words);
    return st;
}

static enum hs_status store_get(struct kv_store *kv, struct slice key, struct buffer *value,
                                struct hs_error *err)
{
    struct kv_leveldb *db = (struct kv_leveldb *)kv;
    char *words = NULL;
    size_t len = 0;
    char *data = leveldb_get(db->db, db->read, key.data, key.len, &len, &words);
    enum hs_status st;

    if (words) return leveldb_fail(err, words, "reading from LevelDB");
    if (!data) return HS_NOT_FOUND;
    st = buffer_assign(value, slice_make(data, len));
    leveldb_free(data);
    if (st != HS_OK) return hs_fail(err, st, "no memory for a value of %zu bytes", len);
    return HS_OK;
}

static enum hs_status store_next(struct kv_store *kv, struct slice after, struct buffer *key,
                                 struct buffer *value, struct hs_error *err)
{
    struct kv_leveldb *db = (struct kv_leveldb *)kv;
    leveldb_iterator_t *it = leveldb_create_iterator(db->db, db->read);
    enum hs_status st = HS_NOT_FOUND;
    char *words = NULL;
    struct slice found, content;

    leveldb_iter_seek(it, after.data ? after.data : "", after.len);
    if (leveldb_iter_valid(it)) {
        found.data = leveldb_iter_key(it, &found.len);
        if (slice_equal(found, after)) leveldb_iter_next(it);
    }
    leveldb_iter_get_error(it, &words);
    if (words) {
        st = leveldb_fail(err, words, "reading from LevelDB");
        goto out;
    }
    if (!leveldb_iter_valid(it)) goto out;
    found.data = leveldb_iter_key(it, &found.len);
    content.data = leveldb_iter_value(it, &content.len);
    st = buffer_assign(key, found);
    if (st == HS_OK && value) st = buffer_assign(value, content);
    if (st != HS_OK) (void)hs_fail(err, st, "no memory for an entry of %zu bytes", content.len);
out:
    leveldb_iter_destroy(it);
    return st;
}

static enum hs_status store_has(struct kv_store *kv, struct slice key, bool *found,
                                struct hs_error *err)
{
    struct buffer value = {0};
    enum hs_status st = store_get(kv, key, &value, err);

    buffer_fini(&value);
    if (st != HS_OK && st != HS_NOT_FOUND) return st;
    *found = st == HS_OK;
    return HS_OK;
}

static enum hs_status store_set(struct kv_store *kv, struct slice key, struct slice value,
                                struct hs_error *err)
{
    struct kv_leveldb *db = (struct kv_leveldb *)kv;
    struct kv_leveldb_batch b = {leveldb_writebatch_create(), 0};
    enum hs_status st;

    kv_leveldb_batch_put(&b, key, value);
    st = kv_leveldb_write(db, &b, false, err);
    leveldb_writebatch_destroy(b.batch);
    return st;
}

static enum hs_status store_delete(struct kv_store *kv, struct slice key, struct hs_error *err)
{
    struct kv_leveldb *db = (struct kv_leveldb *)kv;
    struct kv_leveldb_batch b = {leveldb_writebatch_create(), 0};
    enum hs_status st;

    kv_leveldb_batch_delete(&b, key);
    st = kv_leveldb_write(db, &b, false, err);
    leveldb_writebatch_destroy(b.batch);
    return st;
}

static const struct kv_store_ops store_ops = {
    store_get, store_has, store_next, store_set, store_delete,
};
static const struct kv_store_ops store_ops_read_only = {
    store_get, store_has, store_next, NULL, NULL,
};

static void options_make(struct kv_leveldb *db, const struct kv_leveldb_options *options)
{
    size_t write_buffer = options->write_buffer_bytes;

    db->options = leveldb_options_create();
    leveldb_options_set_env(db->options, db->env);
    leveldb_options_set_create_if_missing(db->options, options->create);
    leveldb_options_set_paranoid_checks(db->options, 1);
    /* Tables that lack a key are passed over without a look at their blocks. */
    db->filter = leveldb_filterpolicy_create_bloom(FILTER_BITS_PER_KEY);
    leveldb_options_set_filter_policy(db->options, db->filter);
    /* What keeps being read is kept above (kv_cache.h). Here it would be blocks of tables that are
     * compacted away, up to LevelDB's usual eight MiB of them. */
    db->cache = leveldb_cache_create_lru(BLOCK_CACHE_BYTES);
    leveldb_options_set_cache(db->options, db->cache);
    leveldb_options_set_compression(db->options, options->compress ? leveldb_snappy_compression
                                                                   : leveldb_no_compression);
    leveldb_options_set_write_buffer_size(db->options,
                                          write_buffer ? write_buffer : WRITE_BUFFER_BYTES_DEFAULT);
    db->read = leveldb_readoptions_create();
    leveldb_readoptions_set_verify_checksums(db->read, 1);
    db->scan = leveldb_readoptions_create();
    leveldb_readoptions_set_verify_checksums(db->scan, 1);
    leveldb_readoptions_set_fill_cache(db->scan, 0);
    db->write = leveldb_writeoptions_create();
    db->write_synced = leveldb_writeoptions_create();
    leveldb_writeoptions_set_sync(db->write_synced, 1);
}

static enum hs_status database_open(struct kv_leveldb *db, const char *dir, bool settle_later,
                                    struct hs_error *err)
{
    struct buffer operation = {0};
    char *words = NULL;
    enum hs_status st = buffer_printf(&operation, "opening LevelDB in %s", dir);

    if (st != HS_OK) return hs_fail(err, st, "no memory for a path");
    if (settle_later) kv_leveldb_env_keep_back(db->env);
    db->db = leveldb_open(db->options, dir, &words);
    if (!db->db) st = leveldb_fail(err, words, buffer_text(&operation));
    buffer_fini(&operation);
    return st;
}

enum hs_status kv_leveldb_open(const char *dir, const struct kv_leveldb_options *options,
                               struct kv_leveldb **out, struct hs_error *err)
{
    const struct disk *disk = options->disk ? options->disk : disk_system();
    struct kv_leveldb *db;
    enum hs_status st;

    assert(dir && options && out);
    assert(!(options->create && (options->read_only_hint || options->settle_later)));
    /* LevelDB makes the folder and its LOCK even where it may not create a database. */
    if (!options->create && !disk_exists(disk, "leveldb.current", dir, "CURRENT")) {
        return hs_fail(err, HS_NOT_FOUND, "no LevelDB database in %s", dir);
    }
    /* LevelDB goes on without the folder, and then calls its files damaged. */
    if (options->create) {
        st = disk_make_folder(disk, "leveldb.folder", dir, NULL, err);
        if (st != HS_OK) return st;
    }
    db = calloc(1, sizeof *db);
    if (!db) return hs_fail(err, HS_NOMEM, "no memory for a database handle");
    db->read_only = options->read_only_hint;
    db->store.ops = db->read_only ? &store_ops_read_only : &store_ops;
    st = kv_leveldb_env_open(disk, &db->env, err);
    if (st == HS_OK) {
        options_make(db, options);
        st = database_open(db, dir, options->settle_later, err);
    }
    if (st == HS_CORRUPT && kv_leveldb_tail_cut(disk, dir))
        st = database_open(db, dir, options->settle_later, err);
    if (st != HS_OK) {
        kv_leveldb_close(db);
        return st;
    }
    *out = db;
    return HS_OK;
}

void kv_leveldb_close(struct kv_leveldb *db)
{
    if (!db) return;
    if (db->env) kv_leveldb_env_abandon(db->env);
    if (db->db) leveldb_close(db->db);
    if (db->options) {
        leveldb_readoptions_destroy(db->read);
        leveldb_readoptions_destroy(db->scan);
        leveldb_writeoptions_destroy(db->write);
        leveldb_writeoptions_destroy(db->write_synced);
        leveldb_options_destroy(db->options);
        leveldb_filterpolicy_destroy(db->filter);
        leveldb_cache_destroy(db->cache);
    }
    kv_leveldb_env_close(db->env);
    free(db);
}

struct kv_store *kv_leveldb_store(struct kv_leveldb *db)
{
    assert(db);
    return &db->store;
}

enum hs_status kv_leveldb_batch_open(struct kv_leveldb_batch **out, struct hs_error *err)
{
    struct kv_leveldb_batch *b = calloc(1, sizeof *b);

    assert(out);
    if (!b) return hs_fail(err, HS_NOMEM, "no memory for a batch");
    b->batch = leveldb_writebatch_create();
    *out = b;
    return HS_OK;
}

void kv_leveldb_batch_close(struct kv_leveldb_batch *b)
{
    if (!b) return;
    leveldb_writebatch_destroy(b->batch);
    free(b);
}

void kv_leveldb_batch_put(struct kv_leveldb_batch *b, struct slice key, struct slice value)
{
    assert(b && key.len > 0);
    leveldb_writebatch_put(b->batch, key.data, key.len, value.data ? value.data : "", value.len);
    b->bytes += key.len + value.len;
}

void kv_leveldb_batch_delete(struct kv_leveldb_batch *b, struct slice key)
{
    assert(b && key.len > 0);
    leveldb_writebatch_delete(b->batch, key.data, key.len);
    b->bytes += key.len;
}

void kv_leveldb_batch_clear(struct kv_leveldb_batch *b)
{
    assert(b);
    leveldb_writebatch_clear(b->batch);
    b->bytes = 0;
}

size_t kv_leveldb_batch_bytes(const struct kv_leveldb_batch *b)
{
    assert(b);
    return b->bytes;
}

void kv_leveldb_settle(struct kv_leveldb *db)
{
    assert(db);
    kv_leveldb_env_settle_begin(db->env);
}

void kv_leveldb_unhurry(struct kv_leveldb *db)
{
    assert(db);
    kv_leveldb_env_unhurry(db->env);
}

enum hs_status kv_leveldb_write(struct kv_leveldb *db, struct kv_leveldb_batch *b, bool sync,
                                struct hs_error *err)
{
    char *words = NULL;

    assert(db && b);
    assert(!db->read_only);
    if (atomic_load(&db->fenced)) {
        return hs_fail(err, HS_IO, "an earlier write to this database failed; open it again");
    }
    words = kv_leveldb_env_settle(db->env);
    if (!words) leveldb_write(db->db, sync ? db->write_synced : db->write, b->batch, &words);
    (void)atomic_fetch_add(&db->unflushed_bytes, b->bytes);
    if (!words) return HS_OK;
    atomic_store(&db->fenced, true);
    return leveldb_fail(err, words, "writing to LevelDB");
}

size_t kv_leveldb_unflushed_bytes(struct kv_leveldb *db)
{
    assert(db);
    return atomic_load(&db->unflushed_bytes);
}

bool kv_leveldb_fenced(struct kv_leveldb *db)
{
    assert(db);
    return atomic_load(&db->fenced);
}

void kv_leveldb_flush(struct kv_leveldb *db)
{
    assert(db && !db->read_only);
    kv_leveldb_settle(db); /* before the work that is asked for here, on the same thread */
    atomic_store(&db->unflushed_bytes, 0);
    /* A manual compaction of a range that no key is in does nothing but flush. */
    leveldb_compact_range(db->db, "\xff\xff\xff\xff", 4, "\xff\xff\xff\xff\xff", 5);
}

enum hs_status kv_leveldb_cursor_open(struct kv_leveldb *db, struct slice from,
                                      struct kv_leveldb_cursor **out, struct hs_error *err)
{
    struct kv_leveldb_cursor *c = calloc(1, sizeof *c);

    assert(db && out);
    if (!c) return hs_fail(err, HS_NOMEM, "no memory for a cursor");
    c->iterator = leveldb_create_iterator(db->db, db->scan);
    leveldb_iter_seek(c->iterator, from.data ? from.data : "", from.len);
    *out = c;
    return HS_OK;
}

bool kv_leveldb_cursor_next(struct kv_leveldb_cursor *c, struct slice *key, struct slice *value,
                            enum hs_status *st, struct hs_error *err)
{
    char *words = NULL;

    assert(c && key && value && st);
    *st = HS_OK;
    if (c->started && leveldb_iter_valid(c->iterator)) leveldb_iter_next(c->iterator);
    c->started = true;
    /* Asked at every step: past a damaged block an iterator stays valid and goes on behind it. */
    leveldb_iter_get_error(c->iterator, &words);
    if (words) {
        *st = leveldb_fail(err, words, "reading from LevelDB");
        return false;
    }
    if (!leveldb_iter_valid(c->iterator)) return false;
    key->data = leveldb_iter_key(c->iterator, &key->len);
    value->data = leveldb_iter_value(c->iterator, &value->len);
    return true;
}

void kv_leveldb_cursor_close(struct kv_leveldb_cursor *c)
{
    if (!c) return;
    leveldb_iter_destroy(c->iterator);
    free(c);
}
