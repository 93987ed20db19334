#include "sidecar/status.h"

#include "ipc/wire.h"
#include "sidecar/progress.h"

#include <assert.h>

/* Depth of the status map itself; packing goes no deeper. */
enum { STATUS_DEPTH_MAX = 8 };
_Static_assert((int)STATUS_DEPTH_MAX < (int)HS_FRAME_DEPTH_MAX, "the status map must fit a frame");

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

static json_t *status_replay(const struct figures *f, uint64_t now_us)
{
    const struct figures_replay *r = &f->replay;
    struct progress_rates rates;

    if (!r->active) return json_null();
    rates = progress_rates(r->from, r->at, r->target,
                           now_us > r->started_us ? now_us - r->started_us : 0);
    return json_pack("{s:s,s:o,s:o,s:o,s:o,s:o}", "phase", phase_name(r->phase), "at",
                     status_uint(r->at), "target", status_uint(r->target), "percent",
                     status_real(rates.percent), "rate", status_real(rates.per_s), "eta_s",
                     status_real(rates.eta_s));
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

    return json_pack("{s:i,s:s,s:s,s:b,s:s,s:o,s:o,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "schema",
                     1, "version", HEADSTART_VERSION_TEXT, "phase", phase_name(f->phase), "ready",
                     figures_ready(f), "chain_id", f->chain_id, "uptime_s", status_uint(uptime_s),
                     "seqnum", status_uint(f->at.seqnum), "hash", f->at.hash, "height",
                     status_uint(f->height), "floor", status_uint(f->floor_seqnum), "snapshot",
                     status_snapshot(f, now_s), "log", status_log(f), "vats", status_vats(f),
                     "replay", status_replay(f, now_us), "node", status_node(f), "counters",
                     status_counters(f));
}

static void pack_value(struct wire_writer *w, const json_t *value, int depth)
{
    const char *key;
    json_t *member; /* jansson's iterators want it so; nothing is changed */
    size_t i;

    if (depth > STATUS_DEPTH_MAX) {
        w->status = HS_TOO_LARGE;
        return;
    }
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        wire_put_map(w, (uint32_t)json_object_size(value));
        json_object_foreach((json_t *)(uintptr_t)value, key, member)
        {
            wire_put_text(w, slice_text(key));
            pack_value(w, member, depth + 1);
        }
        return;
    case JSON_ARRAY:
        wire_put_array(w, (uint32_t)json_array_size(value));
        json_array_foreach((json_t *)(uintptr_t)value, i, member)
        {
            pack_value(w, member, depth + 1);
        }
        return;
    case JSON_STRING:
        wire_put_text(w, slice_make(json_string_value(value), json_string_length(value)));
        return;
    case JSON_INTEGER:
        wire_put_uint(w, json_integer_value(value) > 0 ? (uint64_t)json_integer_value(value) : 0);
        return;
    case JSON_REAL: wire_put_double(w, json_real_value(value)); return;
    case JSON_TRUE: wire_put_bool(w, true); return;
    case JSON_FALSE: wire_put_bool(w, false); return;
    case JSON_NULL: wire_put_nil(w); return;
    }
}

enum hs_status status_pack(const json_t *value, struct buffer *out)
{
    struct wire_writer w;

    assert(value);
    wire_begin(&w, out);
    pack_value(&w, value, 1);
    return wire_end(&w);
}
