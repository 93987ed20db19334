/* What operators see: the status map, the metrics page, progress, log lines. Golden, since scripts
 * depend on each name. */
#include "tests/unit/suite.h"

#include "ipc/wire.h"
#include "kernel/state/packed.h"
#include "sidecar/report/logger.h"
#include "sidecar/report/metrics.h"
#include "sidecar/report/progress.h"
#include "sidecar/report/status.h"
#include "sidecar/report/wire_json.h"

#include <sys/stat.h>
#include <unistd.h>

static struct kernel_vat_info one_vat = {.name = "ledger",
                                         .vat_id = "v1",
                                         .heap_bytes = 1048576,
                                         .deliveries = 7,
                                         .transcript_entries = 9};

static struct figures some_figures(void)
{
    struct figures f = {
        .chain_id = "chain-1",
        .started_us = 1000000,
        .phase = PHASE_LIVE,
        .at = {.seqnum = 120},
        .height = 6,
        .mark_seqnum = 110,
        .floor_seqnum = 100,
        .real_seqnum = 119,
        .snapshot = {.newest = 100, .count = 2, .bytes = 5000, .made_at_s = 1700000000},
        .log = {.first = 1, .last = 120, .entries = 120, .bytes = 40000},
        .node = {.connected = true, .client = "node/1", .path = ENTRY_SWAP, .attach_us = 1500},
        .vats = &one_vat,
        .vats_len = 1,
        .vats_gone = (char *)"[{\"vat\":\"bank\",\"seqnum\":7}]",
        .deliveries = {[DELIVERY_FULFILLED] = 118, [DELIVERY_REJECTED] = 2},
        .vats_ended = 3,
        .cranks_undone = 4,
        .ticks = 36,
        .queued = 37,
        .attaches = {[ENTRY_SWAP] = 1},
    };

    memset(f.at.hash, 'a', SHA256_HEX_BYTES - 1);
    rates_add(&f.rates, RATE_MESSAGES, 50, 25000);
    return f;
}

static const char golden_status[] =
    "{\"schema\":1,\"version\":\"" HEADSTART_VERSION_TEXT "\",\"phase\":\"live\",\"ready\":true,"
    "\"chain_id\":\"chain-1\",\"uptime_s\":9,\"seqnum\":120,"
    "\"hash\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"height\":6,"
    "\"mark\":110,\"floor\":100,\"queued\":37,\"snapshot\":{\"newest\":100,\"count\":2,\"bytes\":"
    "5000,\"age_s\":"
    "60},"
    "\"log\":{\"first\":1,\"last\":120,\"entries\":120,\"bytes\":40000},"
    "\"savepoints\":{\"count\":0,\"bytes\":0,\"returns\":0,\"undone\":0},"
    "\"disk\":{\"in_memory\":false,\"log_fenced\":false,\"log_fenced_since\":null,"
    "\"snapshots_failing_since\":null,\"without\":[]},"
    "\"vats\":[{\"name\":\"ledger\",\"heap_bytes\":1048576,\"deliveries\":7,"
    "\"transcript_entries\":9}],"
    "\"vats_ended\":[{\"vat\":\"bank\",\"seqnum\":7}],\"replay\":null,"
    "\"node\":{\"connected\":true,\"client\":\"node/1\",\"path\":\"swap\",\"replayed\":0,"
    "\"attach_ms\":1.5},\"counters\":{\"fulfilled\":118,\"rejected\":2,\"pending\":0,\"failed\":0,"
    "\"attaches\":{\"live\":0,\"swap\":1,\"catch_up\":0,\"roll_back\":0,\"tail\":0,"
    "\"full_replay\":0,\"cold\":0},\"replayed\":0,\"full_replays\":0,\"divergences\":0,"
    "\"cranks_undone\":4,"
    "\"snapshots_written\":0,\"snapshots_failed\":0,\"snapshots_skipped\":0,\"log_appends\":0,"
    "\"log_failures\":0},\"rates\":{\"messages_per_s\":2000.0,"
    "\"image_bytes_per_s\":null,\"transcript_entries_per_s\":null,"
    "\"store_entries_per_s\":null}}";

