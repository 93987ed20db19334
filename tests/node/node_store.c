#include "tests/node/node_store.h"

#include "kernel/state/decimal.h"
#include "kernel/state/kv_layers.h"
#include "snapshot/kv_leveldb.h"
#include "tests/node/node_undo.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODE_HEAD_KEY     "nhead"
#define NODE_CHAIN_ID_KEY "nchain_id"

enum { NODE_HEAD_BYTES_MAX = 48 }; /* two numbers, a space, a NUL */

struct node_store {
    struct kv_leveldb *db;
    struct kv_store *real; /* view of k… in db */
    struct kv_layers *layers;
    struct node_head head;
};

static enum hs_status node_head_parse(struct slice text, struct node_head *out,
                                      struct hs_error *err)
{
    const char *space = text.len == 0 ? NULL : memchr(text.data, ' ', text.len);
    size_t height_len = space == NULL ? 0 : (size_t)(space - text.data);

    if (space == NULL || uint_parse(slice_make(text.data, height_len), &out->height) != HS_OK ||
        uint_parse(slice_make(space + 1, text.len - height_len - 1), &out->file_offset) != HS_OK) {
        return hs_fail(err, HS_CORRUPT, "the chain's head record is not well-formed");
    }
    return HS_OK;
}

static void node_head_print(struct node_head head, char text[NODE_HEAD_BYTES_MAX])
{
    int len =
        snprintf(text, NODE_HEAD_BYTES_MAX, "%" PRIu64 " %" PRIu64, head.height, head.file_offset);

    assert(len > 0 && len < NODE_HEAD_BYTES_MAX);
}

/* A new folder takes the chain id; an old one must have the same. */
static enum hs_status node_store_claim(struct node_store *s, const char *chain_id,
                                       struct hs_error *err)
{
    struct kv_store *kv = kv_leveldb_store(s->db);
    struct buffer value = {0};
    enum hs_status st = kv_store_get_text(kv, NODE_CHAIN_ID_KEY, &value, err);

    if (st == HS_NOT_FOUND) {
        st = kv_store_set(kv, slice_text(NODE_CHAIN_ID_KEY), slice_text(chain_id), err);
    } else if (st == HS_OK && !slice_equal(buffer_slice(&value), slice_text(chain_id))) {
        st = hs_fail(err, HS_WRONG_CHAIN, "this folder belongs to chain %s, not %s",
                     buffer_text(&value), chain_id);
    }
    buffer_fini(&value);
    return st;
}

static enum hs_status node_store_load_head(struct node_store *s, struct hs_error *err)
{
    struct buffer value = {0};
    enum hs_status st = kv_store_get_text(kv_leveldb_store(s->db), NODE_HEAD_KEY, &value, err);

    if (st == HS_NOT_FOUND) {
        st = HS_OK; /* a new chain: height 0, the file's beginning */
    } else if (st == HS_OK) {
        st = node_head_parse(buffer_slice(&value), &s->head, err);
    }
    buffer_fini(&value);
    return st;
}

enum hs_status node_store_open(const char *dir, const char *chain_id, struct node_store **out,
                               struct hs_error *err)
{
    const struct kv_leveldb_options options = {.create = true, .compress = true};
    struct node_store *s;
    enum hs_status st;

    assert(dir != NULL && chain_id != NULL);
    assert(out != NULL);
    *out = NULL;
    s = calloc(1, sizeof *s);
    if (s == NULL) return hs_fail(err, HS_NOMEM, "opening the chain's store");
    st = kv_leveldb_open(dir, &options, &s->db, err);
    if (st != HS_OK) goto out;
    st = node_store_claim(s, chain_id, err);
    if (st != HS_OK) goto out;
    st = node_store_load_head(s, err);
    if (st != HS_OK) goto out;
    st = kv_leveldb_view_open(s->db, slice_text(NODE_REAL_PREFIX), &s->real, err);
    if (st != HS_OK) goto out;
    st = kv_layers_open(s->real, &s->layers, err);
    if (st != HS_OK) goto out;
    *out = s;
    s = NULL;
out:
    node_store_close(s);
    return st == HS_OK ? HS_OK : hs_fail_prefix(err, st, "%s", dir);
}

void node_store_close(struct node_store *s)
{
    if (s == NULL) return;
    kv_layers_close(s->layers);
    kv_leveldb_view_close(s->real);
    kv_leveldb_close(s->db);
    free(s);
}

struct node_head node_store_head(const struct node_store *s)
{
    return s->head;
}

struct kv_store *node_store_real(struct node_store *s)
{
    return kv_layers_store(s->layers);
}

enum hs_status node_store_position(struct node_store *s, struct position *out, struct hs_error *err)
{
    struct kv_store *kv = node_store_real(s);
    struct buffer seqnum_text = {0};
    struct buffer hash = {0};
    uint64_t seqnum = 0;
    enum hs_status st = kv_store_get_text(kv, "kernel.seqnum", &seqnum_text, err);

    if (st == HS_NOT_FOUND) {
        *out = position_origin();
        st = HS_OK;
        goto out;
    }
    if (st != HS_OK) goto out;
    st = uint_parse(buffer_slice(&seqnum_text), &seqnum);
    if (st != HS_OK) {
        st = hs_fail(err, HS_CORRUPT, "kernel.seqnum of the real store is no number");
        goto out;
    }
    st = kv_store_get_text(kv, "kernel.hash", &hash, err);
    if (st != HS_OK && st != HS_NOT_FOUND) goto out;
    st = position_make(seqnum, buffer_slice(&hash), out, err);
    if (st != HS_OK) st = hs_fail_prefix(err, HS_CORRUPT, "the real store's position");
out:
    buffer_fini(&seqnum_text);
    buffer_fini(&hash);
    return st;
}

