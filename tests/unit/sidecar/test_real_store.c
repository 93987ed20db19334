/* Real store and node link: a thread plays the loop and the node, its store a kv_memory. */
#include "tests/unit/suite.h"

#include "ipc/wire.h"
#include "kernel/state/kv_memory.h"
#include "kernel/state/packed.h"
#include "sidecar/node/real_store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum node_mood { MOOD_HONEST, MOOD_FAILS, MOOD_GONE, MOOD_SHAPELESS, MOOD_STUCK, MOOD_REPEATS };

struct scripted_node {
    struct kv_memory *memory;
    struct job_queue *loop;
    struct node_link *link;
    struct figures_board *board;
    struct real_store *store;
    pthread_t thread;
    _Atomic enum node_mood mood;
    int scans_honest;       /* so many, whatever the mood */
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
    if (atomic_load(&n->mood) == MOOD_REPEATS) after = slice_text("");
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
    enum node_mood mood = atomic_load(&n->mood);

    if (scan && atomic_load(&n->scans) < n->scans_honest) mood = MOOD_HONEST;
    switch (mood) {
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
    case MOOD_REPEATS: /* the beginning again and again */
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

/* What going through the whole store comes to. */
struct outcome {
    struct buffer entries;
    enum hs_status status;
    struct hs_error error;
};

static enum hs_status outcome_note(void *data, struct slice key, struct slice value,
                                   struct hs_error *err)
{
    struct outcome *o = data;

    (void)err;
    return buffer_printf(&o->entries, "%.*s=%.*s;", (int)key.len, key.data, (int)value.len,
                         value.data);
}

static void outcome_of_each(struct scripted_node *n, struct outcome *o)
{
    o->status = real_store_each(n->store, outcome_note, o, &o->error);
}

static void outcome_of_next(struct scripted_node *n, struct outcome *o)
{
    struct buffer key = {0}, value = {0};
    enum hs_status st;

    while ((st = kv_store_next(real_store_kv(n->store), buffer_slice(&key), &key, &value,
                               &o->error)) == HS_OK) {
        CU_ASSERT_EQUAL(outcome_note(o, buffer_slice(&key), buffer_slice(&value), NULL), HS_OK);
    }
    o->status = st == HS_NOT_FOUND ? HS_OK : st;
    buffer_fini(&key);
    buffer_fini(&value);
}

static void check_each_is_as_next(enum node_mood mood, int scans_honest, uint64_t batch_entries)
{
    static void (*const ways[2])(struct scripted_node * n, struct outcome * o) = {outcome_of_next,
                                                                                  outcome_of_each};
    struct outcome came[2] = {0};
    int scans[2];

    for (int i = 0; i < 2; i++) {
        struct scripted_node n;

        node_open(&n, 20, batch_entries);
        n.scans_honest = scans_honest;
        atomic_store(&n.mood, mood);
        ways[i](&n, &came[i]);
        node_close(&n);
        scans[i] = atomic_load(&n.scans);
    }
    CU_ASSERT_EQUAL(came[0].status, came[1].status);
    CU_ASSERT_STRING_EQUAL(came[0].error.text, came[1].error.text);
    CU_ASSERT_TRUE(slice_equal(buffer_slice(&came[0].entries), buffer_slice(&came[1].entries)));
    CU_ASSERT_EQUAL(scans[0], scans[1]);
    buffer_fini(&came[0].entries);
    buffer_fini(&came[1].entries);
}

static void real_store__each_comes_to_what_next_comes_to(void)
{
    static const uint64_t batches[] = {1, 3, 19, 20, 21};

    for (enum node_mood mood = MOOD_HONEST; mood <= MOOD_REPEATS; mood++) {
        for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
            for (int honest = 0; honest < 4; honest++) {
                check_each_is_as_next(mood, honest, batches[i]);
            }
        }
    }
}

struct patient {
    struct scripted_node *node;
    uint64_t taken;
    int unasked; /* entries before which the scan after theirs was not asked for */
};

static enum hs_status patient_take(void *data, struct slice key, struct slice value,
                                   struct hs_error *err)
{
    struct patient *p = data;
    int wanted = (int)(p->taken++ / p->node->batch_entries) + 2;

    (void)key;
    (void)value;
    (void)err;
    if (wanted > 5) wanted = 5; /* 18 entries, 4 a scan */
    for (int i = 0; i < SUITE_HANG_MS && atomic_load(&p->node->scans) < wanted; i++) {
        (void)usleep(1000);
    }
    if (atomic_load(&p->node->scans) < wanted) p->unasked++;
    return HS_OK;
}

static void real_store__each_has_asked_for_the_next_scan_while_entries_are_taken(void)
{
    struct scripted_node n;
    struct patient p = {.node = &n};

    node_open(&n, 18, 4);
    CU_ASSERT_EQUAL(real_store_each(n.store, patient_take, &p, NULL), HS_OK);
    CU_ASSERT_EQUAL(p.taken, 18);
    CU_ASSERT_EQUAL(p.unasked, 0);
    node_close(&n);
}

static enum hs_status refuse_second(void *data, struct slice key, struct slice value,
                                    struct hs_error *err)
{
    int *taken = data;

    (void)key;
    (void)value;
    return ++*taken < 2 ? HS_OK : hs_fail(err, HS_IO, "no room");
}

static void real_store__each_ends_with_what_the_taker_says_and_leaves_no_question(void)
{
    struct buffer key = {0};
    struct scripted_node n;
    struct hs_error err = {0};
    int taken = 0;

    node_open(&n, 20, 4);
    CU_ASSERT_EQUAL(real_store_each(n.store, refuse_second, &taken, &err), HS_IO);
    CU_ASSERT_STRING_EQUAL(err.text, "no room");
    CU_ASSERT_EQUAL(taken, 2);
    CU_ASSERT_EQUAL(n.scans, 2); /* the second was asked for, and has been answered */
    CU_ASSERT_EQUAL(kv_store_next(real_store_kv(n.store), slice_text("k003"), &key, NULL, NULL),
                    HS_OK);
    CU_ASSERT_STRING_EQUAL(buffer_text(&key), "k004");
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
    SUITE_CASE(real_store__each_comes_to_what_next_comes_to),
    SUITE_CASE(real_store__each_has_asked_for_the_next_scan_while_entries_are_taken),
    SUITE_CASE(real_store__each_ends_with_what_the_taker_says_and_leaves_no_question),
    SUITE_CASE(node_link__stopped_loop_answers_instead_of_hanging),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("real_store", cases, argc, argv);
}
