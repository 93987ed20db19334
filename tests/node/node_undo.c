#include "tests/node/node_undo.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#define NODE_UNDO_PREFIX "u"

enum { NODE_UNDO_KEY_BYTES = 1 + 16 + 1 }; /* prefix, height in hex, NUL */

/* First byte of a record: what the key was before the block. */
enum { NODE_UNDO_VALUE = '=', NODE_UNDO_ABSENT = '-' };

static struct slice node_undo_prefix(uint64_t height, char text[NODE_UNDO_KEY_BYTES])
{
    int len = snprintf(text, NODE_UNDO_KEY_BYTES, NODE_UNDO_PREFIX "%016" PRIx64, height);

    assert(len == NODE_UNDO_KEY_BYTES - 1);
    return slice_make(text, (size_t)len);
}

enum hs_status node_undo_keep(struct kv_leveldb_batch *batch, uint64_t height,
                              struct kv_store *real, struct slice key, struct hs_error *err)
{
    char text[NODE_UNDO_KEY_BYTES];
    struct buffer value = {0};
    struct buffer record_key = {0};
    struct buffer record = {0};
    enum hs_status st = kv_store_get(real, key, &value, err);
    bool absent = st == HS_NOT_FOUND;

    assert(key.len > 0);
    if (st != HS_OK && !absent) goto out;
    st = buffer_assign(&record_key, node_undo_prefix(height, text));
    if (st == HS_OK) st = buffer_append(&record_key, key);
    if (st == HS_OK) st = buffer_append_byte(&record, absent ? NODE_UNDO_ABSENT : NODE_UNDO_VALUE);
    if (st == HS_OK && !absent) st = buffer_append(&record, buffer_slice(&value));
    if (st != HS_OK) {
        st = hs_fail(err, st, "making an undo record");
        goto out;
    }
    kv_leveldb_batch_put(batch, buffer_slice(&record_key), buffer_slice(&record));
out:
    buffer_fini(&value);
    buffer_fini(&record_key);
    buffer_fini(&record);
    return st;
}

void node_undo_keep_head(struct kv_leveldb_batch *batch, uint64_t height, struct slice head)
{
    char text[NODE_UNDO_KEY_BYTES];

    assert(height > 0);
    kv_leveldb_batch_put(batch, node_undo_prefix(height, text), head);
}

enum hs_status node_undo_kept(struct kv_leveldb *db, uint64_t height, bool *kept,
                              struct hs_error *err)
{
    char text[NODE_UNDO_KEY_BYTES];

    return kv_store_has(kv_leveldb_store(db), node_undo_prefix(height, text), kept, err);
}

enum hs_status node_undo_forget(struct kv_leveldb *db, struct kv_leveldb_batch *batch,
                                uint64_t height, struct hs_error *err)
{
    char text[NODE_UNDO_KEY_BYTES];
    struct slice prefix = node_undo_prefix(height, text);
    struct kv_leveldb_cursor *cursor = NULL;
    struct slice key;
    struct slice record;
    enum hs_status st = kv_leveldb_cursor_open(db, prefix, &cursor, err);

    if (st != HS_OK) return st;
    while (kv_leveldb_cursor_next(cursor, &key, &record, &st, err)) {
        if (!slice_starts_with(key, prefix)) break;
        kv_leveldb_batch_delete(batch, key);
    }
    kv_leveldb_cursor_close(cursor);
    return st;
}

/* One record: put the key of the real store back to what it was. */
static enum hs_status node_undo_restore(struct kv_leveldb_batch *batch, struct slice key,
                                        struct slice record, struct hs_error *err)
{
    struct buffer real_key = {0};
    enum hs_status st = buffer_assign(&real_key, slice_text(NODE_REAL_PREFIX));

    if (st == HS_OK) st = buffer_append(&real_key, key);
    if (st != HS_OK) {
        st = hs_fail(err, st, "rolling a block back");
    } else if (record.len > 0 && record.data[0] == NODE_UNDO_VALUE) {
        kv_leveldb_batch_put(batch, buffer_slice(&real_key),
                             slice_make(record.data + 1, record.len - 1));
    } else if (record.len == 1 && record.data[0] == NODE_UNDO_ABSENT) {
        kv_leveldb_batch_delete(batch, buffer_slice(&real_key));
    } else {
        st = hs_fail(err, HS_CORRUPT, "an undo record is not well-formed");
    }
    buffer_fini(&real_key);
    return st;
}

enum hs_status node_undo_apply(struct kv_leveldb *db, struct kv_leveldb_batch *batch,
                               uint64_t height, struct buffer *head, struct hs_error *err)
{
    char text[NODE_UNDO_KEY_BYTES];
    struct slice prefix = node_undo_prefix(height, text);
    struct kv_leveldb_cursor *cursor = NULL;
    struct slice key;
    struct slice record;
    enum hs_status st = kv_leveldb_cursor_open(db, prefix, &cursor, err);

    if (st != HS_OK) return st;
    buffer_clear(head);
    while (kv_leveldb_cursor_next(cursor, &key, &record, &st, err)) {
        if (!slice_starts_with(key, prefix)) break;
        if (key.len == prefix.len) {
            st = buffer_assign(head, record);
        } else {
            st = node_undo_restore(batch, slice_make(key.data + prefix.len, key.len - prefix.len),
                                   record, err);
        }
        if (st != HS_OK) break;
        kv_leveldb_batch_delete(batch, key);
    }
    kv_leveldb_cursor_close(cursor);
    if (st == HS_OK && head->len == 0) {
        st = hs_fail(err, HS_CORRUPT, "the undo record of block %" PRIu64 " is missing", height);
    }
    return st;
}
