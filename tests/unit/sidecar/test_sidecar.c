/* The whole daemon in this process, its node a libheadstart client: opening, serving, stopping, and
 * what it says when it cannot. */
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#include "ipc/include/headstart.h"
#include "ipc/wire.h"
#include "kernel/state/kv_memory.h"
#include "kernel/state/packed.h"
#include "sidecar/data/data_folder.h"
#include "sidecar/sidecar.h"

#include <pthread.h>

struct daemon {
    struct scratch_path dir, socket, data;
    struct sidecar_config config;
    pthread_t thread;
    enum hs_status status; /* of sidecar_run, after the join */
    struct hs_error error;
};

static void daemon_open(struct daemon *d)
{
    *d = (struct daemon){.dir = scratch_make(), .config = sidecar_config_default()};
    d->socket = scratch_join(d->dir.text, "socket");
    d->data = scratch_join(d->dir.text, "data");
    d->config.socket_path = d->socket.text;
    d->config.data_dir = d->data.text;
    d->config.kernel_path = HEADSTART_TEST_VATS "/town/kernel.json";
    d->config.chain_id = "daemon";
    d->config.snapshot_every = 5;
    d->config.log_level = LOG_LEVEL_ERROR;
}

static void *daemon_main(void *data)
{
    struct daemon *d = data;

    d->status = sidecar_run(&d->config, &d->error);
    return NULL;
}

static void daemon_start(struct daemon *d)
{
    CU_ASSERT_EQUAL_FATAL(pthread_create(&d->thread, NULL, daemon_main, d), 0);
}

static void daemon_join(struct daemon *d)
{
    (void)pthread_join(d->thread, NULL);
    if (d->status != HS_OK) (void)printf("\n    %s\n", d->error.text);
    CU_ASSERT_EQUAL(d->status, HS_OK);
}

/* --- the node --- */

struct node {
    struct kv_memory *memory;
    struct buffer key, value; /* what the last callback found */
    uint64_t seqnum;
    char hash[65];
    struct headstart *link;
};

static struct headstart_bytes bytes_of(const struct buffer *b)
{
    return (struct headstart_bytes){buffer_text(b), b->len};
}

static int node_get(void *data, struct headstart_bytes key, struct headstart_bytes *value)
{
    struct node *n = data;

    if (kv_store_get(kv_memory_store(n->memory), slice_make(key.data, key.len), &n->value, NULL) !=
        HS_OK) {
        return 0;
    }
    *value = bytes_of(&n->value);
    return 1;
}

static int node_next(void *data, struct headstart_bytes after, struct headstart_bytes *key,
                     struct headstart_bytes *value)
{
    struct node *n = data;

    if (kv_store_next(kv_memory_store(n->memory), slice_make(after.data, after.len), &n->key,
                      &n->value, NULL) != HS_OK) {
        return 0;
    }
    *key = bytes_of(&n->key);
    *value = bytes_of(&n->value);
    return 1;
}

static struct headstart_options node_options(struct node *n, const struct daemon *d)
{
    return (struct headstart_options){
        .socket_path = d->socket.text,
        .chain_id = "daemon",
        .client = "test",
        .store = {.data = n, .get = node_get, .next = node_next},
        .connect_timeout_ms = SUITE_HANG_MS,
        .answer_timeout_ms = SUITE_HANG_MS,
    };
}

static void node_connect(struct node *n, const struct daemon *d)
{
    struct headstart_options options = node_options(n, d);
    struct headstart_error err;

    if (headstart_connect(&options, &n->link, &err) != HEADSTART_OK) {
        (void)printf("\n    %s\n", err.text);
        CU_FAIL_FATAL("connect");
    }
}

static void node_open(struct node *n)
{
    *n = (struct node){.seqnum = 0};
    CU_ASSERT_EQUAL_FATAL(kv_memory_open(&n->memory, NULL), HS_OK);
}

static void node_close(struct node *n)
{
    headstart_close(n->link);
    kv_memory_close(n->memory);
    buffer_fini(&n->key);
    buffer_fini(&n->value);
}

