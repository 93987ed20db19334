#include "tests/drills/report.h"

#include "tests/drills/rows.h"
#include "tests/node/latency.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    TERMINAL_US = 200000,
    LINE_US = 5000000,
    BAR_CELLS = 30,
    FAILURES_TOLD_MAX = 10000,
};

struct row_tally {
    uint64_t cases, failed, compared;
    uint64_t kinds[DRILL_KINDS];
    struct latency first; /* slowest first delivery of each case */
};

struct report {
    const struct drill_options *options;
    uint64_t started_us, said_us, done, total;
    uint64_t kills, deliveries, compared, lost, diverged;
    uint64_t paths[DRILL_PATHS];
    struct row_tally *rows; /* drill_rows_len */
    struct drill_result *failures;
    size_t failures_len, failures_room;
    bool terminal, shown;
};

enum hs_status report_open(const struct drill_options *options, struct report **out,
                           struct hs_error *err)
{
    struct report *r = calloc(1, sizeof *r);

    if (r) r->rows = calloc(drill_rows_len, sizeof *r->rows);
    if (!r || !r->rows) {
        free(r);
        return hs_fail(err, HS_NOMEM, "a report");
    }
    r->options = options;
    r->started_us = r->said_us = latency_clock_us();
    r->terminal = isatty(STDERR_FILENO) == 1;
    *out = r;
    return HS_OK;
}

void report_close(struct report *r)
{
    if (!r) return;
    for (size_t i = 0; i < drill_rows_len; i++) {
        latency_fini(&r->rows[i].first);
    }
    free(r->rows);
    free(r->failures);
    free(r);
}

/* --- progress --- */

static void report_clear_line(struct report *r)
{
    if (r->shown && r->terminal) (void)fputs("\r\033[K", stderr);
    r->shown = false;
}

static void report_progress(struct report *r)
{
    uint64_t now_us = latency_clock_us(), spent_us = now_us - r->started_us;
    double rate = (double)r->done * 1e6 / (double)(spent_us ? spent_us : 1);
    double left_s = rate > 0 ? (double)(r->total - r->done) / rate : 0;
    unsigned cells = r->total ? (unsigned)(r->done * BAR_CELLS / r->total) : 0;
    uint64_t failed = 0;

    if (now_us - r->said_us < (r->terminal ? TERMINAL_US : LINE_US) || r->done == 0) return;
    r->said_us = now_us;
    for (size_t i = 0; i < drill_rows_len; i++) {
        failed += r->rows[i].failed;
    }
    if (r->terminal) {
        (void)fputs("\r[", stderr);
        for (unsigned i = 0; i < BAR_CELLS; i++) {
            (void)fputc(i < cells ? '#' : '.', stderr);
        }
        (void)fputs("] ", stderr);
        r->shown = true;
    }
    (void)fprintf(
        stderr,
        "%s%3.0f %%, %" PRIu64 " of %" PRIu64 " cases, %.1f a second, %" PRIu64
        " failed, %.0f s left%s",
        r->terminal ? "" : "headstart-drill: ", 100.0 * (double)r->done / (double)r->total, r->done,
        r->total, rate, failed, left_s, r->terminal ? "  " : "\n");
}

/* --- results --- */

static void report_command(const struct report *r, const struct drill_result *f, char *out,
                           size_t size)
{
    const char *points = r->options->points;

    (void)snprintf(out, size, "headstart-drill --seed %" PRIu64 " --rows %s --case %" PRIu64 "%s%s",
                   r->options->seed, drill_rows[f->row]->name, f->number,
                   points ? " --points " : "", points ? points : "");
}

static void report_fail(struct report *r, const struct drill_result *f)
{
    struct drill_result *room = r->failures;
    char command[256];

    r->rows[f->row].failed++;
    r->lost += f->kind == DRILL_LOST;
    r->diverged += f->kind == DRILL_DIVERGED;
    if (r->failures_len == r->failures_room && r->failures_room < FAILURES_TOLD_MAX) {
        r->failures_room = r->failures_room ? r->failures_room * 2 : 64;
        room = realloc(r->failures, r->failures_room * sizeof *room);
        if (!room) abort(); /* the drill's own memory: nothing to report with */
        r->failures = room;
    }
    if (r->failures_len < r->failures_room) r->failures[r->failures_len++] = *f;
    report_command(r, f, command, sizeof command);
    report_clear_line(r);
    (void)fprintf(stderr, "%s: row %s, %s: %s\n    %s\n", drill_kind_name(f->kind),
                  drill_rows[f->row]->name, f->did[0] ? f->did : "case", f->words, command);
}

