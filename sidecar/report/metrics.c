/* One row a metric: its name, its type, what it says, and who reads it. What is one figure, one
 * histogram or one array of counters needs no function; everything else has one of its own. */
#include "sidecar/report/metrics.h"

#include "ipc/server.h"
#include "sidecar/report/metrics_page.h"
#include "sidecar/report/process_figures.h"
#include "sidecar/report/progress.h"

#include <assert.h>
#include <stddef.h>

struct metric_source {
    const struct figures *f;
    struct ipc_counters ipc;
    const struct ipc_server *server; /* NULL: no ipc families */
    struct process_figures process;
    uint64_t now_us;
};

struct metric {
    const char *name, *type, *help;
    void (*read)(const struct metric *m, const struct metric_source *s, struct metrics_page *p);
    size_t at;                     /* offset in struct figures, of what `read` shows */
    const char *label;             /* its label's name; several are told by `read` */
    const char *(*word_of)(int i); /* the label's value for the i-th counter; NULL: left out */
    int count;
};

/* --- whole rows of figures --- */

static const uint64_t *figure_at(const struct metric *m, const struct metric_source *s)
{
    return (const uint64_t *)(const void *)((const char *)s->f + m->at);
}

static void read_figure(const struct metric *m, const struct metric_source *s,
                        struct metrics_page *p)
{
    metrics_page_sample(p, NULL, 0, (double)*figure_at(m, s));
}

static void read_histogram(const struct metric *m, const struct metric_source *s,
                           struct metrics_page *p)
{
    metrics_page_histogram(p, (const struct histogram *)(const void *)figure_at(m, s));
}

static void read_counters(const struct metric *m, const struct metric_source *s,
                          struct metrics_page *p)
{
    for (int i = 0; i < m->count; i++) {
        struct metric_label label = {m->label, m->word_of(i)};

        if (label.value) metrics_page_sample(p, &label, 1, (double)figure_at(m, s)[i]);
    }
}

/* --- words of labels --- */

static const char *delivery_word(int i)
{
    return delivery_result_name((enum delivery_result)i);
}

static const char *snapshot_word(int i)
{
    return snapshot_result_name((enum snapshot_result)i);
}

static const char *skip_word(int i)
{
    return snapshot_skip_name((enum snapshot_skip)i);
}

static const char *path_word(int i)
{
    return i == ENTRY_NONE ? NULL : entry_path_name((enum entry_path)i);
}

static const char *cause_word(int i)
{
    return i == ENTRY_CAUSE_NONE ? NULL : entry_cause_name((enum entry_cause)i);
}

static const char *replaying_word(int i)
{
    bool replays = i == PHASE_ROLLING || i == PHASE_CATCHING_UP || i == PHASE_ROLLING_BACK;

    return replays ? phase_name((enum phase)i) : NULL;
}

/* --- readers of one row --- */

#define READER(name)                                                                               \
    static void read_##name(const struct metric *m, const struct metric_source *s,                 \
                            struct metrics_page *p)
/* A reader of a single number. */
#define READ_NUMBER(name, number)                                                                  \
    READER(name)                                                                                   \
    {                                                                                              \
        (void)m, (void)s;                                                                          \
        metrics_page_sample(p, NULL, 0, (double)(number));                                         \
    }
/* The same for one that may be unknown, which is negative. */
#define READ_IF_KNOWN(name, number)                                                                \
    READER(name)                                                                                   \
    {                                                                                              \
        (void)m;                                                                                   \
        if ((number) >= 0) metrics_page_sample(p, NULL, 0, (number));                              \
    }

READER(build)
{
    struct metric_label label = {m->label, HEADSTART_VERSION_TEXT};

    (void)s;
    metrics_page_sample(p, &label, 1, 1);
}

READER(phase)
{
    for (int i = PHASE_STARTING; i < PHASE_COUNT; i++) {
        struct metric_label label = {m->label, phase_name((enum phase)i)};

        metrics_page_sample(p, &label, 1, s->f->phase == (enum phase)i);
    }
}

