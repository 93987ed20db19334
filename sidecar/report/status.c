#include "sidecar/report/status.h"

#include "sidecar/report/progress.h"

static json_t *status_uint(uint64_t v)
{
    return json_integer((json_int_t)(v <= HS_UINT_MAX ? v : HS_UINT_MAX));
}

/* Three digits behind the point are enough for people and keep the text short. */
static json_t *status_real(double v)
{
    return json_real((double)(uint64_t)(v * 1000.0 + 0.5) / 1000.0);
}

static json_t *status_snapshot(const struct figures *f, uint64_t now_s)
{
    bool any = f->snapshot.count > 0;
    uint64_t age_s = any && now_s > f->snapshot.made_at_s ? now_s - f->snapshot.made_at_s : 0;

    return json_pack("{s:o,s:o,s:o,s:o}", "newest",
                     any ? status_uint(f->snapshot.newest) : json_null(), "count",
                     status_uint(f->snapshot.count), "bytes", status_uint(f->snapshot.bytes),
                     "age_s", any ? status_uint(age_s) : json_null());
}

static json_t *status_log(const struct figures *f)
{
    return json_pack("{s:o,s:o,s:o,s:o}", "first", status_uint(f->log.first), "last",
                     status_uint(f->log.last), "entries", status_uint(f->log.entries), "bytes",
                     status_uint(f->log.bytes));
}

static json_t *status_savepoints(const struct figures *f)
{
    return json_pack("{s:o,s:o,s:o,s:o}", "count", status_uint(f->savepoints.kept), "bytes",
                     status_uint(f->savepoints.bytes), "returns",
                     status_uint(f->savepoints.returns), "undone",
                     status_uint(f->savepoints.undone));
}

static json_t *status_since(uint64_t since)
{
    return since != 0 ? status_uint(since) : json_null();
}

static json_t *status_disk(const struct figures_disk *d)
{
    json_t *without = json_array();

    for (int part = 0; part < DATA_FOLDER_PART_COUNT; part++) {
        const char *name = data_folder_part_name((enum data_folder_part)part);

        if (d->without[part]) (void)json_array_append_new(without, json_string(name));
    }
    return json_pack("{s:b,s:b,s:o,s:o,s:o}", "in_memory", d->in_memory, "log_fenced",
                     d->log_fenced, "log_fenced_since", status_since(d->log_fenced_since),
                     "snapshots_failing_since", status_since(d->snapshots_failing_since_s),
                     "without", without);
}

static json_t *status_vats(const struct figures *f)
{
    json_t *list = json_array();

    for (size_t i = 0; i < f->vats_len; i++) {
        const struct kernel_vat_info *v = &f->vats[i];

        (void)json_array_append_new(
            list, json_pack("{s:s,s:o,s:o,s:o}", "name", v->name, "heap_bytes",
                            status_uint(v->heap_bytes), "deliveries", status_uint(v->deliveries),
                            "transcript_entries", status_uint(v->transcript_entries)));
    }
    return list;
}

/* The kernel's own words; what is no list of them shows as none. */
static json_t *status_vats_ended(const struct figures *f)
{
    json_t *list = f->vats_gone ? json_loads(f->vats_gone, 0, NULL) : NULL;

    if (json_is_array(list)) return list;
    json_decref(list);
    return json_array();
}

static json_t *status_replay(const struct figures *f, uint64_t now_us)
{
    const struct figures_replay *r = &f->replay;
    bool known = r->target > 0;
    struct progress_rates rates;

    if (!r->active) return json_null();
    rates = progress_rates(r->from, r->at, r->target,
                           now_us > r->started_us ? now_us - r->started_us : 0);
    return json_pack("{s:s,s:o,s:o,s:o,s:o,s:o}", "phase", phase_name(r->phase), "at",
                     status_uint(r->at), "target", known ? status_uint(r->target) : json_null(),
                     "percent", known ? status_real(rates.percent) : json_null(), "rate",
                     status_real(rates.per_s), "eta_s",
                     known && rates.per_s > 0 ? status_real(rates.eta_s) : json_null());
}