static void status__map_is_golden(void)
{
    struct figures f = some_figures();
    json_t *map = status_json(&f, 10000000, 1700000060);
    char *text;

    CU_ASSERT_PTR_NOT_NULL_FATAL(map);
    text = json_dumps(map, JSON_COMPACT);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    if (strcmp(text, golden_status) != 0) (void)printf("\n    got %s\n", text);
    CU_ASSERT_STRING_EQUAL(text, golden_status);
    free(text);
    json_decref(map);
}

static void status__running_replay_has_percent_rate_and_time_left(void)
{
    struct figures f = some_figures();
    json_t *map, *replay;

    f.phase = PHASE_CATCHING_UP;
    f.replay = (struct figures_replay){.active = true,
                                       .phase = PHASE_CATCHING_UP,
                                       .from = 100,
                                       .at = 150,
                                       .target = 200,
                                       .started_us = 5000000};
    map = status_json(&f, 10000000, 1700000060);
    CU_ASSERT_PTR_NOT_NULL_FATAL(map);
    CU_ASSERT_TRUE(json_is_false(json_object_get(map, "ready")));
    replay = json_object_get(map, "replay");
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(replay, "phase")), "catching_up");
    CU_ASSERT_EQUAL(json_real_value(json_object_get(replay, "percent")), 50.0);
    CU_ASSERT_EQUAL(json_real_value(json_object_get(replay, "rate")), 10.0);
    CU_ASSERT_EQUAL(json_real_value(json_object_get(replay, "eta_s")), 5.0);
    json_decref(map);
    f.replay.target = 0; /* nobody knows how much it is: that is not 0 percent, nor 0 s left */
    map = status_json(&f, 12000000, 0);
    replay = json_object_get(map, "replay");
    CU_ASSERT_TRUE(json_is_null(json_object_get(replay, "target")));
    CU_ASSERT_TRUE(json_is_null(json_object_get(replay, "percent")));
    CU_ASSERT_TRUE(json_is_null(json_object_get(replay, "eta_s")));
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(replay, "at")), (json_int_t)f.replay.at);
    json_decref(map);
}

