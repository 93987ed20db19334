#include "sidecar/report/metrics.h"

#include "ipc/server.h"
#include "sidecar/report/process_figures.h"
#include "sidecar/report/progress.h"

#include <assert.h>
#include <inttypes.h>

/* The page is built with a failure that sticks, so that each line need not be checked. */
struct page {
    struct buffer *out;
    enum hs_status status;
};

static void page_family(struct page *p, const char *name, const char *type, const char *help)
{
    if (p->status != HS_OK) return;
    p->status = buffer_printf(p->out, "# HELP headstart_%s %s\n# TYPE headstart_%s %s\n", name,
                              help, name, type);
}

static void page_uint(struct page *p, const char *name, uint64_t value)
{
    if (p->status == HS_OK)
        p->status = buffer_printf(p->out, "headstart_%s %" PRIu64 "\n", name, value);
}

static void page_labelled(struct page *p, const char *name, const char *label, const char *value,
                          uint64_t count)
{
    if (p->status != HS_OK) return;
    p->status =
        buffer_printf(p->out, "headstart_%s{%s=\"%s\"} %" PRIu64 "\n", name, label, value, count);
}

static void page_gauge(struct page *p, const char *name, const char *help, uint64_t value)
{
    page_family(p, name, "gauge", help);
    page_uint(p, name, value);
}

static void page_counter(struct page *p, const char *name, const char *help, uint64_t value)
{
    page_family(p, name, "counter", help);
    page_uint(p, name, value);
}

static void page_seconds(struct page *p, const char *name, const char *help, double seconds)
{
    page_family(p, name, "gauge", help);
    if (p->status == HS_OK) p->status = buffer_printf(p->out, "headstart_%s %.6f\n", name, seconds);
}

static void page_histogram(struct page *p, const char *name, const char *help,
                           const struct histogram *h)
{
    uint64_t below = 0;

    page_family(p, name, "histogram", help);
    for (size_t i = 0; i < HISTOGRAM_BOUNDS && p->status == HS_OK; i++) {
        below += h->counts[i];
        p->status = buffer_printf(p->out, "headstart_%s_bucket{le=\"%g\"} %" PRIu64 "\n", name,
                                  histogram_bounds[i], below);
    }
    if (p->status != HS_OK) return;
    p->status = buffer_printf(p->out,
                              "headstart_%s_bucket{le=\"+Inf\"} %" PRIu64 "\nheadstart_%s_sum "
                              "%.6f\nheadstart_%s_count %" PRIu64 "\n",
                              name, histogram_count(h), name, h->sum_s, name, histogram_count(h));
}

static void page_where(struct page *p, const struct figures *f)
{
    page_family(p, "build_info", "gauge", "The running version.");
    page_labelled(p, "build_info", "version", HEADSTART_VERSION_TEXT, 1);
    page_family(p, "phase", "gauge", "1 for the phase the sidecar is in.");
    for (int i = PHASE_STARTING; i < PHASE_COUNT; i++) {
        page_labelled(p, "phase", "phase", phase_name((enum phase)i), f->phase == (enum phase)i);
    }
    page_gauge(p, "ready", "1 when a kernel waits for the node's next delivery.", figures_ready(f));
    page_gauge(p, "node_connected", "1 when a node is connected.", f->node.connected);
    page_gauge(p, "block_height", "Block height of the last message.", f->height);
    page_gauge(p, "real_seqnum", "Seqnum of the node's store at its last delivery.",
               f->real_seqnum);
    page_gauge(p, "kernel_seqnum", "Seqnum of the kernel.", f->at.seqnum);
    page_gauge(p, "floor_seqnum", "Highest seqnum that the node must have committed.",
               f->floor_seqnum);
}

static void page_disk(struct page *p, const struct figures *f)
{
    page_gauge(p, "snapshot_seqnum", "Seqnum of the newest snapshot.", f->snapshot.newest);
    page_gauge(p, "snapshots", "Snapshots that can be returned to.", f->snapshot.count);
    page_gauge(p, "snapshot_bytes", "Bytes of the snapshot store on disk.", f->snapshot.bytes);
    page_gauge(p, "snapshot_last_success_timestamp_seconds",
               "Unix time of the last snapshot written; 0: none since the start.",
               f->snapshot_success_unix_s);
    page_family(p, "snapshot_writes_total", "counter", "Snapshots begun, by how they ended.");
    for (int i = 0; i < SNAPSHOT_RESULT_COUNT; i++) {
        page_labelled(p, "snapshot_writes_total", "result",
                      snapshot_result_name((enum snapshot_result)i), f->snapshot_writes[i]);
    }
    page_family(p, "snapshot_skipped_total", "counter", "Snapshots due but not begun.");
    for (int i = 0; i < SNAPSHOT_SKIP_COUNT; i++) {
        page_labelled(p, "snapshot_skipped_total", "reason",
                      snapshot_skip_name((enum snapshot_skip)i), f->snapshot_skips[i]);
    }
    page_histogram(p, "snapshot_write_duration_seconds", "Time to write a snapshot, in background.",
                   &f->snapshot_write);
    page_gauge(p, "log_first_seqnum", "First seqnum in the replay log.", f->log.first);
    page_gauge(p, "log_last_seqnum", "Last seqnum in the replay log.", f->log.last);
    page_gauge(p, "log_bytes", "Bytes of the replay log on disk.", f->log.bytes);
    page_counter(p, "log_appends_total", "Entries appended to the replay log.", f->log_appends);
    page_counter(p, "log_failures_total", "Writes and syncs of the replay log that failed.",
                 f->log_failures);
    page_histogram(p, "log_sync_duration_seconds", "Time of one sync of the replay log.",
                   &f->log_sync);
}

