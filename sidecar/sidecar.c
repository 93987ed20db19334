/* The daemon's root, and what its loop serves.
 *
 *   signals, socket, timer, HTTP ──► loop ──jobs──► steward (kernel thread)
 *                                     ▲                │
 *                                     └──── jobs ◄─────┘
 *
 * The main thread owns the loop, and lends it to the kernel thread while that has nothing to do
 * (threads/lent_loop.h). Opening goes from the bottom up and names its first failure; closing goes
 * back the same way:
 *
 *   stop asked ─► loop not lent any more, steward told, server stopped (answers flushed)
 *     ─► the main thread leaves the loop ─► steward joined: log synced, snapshot finished
 *     ─► handles closed ─► loop ends
 *
 * Whoever has the loop waits in nothing but it, except for the join at the very end. */
#include "sidecar/sidecar.h"

#include "ipc/server.h"
#include "ipc/wire.h"
#include "kernel/genesis.h"
#include "kernel/state/kv_memory.h"
#include "kernel/vat/engine_id.h"
#include "sidecar/kernel_file.h"
#include "sidecar/report/clock.h"
#include "sidecar/report/metrics.h"
#include "sidecar/report/metrics_http.h"
#include "sidecar/report/notify.h"
#include "sidecar/report/progress.h"
#include "sidecar/report/status.h"
#include "sidecar/report/wire_json.h"
#include "sidecar/steward/steward.h"
#include "sidecar/steward/wire_job.h"
#include "sidecar/threads/lent_loop.h"
#include "sidecar/waiting_node.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

enum {
    NOTIFY_EVERY_MS = 5000,
    NOTIFY_EXTEND_US = 30000000,
    STOP_SIGNALS = 3,
    FILES_MIN = 64,
    SIDECAR_METHODS = 8
};

static const int stop_signals[STOP_SIGNALS] = {SIGTERM, SIGINT, SIGHUP};

struct sidecar {
    const struct sidecar_config *config;
    struct logger logger;
    struct data_folder *folder;
    struct kernel_config *kernel_config;
    struct vat_engine *engine;
    const char *engine_ids[VAT_ENGINES_MAX];
    char genesis[SHA256_HEX_BYTES]; /* of kernel_config; "": there is none */
    struct figures_board *board;
    struct node_link *link;
    struct steward *steward;
    struct notify notify;

    struct lent_loop *lent;
    bool handles_open;
    uv_signal_t signals[STOP_SIGNALS];
    uv_timer_t timer; /* systemd */
    struct waiting_node waiting;
    struct ipc_method methods[SIDECAR_METHODS];
    struct ipc_server *server; /* NULL once stopped */
    struct metrics_http *http;
    bool stopping;
    /* Why the steward could not go on; written by its thread before `failed`, read after. */
    struct hs_error failure;
    struct job failed_job;
    bool failed;
};

/* --- stopping --- */

/* While the loop does not run, a signal to stop waits: before, it would end us without order;
 * after, a second one would. Other threads never take one: they are started while it is so. */
static void signals_hold(bool held)
{
    sigset_t set;

    (void)sigemptyset(&set);
    for (size_t i = 0; i < STOP_SIGNALS; i++) {
        (void)sigaddset(&set, stop_signals[i]);
    }
    (void)pthread_sigmask(held ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

static void sidecar_close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle)) uv_close(handle, NULL);
}

/* What looks at the server, and may be due before the loop is left. */
static void sidecar_stop_looking(struct sidecar *s)
{
    metrics_http_stop(s->http);
    s->http = NULL;
    if (s->handles_open) waiting_node_close(&s->waiting);
}

static void sidecar_server_stopped(void *data)
{
    struct sidecar *s = data;

    sidecar_stop_looking(s);
    s->server = NULL;
    lent_loop_leave(s->lent); /* the rest is the main thread's: this may be the steward's */
}

/* The steward is joined here: nothing is served any more, so nobody notices that the loop stands
 * still while the log is synced and a snapshot finished. What it still hands the loop, a question
 * for the node say, must come back to it at once: it would wait for us, who wait for it. */
