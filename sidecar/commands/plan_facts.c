#include "sidecar/commands/plan_facts.h"

#include "kernel/state/decimal.h"
#include "kernel/state/limits.h"
#include "kernel/tables/transcript.h"
#include "kernel/vat/vat.h"
#include "sidecar/commands/daemon_query.h"
#include "sidecar/commands/offline.h"
#include "sidecar/commands/rehearsal.h"
#include "sidecar/data/data_folder.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

void plan_account_fini(struct plan_account *a)
{
    free(a->snapshots);
    a->snapshots = NULL;
}

/* --- from a running daemon --- */

static uint64_t count_of(const json_t *map, const char *key)
{
    json_int_t n = json_integer_value(json_object_get(map, key));

    return n > 0 && (uint64_t)n <= HS_UINT_MAX ? (uint64_t)n : 0;
}

static struct entry_witness stand_in_witness(const struct entry_facts *e, uint64_t seqnum)
{
    struct entry_witness w = {.held = e->log_first != 0 && seqnum >= e->log_first &&
                                      seqnum <= e->log_last};

    if (w.held) w.at = plan_position(seqnum);
    return w;
}

static void take_heaps(const json_t *vats, struct plan_facts *f)
{
    const json_t *vat;
    size_t i;

    json_array_foreach(vats, i, vat)
    {
        f->load.of[RATE_IMAGE_BYTES] += count_of(vat, "heap_bytes");
        f->rebuild.of[RATE_TRANSCRIPT_ENTRIES] += count_of(vat, "transcript_entries");
    }
    f->rebuild.more = true; /* how large the node's store is, only the node knows */
}

/* Kernel, log and snapshots of a daemon are of one history, so seqnums name positions. */
static void take_status(const json_t *status, struct plan_account *a)
{
    const json_t *log = json_object_get(status, "log");
    const json_t *newest = json_object_get(json_object_get(status, "snapshot"), "newest");
    struct entry_facts *e = &a->facts.entry;
    uint64_t ours = count_of(status, "seqnum"), mark = count_of(status, "mark");
    uint64_t floor = count_of(status, "floor");

    if (mark > ours) mark = ours;
    if (floor > ours) floor = ours;
    if (count_of(log, "entries") > 0) {
        e->log_first = count_of(log, "first");
        e->log_last = count_of(log, "last");
    }
    e->kernel_usable = true;
    e->ours = plan_position(ours);
    e->mark = plan_position(mark);
    e->log_ours = stand_in_witness(e, ours);
    e->log_mark = stand_in_witness(e, mark);
    a->facts.log_end = plan_position(e->log_last);
    a->facts.floor = plan_position(floor);
    if (json_is_integer(newest)) {
        uint64_t seqnum = (uint64_t)json_integer_value(newest);

        a->snapshots[0].at = plan_position(seqnum);
        a->snapshots[0].log = stand_in_witness(e, seqnum);
        e->snapshots = a->snapshots;
        e->snapshots_len = 1;
    }
    take_heaps(json_object_get(status, "vats"), &a->facts);
    a->facts.has_images = true; /* if not, its status does not say so */
    a->rates = rates_of_json(json_object_get(status, "rates"));
}

/* A daemon that lost its kernel stands at the origin although something is kept. */
static bool has_kernel(const json_t *status)
{
    return count_of(status, "seqnum") > 0 ||
           (count_of(json_object_get(status, "log"), "entries") == 0 &&
            count_of(json_object_get(status, "snapshot"), "count") == 0);
}

/* *answered false: the data folder is to be read. */
static enum exit_code ask_daemon(const char *socket_path, struct plan_account *a, bool *answered)
{
    struct headstart_error err = {0};
    enum exit_code code = EXIT_CODE_OK;
    json_t *status = NULL;