READ_NUMBER(ready, figures_ready(s->f))
READ_NUMBER(connected, s->f->node.connected)
READ_NUMBER(preload, (double)s->f->preload_us / 1e6)

/* The newest snapshot's record says when it was made, across restarts; one that was rejected since
 * was written all the same. */
static uint64_t last_snapshot_s(const struct figures *f)
{
    return f->snapshot_success_unix_s > f->snapshot.made_at_s ? f->snapshot_success_unix_s
                                                              : f->snapshot.made_at_s;
}
READ_NUMBER(snapshot_success, last_snapshot_s(s->f))

static double eta_s(const struct metric_source *s)
{
    const struct figures_replay *r = &s->f->replay;

    if (!r->active || s->now_us <= r->started_us) return 0;
    return progress_rates(r->from, r->at, r->target, s->now_us - r->started_us).eta_s;
}
READ_NUMBER(eta, eta_s(s))

READ_NUMBER(in_memory, s->f->disk.in_memory)
READ_NUMBER(fenced, s->f->disk.log_fenced)

READER(without)
{
    for (int i = 0; i < DATA_FOLDER_PART_COUNT; i++) {
        struct metric_label label = {m->label, data_folder_part_name((enum data_folder_part)i)};

        metrics_page_sample(p, &label, 1, s->f->disk.without[i]);
    }
}

READER(store_calls)
{
    struct metric_label get = {m->label, "get"}, scan = {m->label, "scan"};

    metrics_page_sample(p, &get, 1, (double)s->f->store_gets);
    metrics_page_sample(p, &scan, 1, (double)s->f->store_scans);
}

READER(heaps)
{
    for (size_t i = 0; i < s->f->vats_len; i++) {
        struct metric_label label = {m->label, s->f->vats[i].name};

        metrics_page_sample(p, &label, 1, (double)s->f->vats[i].heap_bytes);
    }
}

READER(connections)
{
    struct metric_label node = {m->label, "node"}, observer = {m->label, "observer"},
                        none = {m->label, "none"};

    if (!s->server) return;
    metrics_page_sample(p, &node, 1, (double)s->ipc.connections_node);
    metrics_page_sample(p, &observer, 1, (double)s->ipc.connections_observer);
    metrics_page_sample(p, &none, 1, (double)s->ipc.connections_new);
}

static void put_request(void *data, const char *method, const char *result, uint64_t count)
{
    struct metric_label labels[] = {{"method", method}, {"result", result}};

    metrics_page_sample(data, labels, 2, (double)count);
}

READER(requests)
{
    (void)m;
    if (s->server) ipc_server_requests(s->server, put_request, p);
}

READER(protocol_errors)
{
    (void)m;
    if (s->server) metrics_page_sample(p, NULL, 0, (double)s->ipc.protocol_errors);
}

READ_IF_KNOWN(cpu, s->process.cpu_s)
READ_IF_KNOWN(virtual_memory, s->process.virtual_bytes)
READ_IF_KNOWN(resident_memory, s->process.resident_bytes)
READ_IF_KNOWN(open_files, s->process.open_files)
READ_IF_KNOWN(open_files_max, s->process.open_files_max)
READ_NUMBER(started, s->f->started_unix_s)

/* --- the table --- */

#define GAUGE(suffix, words)         .name = "headstart_" suffix, .type = "gauge", .help = (words)
#define COUNTER(suffix, words)       .name = "headstart_" suffix, .type = "counter", .help = (words)
#define PROCESS(suffix, kind, words) .name = "process_" suffix, .type = (kind), .help = (words)

/* Compiles only for a member of the type that its reader reads. */
#define MEMBER(type, member)                                                                       \
    (offsetof(struct figures, member) + 0 * sizeof(&((struct figures *)0)->member == (type *)0))
#define FIGURE(member) .read = read_figure, .at = MEMBER(uint64_t, member)
#define HISTOGRAM(suffix, words, member)                                                           \
    .name = "headstart_" suffix, .type = "histogram", .help = (words), .read = read_histogram,     \
    .at = MEMBER(struct histogram, member)