static void sidecar_end(struct sidecar *s)
{
    lent_loop_end_queue(s->lent);
    steward_close(s->steward);
    s->steward = NULL;
    sidecar_stop_looking(s);
    signals_hold(true); /* for good: the process ends next */
    if (!s->handles_open) return;
    for (size_t i = 0; i < STOP_SIGNALS; i++) {
        sidecar_close_handle((uv_handle_t *)&s->signals[i]);
    }
    sidecar_close_handle((uv_handle_t *)&s->timer);
}

static void sidecar_stop(struct sidecar *s, const char *why)
{
    if (s->stopping) return;
    s->stopping = true;
    lent_loop_keep(s->lent);
    logger_write(&s->logger, LOG_LEVEL_INFO, "stopping: %s", why);
    notify_send(&s->notify, "STOPPING=1\nSTATUS=stopping");
    steward_stop(s->steward);
    ipc_server_stop(s->server, sidecar_server_stopped, s);
}

static void sidecar_signalled(uv_signal_t *handle, int number)
{
    char why[32];

    (void)snprintf(why, sizeof why, "SIG%s", sigabbrev_np(number));
    sidecar_stop(handle->data, why);
}

/* --- what other threads hand over --- */

/* The main thread gave the loop back. */
static void sidecar_given(void *data)
{
    steward_nudge(((struct sidecar *)data)->steward);
}

static void sidecar_node_asked(void *data)
{
    lent_loop_hurry(((struct sidecar *)data)->lent);
}

static enum hs_status sidecar_ask_node(void *data, const char *method, struct slice params,
                                       node_answer_fn done, void *done_data, struct hs_error *err)
{
    struct sidecar *s = data;

    if (!s->server || s->stopping) return hs_fail(err, HS_PEER_GONE, "the sidecar stops");
    return ipc_node_request(s->server, method, params, done, done_data, err);
}

static void sidecar_failed_run(struct job *job, void *owner)
{
    struct sidecar *s = owner;

    (void)job;
    s->failed = true;
    sidecar_stop(s, s->failure.text);
}

static void sidecar_failed_drop(struct job *job)
{
    (void)job; /* the sidecar stops already; the job is part of it */
}

/* On the steward's thread, at most once. */
static void sidecar_steward_failed(void *data, const struct hs_error *error)
{
    struct sidecar *s = data;

    s->failure = *error;
    s->failed_job = (struct job){.run = sidecar_failed_run, .drop = sidecar_failed_drop};
    job_queue_post(lent_loop_queue(s->lent), &s->failed_job);
}

/* --- what the server asks for and tells --- */

static void sidecar_hello(void *data, struct ipc_hello_answer *out)
{
    struct sidecar *s = data;
    struct figures *f = figures_acquire(s->board);

    out->server = "headstart " HEADSTART_VERSION_TEXT;
    out->phase = phase_name(f->phase);
    out->at = f->at;
    out->height = f->height;
    for (size_t i = 0; i < vat_engine_count(); i++)
        s->engine_ids[i] = vat_engine_id_at(s->engine, i);
    out->engines = s->engine_ids;
    out->engines_len = vat_engine_count();
    out->genesis = s->genesis;
    figures_release(s->board);
}

static void sidecar_attached(void *data, const char *client)
{
    steward_node_attached(((struct sidecar *)data)->steward, client);
}

static void sidecar_detached(void *data)
{
    steward_node_detached(((struct sidecar *)data)->steward);
}

static void sidecar_post(void *data, struct ipc_request *request)
{
    struct sidecar *s = data;

    if (ipc_request_method(request)->kind == IPC_DELIVERY) {
        waiting_node_watch(&s->waiting, s->server, s->board);
    }
    steward_request(s->steward, request);
}

static enum hs_status sidecar_metrics(void *data, struct buffer *out)
{
    struct sidecar *s = data;
    struct figures figures;
    enum hs_status st;

    figures_copy(s->board, &figures);
    st = metrics_render(&figures, s->server, clock_us(), out);
    figures_fini(&figures);
    return st;
}

/* --- the wire's methods: what is answered at once, and the rows --- */

static void sidecar_reply(struct ipc_request *request, enum hs_status st, struct buffer *packed)
{
    if (st == HS_OK) {
        ipc_reply(request, buffer_slice(packed));
    } else {
        ipc_reply_error(request, IPC_INTERNAL, hs_status_text(st));
    }
    buffer_fini(packed);
}