    *answered = false;
    if (!daemon_ask_status(socket_path, &status, &err)) {
        code = exit_code_of_client(&err);
        return code == EXIT_CODE_UNREACHABLE ? EXIT_CODE_OK
                                             : failure_report_client(&err, socket_path);
    }
    if (json_object_get(status, "problem")) {
        const char *problem = json_string_value(json_object_get(status, "problem"));

        code = failure_print(EXIT_CODE_NO, "%.900s; repair it and start the daemon again",
                             problem ? problem : "no problem told");
    } else if (!json_is_true(json_object_get(status, "ready"))) {
        const char *phase = json_string_value(json_object_get(status, "phase"));

        code = failure_print(EXIT_CODE_LOCKED,
                             "the daemon is on its way to a kernel (%.32s); ask again once "
                             "'headstart ready' says so",
                             phase ? phase : "no phase told");
    } else if (has_kernel(status)) {
        take_status(status, a);
        a->from_daemon = true;
        *answered = true;
    }
    json_decref(status);
    return code;
}

/* --- from a data folder --- */

static enum hs_status take_transcripts(struct kv_store *kv, uint64_t *entries, struct hs_error *err)
{
    struct buffer next = {0};
    uint64_t end = 0;
    enum hs_status st = kv_store_get_text(kv, "vat.nextID", &next, err);

    *entries = 0;
    if (st == HS_OK) st = uint_parse(buffer_slice(&next), &end);
    buffer_fini(&next);
    if (st == HS_NOT_FOUND) return HS_OK; /* initialised by its first message only */
    if (st != HS_OK) return hs_fail(err, HS_CORRUPT, "the snapshot's vat.nextID is no number");
    for (uint64_t id = 1; id < end && st == HS_OK; id++) {
        struct ref vat = ref_number("v", id);
        uint64_t len = 0;

        st = transcript_len(kv, &vat, &len, err);
        *entries += len;
    }
    return st;
}

static enum hs_status take_newest(struct snapshot_db *db, const struct snapshot_record *newest,
                                  struct plan_account *a, struct hs_error *err)
{
    struct plan_facts *f = &a->facts;
    uint64_t entries = 0;
    enum hs_status st = take_transcripts(snapshot_db_base(db), &entries, err);

    if (st != HS_OK) return st;
    f->has_images = snapshot_db_images(db) != NULL;
    a->other_epoch = newest->has_images && !f->has_images;
    if (f->has_images) {
        f->load.of[RATE_IMAGE_BYTES] = newest->pages * HS_HEAP_PAGE_BYTES;
    } else {
        f->load.of[RATE_TRANSCRIPT_ENTRIES] = entries;
    }
    f->rebuild.more = false;
    f->rebuild.of[RATE_TRANSCRIPT_ENTRIES] = entries;
    f->rebuild.of[RATE_STORE_ENTRIES] = newest->keys;
    return HS_OK;
}

/* What the next start would keep of them. */
static enum hs_status take_kept(struct snapshot_db *db, struct vat_engine *engine,
                                struct plan_account *a, struct hs_error *err)
{
    struct snapshot_record *records = calloc(HS_SNAPSHOT_KEEP_MAX, sizeof *records);
    size_t had = snapshot_db_list(db, NULL, 0), len = 0;
    struct hs_error why;
    enum hs_status st;

    if (!records) return hs_fail(err, HS_NOMEM, "out of memory for the plan");
    st = rehearsal_run(db, engine, &why, err);
    if (st != HS_OK) goto out;
    (void)snprintf(a->damage, sizeof a->damage, "%s", why.status == HS_OK ? "" : why.text);
    len = snapshot_db_list(db, records, HS_SNAPSHOT_KEEP_MAX);
    a->snapshots_fallen = had - len;
    if (len > HS_SNAPSHOT_KEEP_MAX) len = HS_SNAPSHOT_KEEP_MAX;
    for (size_t i = 0; i < len; i++) {
        a->snapshots[i] = (struct entry_snapshot){.at = records[i].at};
    }
    a->facts.entry.snapshots = a->snapshots;
    a->facts.entry.snapshots_len = len;
    a->facts.rebuild.more = true; /* without a snapshot only the node knows */
    if (len > 0) st = take_newest(db, &records[0], a, err);
out:
    free(records);
    return st;
}

