#include "tests/node/node_store.h"
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#include <inttypes.h>

static struct scratch_path parent;

/* Open the store of the case `name`, each of which has a folder of its own. */
static struct node_store *store_open(const char *name)
{
    struct node_store *s = NULL;
    struct hs_error err = {0};
    struct scratch_path folder = scratch_join(parent.text, name);
    enum hs_status st = node_store_open(folder.text, "unit-1", &s, &err);

    if (st != HS_OK) (void)fprintf(stderr, "%s\n", err.text);
    CU_ASSERT_EQUAL_FATAL(st, HS_OK);
    return s;
}

static void store_set(struct node_store *s, const char *key, const char *value)
{
    enum hs_status st = kv_store_set(node_store_real(s), slice_text(key), slice_text(value), NULL);

    CU_ASSERT_EQUAL_FATAL(st, HS_OK);
}

static void store_delete(struct node_store *s, const char *key)
{
    CU_ASSERT_EQUAL_FATAL(kv_store_delete(node_store_real(s), slice_text(key), NULL), HS_OK);
}

static void store_commit(struct node_store *s)
{
    struct node_head head = node_store_head(s);
    enum hs_status st;

    node_store_transaction_commit(s);
    head.height += 1;
    head.file_offset += 10;
    st = node_store_block_commit(s, head, NULL);
    CU_ASSERT_EQUAL_FATAL(st, HS_OK);
}

/* value NULL: absent */
static void expect_value(struct node_store *s, const char *key, const char *value)
{
    struct buffer found = {0};
    enum hs_status st = kv_store_get_text(node_store_real(s), key, &found, NULL);

    CU_ASSERT_EQUAL(st, value == NULL ? HS_NOT_FOUND : HS_OK);
    if (value != NULL) CU_ASSERT_STRING_EQUAL(buffer_text(&found), value);
    buffer_fini(&found);
}

static void expect_head(const struct node_store *s, uint64_t height)
{
    CU_ASSERT_EQUAL(node_store_head(s).height, height);
    CU_ASSERT_EQUAL(node_store_head(s).file_offset, height * 10);
}

static void store_digest(struct node_store *s, char hex[SHA256_HEX_BYTES])
{
    CU_ASSERT_EQUAL_FATAL(kv_store_sha256(node_store_real(s), hex, NULL), HS_OK);
}

/* Block `height` of a chain in which keys come, change and go. */
static void store_block(struct node_store *s, uint64_t height)
{
    char key[32];
    char value[32];

    (void)snprintf(key, sizeof key, "key.%" PRIu64, height);
    (void)snprintf(value, sizeof value, "%" PRIu64, height);
    store_set(s, key, value);
    store_set(s, "kernel.seqnum", value);
    (void)snprintf(key, sizeof key, "key.%" PRIu64, height / 2);
    store_delete(s, key);
    store_set(s, "empty", "");
    store_commit(s);
}

static void node_store__new_folder_is_at_the_origin(void)
{
    struct node_store *s = store_open(__func__);
    struct position at;

    expect_head(s, 0);
    CU_ASSERT_EQUAL(node_store_position(s, &at, NULL), HS_OK);
    CU_ASSERT_TRUE(position_is_origin(&at));
    node_store_close(s);
}

static void node_store__open_block_is_lost_committed_ones_stay(void)
{
    struct node_store *s = store_open(__func__);

    store_set(s, "a", "1");
    store_commit(s);
    store_set(s, "a", "2");
    store_set(s, "b", "2");
    node_store_transaction_commit(s);
    expect_value(s, "a", "2");
    node_store_close(s);

    s = store_open(__func__);
    expect_head(s, 1);
    expect_value(s, "a", "1");
    expect_value(s, "b", NULL);
    node_store_close(s);
}

static void node_store__failed_transaction_leaves_the_open_block(void)
{
    struct node_store *s = store_open(__func__);

    store_set(s, "a", "1");
    node_store_transaction_commit(s);
    store_set(s, "a", "2");
    store_delete(s, "b");
    node_store_transaction_abort(s);
    expect_value(s, "a", "1");
    store_set(s, "b", "3");
    node_store_block_abort(s);
    expect_value(s, "a", NULL);
    expect_value(s, "b", NULL);
    node_store_close(s);
}

static void node_store__own_records_are_not_part_of_the_real_store(void)
{
    struct node_store *s = store_open(__func__);
    struct buffer key = {0};

    store_set(s, "z", "1");
    store_commit(s);
    CU_ASSERT_EQUAL(kv_store_next(node_store_real(s), slice_text(""), &key, NULL, NULL), HS_OK);
    CU_ASSERT_STRING_EQUAL(buffer_text(&key), "z");
    CU_ASSERT_EQUAL(kv_store_next(node_store_real(s), slice_text("z"), &key, NULL, NULL),
                    HS_NOT_FOUND);
    buffer_fini(&key);
    node_store_close(s);
}

