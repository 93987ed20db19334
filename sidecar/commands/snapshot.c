#include "kernel/state/decimal.h"
#include "kernel/state/limits.h"
#include "kernel/state/position.h"
#include "sidecar/commands/command.h"
#include "sidecar/commands/offline.h"
#include "sidecar/commands/readable.h"
#include "sidecar/report/clock.h"

#include <inttypes.h>
#include <stdlib.h>

static void print_record(const struct snapshot_record *r, bool json, bool first)
{
    uint64_t now_s = clock_unix_s();
    char a[READABLE_BYTES_MAX], b[READABLE_BYTES_MAX], c[READABLE_BYTES_MAX];

    if (!json) {
        (void)printf("%10" PRIu64 " %10" PRIu64 "  %.16s  %12s %12s %12s  %-6s  %s\n", r->at.seqnum,
                     r->height, r->at.hash,
                     readable_seconds(now_s > r->made_at ? now_s - r->made_at : 0, a),
                     readable_count(r->keys, b), readable_bytes(r->bytes, c),
                     r->has_images ? "yes" : "no", r->verified ? "yes" : "no");
        return;
    }
    (void)printf("%s\n{\"seqnum\":%" PRIu64 ",\"hash\":\"%s\",\"height\":%" PRIu64
                 ",\"made_at\":%" PRIu64 ",\"keys\":%" PRIu64 ",\"pages\":%" PRIu64
                 ",\"bytes\":%" PRIu64 ",\"batch_bytes\":%" PRIu64 ",\"digest\":\"%016" PRIx64
                 "\",\"images\":%s,\"verified\":%s}",
                 first ? "" : ",", r->at.seqnum, r->at.hash, r->height, r->made_at, r->keys,
                 r->pages, r->bytes, r->batch_bytes, r->digest, r->has_images ? "true" : "false",
                 r->verified ? "true" : "false");
}

static enum exit_code snapshot_list_command(const struct command_call *call)
{
    bool json = settings_flag(&call->settings, SETTING_JSON);
    struct snapshot_record *records = calloc(HS_SNAPSHOT_KEEP_MAX, sizeof *records);
    struct snapshot_db *db = NULL;
    enum exit_code code;
    size_t count;

    if (!records) return failure_report(HS_NOMEM, NULL);
    code = offline_snapshots_open(&call->settings, NULL, OFFLINE_WITHOUT_PAGES, &db);
    if (code != EXIT_CODE_OK) goto out;
    count = snapshot_db_list(db, records, HS_SNAPSHOT_KEEP_MAX);
    if (count > HS_SNAPSHOT_KEEP_MAX) count = HS_SNAPSHOT_KEEP_MAX;
    if (json) {
        (void)fputs("{\"schema\":1,\"snapshots\":[", stdout);
    } else {
        (void)printf("%10s %10s  %-16s  %12s %12s %12s  %-6s  %s\n", "seqnum", "height", "hash",
                     "age", "keys", "size", "images", "verified");
    }
    for (size_t i = 0; i < count; i++) {
        print_record(&records[i], json, i == 0);
    }
    if (json) (void)puts("]}");
out:
    snapshot_db_close(db);
    free(records);
    return code;
}

/* Make the snapshot that is asked for the present content of this tool's own copy. */
static enum hs_status find_snapshot(struct snapshot_db *db, const uint64_t *seqnum,
                                    struct snapshot_record *out, struct hs_error *err)
{
    enum hs_status st = snapshot_db_newest(db, out, err);

    if (st != HS_OK || !seqnum || out->at.seqnum == *seqnum) return st;
    st = snapshot_db_return_to(db, *seqnum, err);
    return st == HS_OK ? snapshot_db_newest(db, out, err) : st;
}

/* EXIT_CODE_OK: `out` is what is verified; *newest: a start would use it. */
static enum exit_code open_snapshot(const struct command_call *call, struct snapshot_db **db,
                                    struct snapshot_record *out, bool *newest)
{
    const char *word = call->arguments_len > 0 ? call->arguments[0] : NULL;
    struct hs_error err = {0};
    enum exit_code code;
    uint64_t wanted = 0;
    enum hs_status st;