void node_store_transaction_commit(struct node_store *s)
{
    kv_layers_message_commit(s->layers);
}

void node_store_transaction_abort(struct node_store *s)
{
    kv_layers_message_abort(s->layers);
}

void node_store_block_abort(struct node_store *s)
{
    kv_layers_back_to_mark(s->layers);
}

/* --- blocks --- */

/* The block's changes and their undo records. Behind a genesis nothing can be gone back to. */
static enum hs_status node_batch_changes(struct node_store *s, struct kv_leveldb_batch *batch,
                                         const struct kv_map *changes, uint64_t height,
                                         struct hs_error *err)
{
    struct buffer key = {0};
    struct kv_map_place place = {.begun = false};
    struct kv_entry entry;
    enum hs_status st = HS_OK;

    while (kv_map_walk(changes, &place, &entry)) {
        if (height > 0) st = node_undo_keep(batch, height, s->real, entry.key, err);
        if (st != HS_OK) break;
        st = buffer_assign(&key, slice_text(NODE_REAL_PREFIX));
        if (st == HS_OK) st = buffer_append(&key, entry.key);
        if (st != HS_OK) {
            st = hs_fail(err, st, "collecting a block");
            break;
        }
        if (entry.deleted) {
            kv_leveldb_batch_delete(batch, buffer_slice(&key));
        } else {
            kv_leveldb_batch_put(batch, buffer_slice(&key), entry.value);
        }
    }
    buffer_fini(&key);
    return st;
}

static enum hs_status node_block_write(struct node_store *s, const struct kv_map *changes,
                                       struct node_head head, struct hs_error *err)
{
    struct kv_leveldb_batch *batch = NULL;
    char text[NODE_HEAD_BYTES_MAX];
    enum hs_status st = kv_leveldb_batch_open(&batch, err);

    if (st != HS_OK) return st;
    st = node_batch_changes(s, batch, changes, head.height, err);
    if (st != HS_OK) goto out;
    if (head.height > NODE_UNDO_BLOCKS) {
        st = node_undo_forget(s->db, batch, head.height - NODE_UNDO_BLOCKS, err);
        if (st != HS_OK) goto out;
    }
    node_head_print(s->head, text);
    if (head.height > 0) node_undo_keep_head(batch, head.height, slice_text(text));
    node_head_print(head, text);
    kv_leveldb_batch_put(batch, slice_text(NODE_HEAD_KEY), slice_text(text));
    st = kv_leveldb_write(s->db, batch, true, err);
out:
    kv_leveldb_batch_close(batch);
    return st;
}

enum hs_status node_store_block_commit(struct node_store *s, struct node_head head,
                                       struct hs_error *err)
{
    const struct kv_map *changes = NULL;
    enum hs_status st;

    assert(head.height == s->head.height + (head.height > 0));
    assert(head.file_offset >= s->head.file_offset);
    kv_layers_mark(s->layers);
    st = kv_layers_freeze(s->layers, &changes, err);
    if (st != HS_OK) return st;
    st = node_block_write(s, changes, head, err);
    kv_layers_thaw(s->layers, st == HS_OK);
    if (st != HS_OK) {
        return hs_fail_prefix(err, st, "committing block %" PRIu64, head.height);
    }
    s->head = head;
    return HS_OK;
}

static enum hs_status node_store_undo_block(struct node_store *s, struct hs_error *err)
{
    struct kv_leveldb_batch *batch = NULL;
    struct buffer head_text = {0};
    struct node_head head = {0};
    enum hs_status st = kv_leveldb_batch_open(&batch, err);

    if (st != HS_OK) return st;
    st = node_undo_apply(s->db, batch, s->head.height, &head_text, err);
    if (st != HS_OK) goto out;
    st = node_head_parse(buffer_slice(&head_text), &head, err);
    if (st != HS_OK) goto out;
    if (head.height + 1 != s->head.height) {
        st = hs_fail(err, HS_CORRUPT, "the undo record of block %" PRIu64 " is not its own",
                     s->head.height);
        goto out;
    }
    kv_leveldb_batch_put(batch, slice_text(NODE_HEAD_KEY), buffer_slice(&head_text));
    st = kv_leveldb_write(s->db, batch, true, err);
    if (st == HS_OK) s->head = head;
out:
    buffer_fini(&head_text);
    kv_leveldb_batch_close(batch);
    return st;
}

enum hs_status node_store_roll_back(struct node_store *s, uint64_t blocks, struct hs_error *err)
{
    uint64_t height_target = s->head.height - blocks;
    bool kept = false;
    enum hs_status st = HS_OK;

    assert(kv_layers_at_mark(s->layers));
    if (blocks == 0) return HS_OK;
    if (blocks <= s->head.height) {
        st = node_undo_kept(s->db, height_target + 1, &kept, err);
        if (st != HS_OK) return st;
    }
    if (!kept) {
        return hs_fail(err, HS_NOT_FOUND,
                       "cannot roll back %" PRIu64 " blocks from height %" PRIu64
                       ": the newest %d are kept undoable",
                       blocks, s->head.height, NODE_UNDO_BLOCKS);
    }
    while (st == HS_OK && s->head.height > height_target) {
        st = node_store_undo_block(s, err);
    }
    kv_layers_base_changed(s->layers);
    return st;
}