static void status__packed_map_says_the_same(void)
{
    struct figures f = some_figures();
    json_t *map = status_json(&f, 10000000, 1700000060);
    struct buffer packed = {0};
    struct packed_value root, vat;
    struct slice name;
    uint64_t number = 0;
    double real = 0;
    size_t frame_len = 0, more = 0;
    bool ready = false;

    CU_ASSERT_PTR_NOT_NULL_FATAL(map);
    CU_ASSERT_EQUAL_FATAL(wire_json_write(map, &packed, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(packed_scan_whole(buffer_slice(&packed), &frame_len, &more, NULL), HS_OK);
    CU_ASSERT_EQUAL(frame_len, packed.len);
    root = packed_root(buffer_slice(&packed));
    CU_ASSERT_TRUE(packed_uint(packed_member(root, "seqnum"), &number));
    CU_ASSERT_EQUAL(number, 120);
    CU_ASSERT_TRUE(packed_bool(packed_member(root, "ready"), &ready));
    CU_ASSERT_TRUE(ready);
    CU_ASSERT_EQUAL(packed_kind_of(packed_member(root, "replay")), PACKED_NIL);
    CU_ASSERT_TRUE(packed_double(packed_member(packed_member(root, "node"), "attach_ms"), &real));
    CU_ASSERT_EQUAL(real, 1.5);
    vat = packed_at(packed_member(root, "vats"), 0);
    CU_ASSERT_TRUE(packed_text(packed_member(vat, "name"), &name));
    CU_ASSERT_TRUE(slice_equal(name, slice_text("ledger")));
    buffer_fini(&packed);
    json_decref(map);
}

static void status__ready_only_where_a_kernel_waits(void)
{
    struct figures f = {0};

    for (int phase = PHASE_STARTING; phase < PHASE_COUNT; phase++) {
        f.phase = (enum phase)phase;
        CU_ASSERT_EQUAL(figures_ready(&f),
                        phase == PHASE_PRIMED || phase == PHASE_LIVE || phase == PHASE_DETACHED);
    }
}

static void histogram__counts_each_duration_in_its_bucket(void)
{
    struct histogram h = {0};

    histogram_add(&h, 0);
    histogram_add(&h, 100); /* 0.0001 s: a bound belongs to its bucket */
    histogram_add(&h, 101);
    histogram_add(&h, 299999999); /* below 300 s */
    histogram_add(&h, 400000000); /* past every bound */
    CU_ASSERT_EQUAL(h.counts[0], 2);
    CU_ASSERT_EQUAL(h.counts[1], 1);
    CU_ASSERT_EQUAL(h.counts[HISTOGRAM_BOUNDS - 1], 1);
    CU_ASSERT_EQUAL(h.counts[HISTOGRAM_BOUNDS], 1);
    CU_ASSERT_EQUAL(histogram_count(&h), 5);
    for (int i = 1; i < HISTOGRAM_BOUNDS; i++) {
        CU_ASSERT(histogram_bounds[i - 1] < histogram_bounds[i]);
    }
}

/* Every family of ours, with a sample that tells its figure from every other one. */
static const struct {
    const char *name, *sample;
} families[] = {
    {"build_info", "{version=\"" HEADSTART_VERSION_TEXT "\"} 1"},
    {"phase", "{phase=\"live\"} 1"},
    {"ready", " 1"},
    {"node_connected", " 1"},
    {"block_height", " 6"},
    {"real_seqnum", " 119"},
    {"kernel_seqnum", " 120"},
    {"floor_seqnum", " 101"},
    {"snapshot_seqnum", " 99"},
    {"snapshots", " 2"},
    {"snapshot_bytes", " 5000"},
    {"snapshot_last_success_timestamp_seconds", " 1700000000"},
    {"snapshot_writes_total", "{result=\"failed\"} 12"},
    {"snapshot_skipped_total", "{reason=\"busy\"} 13"},
    {"snapshot_verifications_total", " 29"},
    {"snapshot_write_duration_seconds", "_sum 0.000014"},
    {"log_first_seqnum", " 3"},
    {"log_last_seqnum", " 121"},
    {"log_bytes", " 40000"},
    {"log_appends_total", " 15"},
    {"log_failures_total", " 16"},
    {"log_sync_duration_seconds", "_sum 0.000017"},
    {"in_memory", " 1"},
    {"log_fenced", " 1"},
    {"log_fenced_since_seqnum", " 30"},
    {"snapshots_failing_since_timestamp_seconds", " 1600000000"},
    {"gone_without", "{part=\"images\"} 1"},
    {"attach_duration_seconds", "_sum 2.001500"},
    {"attach_total", "{path=\"roll_back\"} 18"},
    {"full_replays_total", "{cause=\"gap\"} 19"},
    {"replayed_messages_total", "{phase=\"catching_up\"} 20"},
    {"replay_eta_seconds", " 0"},
    {"preload_duration_seconds", " 0.5"},
    {"savepoints", " 31"},
    {"savepoint_bytes", " 32"},
    {"savepoint_returns_total", " 33"},
    {"messages_undone_total", " 34"},
    {"savepoint_return_duration_seconds", "_sum 0.000035"},
    {"run_queue_length", " 37"},
    {"ticks_total", " 36"},
    {"deliveries_total", "{status=\"fulfilled\"} 118"},
    {"vats_ended_total", " 3"},
    {"cranks_undone_total", " 4"},
    {"delivery_duration_seconds", "_sum 0.000022"},
    {"store_calls_total", "{op=\"scan\"} 23"},
    {"divergences_total", " 24"},
    {"vat_heap_bytes", "{vat=\"ledger\"} 1048576"},
};
enum { FAMILIES = sizeof families / sizeof *families, PROCESS_FAMILIES = 6 };

static struct figures distinct_figures(void)
{
    struct figures f = some_figures();

    f.floor_seqnum = 101;
    f.snapshot.newest = 99;
    f.log.first = 3;
    f.log.last = 121;
    f.snapshot_writes[SNAPSHOT_FAILED] = 12;
    f.snapshot_skips[SNAPSHOT_SKIP_BUSY] = 13;
    f.snapshot_verifications = 29;
    f.disk = (struct figures_disk){.in_memory = true,
                                   .log_fenced = true,
                                   .log_fenced_since = 30,
                                   .snapshots_failing_since_s = 1600000000,
                                   .without = {[DATA_FOLDER_IMAGES] = true}};
    histogram_add(&f.snapshot_write, 14);
    f.log_appends = 15;
    f.log_failures = 16;
    histogram_add(&f.log_sync, 17);
    histogram_add(&f.attach, 1500);
    histogram_add(&f.attach, 2000000);
    f.attaches[ENTRY_ROLL_BACK] = 18;
    f.full_replays[ENTRY_CAUSE_GAP] = 19;
    f.replayed[PHASE_CATCHING_UP] = 20;
    f.preload_us = 500000;
    histogram_add(&f.delivery, 22);
    f.savepoints.kept = 31;
    f.savepoints.bytes = 32;
    f.savepoints.returns = 33;
    f.savepoints.undone = 34;
    histogram_add(&f.savepoint_return, 35);
    f.store_scans = 23;
    f.divergences = 24;
    return f;
}

/* The name of a sample is its family's; behind that of a histogram stands which part it is. */
static bool sample_is_of(const char *line, const char *family, const char *type)
{
    static const char *const parts[] = {"_bucket{", "_sum ", "_count "};
    size_t len = strlen(family);

    if (strncmp(line, family, len) != 0) return false;
    if (strcmp(type, "histogram") != 0) return line[len] == ' ' || line[len] == '{';
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (strncmp(line + len, parts[i], strlen(parts[i])) == 0) return true;
    }
    return false;
}

static bool ends_with_number(const char *line)
{
    const char *number = strrchr(line, ' ');
    char *end = NULL;

    if (!number || number[1] < '0' || number[1] > '9') return false;
    (void)strtod(number + 1, &end);
    return *end == '\0';
}

/* The text format's rules that a scraper insists on: HELP and TYPE before the samples, at least one
 * sample in each family, names of the known form, a number at the end, a newline after the last
 * line. How many families there are. */
static size_t check_exposition(const char *page)
{
    char family[128] = "", line[4096], name[128], type[32] = "";
    size_t count = 0, samples = 1;

    while (*page) {
        const char *end = strchr(page, '\n');

        CU_ASSERT_PTR_NOT_NULL_FATAL(end);
        CU_ASSERT_FATAL((size_t)(end - page) < sizeof line);
        memcpy(line, page, (size_t)(end - page));
        line[end - page] = '\0';
        page = end + 1;
        if (sscanf(line, "# HELP %127s", family) == 1) {
            CU_ASSERT(samples > 0);
            type[0] = '\0';
            samples = 0;
            count++;
        } else if (sscanf(line, "# TYPE %127s %31s", name, type) == 2) {
            CU_ASSERT_STRING_EQUAL(name, family);
        } else {
            CU_ASSERT(type[0] && sample_is_of(line, family, type));
            CU_ASSERT(ends_with_number(line));
            samples++;
        }
    }
    CU_ASSERT(samples > 0);
    return count;
}

static void metrics__page_has_every_family_and_is_well_formed(void)
{
    struct figures f = distinct_figures();
    struct buffer page = {0};
    char wanted[160];

    CU_ASSERT_EQUAL_FATAL(metrics_render(&f, NULL, 10000000, &page), HS_OK);
    CU_ASSERT_EQUAL(check_exposition(buffer_text(&page)), FAMILIES + PROCESS_FAMILIES);
    for (size_t i = 0; i < FAMILIES; i++) {
        const char *found;

        (void)snprintf(wanted, sizeof wanted, "\n# TYPE headstart_%s ", families[i].name);
        found = strstr(buffer_text(&page), wanted);
        CU_ASSERT_PTR_NOT_NULL(found);
        if (found) CU_ASSERT_PTR_NULL(strstr(found + 1, wanted));
        (void)snprintf(wanted, sizeof wanted, "\nheadstart_%s%s\n", families[i].name,
                       families[i].sample);
        CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&page), wanted));
        if (!strstr(buffer_text(&page), wanted)) (void)printf("\n    missing %s\n", wanted);
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(page.data, "\nheadstart_phase{phase=\"primed\"} 0\n"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(page.data, "\nheadstart_attach_duration_seconds_bucket{le=\"0.0025\"} 1\n"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(page.data, "\nheadstart_attach_duration_seconds_bucket{le=\"+Inf\"} 2\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(page.data, "\nprocess_resident_memory_bytes "));
    buffer_fini(&page);
}

static void metrics__a_number_is_one_to_its_end(void)
{
    CU_ASSERT_TRUE(ends_with_number("a 1"));
    CU_ASSERT_TRUE(ends_with_number("a{b=\"c\"} 0.25"));
    CU_ASSERT_FALSE(ends_with_number("a "));
    CU_ASSERT_FALSE(ends_with_number("a 1x"));
    CU_ASSERT_FALSE(ends_with_number("a (null)"));
    CU_ASSERT_FALSE(sample_is_of("ready_total 1", "ready", "gauge"));
    CU_ASSERT_FALSE(sample_is_of("ready 1", "ready", "histogram"));
}

/* After a restart nothing was written yet, but the newest snapshot's record says when it was. */
static void metrics__last_success_outlives_a_restart(void)
{
    struct figures f = some_figures();
    struct buffer page = {0};

    f.snapshot.made_at_s = 1700000000;
    f.snapshot_success_unix_s = 0;
    CU_ASSERT_EQUAL_FATAL(metrics_render(&f, NULL, 10000000, &page), HS_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(
        buffer_text(&page), "\nheadstart_snapshot_last_success_timestamp_seconds 1700000000\n"));
    buffer_clear(&page);
    f.snapshot_success_unix_s = 1700000009; /* written, and rejected since */
    CU_ASSERT_EQUAL_FATAL(metrics_render(&f, NULL, 10000000, &page), HS_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(
        buffer_text(&page), "\nheadstart_snapshot_last_success_timestamp_seconds 1700000009\n"));
    buffer_fini(&page);
}

/* Rows are copied and pasted: a name twice, a counter without _total, a type that is none. */
static void metrics__every_row_is_well_formed(void)
{
    struct metric_description m, other;

    for (size_t i = 0; metrics_describe(i, &m); i++) {
        size_t len = strlen(m.name);
        bool total = len > 6 && strcmp(m.name + len - 6, "_total") == 0;

        CU_ASSERT_EQUAL(strspn(m.name, "abcdefghijklmnopqrstuvwxyz_"), len);
        CU_ASSERT_EQUAL(total, strcmp(m.type, "counter") == 0);
        CU_ASSERT(total || strcmp(m.type, "gauge") == 0 || strcmp(m.type, "histogram") == 0);
        CU_ASSERT_EQUAL(m.help[strlen(m.help) - 1], '.');
        CU_ASSERT_PTR_NULL(strpbrk(m.help, "\n\\|"));
        for (size_t j = 0; j < i && metrics_describe(j, &other); j++) {
            CU_ASSERT_STRING_NOT_EQUAL(m.name, other.name);
        }
    }
}

static void metrics__label_values_are_escaped(void)
{
    struct kernel_vat_info odd = {.name = "a\"b\\c\nd"};
    struct figures f = some_figures();
    struct buffer page = {0};

    f.vats = &odd;
    CU_ASSERT_EQUAL_FATAL(metrics_render(&f, NULL, 10000000, &page), HS_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(page.data, "{vat=\"a\\\"b\\\\c\\nd\"} 0\n"));
    buffer_fini(&page);
}

static void progress__rates_hold_at_the_edges(void)
{
    struct progress_rates r = progress_rates(0, 0, 0, 0);

    CU_ASSERT_EQUAL(r.percent, 0);
    CU_ASSERT_EQUAL(r.per_s, 0);
    r = progress_rates(10, 10, 20, 1000000); /* nothing yet: no time left can be known */
    CU_ASSERT_EQUAL(r.percent, 0);
    CU_ASSERT_EQUAL(r.eta_s, 0);
    r = progress_rates(10, 25, 20, 1000000); /* past the target */
    CU_ASSERT_EQUAL(r.percent, 100);
    CU_ASSERT_EQUAL(r.eta_s, 0);
    r = progress_rates(0, 50, 0, 1000000); /* no target */
    CU_ASSERT_EQUAL(r.per_s, 50);
    CU_ASSERT_EQUAL(r.percent, 0);
}

static size_t read_line(int fd, char *line, size_t room)
{
    ssize_t len = read(fd, line, room - 1);

    CU_ASSERT_FATAL(len >= 0);
    line[len] = '\0';
    return (size_t)len;
}

static void logger__lines_are_whole_and_escaped(void)
{
    struct logger text, json;
    char line[4096];
    json_t *parsed;
    int ends[2];

    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    logger_init(&text, ends[1], LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    logger_init(&json, ends[1], LOG_LEVEL_DEBUG, LOG_FORMAT_JSON);
    logger_write(&text, LOG_LEVEL_DEBUG, "left out");
    logger_write(&text, LOG_LEVEL_WARN, "two\nlines %d", 7);
    CU_ASSERT(read_line(ends[0], line, sizeof line) > 0);
    CU_ASSERT_STRING_EQUAL(line + strlen("2026-11-22T10:00:00.123Z"), " warn  two lines 7\n");
    logger_write(&json, LOG_LEVEL_DEBUG, "a \"quoted\" \\ word\t");
    CU_ASSERT(read_line(ends[0], line, sizeof line) > 0);
    parsed = json_loads(line, 0, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(parsed);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(parsed, "message")),
                           "a \"quoted\" \\ word ");
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(parsed, "level")), "debug");
    json_decref(parsed);
    /* A byte of no UTF-8, one that is cut off, and a form that is too long. */
    logger_write(&json, LOG_LEVEL_DEBUG, "%s", "a\xff \xc3\xa9 \xc0\x80 \xe2\x82");
    CU_ASSERT(read_line(ends[0], line, sizeof line) > 0);
    parsed = json_loads(line, 0, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(parsed);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(parsed, "message")),
                           "a\xef\xbf\xbd \xc3\xa9 \xef\xbf\xbd\xef\xbf\xbd "
                           "\xef\xbf\xbd\xef\xbf\xbd");
    json_decref(parsed);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void logger__fields_stand_beside_the_message(void)
{
    static const struct log_field fields[] = {
        {.name = "phase", .text = "li\"ve\n"},
        {.name = "seqnum", .number = UINT64_C(9007199254740991)}};
    struct logger text, json;
    char line[4096];
    json_t *parsed;
    int ends[2];

    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    logger_init(&text, ends[1], LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    logger_init(&json, ends[1], LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    logger_write_fields(&text, LOG_LEVEL_INFO, fields, 2, "words %d", 1);
    CU_ASSERT(read_line(ends[0], line, sizeof line) > 0);
    CU_ASSERT_STRING_EQUAL(line + strlen("2026-11-22T10:00:00.123Z"), " info  words 1\n");
    logger_write_fields(&json, LOG_LEVEL_INFO, fields, 2, "words %d", 1);
    CU_ASSERT(read_line(ends[0], line, sizeof line) > 0);
    parsed = json_loads(line, 0, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(parsed);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(parsed, "message")), "words 1");
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(parsed, "phase")), "li\"ve ");
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(parsed, "seqnum")), 9007199254740991);
    json_decref(parsed);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