static void node_store__rolled_back_blocks_leave_what_was_before(void)
{
    enum { BLOCKS = 24 };
    char digests[BLOCKS + 1][SHA256_HEX_BYTES];
    char digest[SHA256_HEX_BYTES];
    struct node_store *s = store_open(__func__);

    store_digest(s, digests[0]);
    for (uint64_t height = 1; height <= BLOCKS; height++) {
        store_block(s, height);
        store_digest(s, digests[height]);
    }
    for (uint64_t back = 1; back <= 4; back++) {
        uint64_t target = node_store_head(s).height - back;

        CU_ASSERT_EQUAL(node_store_roll_back(s, back, NULL), HS_OK);
        expect_head(s, target);
        node_store_close(s);
        s = store_open(__func__);
        expect_head(s, target);
        store_digest(s, digest);
        CU_ASSERT_STRING_EQUAL(digest, digests[target]);
    }
    for (uint64_t height = node_store_head(s).height + 1; height <= BLOCKS; height++) {
        store_block(s, height);
    }
    store_digest(s, digest);
    CU_ASSERT_STRING_EQUAL(digest, digests[BLOCKS]);
    node_store_close(s);
}

static void node_store__only_the_newest_blocks_can_be_undone(void)
{
    struct node_store *s = store_open(__func__);
    struct hs_error err = {0};

    for (uint64_t height = 1; height <= NODE_UNDO_BLOCKS + 3; height++) {
        store_block(s, height);
    }
    CU_ASSERT_EQUAL(node_store_roll_back(s, NODE_UNDO_BLOCKS + 1, &err), HS_NOT_FOUND);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "cannot roll back"));
    expect_head(s, NODE_UNDO_BLOCKS + 3);
    CU_ASSERT_EQUAL(node_store_roll_back(s, NODE_UNDO_BLOCKS, NULL), HS_OK);
    expect_head(s, 3);
    expect_value(s, "kernel.seqnum", "3");
    node_store_close(s);
}

static void node_store__rolling_back_past_the_beginning_is_refused(void)
{
    struct node_store *s = store_open(__func__);

    CU_ASSERT_EQUAL(node_store_roll_back(s, 1, NULL), HS_NOT_FOUND);
    store_block(s, 1);
    CU_ASSERT_EQUAL(node_store_roll_back(s, 2, NULL), HS_NOT_FOUND);
    CU_ASSERT_EQUAL(node_store_roll_back(s, 0, NULL), HS_OK);
    expect_head(s, 1);
    CU_ASSERT_EQUAL(node_store_roll_back(s, 1, NULL), HS_OK);
    expect_head(s, 0);
    expect_value(s, "empty", NULL);
    node_store_close(s);
}

static void node_store__another_chain_is_refused(void)
{
    struct node_store *s = store_open(__func__);
    struct node_store *other = NULL;
    struct hs_error err = {0};

    node_store_close(s);
    CU_ASSERT_EQUAL(
        node_store_open(scratch_join(parent.text, __func__).text, "unit-2", &other, &err),
        HS_WRONG_CHAIN);
    CU_ASSERT_PTR_NULL(other);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "unit-1"));
}

static void node_store__second_opener_is_locked_out(void)
{
    struct node_store *s = store_open(__func__);
    struct node_store *second = NULL;

    CU_ASSERT_EQUAL(
        node_store_open(scratch_join(parent.text, __func__).text, "unit-1", &second, NULL),
        HS_LOCKED);
    CU_ASSERT_PTR_NULL(second);
    node_store_close(s);
}

static void node_store__damaged_position_is_told(void)
{
    struct node_store *s = store_open(__func__);
    struct position at;

    store_set(s, "kernel.seqnum", "seven");
    CU_ASSERT_EQUAL(node_store_position(s, &at, NULL), HS_CORRUPT);
    store_set(s, "kernel.seqnum", "7");
    store_set(s, "kernel.hash", "not a hash");
    CU_ASSERT_EQUAL(node_store_position(s, &at, NULL), HS_CORRUPT);
    node_store_close(s);
}

static const struct suite_case cases[] = {
    SUITE_CASE(node_store__new_folder_is_at_the_origin),
    SUITE_CASE(node_store__open_block_is_lost_committed_ones_stay),
    SUITE_CASE(node_store__failed_transaction_leaves_the_open_block),
    SUITE_CASE(node_store__own_records_are_not_part_of_the_real_store),
    SUITE_CASE(node_store__rolled_back_blocks_leave_what_was_before),
    SUITE_CASE(node_store__only_the_newest_blocks_can_be_undone),
    SUITE_CASE(node_store__rolling_back_past_the_beginning_is_refused),
    SUITE_CASE(node_store__another_chain_is_refused),
    SUITE_CASE(node_store__second_opener_is_locked_out),
    SUITE_CASE(node_store__damaged_position_is_told),
};

int main(int argc, char **argv)
{
    int code;

    parent = scratch_make();
    code = SUITE_RUN("node store", cases, argc, argv);
    scratch_remove(parent);
    return code;
}