static json_t *status_node(const struct figures *f)
{
    const struct figures_node *n = &f->node;
    bool attached = n->path != ENTRY_NONE;
    json_t *client = n->client[0] ? json_string(n->client) : NULL; /* NULL too if not UTF-8 */

    return json_pack("{s:b,s:o,s:o,s:o,s:o}", "connected", n->connected, "client",
                     client ? client : json_null(), "path",
                     attached ? json_string(entry_path_name(n->path)) : json_null(), "replayed",
                     attached ? status_uint(n->replayed) : json_null(), "attach_ms",
                     attached ? status_real((double)n->attach_us / 1000.0) : json_null());
}

static json_t *status_counters(const struct figures *f)
{
    json_t *counters = json_object();
    json_t *attaches = json_object();
    uint64_t replayed = 0, full_replays = 0;

    for (int i = 0; i < DELIVERY_RESULT_COUNT; i++) {
        (void)json_object_set_new(counters, delivery_result_name((enum delivery_result)i),
                                  status_uint(f->deliveries[i]));
    }
    for (int i = ENTRY_NONE + 1; i < ENTRY_PATH_COUNT; i++) {
        (void)json_object_set_new(attaches, entry_path_name((enum entry_path)i),
                                  status_uint(f->attaches[i]));
    }
    for (int i = 0; i < PHASE_COUNT; i++) {
        replayed += f->replayed[i];
    }
    for (int i = 0; i < ENTRY_CAUSE_COUNT; i++) {
        full_replays += f->full_replays[i];
    }
    (void)json_object_set_new(counters, "attaches", attaches);
    (void)json_object_set_new(counters, "replayed", status_uint(replayed));
    (void)json_object_set_new(counters, "full_replays", status_uint(full_replays));
    (void)json_object_set_new(counters, "divergences", status_uint(f->divergences));
    (void)json_object_set_new(counters, "cranks_undone", status_uint(f->cranks_undone));
    (void)json_object_set_new(counters, "snapshots_written",
                              status_uint(f->snapshot_writes[SNAPSHOT_WRITTEN]));
    (void)json_object_set_new(counters, "snapshots_failed",
                              status_uint(f->snapshot_writes[SNAPSHOT_FAILED]));
    (void)json_object_set_new(counters, "snapshots_skipped",
                              status_uint(f->snapshot_skips[SNAPSHOT_SKIP_BUSY] +
                                          f->snapshot_skips[SNAPSHOT_SKIP_FAILED]));
    (void)json_object_set_new(counters, "log_appends", status_uint(f->log_appends));
    (void)json_object_set_new(counters, "log_failures", status_uint(f->log_failures));
    return counters;
}

json_t *status_json(const struct figures *f, uint64_t now_us, uint64_t now_s)
{
    uint64_t uptime_s = now_us > f->started_us ? (now_us - f->started_us) / 1000000 : 0;
    const char *problem = figures_problem(f);
    json_t *status;

    status = json_pack(
        "{s:i,s:s,s:s,s:b,s:s,s:o,s:o,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}",
        "schema", 1, "version", HEADSTART_VERSION_TEXT, "phase", phase_name(f->phase), "ready",
        figures_ready(f), "chain_id", f->chain_id, "uptime_s", status_uint(uptime_s), "seqnum",
        status_uint(f->at.seqnum), "hash", f->at.hash, "height", status_uint(f->height), "mark",
        status_uint(f->mark_seqnum), "floor", status_uint(f->floor_seqnum), "queued",
        status_uint(f->queued), "snapshot", status_snapshot(f, now_s), "log", status_log(f),
        "savepoints", status_savepoints(f), "disk", status_disk(&f->disk), "vats", status_vats(f),
        "vats_ended", status_vats_ended(f), "replay", status_replay(f, now_us), "node",
        status_node(f), "counters", status_counters(f), "rates", rates_json(&f->rates));
    if (problem) (void)json_object_set_new(status, "problem", json_string(problem));
    return status;
}