static void node_apply(struct node *n, const struct headstart_result *result)
{
    for (size_t i = 0; i < result->writes_len; i++) {
        const struct headstart_write *w = &result->writes[i];
        struct slice key = slice_make(w->key.data, w->key.len);

        if (w->value.data) {
            CU_ASSERT_EQUAL(kv_store_set(kv_memory_store(n->memory), key,
                                         slice_make(w->value.data, w->value.len), NULL),
                            HS_OK);
        } else {
            CU_ASSERT_EQUAL(kv_store_delete(kv_memory_store(n->memory), key, NULL), HS_OK);
        }
    }
    n->seqnum = result->seqnum;
    memcpy(n->hash, result->hash, sizeof n->hash);
}

static void node_deliver(struct node *n, uint64_t height, const char *path)
{
    static const char text[] = "{\"to\":\"town\",\"method\":\"count\",\"args\":[3]}";
    struct headstart_delivery delivery = {.height = height,
                                          .time = 1700000000,
                                          .seqnum = n->seqnum,
                                          .hash = n->hash,
                                          .message = {text, sizeof text - 1}};
    struct headstart_result *result = NULL;
    struct headstart_error err;

    if (headstart_deliver(n->link, &delivery, &result, &err) != HEADSTART_OK) {
        (void)printf("\n    %s: %s\n", err.code, err.text);
        CU_FAIL_FATAL("deliver");
    }
    CU_ASSERT_STRING_EQUAL(result->path, path);
    CU_ASSERT_STRING_EQUAL(result->status, "fulfilled");
    node_apply(n, result);
    headstart_result_free(result);
}

static void node_shut_down(struct node *n)
{
    struct headstart_error err;

    CU_ASSERT_EQUAL(headstart_shutdown(n->link, &err), HEADSTART_OK);
    headstart_close(n->link);
    n->link = NULL;
}

static void sidecar__serves_stops_and_is_warm_when_it_comes_back(void)
{
    struct daemon d;
    struct node n;

    daemon_open(&d);
    node_open(&n);
    daemon_start(&d);
    node_connect(&n, &d);
    CU_ASSERT_STRING_EQUAL(headstart_greeting(n.link)->server, "headstart " HEADSTART_VERSION);
    node_deliver(&n, 1, "cold");
    for (uint64_t i = 1; i < 23; i++) {
        node_deliver(&n, i / 4 + 1, "live");
    }
    node_shut_down(&n);
    daemon_join(&d);
    CU_ASSERT_FALSE(scratch_exists(d.socket.text));
    daemon_start(&d);
    node_connect(&n, &d);
    node_deliver(&n, 7, "swap");
    headstart_close(n.link); /* the node restarts: the kernel stays warm */
    node_connect(&n, &d);
    node_deliver(&n, 7, "swap");
    node_shut_down(&n);
    daemon_join(&d);
    node_close(&n);
    scratch_remove(d.dir);
}

static void sidecar__full_replay_reads_the_node_through_the_socket(void)
{
    struct daemon d;
    struct node n;

    daemon_open(&d);
    node_open(&n);
    daemon_start(&d);
    node_connect(&n, &d);
    node_deliver(&n, 1, "cold");
    for (uint64_t i = 1; i < 9; i++) {
        node_deliver(&n, i / 4 + 1, "live");
    }
    node_shut_down(&n);
    daemon_join(&d);
    scratch_remove(d.data);
    daemon_start(&d);
    node_connect(&n, &d);
    node_deliver(&n, 3, "full_replay");
    node_deliver(&n, 3, "live");
    node_shut_down(&n);
    daemon_join(&d);
    node_close(&n);
    scratch_remove(d.dir);
}