#define BY(label_name, words, member)                                                              \
    .read = read_counters, .label = (label_name), .word_of = (words),                              \
    .at = MEMBER(uint64_t, member[0]),                                                             \
    .count = sizeof(((struct figures *)0)->member) / sizeof(uint64_t)
#define READ(reader)                .read = read_##reader
#define READ_BY(label_name, reader) .read = read_##reader, .label = (label_name)

static const struct metric metrics[] = {
    {GAUGE("build_info", "The running version."), READ_BY("version", build)},
    {GAUGE("phase", "1 for the phase the sidecar is in."), READ_BY("phase", phase)},
    {GAUGE("ready", "1 when a kernel waits for the node's next delivery."), READ(ready)},
    {GAUGE("node_connected", "1 when a node is connected."), READ(connected)},
    {GAUGE("block_height", "Block height of the last message."), FIGURE(height)},
    {GAUGE("real_seqnum", "Seqnum of the node's store at its last delivery."), FIGURE(real_seqnum)},
    {GAUGE("kernel_seqnum", "Seqnum of the kernel."), FIGURE(at.seqnum)},
    {GAUGE("floor_seqnum", "Highest seqnum that the node must have committed."),
     FIGURE(floor_seqnum)},

    {GAUGE("snapshot_seqnum", "Seqnum of the newest snapshot."), FIGURE(snapshot.newest)},
    {GAUGE("snapshots", "Snapshots that can be returned to."), FIGURE(snapshot.count)},
    {GAUGE("snapshot_bytes", "Bytes of the snapshot store on disk."), FIGURE(snapshot.bytes)},
    {GAUGE("snapshot_last_success_timestamp_seconds",
           "Unix time at which the newest snapshot was written; 0: there is none."),
     READ(snapshot_success)},
    {COUNTER("snapshot_writes_total", "Snapshots begun, by how they ended."),
     BY("result", snapshot_word, snapshot_writes)},
    {COUNTER("snapshot_skipped_total", "Snapshots due but not begun."),
     BY("reason", skip_word, snapshot_skips)},
    {COUNTER("snapshot_verifications_total", "Snapshots read in full and found sound."),
     FIGURE(snapshot_verifications)},
    {HISTOGRAM("snapshot_write_duration_seconds", "Time to write a snapshot, in background.",
               snapshot_write)},

    {GAUGE("log_first_seqnum", "First seqnum in the replay log."), FIGURE(log.first)},
    {GAUGE("log_last_seqnum", "Last seqnum in the replay log."), FIGURE(log.last)},
    {GAUGE("log_bytes", "Bytes of the replay log on disk."), FIGURE(log.bytes)},
    {COUNTER("log_appends_total", "Entries appended to the replay log."), FIGURE(log_appends)},
    {COUNTER("log_failures_total", "Writes and syncs of the replay log that failed."),
     FIGURE(log_failures)},
    {HISTOGRAM("log_sync_duration_seconds", "Time of one sync of the replay log.", log_sync)},

    {GAUGE("in_memory", "1 while the kernel runs from memory, the disk refusing."),
     READ(in_memory)},
    {GAUGE("log_fenced", "1 while the replay log cannot be written."), READ(fenced)},
    {GAUGE("log_fenced_since_seqnum",
           "Lowest seqnum that may be missing from a fenced replay log; 0: none."),
     FIGURE(disk.log_fenced_since)},
    {GAUGE("snapshots_failing_since_timestamp_seconds",
           "Unix time since which no snapshot could be written; 0: they can."),
     FIGURE(disk.snapshots_failing_since_s)},
    {GAUGE("gone_without", "1 for a part of the data folder that cannot be had."),
     READ_BY("part", without)},

    {HISTOGRAM("attach_duration_seconds",
               "A node's first delivery: arrival until the kernel stands at its position.",
               attach)},
    {COUNTER("attach_total", "Ways the kernel got to the node's position."),
     BY("path", path_word, attaches)},
    {COUNTER("full_replays_total", "Full replays, by why nothing cheaper helped."),
     BY("cause", cause_word, full_replays)},
    {COUNTER("replayed_messages_total", "Messages executed again from the log."),
     BY("phase", replaying_word, replayed)},
    {GAUGE("replay_eta_seconds", "Estimated time left of the running replay; 0: none."), READ(eta)},
    {GAUGE("preload_duration_seconds", "Process start until the kernel was preloaded."),
     READ(preload)},
    {COUNTER("divergences_total", "Replays that differed from what was recorded."),
     FIGURE(divergences)},

    {GAUGE("savepoints", "Savepoints of the open block."), FIGURE(savepoints.kept)},
    {GAUGE("savepoint_bytes", "Bytes that they keep of heaps and store."),
     FIGURE(savepoints.bytes)},
    {COUNTER("savepoint_returns_total", "Times that the kernel went back inside its open block."),
     FIGURE(savepoints.returns)},
    {COUNTER("messages_undone_total", "Messages undone by that."), FIGURE(savepoints.undone)},
    {HISTOGRAM("savepoint_return_duration_seconds",
               "Time of going back once, what was executed again included.", savepoint_return)},

    {GAUGE("run_queue_length", "Cranks that wait for runs, and 1 if housekeeping is due."),
     FIGURE(queued)},
    {COUNTER("ticks_total", "Ticks of the messages delivered."), FIGURE(ticks)},
    {COUNTER("deliveries_total", "Deliveries answered, by status."),
     BY("status", delivery_word, deliveries)},
    {HISTOGRAM("delivery_duration_seconds", "Time in the kernel of one delivery.", delivery)},
    {COUNTER("vats_ended_total", "Vats that ended in a delivery."), FIGURE(vats_ended)},
    {COUNTER("cranks_undone_total", "Cranks of critical vats that failed and were undone."),
     FIGURE(cranks_undone)},
    {COUNTER("store_calls_total", "Requests made to the node's store."),
     READ_BY("op", store_calls)},
    {GAUGE("vat_heap_bytes", "Bytes of a vat's heap."), READ_BY("vat", heaps)},

    {GAUGE("ipc_connections", "Open connections."), READ_BY("role", connections)},
    {COUNTER("ipc_requests_total", "Requests answered, by method and result."),
     READ_BY("method, result", requests)},
    {COUNTER("ipc_protocol_errors_total", "Connections ended for breaking the protocol."),
     READ(protocol_errors)},

    {PROCESS("cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds."),
     READ(cpu)},
    {PROCESS("virtual_memory_bytes", "gauge", "Virtual memory size in bytes."),
     READ(virtual_memory)},
    {PROCESS("resident_memory_bytes", "gauge", "Resident memory size in bytes."),
     READ(resident_memory)},
    {PROCESS("open_fds", "gauge", "Number of open file descriptors."), READ(open_files)},
    {PROCESS("max_fds", "gauge", "Maximum number of open file descriptors."), READ(open_files_max)},
    {PROCESS("start_time_seconds", "gauge",
             "Start time of the process since unix epoch in seconds."),
     READ(started)},
};

enum { METRICS_LEN = sizeof metrics / sizeof *metrics };

bool metrics_describe(size_t i, struct metric_description *out)
{
    if (i >= METRICS_LEN) return false;
    *out = (struct metric_description){.name = metrics[i].name,
                                       .type = metrics[i].type,
                                       .help = metrics[i].help,
                                       .labels = metrics[i].label};
    return true;
}

enum hs_status metrics_render(const struct figures *f, const struct ipc_server *server,
                              uint64_t now_us, struct buffer *out)
{
    struct metric_source s = {
        .f = f, .server = server, .process = process_figures_read(), .now_us = now_us};
    struct metrics_page p = {.to = printer_on(out)};

    assert(f->phase < PHASE_COUNT);
    if (server) s.ipc = ipc_server_counters(server);
    for (size_t i = 0; i < METRICS_LEN; i++) {
        metrics_page_family(&p, metrics[i].name, metrics[i].type, metrics[i].help);
        metrics[i].read(&metrics[i], &s, &p);
    }
    return printer_end(&p.to);
}