static void handle_status(void *data, struct ipc_request *request)
{
    struct sidecar *s = data;
    struct buffer packed = {0};
    struct figures figures;
    json_t *map;

    figures_copy(s->board, &figures);
    map = status_json(&figures, clock_us(), clock_unix_s());
    sidecar_reply(request, map ? wire_json_write(map, &packed, NULL) : HS_NOMEM, &packed);
    json_decref(map);
    figures_fini(&figures);
}

static void handle_metrics(void *data, struct ipc_request *request)
{
    struct buffer page = {0}, packed = {0};
    enum hs_status st = sidecar_metrics(data, &page);
    struct wire_writer w;

    wire_begin(&w, &packed);
    wire_put_text(&w, buffer_slice(&page));
    if (st == HS_OK) st = wire_end(&w);
    buffer_fini(&page);
    sidecar_reply(request, st, &packed);
}

static void handle_shutdown(void *data, struct ipc_request *request)
{
    ipc_reply_empty(request);
    sidecar_stop(data, "the node asked for it");
}

#define SIDECAR_PARAMS(type, reader) .params_size = sizeof(type), .read = (reader)

static const char *const sidecar_features[] = {"attach", "run", "ticks", "query"};

/* The last feature, and the last row, are not offered where the node answers the kernel's reads. */
static const struct ipc_method sidecar_methods[SIDECAR_METHODS] = {
    {"attach", IPC_NODE, IPC_DELIVERY, SIDECAR_PARAMS(struct ipc_attach, ipc_attach_read),
     .job = steward_attach},
    {"deliver", IPC_NODE, IPC_DELIVERY, SIDECAR_PARAMS(struct ipc_delivery, ipc_delivery_read),
     .job = steward_deliver},
    {"commit", IPC_NODE, IPC_NOTIFICATION, SIDECAR_PARAMS(struct ipc_commit, ipc_commit_read),
     .job = steward_commit},
    {"prepare_commit", IPC_NODE, IPC_REQUEST, SIDECAR_PARAMS(struct ipc_height, ipc_height_read),
     .job = steward_prepare_commit},
    {"status", IPC_ANYONE, IPC_REQUEST, .handle = handle_status},
    {"metrics", IPC_ANYONE, IPC_REQUEST, .handle = handle_metrics},
    {"shutdown", IPC_NODE, IPC_REQUEST, .handle = handle_shutdown},
    {"query", IPC_NODE, IPC_REQUEST, SIDECAR_PARAMS(struct ipc_query, ipc_query_read),
     .job = steward_query},
};

/* --- systemd --- */

static void sidecar_notify_phase(struct sidecar *s)
{
    struct figures figures;
    struct progress_rates rates;
    char lines[512];
    int len;

    figures_copy(s->board, &figures);
    rates = progress_rates(figures.replay.from, figures.replay.at, figures.replay.target,
                           clock_us() - figures.replay.started_us);
    if (figures_problem(&figures)) {
        len = snprintf(lines, sizeof lines, "WATCHDOG=1\nSTATUS=not ready: %.400s",
                       figures_problem(&figures));
    } else {
        len = snprintf(lines, sizeof lines, "WATCHDOG=1\nSTATUS=%s, seqnum %llu",
                       phase_name(figures.phase), (unsigned long long)figures.at.seqnum);
    }
    if (figures.replay.active && len > 0) {
        (void)snprintf(lines + len, sizeof lines - (size_t)len,
                       ", %.0f %%, %.0f s left\nEXTEND_TIMEOUT_USEC=%d", rates.percent, rates.eta_s,
                       NOTIFY_EXTEND_US);
    }
    notify_send(&s->notify, lines);
    figures_fini(&figures);
}

static void sidecar_tick(uv_timer_t *timer)
{
    sidecar_notify_phase(timer->data);
}

/* --- opening --- */

/* Whoever started us with SIGHUP ignored (nohup) meant it. */
static bool signal_wanted(int number)
{
    struct sigaction present;

    return sigaction(number, NULL, &present) != 0 || present.sa_handler != SIG_IGN;
}