void report_see(void *report, const struct drill_result *result, uint64_t done, uint64_t total)
{
    struct report *r = report;

    r->done = done;
    r->total = total;
    if (result) {
        struct row_tally *row = &r->rows[result->row];

        row->cases++;
        row->kinds[result->kind]++;
        row->compared += result->compared;
        r->kills += result->kills;
        r->deliveries += result->deliveries;
        r->compared += result->compared;
        for (size_t i = 0; i < DRILL_PATHS; i++) {
            r->paths[i] += result->paths[i];
        }
        if (result->worst_us > 0) {
            enum hs_status st = latency_add(&row->first, result->worst_us, NULL);

            if (st != HS_OK) abort(); /* as above */
        }
        if (result->kind > DRILL_SKIPPED) report_fail(r, result);
    }
    report_progress(r);
}

bool report_clean(const struct report *r)
{
    return r->failures_len == 0;
}

/* --- the end --- */

static void print_text(const char *text)
{
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;

        if (byte == '"' || byte == '\\') (void)putchar('\\');
        if (byte < 0x20) {
            (void)printf("\\u%04x", byte);
        } else {
            (void)putchar(byte);
        }
    }
}

static void print_failure(const struct report *r, const struct drill_result *f)
{
    char command[256];

    report_command(r, f, command, sizeof command);
    (void)printf("{\"row\":\"%s\",\"case\":%" PRIu64 ",\"kind\":\"%s\",\"did\":\"",
                 drill_rows[f->row]->name, f->number, drill_kind_name(f->kind));
    print_text(f->did);
    (void)fputs("\",\"what\":\"", stdout);
    print_text(f->words);
    (void)printf("\",\"command\":\"%s\"}", command);
}

static void print_rows_json(struct report *r)
{
    bool first = true;

    (void)fputs(",\"rows\":[", stdout);
    for (size_t i = 0; i < drill_rows_len; i++) {
        struct row_tally *row = &r->rows[i];

        if (row->cases == 0) continue;
        (void)printf(
            "%s\n{\"row\":\"%s\",\"title\":\"%s\",\"cases\":%" PRIu64 ",\"failed\":%" PRIu64
            ",\"skipped\":%" PRIu64 ",\"snapshots_compared\":%" PRIu64 ",\"first_p50_us\":%" PRIu32
            ",\"first_p99_us\":%" PRIu32 ",\"first_max_us\":%" PRIu32 "}",
            first ? "" : ",", drill_rows[i]->name, drill_rows[i]->title, row->cases, row->failed,
            row->kinds[DRILL_SKIPPED], row->compared, latency_quantile(&row->first, 500),
            latency_quantile(&row->first, 990), latency_quantile(&row->first, 1000));
        first = false;
    }
    (void)fputs("]", stdout);
}

static void print_json(struct report *r)
{
    (void)printf("{\"schema\":1,\"seed\":%" PRIu64 ",\"rounds\":%" PRIu64 ",\"kills\":%" PRIu64
                 ",\"paths\":{",
                 r->options->seed, r->done, r->kills);
    for (size_t i = 0; i < DRILL_PATHS; i++) {
        (void)printf("%s\"%s\":%" PRIu64, i ? "," : "", drill_path_names[i], r->paths[i]);
    }
    (void)printf("},\"lost\":%" PRIu64 ",\"diverged\":%" PRIu64 ",\"failed_rounds\":[", r->lost,
                 r->diverged);
    for (size_t i = 0; i < r->failures_len; i++) {
        (void)fputs(i ? ",\n" : "\n", stdout);
        print_failure(r, &r->failures[i]);
    }
    (void)printf("],\"deliveries\":%" PRIu64 ",\"snapshots_compared\":%" PRIu64 ",\"seconds\":%.1f",
                 r->deliveries, r->compared, (double)(latency_clock_us() - r->started_us) / 1e6);
    print_rows_json(r);
    (void)puts("}");
}

static void print_table(struct report *r)
{
    (void)printf("%-6s %-50s %8s %8s %8s %10s %10s\n", "row", "what", "cases", "failed", "skipped",
                 "p50 ms", "max ms");
    for (size_t i = 0; i < drill_rows_len; i++) {
        struct row_tally *row = &r->rows[i];

        if (row->cases == 0) continue;
        (void)printf("%-6s %-50s %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %10.1f %10.1f\n",
                     drill_rows[i]->name, drill_rows[i]->title, row->cases, row->failed,
                     row->kinds[DRILL_SKIPPED], latency_quantile(&row->first, 500) / 1e3,
                     latency_quantile(&row->first, 1000) / 1e3);
    }
    (void)printf("seed %" PRIu64 ": %" PRIu64 " cases, %zu failed; %" PRIu64 " kills, %" PRIu64
                 " deliveries, %" PRIu64 " snapshots compared; lost %" PRIu64 ", diverged %" PRIu64
                 "\n",
                 r->options->seed, r->done, r->failures_len, r->kills, r->deliveries, r->compared,
                 r->lost, r->diverged);
}

void report_print(struct report *r)
{
    report_clear_line(r);
    if (r->options->json) {
        print_json(r);
    } else {
        print_table(r);
    }
}
