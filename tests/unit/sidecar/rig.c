#include "tests/unit/sidecar/rig.h"

#include "ipc/wire.h"
#include "kernel/state/packed.h"
#include "sidecar/steward/helm.h"
#include "tests/unit/sidecar/played_request.h"
#include "tests/unit/suite.h"

#include <unistd.h>

/* The node's store, answering on the loop's thread while the test waits for its delivery. */

static void answer_get(struct rig *r, struct slice params, struct wire_writer *w)
{
    struct buffer value = {0};
    struct slice key = {0};

    CU_ASSERT_TRUE(packed_text(packed_member(packed_root(params), "key"), &key));
    wire_put_map(w, 1);
    wire_put_text(w, slice_text("value"));
    if (kv_store_get(kv_memory_store(r->real), key, &value, NULL) == HS_OK) {
        wire_put_text(w, buffer_slice(&value));
    } else {
        wire_put_nil(w);
    }
    buffer_fini(&value);
}

/* A few entries at a time, so that a scan takes many requests. */
static void answer_scan(struct rig *r, struct slice params, struct wire_writer *w)
{
    enum { SCAN_ENTRIES = 37 };
    struct buffer key = {0}, value = {0}, entries = {0};
    struct wire_writer each;
    struct slice after = {0};
    uint32_t count = 0;
    bool more;

    CU_ASSERT_TRUE(packed_text(packed_member(packed_root(params), "after"), &after));
    CU_ASSERT_EQUAL(buffer_assign(&key, after), HS_OK);
    wire_begin(&each, &entries);
    while ((more = kv_store_next(kv_memory_store(r->real), buffer_slice(&key), &key, &value,
                                 NULL) == HS_OK) &&
           count < SCAN_ENTRIES) {
        wire_put_array(&each, 2);
        wire_put_text(&each, buffer_slice(&key));
        wire_put_text(&each, buffer_slice(&value));
        count++;
    }
    CU_ASSERT_EQUAL(wire_end(&each), HS_OK);
    wire_put_map(w, 2);
    wire_put_text(w, slice_text("entries"));
    wire_put_array(w, count);
    if (count > 0) wire_put_raw(w, buffer_slice(&entries));
    wire_put_text(w, slice_text("more"));
    wire_put_bool(w, more);
    buffer_fini(&key);
    buffer_fini(&value);
    buffer_fini(&entries);
}

static enum hs_status rig_send(void *data, const char *method, struct slice params,
                               node_answer_fn done, void *done_data, struct hs_error *err)
{
    struct rig *r = data;
    struct buffer out = {0};
    struct wire_writer w;

    r->calls++;
    if (r->calls_failing_after > 0 && r->calls > r->calls_failing_after) {
        return hs_fail(err, HS_PEER_GONE, "the test's node went away");
    }
    wire_begin(&w, &out);
    if (strcmp(method, "store.scan") == 0) {
        answer_scan(r, params, &w);
    } else {
        answer_get(r, params, &w);
    }
    CU_ASSERT_EQUAL(wire_end(&w), HS_OK);
    done(done_data, HS_OK, buffer_slice(&out), "");
    buffer_fini(&out);
    return HS_OK;
}

static void *rig_loop(void *data)
{
    struct rig *r = data;
    struct job *job;

    while ((job = job_queue_take(r->loop, -1))) {
        job->run(job, r);
    }
    return NULL;
}

static uint64_t rig_now_us(void *data)
{
    struct rig *r = data;

    return atomic_fetch_add(&r->now_us, atomic_load(&r->us_per_look));
}

static uint64_t rig_cpu_us(void *data)
{
    struct rig *r = data;

    return atomic_fetch_add(&r->cpu_us, r->cpu_us_per_look);
}

static uint64_t rig_unix_s(void *data)
{
    return 1700000000 + rig_now_us(data) / 1000000;
}

void rig_pass(struct rig *r, uint64_t seconds)
{
    (void)atomic_fetch_add(&r->now_us, seconds * 1000000);
}

/* --- the steward's life --- */