    if (word && uint_parse(slice_text(word), &wanted) != HS_OK) {
        return failure_print(EXIT_CODE_USAGE, "'%s' is not a seqnum; see 'headstart snapshot list'",
                             word);
    }
    code = offline_snapshots_open(&call->settings, NULL, OFFLINE_WITH_PAGES, db);
    if (code != EXIT_CODE_OK) return code;
    *newest = !word || (snapshot_db_newest(*db, out, NULL) == HS_OK && out->at.seqnum == wanted);
    st = find_snapshot(*db, word ? &wanted : NULL, out, &err);
    if (st == HS_OK) return EXIT_CODE_OK;
    if (st != HS_NOT_FOUND) return failure_report(st, &err);
    if (snapshot_db_list(*db, NULL, 0) == 0 && offline_snapshot_was_there(&call->settings)) {
        return failure_print(EXIT_CODE_INPUT_MISSING,
                             "this data folder holds no snapshot that can be opened; a start goes "
                             "on from the log, if that holds all, or from the node's store");
    }
    if (snapshot_db_list(*db, NULL, 0) == 0) {
        return failure_print(EXIT_CODE_INPUT_MISSING,
                             "this data folder holds no snapshot yet; wait for the first one");
    }
    return failure_print(EXIT_CODE_INPUT_MISSING,
                         "no snapshot is kept at %" PRIu64 "; see 'headstart snapshot list'",
                         wanted);
}

/* Which one would be used instead: the one that a start, a delivery or a verification of the
 * daemon's comes to when it meets the damage. */
static enum exit_code report_damage(struct snapshot_db *db, const struct snapshot_record *record,
                                    bool newest, const char *damage)
{
    struct snapshot_record left = {0};
    struct hs_error err = {0};
    enum hs_status st;

    if (!newest) {
        return failure_print(EXIT_CODE_NO, "%s; it is not used while a newer one is sound", damage);
    }
    st = snapshot_db_salvage(db, damage, NULL, &err);
    if (st == HS_OK) st = snapshot_db_newest(db, &left, &err);
    if (st == HS_OK) {
        return failure_print(EXIT_CODE_NO,
                             "%s; where headstart meets that, it goes on from the snapshot at "
                             "%" PRIu64 " instead of %" PRIu64,
                             damage, left.at.seqnum, record->at.seqnum);
    }
    if (st != HS_NOT_FOUND) return failure_report(st, &err);
    return failure_print(EXIT_CODE_NO,
                         "%s, and no older snapshot is sound; where headstart meets that, it goes "
                         "on from the log, if that holds all, or from the node's store",
                         damage);
}

static enum exit_code snapshot_verify_command(const struct command_call *call)
{
    bool json = settings_flag(&call->settings, SETTING_JSON);
    char a[READABLE_BYTES_MAX], b[READABLE_BYTES_MAX], c[READABLE_BYTES_MAX];
    struct snapshot_record record = {0};
    struct snapshot_db *db = NULL;
    struct hs_error err = {0};
    bool newest = true;
    enum exit_code code = open_snapshot(call, &db, &record, &newest);
    enum hs_status st;

    if (code != EXIT_CODE_OK) goto out;
    st = snapshot_db_verify(db, NULL, &err);
    if (json) {
        (void)printf("{\"schema\":1,\"ok\":%s,\"seqnum\":%" PRIu64
                     ",\"hash\":\"%s\",\"keys\":%" PRIu64 ",\"pages\":%" PRIu64 "}\n",
                     st == HS_OK ? "true" : "false", record.at.seqnum, record.at.hash, record.keys,
                     record.pages);
    } else if (st == HS_OK) {
        (void)printf("ok: snapshot %s, %s keys, %s heap pages\n",
                     readable_count(record.at.seqnum, a), readable_count(record.keys, b),
                     readable_count(record.pages, c));
    }
    if (st == HS_CORRUPT) {
        code = report_damage(db, &record, newest, err.text);
    } else if (st != HS_OK) {
        code = failure_report(st, &err);
    }
out:
    snapshot_db_close(db);
    return code;
}

static const struct command snapshot_list = {
    .name = "list",
    .arguments = "",
    .summary = "the kept snapshots, newest first",
    .required = SETTING_BIT(SETTING_DATA),
    .run = snapshot_list_command,
};

static const struct command snapshot_verify = {
    .name = "verify",
    .arguments = "[SEQNUM]",
    .summary = "read all of a snapshot, the newest if none is named, and check it",
    .arguments_max = 1,
    .required = SETTING_BIT(SETTING_DATA),
    .run = snapshot_verify_command,
};

static const struct command *const subcommands[] = {&snapshot_list, &snapshot_verify, NULL};

const struct command command_snapshot = {
    .name = "snapshot",
    .arguments = "list|verify",
    .summary = "the snapshots in the data folder",
    .subcommands = subcommands,
};