static enum hs_status sidecar_open_handles(struct sidecar *s, struct hs_error *err)
{
    uv_loop_t *loop = lent_loop_uv(s->lent);
    int code = 0;

    /* A signal or a timer's init cannot fail once the loop is open. */
    (void)uv_timer_init(loop, &s->timer);
    s->timer.data = s;
    waiting_node_init(&s->waiting, loop);
    for (size_t i = 0; i < STOP_SIGNALS; i++) {
        (void)uv_signal_init(loop, &s->signals[i]);
        s->signals[i].data = s;
        if (code == 0 && signal_wanted(stop_signals[i])) {
            code = uv_signal_start(&s->signals[i], sidecar_signalled, stop_signals[i]);
        }
    }
    s->handles_open = true;
    return code == 0 ? HS_OK : hs_fail(err, HS_IO, "event loop: %s", uv_strerror(code));
}

/* Where the node answers the kernel's every read, the loop is needed all the time a message runs:
 * it is not lent then. */
static enum hs_status sidecar_open_steward(struct sidecar *s, struct hs_error *err)
{
    struct steward_options options = {
        .config = s->config,
        .kernel_config = s->kernel_config,
        .logger = &s->logger,
        .folder = s->folder,
        .board = s->board,
        .engine = s->engine,
        .loop = lent_loop_queue(s->lent),
        .lent = s->config->reads == SIDECAR_READS_MIRROR ? s->lent : NULL,
        .link = s->link,
        .failed = sidecar_steward_failed,
        .data = s,
    };

    return steward_start(&options, &s->steward, err);
}

static enum hs_status sidecar_open_server(struct sidecar *s, struct hs_error *err)
{
    size_t features_len = sizeof sidecar_features / sizeof *sidecar_features;
    bool queries = s->config->reads == SIDECAR_READS_MIRROR;
    struct ipc_server_options options = {
        .loop = lent_loop_uv(s->lent),
        .socket_path = s->config->socket_path,
        .chain_id = s->config->chain_id,
        .owner = {.methods = s->methods,
                  .methods_len = queries ? SIDECAR_METHODS : SIDECAR_METHODS - 1,
                  .features = sidecar_features,
                  .features_len = queries ? features_len : features_len - 1,
                  .post = sidecar_post,
                  .job_size = sizeof(struct wire_job),
                  .hello_answer = sidecar_hello,
                  .node_attached = sidecar_attached,
                  .node_detached = sidecar_detached,
                  .data = s},
    };

    memcpy(s->methods, sidecar_methods, sizeof s->methods);
    if (s->config->serve_queries) s->methods[SIDECAR_METHODS - 1].who = IPC_AFTER_HELLO;
    return ipc_server_start(&options, &s->server, err);
}

static void sidecar_folder_told(void *data, const char *words)
{
    logger_write(&((struct sidecar *)data)->logger, LOG_LEVEL_ERROR, "%s", words);
}

static enum hs_status sidecar_open_folder(struct sidecar *s, struct hs_error *err)
{
    const struct data_folder_options options = {.dir = s->config->data_dir,
                                                .chain_id = s->config->chain_id,
                                                .told = sidecar_folder_told,
                                                .data = s};

    return data_folder_open(&options, &s->folder, err);
}

/* Without a folder for them, booted heaps are made in this process. */
static enum hs_status sidecar_open_engine(struct sidecar *s, struct hs_error *err)
{
    bool cached = data_folder_has(s->folder, DATA_FOLDER_IMAGES);

    return vat_engine_open(disk_system(),
                           cached ? data_folder_path(s->folder, DATA_FOLDER_IMAGES) : NULL,
                           &s->engine, err);
}

static enum hs_status sidecar_make_genesis(struct sidecar *s, struct hs_error *err)
{
    struct kv_memory *made = NULL;
    enum hs_status st = kv_memory_open(&made, err);

    if (st == HS_OK) st = genesis_write(kv_memory_store(made), s->kernel_config, s->genesis, err);
    kv_memory_close(made);
    return st;
}

/* A chain that holds its state vector needs no configuration. */
static enum hs_status sidecar_open_kernel(struct sidecar *s, struct hs_error *err)
{
    const char *path = s->config->kernel_path;
    enum hs_status st;