static struct vat_engine *rig_engine(void)
{
    static struct vat_engine *engine; /* one a process is the engine's own rule */

    if (!engine) CU_ASSERT_EQUAL_FATAL(vat_engine_open(disk_system(), NULL, &engine, NULL), HS_OK);
    return engine;
}

static void rig_failed(void *data, const struct hs_error *error)
{
    (void)data;
    (void)printf("\n    the steward failed: %s\n", error->text);
    CU_FAIL("the steward failed");
}

void rig_open(struct rig *r)
{
    struct hs_error err = {0};

    memset(r, 0, sizeof *r);
    atomic_store(&r->now_us, 1000000);
    r->clock =
        (struct clock){.now_us = rig_now_us, .unix_s = rig_unix_s, .cpu_us = rig_cpu_us, .data = r};
    r->dir = scratch_make();
    r->config = sidecar_config_default();
    r->config.socket_path = "unused";
    r->config.data_dir = r->dir.text;
    r->config.kernel_path = HEADSTART_TEST_VATS "/town/kernel.json";
    r->config.chain_id = "rig";
    r->config.snapshot_every = 10;
    r->config.snapshot_keep = 3;
    logger_init(&r->logger, STDERR_FILENO,
                getenv("HEADSTART_TEST_LOG") ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
    if (kernel_config_load(disk_system(), r->config.kernel_path, &r->kernel_config, &err) !=
        HS_OK) {
        (void)printf("\n    %s\n", err.text);
        CU_FAIL_FATAL("kernel configuration");
    }
    CU_ASSERT_EQUAL_FATAL(kv_memory_open(&r->real, NULL), HS_OK);
}

static void history_cut(struct rig *r, size_t len)
{
    while (r->len > len) {
        r->len--;
        free(r->history[r->len].text);
        buffer_fini(&r->history[r->len].result);
    }
}

void rig_close(struct rig *r)
{
    if (r->steward) rig_stop(r);
    history_cut(r, 0);
    kv_memory_close(r->real);
    kernel_config_close(r->kernel_config);
    scratch_remove(r->dir);
}

static void rig_start_steward(struct rig *r)
{
    struct steward_options options = {.config = &r->config,
                                      .kernel_config = r->kernel_config,
                                      .logger = &r->logger,
                                      .engine = rig_engine(),
                                      .failed = rig_failed};
    const struct data_folder_options folder = {.dir = r->dir.text, .chain_id = r->config.chain_id};

    r->config.data_dir = r->dir.text;
    CU_ASSERT_EQUAL_FATAL(data_folder_open(&folder, &r->folder, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(figures_board_open(r->config.chain_id, &r->board, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(job_queue_open(NULL, NULL, &r->loop, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(node_link_open(r->loop, rig_send, NULL, r, &r->link, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&r->loop_thread, NULL, rig_loop, r), 0);
    options.folder = r->folder;
    options.board = r->board;
    options.loop = r->loop;
    options.link = r->link;
    options.clock = &r->clock;
    CU_ASSERT_EQUAL_FATAL(steward_start(&options, &r->steward, NULL), HS_OK);
}

void rig_start(struct rig *r)
{
    rig_start_steward(r);
    while (rig_figures(r).phase != PHASE_PRIMED) {
        (void)usleep(200);
    }
    rig_node_comes(r);
}

/* Over all stewards of this process. */
static uint64_t moves_seen[PHASE_COUNT][EVENT_COUNT];

uint64_t rig_moves(enum phase from, enum phase_event event)
{
    return moves_seen[from][event];
}

static void rig_collect_moves(struct rig *r)
{
    struct figures f = rig_figures(r);

    for (enum phase from = PHASE_STARTING; from < PHASE_COUNT; from++) {
        for (enum phase_event event = EVENT_NONE; event < EVENT_COUNT; event++) {
            moves_seen[from][event] += f.moves[from][event];
            if (f.moves[from][event] == 0 || phase_expects(from, event)) continue;
            if (r->told_on_purpose) continue;
            (void)printf("\n    phase %s does not expect %s\n", phase_name(from),
                         phase_event_name(event));
            CU_FAIL("an event that its phase does not expect");
        }
    }
}

void rig_stop(struct rig *r)
{
    steward_close(r->steward);
    r->steward = NULL;
    rig_collect_moves(r);
    job_queue_end(r->loop);
    (void)pthread_join(r->loop_thread, NULL);
    node_link_close(r->link);
    job_queue_close(r->loop);
    figures_board_close(r->board);
    data_folder_close(r->folder);
}

void rig_start_in_vain(struct rig *r)
{
    rig_start_steward(r);
    rig_stop(r);
}

/* The kernel is the steward's: what looks at it is a job. */
struct probe_job {
    struct job job;
    struct ipc_request request;
    struct rig_state state;
    uint64_t synced;
};

static void probe_answer(struct job *job)
{
    ipc_reply_empty(&((struct probe_job *)job)->request);
}

void rig_lose_data(struct rig *r)
{
    CU_ASSERT_PTR_NULL_FATAL(r->steward);
    scratch_remove(r->dir);
    r->dir = scratch_make();
}

void rig_node_leaves(struct rig *r)
{
    steward_node_detached(r->steward);
}

void rig_node_comes(struct rig *r)
{
    steward_node_attached(r->steward, "rig");
}

/* --- deliveries --- */

uint64_t rig_height(const struct rig *r)
{
    return r->len > 0 ? r->history[r->len - 1].height : 0;
}

struct position rig_position(const struct rig *r)
{
    return r->len > 0 ? r->history[r->len - 1].after : position_origin();
}

static void answer_text(struct packed_value result, const char *key, char *out, size_t room)
{
    struct slice text = {0};

    CU_ASSERT_TRUE_FATAL(packed_text(packed_member(result, key), &text));
    CU_ASSERT_FATAL(text.len < room);
    memcpy(out, text.data, text.len);
    out[text.len] = '\0';
}

static void apply_writes(struct rig *r, struct slice packed)
{
    struct kv_store *kv = kv_memory_store(r->real);
    struct packed_walk walk;
    struct packed_value pair;

    CU_ASSERT_TRUE_FATAL(packed_walk_begin(packed_member(packed_root(packed), "writes"), &walk));
    while (packed_walk_next(&walk, &pair)) {
        struct slice key = {0}, value = {0};

        CU_ASSERT_TRUE_FATAL(packed_text(packed_at(pair, 0), &key));
        if (packed_text(packed_at(pair, 1), &value)) {
            CU_ASSERT_EQUAL(kv_store_set(kv, key, value, NULL), HS_OK);
        } else {
            CU_ASSERT_EQUAL(kv_store_delete(kv, key, NULL), HS_OK);
        }
    }
}

static struct rig_answer answer_read(struct slice packed)
{
    struct packed_value root = packed_root(packed);
    struct rig_answer a = {.code = IPC_FINE};

    CU_ASSERT_TRUE(packed_uint(packed_member(root, "seqnum"), &a.after.seqnum));
    CU_ASSERT_TRUE(packed_uint(packed_member(root, "replayed"), &a.replayed));
    answer_text(root, "hash", a.after.hash, sizeof a.after.hash);
    answer_text(root, "path", a.path, sizeof a.path);
    answer_text(root, "status", a.status, sizeof a.status);
    return a;
}

static const struct ipc_method method_attach = {.name = "attach", .job = steward_attach};
static const struct ipc_method method_deliver = {.name = "deliver", .job = steward_deliver};
static const struct ipc_method method_commit = {.name = "commit", .job = steward_commit};
static const struct ipc_method method_prepare = {.name = "prepare", .job = steward_prepare_commit};

/* Ask, and wait: was it answered? A refusal is in *a. */
static bool ask(struct rig *r, const struct ipc_method *method, const void *params,
                struct ipc_request *request, struct rig_answer *a)
{
    *a = (struct rig_answer){.code = IPC_FINE};
    played_request_init(request, method, params);
    r->calls = 0;
    steward_request(r->steward, request);
    played_request_wait(request);
    if (!request->code) return true;
    a->code = request->code;
    (void)snprintf(a->text, sizeof a->text, "%s", request->text);
    return false;
}

static struct rig_answer deliver(struct rig *r, uint64_t height, const char *text, bool keep)
{
    struct ipc_delivery delivery = {
        .real = rig_position(r),
        .message = {.height = height, .time = 1700000000 + height, .text = slice_text(text)},
    };
    struct rig_answer a;
    struct ipc_request request;

    if (ask(r, &method_deliver, &delivery, &request, &a)) {
        a = answer_read(buffer_slice(&request.packed));
        CU_ASSERT_EQUAL(a.after.seqnum, delivery.real.seqnum + 1);
    }
    if (!request.code && keep) {
        struct rig_message *m = &r->history[r->len];

        CU_ASSERT_FATAL(r->len < RIG_MESSAGES_MAX);
        *m = (struct rig_message){.height = height, .text = strdup(text), .after = a.after};
        buffer_take(&m->result, &request.packed);
        r->len++;
        apply_writes(r, buffer_slice(&m->result));
    }
    played_request_fini(&request);
    return a;
}

struct rig_answer rig_deliver(struct rig *r, uint64_t height, const char *text)
{
    return deliver(r, height, text, true);
}

struct rig_answer rig_deliver_reverted(struct rig *r, uint64_t height, const char *text)
{
    return deliver(r, height, text, false);
}

struct rig_answer rig_attach(struct rig *r)
{
    struct ipc_attach place = {.height = rig_height(r), .real = rig_position(r)};
    struct rig_answer a;
    struct ipc_request request;

    if (ask(r, &method_attach, &place, &request, &a)) {
        struct packed_value root = packed_root(buffer_slice(&request.packed));

        answer_text(root, "path", a.path, sizeof a.path);
        CU_ASSERT_TRUE(packed_uint(packed_member(root, "replayed"), &a.replayed));
    }
    played_request_fini(&request);
    return a;
}

void rig_expect(struct rig_answer a, const char *path)
{
    if (a.code) (void)printf("\n    %s: %s\n", path, a.text);
    CU_ASSERT_EQUAL_FATAL(a.code, 0);
    if (strcmp(a.path, path) != 0) (void)printf("\n    %s, not %s\n", a.path, path);
    CU_ASSERT_STRING_EQUAL(a.path, path);
}

enum ipc_code rig_prepare_commit(struct rig *r, uint64_t height)
{
    struct ipc_height block = {.height = height};
    struct ipc_request request;
    enum ipc_code code;

    played_request_init(&request, &method_prepare, &block);
    steward_request(r->steward, &request);
    played_request_wait(&request);
    code = request.code;
    played_request_fini(&request);
    return code;
}

/* Every kind of outcome in turn: fulfilled in another vat, pending, rejected, malformed. */
static void message_text(size_t n, char *text, size_t room)
{
    switch (n % 7) {
    case 0:
        (void)snprintf(text, room, "{\"to\":\"town\",\"method\":\"announce\",\"args\":[%zu]}", n);
        return;
    case 1:
        (void)snprintf(text, room,
                       "{\"to\":\"town\",\"method\":\"waitAtGate\",\"args\":[\"p%zu\"]}", n);
        return;
    case 2:
        (void)snprintf(text, room, "{\"to\":\"town\",\"method\":\"fail\",\"args\":[\"no %zu\"]}",
                       n);
        return;
    case 3:
        (void)snprintf(text, room, "{\"to\":\"nobody\",\"method\":\"x\",\"args\":[%zu]}", n);
        return;
    case 4: (void)snprintf(text, room, "not JSON %zu", n); return;
    case 5:
        (void)snprintf(text, room, "{\"to\":\"town\",\"method\":\"countTwice\",\"args\":[%zu]}", n);
        return;
    default:
        (void)snprintf(text, room, "{\"to\":\"town\",\"method\":\"count\",\"args\":[%zu]}", n);
        return;
    }
}

void rig_deliver_many(struct rig *r, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char text[128];
        struct rig_answer a;

        message_text(r->len, text, sizeof text);
        a = rig_deliver(r, r->len / 5 + 1, text);
        if (a.code) (void)printf("\n    %s\n", a.text);
        CU_ASSERT_EQUAL_FATAL(a.code, 0);
    }
}

void rig_begin(struct rig *r, size_t count)
{
    rig_open(r);
    rig_start(r);
    rig_deliver_many(r, count);
}

/* The node's store at an earlier seqnum: its writes, again from nothing. */
void rig_go_back(struct rig *r, size_t seqnum)
{
    CU_ASSERT_FATAL(seqnum <= r->len);
    history_cut(r, seqnum);
    kv_memory_close(r->real);
    CU_ASSERT_EQUAL_FATAL(kv_memory_open(&r->real, NULL), HS_OK);
    for (size_t i = 0; i < r->len; i++) {
        apply_writes(r, buffer_slice(&r->history[i].result));
    }
}

void rig_go_on_alone(struct rig *r, size_t count, const char *text)
{
    struct rig *other = calloc(1, sizeof *other);

    CU_ASSERT_PTR_NOT_NULL_FATAL(other);
    rig_open(other);
    rig_start(other);
    for (size_t i = 0; i < r->len + count; i++) {
        char usual[128];
        uint64_t height = i < r->len ? r->history[i].height : i / 5 + 1;
        const char *message = text ? text : usual;

        message_text(i, usual, sizeof usual);
        if (i < r->len) message = r->history[i].text;
        CU_ASSERT_EQUAL_FATAL(rig_deliver(other, height, message).code, 0);
    }
    for (size_t i = r->len; i < other->len; i++) {
        r->history[i] = other->history[i];
        other->history[i] = (struct rig_message){0};
        apply_writes(r, buffer_slice(&r->history[i].result));
        r->len++;
    }
    rig_close(other);
    free(other);
}

/* --- states --- */

static void state_of(struct kernel *k, struct rig_state *out)
{
    out->at = kernel_position(k);
    CU_ASSERT_EQUAL(kv_store_digest(kernel_store(k), &out->digest, &out->entries, NULL), HS_OK);
    CU_ASSERT_EQUAL(kernel_heaps_sha256(k, out->heaps, NULL), HS_OK);
}

static void probe_run(struct job *job, void *owner)
{
    struct probe_job *p = (struct probe_job *)job;
    struct kernel *kernel = helm_kernel(owner);

    CU_ASSERT_PTR_NOT_NULL(kernel);
    if (kernel) state_of(kernel, &p->state);
    probe_answer(job);
}

static void probe_log(struct job *job, void *owner)
{
    struct probe_job *p = (struct probe_job *)job;

    p->synced = helm_log_summary(owner).synced;
    probe_answer(job);
}

static struct probe_job probe(struct rig *r, void (*run)(struct job *job, void *owner))
{
    struct probe_job p = {.job = {.run = run, .drop = probe_answer}};

    played_request_init(&p.request, NULL, NULL);
    steward_post(r->steward, &p.job);
    played_request_wait(&p.request);
    played_request_fini(&p.request);
    return p;
}

struct rig_state rig_kernel_state(struct rig *r)
{
    return probe(r, probe_run).state;
}

uint64_t rig_log_synced(struct rig *r)
{
    return probe(r, probe_log).synced;
}

/* An event that must not happen, and what the same job does then. */
struct tell_job {
    struct probe_job probe;
    enum phase_event event;
    bool leaves;
};

static void tell_run(struct job *job, void *owner)
{
    struct tell_job *j = (struct tell_job *)job;

    (void)helm_advance(owner, j->event);
    if (j->leaves) helm_node(owner, false, "");
    probe_answer(job);
}

static void tell(struct rig *r, enum phase_event event, bool leaves)
{
    struct tell_job j = {.probe = {.job = {.run = tell_run, .drop = probe_answer}},
                         .event = event,
                         .leaves = leaves};

    r->told_on_purpose = true;
    played_request_init(&j.probe.request, NULL, NULL);
    steward_post(r->steward, &j.probe.job);
    played_request_wait(&j.probe.request);
    played_request_fini(&j.probe.request);
}

void rig_tell(struct rig *r, enum phase_event event)
{
    tell(r, event, false);
}

void rig_tell_and_leave(struct rig *r, enum phase_event event)
{
    tell(r, event, true);
}

/* Figures are shown when a job is done: once a second one has run, the first one's are. */
static void commit(struct rig *r, struct ipc_commit block)
{
    struct ipc_request request;

    played_request_init(&request, &method_commit, &block);
    steward_request(r->steward, &request);
    played_request_wait(&request);
    played_request_fini(&request);
    (void)rig_log_synced(r);
}

void rig_commit(struct rig *r, uint64_t height)
{
    commit(r, (struct ipc_commit){.height = height});
}

void rig_commit_at(struct rig *r, uint64_t height, const struct position *at)
{
    commit(r, (struct ipc_commit){.height = height, .placed = true, .at = *at});
}

struct twin {
    struct rig *rig;
    struct rig_state state;
};

static void *twin_main(void *data)
{
    struct twin *t = data;
    struct rig *r = t->rig;
    struct kv_memory *base = NULL;
    struct kernel *k = NULL;
    struct kernel_options options = {
        .engine = rig_engine(),
        .config = r->kernel_config,
    };
    struct kernel_start_report report;

    CU_ASSERT_EQUAL_FATAL(kv_memory_open(&base, NULL), HS_OK);
    options.base = kv_memory_store(base);
    CU_ASSERT_EQUAL_FATAL(kernel_start(&options, &k, &report, NULL), HS_OK);
    for (size_t i = 0; i < r->len; i++) {
        struct kernel_outcome outcome = {0};
        struct message m = {.height = r->history[i].height,
                            .time = 1700000000 + r->history[i].height,
                            .text = slice_text(r->history[i].text)};

        CU_ASSERT_EQUAL(kernel_deliver(k, &m, &outcome, NULL), HS_OK);
        CU_ASSERT_TRUE(position_equal(&outcome.after, &r->history[i].after));
        kernel_outcome_fini(&outcome);
    }
    state_of(k, &t->state);
    kernel_close(k);
    kv_memory_close(base);
    return NULL;
}

/* Vats need their stack, so the twin has a thread of its own. */
struct rig_state rig_twin_state(struct rig *r)
{
    struct twin twin = {.rig = r};
    pthread_attr_t attributes;
    pthread_t thread;

    (void)pthread_attr_init(&attributes);
    (void)pthread_attr_setstacksize(&attributes, HS_VAT_THREAD_STACK_BYTES);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, &attributes, twin_main, &twin), 0);
    (void)pthread_join(thread, NULL);
    (void)pthread_attr_destroy(&attributes);
    return twin.state;
}

void rig_check_twin(struct rig *r)
{
    struct rig_state ours = rig_kernel_state(r), twin = rig_twin_state(r);
    uint64_t digest = 0, entries = 0;

    CU_ASSERT_TRUE(position_equal(&ours.at, &twin.at));
    CU_ASSERT_EQUAL(ours.digest, twin.digest);
    CU_ASSERT_EQUAL(ours.entries, twin.entries);
    CU_ASSERT_STRING_EQUAL(ours.heaps, twin.heaps);
    CU_ASSERT_EQUAL(kv_store_digest(kv_memory_store(r->real), &digest, &entries, NULL), HS_OK);
    CU_ASSERT_EQUAL(digest, twin.digest);
    CU_ASSERT_EQUAL(entries, twin.entries);
}

void rig_await_snapshot(struct rig *r, uint64_t seqnum)
{
    while (rig_figures(r).snapshot.newest <= seqnum) {
        (void)usleep(200);
    }
}

void rig_deliver_to_snapshot(struct rig *r)
{
    uint64_t newest = rig_figures(r).snapshot.newest;

    rig_deliver_many(r, 20);
    rig_await_snapshot(r, newest);
}

struct figures rig_figures(struct rig *r)
{
    struct figures *f = figures_acquire(r->board);
    struct figures copy = *f;

    figures_release(r->board);
    copy.vats = NULL;
    copy.vats_len = 0;
    return copy;
}