static enum exit_code take_snapshots(const struct settings *s, struct plan_account *a)
{
    struct vat_engine *engine = NULL;
    struct snapshot_db *db = NULL;
    char epoch[SHA256_HEX_BYTES];
    struct hs_error err = {0};
    enum exit_code code = EXIT_CODE_OK;
    enum hs_status st = vat_engine_open(disk_system(), NULL, &engine, &err);

    if (st == HS_OK) st = vat_images_epoch(epoch, &err);
    if (st == HS_OK) {
        code = offline_snapshots_open(s, epoch, OFFLINE_WITH_PAGES, &db);
    }
    if (st == HS_OK && code == EXIT_CODE_OK) st = take_kept(db, engine, a, &err);
    snapshot_db_close(db);
    vat_engine_close(engine);
    return st == HS_OK ? code : failure_report(st, &err);
}

static struct entry_witness log_witness(const struct replay_log *log, uint64_t seqnum)
{
    struct entry_witness w = {0};

    w.held = replay_log_position(log, seqnum, &w.at, NULL, NULL) == HS_OK;
    return w;
}

static enum exit_code take_log(const struct settings *s, struct plan_account *a)
{
    struct plan_facts *f = &a->facts;
    struct replay_log_summary about;
    struct replay_log *log = NULL;
    enum exit_code code = offline_log_open(s, &log);

    if (code != EXIT_CODE_OK) return code;
    about = replay_log_summary(log);
    f->log_damaged = about.damaged;
    if (about.entries > 0) {
        f->entry.log_first = about.first;
        f->entry.log_last = about.last;
        f->log_end = log_witness(log, about.last).at;
        if (replay_log_floor(log, &f->floor, NULL) != HS_OK) f->floor = position_origin();
    }
    for (size_t i = 0; i < f->entry.snapshots_len; i++) {
        a->snapshots[i].log = log_witness(log, a->snapshots[i].at.seqnum);
    }
    replay_log_close(log);
    return EXIT_CODE_OK;
}

static enum exit_code read_folder(const struct settings *s, struct plan_account *a)
{
    const char *data_dir = settings_text(s, SETTING_DATA);
    enum exit_code code = take_snapshots(s, a);

    if (code == EXIT_CODE_OK) code = take_log(s, a);
    if (code != EXIT_CODE_OK) return code;
    a->snapshot_lost = a->facts.entry.snapshots_len == 0 && offline_snapshot_was_there(s);
    a->rates = rates_load(disk_system(), data_dir);
    return EXIT_CODE_OK;
}

/* A folder that was named, and that no daemon holds, is not the one of a daemon on the socket. */
static bool folder_is_at_rest(const struct settings *s)
{
    uint64_t pid = 0;

    return settings_given(s, SETTING_DATA) &&
           data_folder_holder(settings_text(s, SETTING_DATA), &pid, NULL) == HS_OK && pid == 0;
}

enum exit_code plan_account_take(const struct settings *s, struct plan_account *out)
{
    enum exit_code code = EXIT_CODE_OK;
    bool answered = false;

    *out = (struct plan_account){0};
    out->facts.floor = position_origin();
    out->facts.log_end = position_origin();
    out->snapshots = calloc(HS_SNAPSHOT_KEEP_MAX, sizeof *out->snapshots);
    if (!out->snapshots) return failure_report(HS_NOMEM, NULL);
    if (!folder_is_at_rest(s)) {
        code = ask_daemon(settings_text(s, SETTING_SOCKET), out, &answered);
    }
    if (code == EXIT_CODE_OK && !answered) code = read_folder(s, out);
    if (code != EXIT_CODE_OK) plan_account_fini(out);
    return code;
}
