/* Real store and node link: a thread plays the loop and the node, its store a kv_memory. */
#include "tests/unit/suite.h"

#include "ipc/wire.h"
#include "kernel/state/kv_memory.h"
#include "kernel/state/packed.h"
#include "sidecar/node/real_store.h"

#include <pthread.h>
#include <stdatomic.h>

enum node_mood { MOOD_HONEST, MOOD_FAILS, MOOD_GONE, MOOD_SHAPELESS, MOOD_STUCK };

struct scripted_node {
    struct kv_memory *memory;
    struct job_queue *loop;
    struct node_link *link;
    struct figures_board *board;
    struct real_store *store;
    pthread_t thread;
    _Atomic enum node_mood mood;
    uint64_t batch_entries; /* of one scan */
    atomic_int scans, gets;
};

static void put_entry(struct wire_writer *w, const struct buffer *key, const struct buffer *value)
{
    wire_put_array(w, 2);
    wire_put_text(w, buffer_slice(key));
    wire_put_text(w, buffer_slice(value));
}

static void answer_scan(struct scripted_node *n, struct slice params, struct buffer *out)
{
    struct buffer key = {0}, value = {0}, entries = {0};
    struct wire_writer w, each;
    struct slice after = {0};
    uint32_t count = 0;
    bool more;

    CU_ASSERT_TRUE(packed_text(packed_member(packed_root(params), "after"), &after));
    CU_ASSERT_EQUAL(buffer_assign(&key, after), HS_OK);
    wire_begin(&each, &entries);
    while (count < n->batch_entries && kv_store_next(kv_memory_store(n->memory), buffer_slice(&key),
                                                     &key, &value, NULL) == HS_OK) {
        put_entry(&each, &key, &value);
        count++;
    }
    CU_ASSERT_EQUAL(wire_end(&each), HS_OK);
    more =
        kv_store_next(kv_memory_store(n->memory), buffer_slice(&key), &key, &value, NULL) == HS_OK;
    wire_begin(&w, out);
    wire_put_map(&w, 2);
    wire_put_text(&w, slice_text("entries"));
    wire_put_array(&w, count);
    if (count > 0) wire_put_raw(&w, buffer_slice(&entries));
    wire_put_text(&w, slice_text("more"));
    wire_put_bool(&w, more);
    CU_ASSERT_EQUAL(wire_end(&w), HS_OK);
    buffer_fini(&key);
    buffer_fini(&value);
    buffer_fini(&entries);
}

static void answer_get(struct scripted_node *n, struct slice params, struct buffer *out)
{
    struct buffer value = {0};
    struct wire_writer w;
    struct slice key = {0};

    CU_ASSERT_TRUE(packed_text(packed_member(packed_root(params), "key"), &key));
    wire_begin(&w, out);
    wire_put_map(&w, 1);
    wire_put_text(&w, slice_text("value"));
    if (kv_store_get(kv_memory_store(n->memory), key, &value, NULL) == HS_OK) {
        wire_put_text(&w, buffer_slice(&value));
    } else {
        wire_put_nil(&w);
    }
    CU_ASSERT_EQUAL(wire_end(&w), HS_OK);
    buffer_fini(&value);
}

static enum hs_status node_send(void *data, const char *method, struct slice params,
                                node_answer_fn done, void *done_data, struct hs_error *err)
{
    struct scripted_node *n = data;
    struct buffer out = {0};
    bool scan = strcmp(method, "store.scan") == 0;

    switch (atomic_load(&n->mood)) {
    case MOOD_GONE: return hs_fail(err, HS_PEER_GONE, "no node");
    case MOOD_FAILS: done(done_data, HS_NODE_FAILED, slice_make(NULL, 0), "disk is gone"); break;
    case MOOD_SHAPELESS:
        done(done_data, HS_OK, slice_make("\x80", 1), ""); /* a map of nothing */
        break;
    case MOOD_STUCK: /* scans that never get on: `more`, and nothing new */
        done(done_data, HS_OK,
             slice_make("\x82\xa7"
                        "entries\x90\xa4more\xc3",
                        16),
             "");
        break;
    case MOOD_HONEST:
        atomic_fetch_add(scan ? &n->scans : &n->gets, 1);
        if (scan) {
            answer_scan(n, params, &out);
        } else {
            answer_get(n, params, &out);
        }
        done(done_data, HS_OK, buffer_slice(&out), "");
        break;
    }
    buffer_fini(&out);
    return HS_OK;
}