static void page_replay(struct page *p, const struct figures *f, uint64_t now_us)
{
    const struct figures_replay *r = &f->replay;
    struct progress_rates rates = {0};

    if (r->active && now_us > r->started_us) {
        rates = progress_rates(r->from, r->at, r->target, now_us - r->started_us);
    }
    page_histogram(p, "attach_duration_seconds",
                   "A node's first delivery: arrival until the kernel stands at its position.",
                   &f->attach);
    page_family(p, "attach_total", "counter", "Ways the kernel got to the node's position.");
    for (int i = ENTRY_NONE + 1; i < ENTRY_PATH_COUNT; i++) {
        page_labelled(p, "attach_total", "path", entry_path_name((enum entry_path)i),
                      f->attaches[i]);
    }
    page_family(p, "full_replays_total", "counter", "Full replays, by why nothing cheaper helped.");
    for (int i = ENTRY_CAUSE_NONE + 1; i < ENTRY_CAUSE_COUNT; i++) {
        page_labelled(p, "full_replays_total", "cause", entry_cause_name((enum entry_cause)i),
                      f->full_replays[i]);
    }
    page_family(p, "replayed_messages_total", "counter", "Messages executed again from the log.");
    for (int i = PHASE_STARTING; i < PHASE_COUNT; i++) {
        if (i != PHASE_ROLLING && i != PHASE_CATCHING_UP && i != PHASE_ROLLING_BACK) continue;
        page_labelled(p, "replayed_messages_total", "phase", phase_name((enum phase)i),
                      f->replayed[i]);
    }
    page_seconds(p, "replay_eta_seconds", "Estimated time left of the running replay; 0: none.",
                 rates.eta_s);
    page_seconds(p, "preload_duration_seconds", "Process start until the kernel was preloaded.",
                 (double)f->preload_us / 1e6);
    page_counter(p, "divergences_total", "Replays that differed from what was recorded.",
                 f->divergences);
}

static void page_deliveries(struct page *p, const struct figures *f)
{
    page_family(p, "deliveries_total", "counter", "Deliveries answered, by status.");
    for (int i = 0; i < DELIVERY_RESULT_COUNT; i++) {
        page_labelled(p, "deliveries_total", "status",
                      delivery_result_name((enum delivery_result)i), f->deliveries[i]);
    }
    page_histogram(p, "delivery_duration_seconds", "Time in the kernel of one delivery.",
                   &f->delivery);
    page_family(p, "store_calls_total", "counter", "Requests made to the node's store.");
    page_labelled(p, "store_calls_total", "op", "get", f->store_gets);
    page_labelled(p, "store_calls_total", "op", "scan", f->store_scans);
}

/* A vat's name comes from the configuration: backslash, quote and newline are escaped. */
static void page_vats(struct page *p, const struct figures *f)
{
    page_family(p, "vat_heap_bytes", "gauge", "Bytes of a vat's heap.");
    for (size_t i = 0; i < f->vats_len && p->status == HS_OK; i++) {
        p->status = buffer_append_text(p->out, "headstart_vat_heap_bytes{vat=\"");
        for (const char *c = f->vats[i].name; *c && p->status == HS_OK; c++) {
            if (*c == '\n') {
                p->status = buffer_append_text(p->out, "\\n");
                continue;
            }
            if (*c == '\\' || *c == '"') p->status = buffer_append_byte(p->out, '\\');
            if (p->status == HS_OK) p->status = buffer_append_byte(p->out, *c);
        }
        if (p->status != HS_OK) return;
        p->status = buffer_printf(p->out, "\"} %" PRIu64 "\n", f->vats[i].heap_bytes);
    }
}

static void page_request(void *data, const char *method, const char *result, uint64_t count)
{
    struct page *p = data;

    if (p->status != HS_OK) return;
    p->status = buffer_printf(
        p->out, "headstart_ipc_requests_total{method=\"%s\",result=\"%s\"} %" PRIu64 "\n", method,
        result, count);
}

static void page_ipc(struct page *p, const struct ipc_server *server)
{
    struct ipc_counters c = ipc_server_counters(server);

    page_family(p, "ipc_connections", "gauge", "Open connections.");
    page_labelled(p, "ipc_connections", "role", "node", c.connections_node);
    page_labelled(p, "ipc_connections", "role", "observer", c.connections_observer);
    page_labelled(p, "ipc_connections", "role", "none", c.connections_new);
    page_family(p, "ipc_requests_total", "counter", "Requests answered, by method and result.");
    ipc_server_requests(server, page_request, p);
    page_counter(p, "ipc_protocol_errors_total", "Connections ended for breaking the protocol.",
                 c.protocol_errors);
}

enum hs_status metrics_render(const struct figures *f, const struct ipc_server *server,
                              uint64_t now_us, struct buffer *out)
{
    struct page p = {.out = out, .status = HS_OK};

    assert(f->phase < PHASE_COUNT);
    page_where(&p, f);
    page_disk(&p, f);
    page_replay(&p, f, now_us);
    page_deliveries(&p, f);
    page_vats(&p, f);
    if (server) page_ipc(&p, server);
    if (p.status == HS_OK) p.status = process_figures_render(f->started_unix_s, out);
    return p.status;
}