/* Too many fields for a line: it is still one JSON document with the first of them. */
static void logger__fields_without_room_are_left_out(void)
{
    struct log_field fields[4];
    char words[1500], line[3 * 4096];
    struct logger json;
    json_t *parsed;
    int ends[2];

    memset(words, 'x', sizeof words - 1);
    words[sizeof words - 1] = '\0';
    for (size_t i = 0; i < 4; i++) {
        static const char *const names[] = {"a", "b", "c", "d"};

        fields[i] = (struct log_field){.name = names[i], .text = i < 3 ? words : "short"};
    }
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    logger_init(&json, ends[1], LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    logger_write_fields(&json, LOG_LEVEL_INFO, fields, 4, "%s%s", words, words);
    CU_ASSERT(read_line(ends[0], line, sizeof line) > 0);
    parsed = json_loads(line, 0, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(parsed);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(parsed, "a")), words);
    CU_ASSERT_PTR_NULL(json_object_get(parsed, "c"));
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(parsed, "d")), "short");
    json_decref(parsed);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

/* journald keeps time and level itself, once it is told the level. */
static void logger__journald_gets_priorities(void)
{
    struct stat about;
    struct logger text, json, other;
    char line[4096], stream[64];
    int ends[2];

    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    CU_ASSERT_EQUAL_FATAL(fstat(ends[1], &about), 0);
    (void)snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)about.st_dev,
                   (unsigned long long)about.st_ino);
    CU_ASSERT_EQUAL_FATAL(setenv("JOURNAL_STREAM", stream, 1), 0);
    logger_init(&text, ends[1], LOG_LEVEL_DEBUG, LOG_FORMAT_TEXT);
    logger_init(&json, ends[1], LOG_LEVEL_DEBUG, LOG_FORMAT_JSON);
    CU_ASSERT_EQUAL_FATAL(setenv("JOURNAL_STREAM", "1:2", 1), 0);
    logger_init(&other, ends[1], LOG_LEVEL_DEBUG, LOG_FORMAT_TEXT);
    (void)unsetenv("JOURNAL_STREAM");
    logger_write(&text, LOG_LEVEL_ERROR, "bad");
    CU_ASSERT(read_line(ends[0], line, sizeof line) > 0);
    CU_ASSERT_STRING_EQUAL(line, "<3>bad\n");
    logger_write(&text, LOG_LEVEL_DEBUG, "small");
    CU_ASSERT(read_line(ends[0], line, sizeof line) > 0);
    CU_ASSERT_STRING_EQUAL(line, "<7>small\n");
    logger_write(&json, LOG_LEVEL_WARN, "odd");
    CU_ASSERT(read_line(ends[0], line, sizeof line) > 0);
    CU_ASSERT_EQUAL(strncmp(line, "<4>{\"time\":", 11), 0);
    logger_write(&other, LOG_LEVEL_INFO, "a redirected file");
    CU_ASSERT(read_line(ends[0], line, sizeof line) > 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(line, "Z info  a redirected file\n"));
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void logger__long_words_are_cut_and_stay_one_line(void)
{
    struct logger json;
    char line[2 * 4096 + 256], words[6000];
    json_t *parsed;
    int ends[2];

    memset(words, '"', sizeof words - 1); /* each doubles when escaped */
    words[sizeof words - 1] = '\0';
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    logger_init(&json, ends[1], LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    logger_write(&json, LOG_LEVEL_ERROR, "%s", words);
    CU_ASSERT(read_line(ends[0], line, sizeof line) > 0);
    parsed = json_loads(line, 0, NULL);
    CU_ASSERT_PTR_NOT_NULL(parsed);
    json_decref(parsed);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static const struct suite_case cases[] = {
    SUITE_CASE(status__map_is_golden),
    SUITE_CASE(status__running_replay_has_percent_rate_and_time_left),
    SUITE_CASE(status__packed_map_says_the_same),
    SUITE_CASE(status__ready_only_where_a_kernel_waits),
    SUITE_CASE(histogram__counts_each_duration_in_its_bucket),
    SUITE_CASE(metrics__page_has_every_family_and_is_well_formed),
    SUITE_CASE(metrics__a_number_is_one_to_its_end),
    SUITE_CASE(metrics__last_success_outlives_a_restart),
    SUITE_CASE(metrics__every_row_is_well_formed),
    SUITE_CASE(metrics__label_values_are_escaped),
    SUITE_CASE(progress__rates_hold_at_the_edges),
    SUITE_CASE(logger__lines_are_whole_and_escaped),
    SUITE_CASE(logger__fields_stand_beside_the_message),
    SUITE_CASE(logger__fields_without_room_are_left_out),
    SUITE_CASE(logger__journald_gets_priorities),
    SUITE_CASE(logger__long_words_are_cut_and_stay_one_line),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("figures", cases, argc, argv);
}