static void *node_main(void *data)
{
    struct scripted_node *n = data;
    struct job *job;

    while ((job = job_queue_take(n->loop, -1))) {
        job->run(job, n);
    }
    return NULL;
}

static void node_open(struct scripted_node *n, int entries, uint64_t batch_entries)
{
    *n = (struct scripted_node){.batch_entries = batch_entries};
    CU_ASSERT_EQUAL_FATAL(kv_memory_open(&n->memory, NULL), HS_OK);
    for (int i = 0; i < entries; i++) {
        char key[16], value[16];

        (void)snprintf(key, sizeof key, "k%03d", i);
        (void)snprintf(value, sizeof value, "value %d", i);
        CU_ASSERT_EQUAL_FATAL(
            kv_store_set(kv_memory_store(n->memory), slice_text(key), slice_text(value), NULL),
            HS_OK);
    }
    CU_ASSERT_EQUAL_FATAL(job_queue_open(NULL, NULL, &n->loop, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(node_link_open(n->loop, node_send, NULL, n, &n->link, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(figures_board_open("chain-1", &n->board, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(real_store_open(n->link, n->board, &n->store, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&n->thread, NULL, node_main, n), 0);
}

static void node_close(struct scripted_node *n)
{
    job_queue_end(n->loop);
    (void)pthread_join(n->thread, NULL);
    real_store_close(n->store);
    figures_board_close(n->board);
    node_link_close(n->link);
    job_queue_close(n->loop);
    kv_memory_close(n->memory);
}

static void real_store__whole_store_has_the_nodes_digest_at_every_batch_size(void)
{
    static const uint64_t batches[] = {1, 2, 3, 7, 50, 51, 1000};

    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
        struct scripted_node n;
        uint64_t ours = 0, theirs = 1, our_entries = 0, their_entries = 1;

        node_open(&n, 50, batches[i]);
        CU_ASSERT_EQUAL(kv_store_digest(real_store_kv(n.store), &ours, &our_entries, NULL), HS_OK);
        CU_ASSERT_EQUAL(kv_store_digest(kv_memory_store(n.memory), &theirs, &their_entries, NULL),
                        HS_OK);
        CU_ASSERT_EQUAL(ours, theirs);
        CU_ASSERT_EQUAL(our_entries, 50);
        CU_ASSERT_EQUAL(their_entries, 50);
        CU_ASSERT_EQUAL((uint64_t)n.scans, (50 + batches[i] - 1) / batches[i]);
        node_close(&n);
    }
}

static void real_store__next_in_any_order_is_as_in_memory(void)
{
    uint64_t random = suite_seed();
    struct buffer key = {0}, value = {0}, wanted_key = {0}, wanted_value = {0};
    struct scripted_node n;

    node_open(&n, 40, 6);
    for (int i = 0; i < 2000; i++) {
        char after[16];
        enum hs_status st, wanted;

        (void)snprintf(after, sizeof after, "k%03u", (unsigned)(suite_random(&random) % 45));
        if (suite_random(&random) % 10 == 0) after[0] = '\0';
        if (suite_random(&random) % 50 == 0) real_store_forget(n.store);
        st = kv_store_next(real_store_kv(n.store), slice_text(after), &key, &value, NULL);
        wanted = kv_store_next(kv_memory_store(n.memory), slice_text(after), &wanted_key,
                               &wanted_value, NULL);
        CU_ASSERT_EQUAL_FATAL(st, wanted);
        if (st != HS_OK) continue;
        CU_ASSERT_TRUE(slice_equal(buffer_slice(&key), buffer_slice(&wanted_key)));
        CU_ASSERT_TRUE(slice_equal(buffer_slice(&value), buffer_slice(&wanted_value)));
    }
    node_close(&n);
    buffer_fini(&key);
    buffer_fini(&value);
    buffer_fini(&wanted_key);
    buffer_fini(&wanted_value);
}

static void real_store__get_and_has_ask_for_one_key(void)
{
    struct buffer value = {0};
    struct scripted_node n;
    bool found = false;

    node_open(&n, 3, 10);
    CU_ASSERT_EQUAL(kv_store_get_text(real_store_kv(n.store), "k001", &value, NULL), HS_OK);
    CU_ASSERT_STRING_EQUAL(buffer_text(&value), "value 1");
    CU_ASSERT_EQUAL(kv_store_get_text(real_store_kv(n.store), "none", &value, NULL), HS_NOT_FOUND);
    CU_ASSERT_EQUAL(kv_store_has(real_store_kv(n.store), slice_text("k002"), &found, NULL), HS_OK);
    CU_ASSERT_TRUE(found);
    CU_ASSERT_EQUAL(kv_store_has(real_store_kv(n.store), slice_text("k009"), &found, NULL), HS_OK);
    CU_ASSERT_FALSE(found);
    CU_ASSERT_EQUAL(n.gets, 4);
    CU_ASSERT_EQUAL(n.scans, 0);
    node_close(&n);
    buffer_fini(&value);
}

static void real_store__nodes_failures_keep_their_words(void)
{
    struct buffer key = {0};
    struct scripted_node n;
    struct hs_error err;

    node_open(&n, 3, 10);
    atomic_store(&n.mood, MOOD_FAILS);
    CU_ASSERT_EQUAL(kv_store_get_text(real_store_kv(n.store), "k001", &key, &err), HS_NODE_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "disk is gone"));
    atomic_store(&n.mood, MOOD_GONE);
    CU_ASSERT_EQUAL(kv_store_next(real_store_kv(n.store), slice_text(""), &key, NULL, &err),
                    HS_PEER_GONE);
    atomic_store(&n.mood, MOOD_SHAPELESS);
    CU_ASSERT_EQUAL(kv_store_get_text(real_store_kv(n.store), "k001", &key, &err), HS_NODE_FAILED);
    CU_ASSERT_EQUAL(kv_store_next(real_store_kv(n.store), slice_text(""), &key, NULL, &err),
                    HS_NODE_FAILED);
    atomic_store(&n.mood, MOOD_STUCK);
    CU_ASSERT_EQUAL(kv_store_next(real_store_kv(n.store), slice_text(""), &key, NULL, &err),
                    HS_NODE_FAILED);
    atomic_store(&n.mood, MOOD_HONEST); /* nothing of that was kept */
    CU_ASSERT_EQUAL(kv_store_next(real_store_kv(n.store), slice_text("k000"), &key, NULL, &err),
                    HS_OK);
    CU_ASSERT_STRING_EQUAL(buffer_text(&key), "k001");
    node_close(&n);
    buffer_fini(&key);
}

static void node_link__stopped_loop_answers_instead_of_hanging(void)
{
    struct buffer result = {0};
    struct scripted_node n;

    node_open(&n, 0, 1);
    job_queue_end(n.loop);
    CU_ASSERT_EQUAL(node_link_request(n.link, "store.get", slice_make("\x80", 1), &result, NULL),
                    HS_PEER_GONE);
    node_close(&n);
    buffer_fini(&result);
}

static const struct suite_case cases[] = {
    SUITE_CASE(real_store__whole_store_has_the_nodes_digest_at_every_batch_size),
    SUITE_CASE(real_store__next_in_any_order_is_as_in_memory),
    SUITE_CASE(real_store__get_and_has_ask_for_one_key),
    SUITE_CASE(real_store__nodes_failures_keep_their_words),
    SUITE_CASE(node_link__stopped_loop_answers_instead_of_hanging),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("real_store", cases, argc, argv);
}