static void observe(const struct daemon *d, const char *method, struct buffer *out)
{
    struct headstart_options options = {
        .socket_path = d->socket.text, .chain_id = "daemon", .client = "eye", .observer = true};
    struct headstart_error err;
    struct headstart *eye = NULL;
    char *result = NULL;
    size_t len = 0;

    CU_ASSERT_EQUAL_FATAL(headstart_connect(&options, &eye, &err), HEADSTART_OK);
    CU_ASSERT_EQUAL_FATAL(
        headstart_call(eye, method, (struct headstart_bytes){NULL, 0}, &result, &len, &err),
        HEADSTART_OK);
    CU_ASSERT_EQUAL_FATAL(buffer_assign(out, slice_make(result, len)), HS_OK);
    free(result);
    headstart_close(eye);
}

static void sidecar__status_and_metrics_know_the_last_delivery(void)
{
    struct buffer answer = {0};
    struct slice page = {0};
    struct daemon d;
    struct node n;
    uint64_t seqnum = 0;

    daemon_open(&d);
    node_open(&n);
    daemon_start(&d);
    node_connect(&n, &d);
    node_deliver(&n, 1, "cold");
    node_deliver(&n, 1, "live");
    observe(&d, "status", &answer);
    CU_ASSERT_TRUE(
        packed_uint(packed_member(packed_root(buffer_slice(&answer)), "seqnum"), &seqnum));
    CU_ASSERT_EQUAL(seqnum, 2);
    observe(&d, "metrics", &answer);
    CU_ASSERT_TRUE_FATAL(packed_text(packed_root(buffer_slice(&answer)), &page));
    CU_ASSERT_PTR_NOT_NULL(memmem(page.data, page.len, "\nheadstart_kernel_seqnum 2\n", 27));
    CU_ASSERT_PTR_NOT_NULL(memmem(page.data, page.len,
                                  "\nheadstart_ipc_requests_total{method=\"deliver\",result=\"ok\"}"
                                  " 2\n",
                                  62));
    node_shut_down(&n);
    daemon_join(&d);
    buffer_fini(&answer);
    node_close(&n);
    scratch_remove(d.dir);
}

static enum hs_status run_status(struct daemon *d)
{
    d->error.text[0] = '\0';
    d->status = sidecar_run(&d->config, &d->error);
    CU_ASSERT(d->error.text[0] != '\0');
    CU_ASSERT_PTR_NULL(strchr(d->error.text, '\n')); /* one line */
    return d->status;
}

static void sidecar__says_what_stands_in_its_way(void)
{
    struct data_folder_options held_options = {.chain_id = "daemon"};
    struct data_folder *held = NULL;
    struct daemon d;

    daemon_open(&d);
    held_options.dir = d.data.text;
    CU_ASSERT_EQUAL_FATAL(data_folder_open(&held_options, &held, NULL), HS_OK);
    CU_ASSERT_EQUAL(run_status(&d), HS_LOCKED);
    data_folder_close(held);
    d.config.chain_id = "another";
    CU_ASSERT_EQUAL(run_status(&d), HS_WRONG_CHAIN);
    d.config.chain_id = "daemon";
    d.config.kernel_path = "/nowhere/kernel.json";
    CU_ASSERT_EQUAL(run_status(&d), HS_NOT_FOUND);
    d.config.kernel_path = HEADSTART_TEST_VATS "/town/kernel.json";
    d.config.metrics_address = "nonsense";
    CU_ASSERT_EQUAL(run_status(&d), HS_INVALID);
    d.config.metrics_address = NULL;
    d.config.snapshot_keep = 0;
    CU_ASSERT_EQUAL(run_status(&d), HS_INVALID);
    d.config.snapshot_keep = HS_SNAPSHOT_KEEP_MAX + 1;
    CU_ASSERT_EQUAL(run_status(&d), HS_INVALID);
    scratch_remove(d.dir);
}

static const struct suite_case cases[] = {
    SUITE_CASE(sidecar__serves_stops_and_is_warm_when_it_comes_back),
    SUITE_CASE(sidecar__full_replay_reads_the_node_through_the_socket),
    SUITE_CASE(sidecar__status_and_metrics_know_the_last_delivery),
    SUITE_CASE(sidecar__says_what_stands_in_its_way),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("sidecar", cases, argc, argv);
}