    if (!path) return HS_OK;
    st = kernel_file_load(path, &s->kernel_config, err);
    return st == HS_OK ? sidecar_make_genesis(s, err) : st;
}

/* As many as we may have; with fewer than FILES_MIN it would listen, and nobody could connect. */
static enum hs_status sidecar_raise_files(struct hs_error *err)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return HS_OK;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= FILES_MIN) return HS_OK;
    return hs_fail_errno(err, HS_IO, EMFILE,
                         "%llu open files are allowed, %d are needed at least; raise the limit "
                         "(ulimit -n, LimitNOFILE=)",
                         (unsigned long long)limit.rlim_cur, FILES_MIN);
}

static enum hs_status sidecar_open(struct sidecar *s, struct hs_error *err)
{
    const struct sidecar_config *c = s->config;
    enum hs_status st = sidecar_config_check(c, err);

    if (st == HS_OK) st = sidecar_raise_files(err);
    if (st == HS_OK) st = sidecar_open_kernel(s, err);
    if (st == HS_OK) st = sidecar_open_folder(s, err);
    if (st == HS_OK) st = figures_board_open(c->chain_id, &s->board, err);
    if (st == HS_OK) st = sidecar_open_engine(s, err);
    if (st == HS_OK) st = lent_loop_open(s, &s->lent, err);
    if (st == HS_OK) st = sidecar_open_handles(s, err);
    if (st == HS_OK) {
        st = node_link_open(lent_loop_queue(s->lent), sidecar_ask_node, sidecar_node_asked, s,
                            &s->link, err);
    }
    if (st == HS_OK && c->metrics_address) {
        st = metrics_http_start(lent_loop_uv(s->lent), c->metrics_address, sidecar_metrics, s,
                                &s->http, err);
    }
    /* The server before the steward: a socket in use must be found before a log is written to. No
     * handler runs before the loop does. */
    if (st == HS_OK) st = sidecar_open_server(s, err);
    if (st == HS_OK) st = sidecar_open_steward(s, err);
    return st;
}

/* Of an opening that failed the server is left; of a run it was stopped. */
static void sidecar_close_loop(struct sidecar *s)
{
    if (!s->lent) return;
    if (s->server) {
        ipc_server_stop(s->server, sidecar_server_stopped, s);
        lent_loop_serve(s->lent, sidecar_given, s);
    }
    sidecar_end(s);
}

static void sidecar_close(struct sidecar *s)
{
    sidecar_close_loop(s);
    assert(!s->steward && !s->server);
    node_link_close(s->link);
    lent_loop_close(s->lent);
    vat_engine_close(s->engine);
    figures_board_close(s->board);
    data_folder_close(s->folder);
    kernel_config_close(s->kernel_config);
    notify_fini(&s->notify);
}

static void sidecar_ready(struct sidecar *s)
{
    uint64_t period_ms = notify_watchdog_ms();

    logger_write(&s->logger, LOG_LEVEL_INFO,
                 "headstart " HEADSTART_VERSION_TEXT " serves chain %s on %s, data in %s",
                 s->config->chain_id, s->config->socket_path, s->config->data_dir);
    notify_send(&s->notify, "READY=1\nSTATUS=loading");
    if (s->notify.fd < 0) return;
    if (period_ms == 0 || period_ms > NOTIFY_EVERY_MS) period_ms = NOTIFY_EVERY_MS;
    (void)uv_timer_start(&s->timer, sidecar_tick, period_ms, period_ms);
}

enum hs_status sidecar_run(const struct sidecar_config *config, struct hs_error *err)
{
    struct sidecar s = {.config = config};
    enum hs_status st;

    /* A peer that goes away while we write must not end us. */
    (void)signal(SIGPIPE, SIG_IGN);
    signals_hold(true);
    logger_init(&s.logger, STDERR_FILENO, config->log_level, config->log_format);
    notify_init(&s.notify);
    st = sidecar_open(&s, err);
    if (st == HS_OK) {
        sidecar_ready(&s);
        signals_hold(false);
        lent_loop_serve(s.lent, sidecar_given, &s);
        if (s.failed) st = hs_fail(err, s.failure.status, "%s", s.failure.text);
    }
    sidecar_close(&s);
    return st;
}
