/* Decimation: what N should be in "a snapshot once in N messages".
 *
 * Each workload, heap and N, with heap images and without, has a sidecar and a chain of its own:
 * messages, then restarts (decimation_row.h). From a group of rows that differ in N alone comes
 * what a snapshot and a message executed again cost, and so the best N (decimation_fit.h).
 */
#include "tests/bench/bench.h"
#include "tests/bench/decimation_fit.h"
#include "tests/bench/decimation_plot.h"

#include <stdlib.h>

enum {
    HEAPS = 3,
    GROUPS_MAX = WORKLOAD_COUNT * HEAPS * 2,
    TOLD_BETWEEN = 1, /* of decimation_betweens: that one is put into words */
};
static const uint64_t heaps_mib[HEAPS] = {0, 14, 62}; /* with what the vat has: 2, 16 and 64 */

/* Rows that differ in N alone. */
struct group {
    struct decimation_row rows[BENCH_COUNTS_MAX];
    size_t rows_len;
    struct decimation_fit fit;
};

struct decimation {
    const struct bench_options *options;
    struct group groups[GROUPS_MAX];
    size_t groups_len, rows_len;
    struct progress_bar bar;
};

static void group_begin(struct decimation *d, struct workload w, bool images)
{
    struct group *g = &d->groups[d->groups_len++];
    const struct bench_options *o = d->options;

    for (size_t i = 0; i < o->every_len; i++) {
        g->rows[g->rows_len++] =
            (struct decimation_row){.workload = w, .images = images, .every = o->every[i]};
    }
    d->rows_len += g->rows_len;
}

static void groups_begin(struct decimation *d)
{
    bool one_heap = d->options->heap_mib > 0;

    for (int program = 0; program < WORKLOAD_COUNT; program++) {
        for (int heap = 0; heap < (one_heap ? 1 : HEAPS); heap++) {
            struct workload w = {.program = (enum workload_program)program,
                                 .heap_mib = one_heap ? d->options->heap_mib : heaps_mib[heap]};

            group_begin(d, w, true);
            group_begin(d, w, false);
        }
    }
}

static enum hs_status measure(struct decimation *d, struct hs_error *err)
{
    const struct bench_options *o = d->options;
    uint64_t rows = 0;
    enum hs_status st = HS_OK;

    progress_bar_start(&d->bar, "decimation", true);
    for (size_t g = 0; g < d->groups_len && st == HS_OK; g++) {
        struct group *group = &d->groups[g];

        for (size_t i = 0; i < group->rows_len && st == HS_OK; i++) {
            st = decimation_row_measure(&group->rows[i], o->messages[0], o->repeats, err);
            rows++;
            progress_bar_show(&d->bar, rows * o->messages[0], rows, d->rows_len);
        }
        group->fit = decimation_fit_make(group->rows, group->rows_len);
    }
    progress_bar_end(&d->bar);
    return st;
}

/* --- how it is told --- */

static void row_print_json(const struct decimation_row *r)
{
    (void)printf("{\"workload\":\"%s\",\"heap_mib\":%llu,\"every\":%llu,\"images\":%s,"
                 "\"messages\":%llu,\"snapshots\":%llu,\"bytes_written\":%llu,\"p50_us\":%u,"
                 "\"p99_us\":%u,\"p999_us\":%u,",
                 workload_name(&r->workload), (unsigned long long)r->workload.heap_mib,
                 (unsigned long long)r->every, r->images ? "true" : "false",
                 (unsigned long long)r->messages, (unsigned long long)r->snapshots,
                 (unsigned long long)r->bytes_written, r->p50_us, r->p99_us, r->p999_us);
    spread_print_json(&r->per_s, "messages_per_s", 0);
    (void)printf(",");
    spread_print_json(&r->on_off, "on_off", 3);
    (void)printf(",");
    spread_print_json(&r->cpu_us, "cpu_us", 1);
    (void)printf(",");
    spread_print_json(&r->cpu_on_off, "cpu_on_off", 3);
    (void)printf(",");
    spread_print_json(&r->catch_up, "catch_up_messages", 0);
    (void)printf(",");
    spread_print_json(&r->swap_ms, "restart_ms", 1);
    (void)printf(",\"answer_ms\":%.2f,\"tail_ms\":%.1f,\"full_replay_ms\":%.1f}",
                 spread_median(&r->swap.answer_ms), restart_way_ms(&r->tail),
                 restart_way_ms(&r->full));
}

static void fit_print_json(const struct group *g)
{
    const struct decimation_row *first = &g->rows[0];

    (void)printf("{\"workload\":\"%s\",\"heap_mib\":%llu,\"images\":%s,\"snapshot_us\":%.0f,"
                 "\"replay_us\":%.1f,\"optimum\":[",
                 workload_name(&first->workload), (unsigned long long)first->workload.heap_mib,
                 first->images ? "true" : "false", g->fit.snapshot_us, g->fit.replay_us);
    for (int i = 0; i < DECIMATION_BETWEENS; i++) {
        (void)printf("%s{\"between\":%llu,\"model\":%.0f,\"measured\":%llu}", i ? "," : "",
                     (unsigned long long)decimation_betweens[i], g->fit.best[i].model,
                     (unsigned long long)g->fit.best[i].measured);
    }
    (void)printf("]}");
}

static const struct decimation_row *row_every(const struct group *g, uint64_t every)
{
    for (size_t i = 0; i < g->rows_len; i++) {
        if (g->rows[i].every == every) return &g->rows[i];
    }
    return &g->rows[0];
}

static void model_print(const struct decimation_fit *fit)
{
    if (fit->best[TOLD_BETWEEN].model <= 0) {
        (void)printf("(N* cannot be told from these rows: they vary by more than N)");
        return;
    }
    (void)printf("(N* = %.0f: a snapshot takes %.1f ms, a message again %.0f us)",
                 fit->best[TOLD_BETWEEN].model, fit->snapshot_us * 1e-3, fit->replay_us);
}

/* What to set, in words. */
static void advice_print(const struct group *g)
{
    uint64_t every = g->fit.best[TOLD_BETWEEN].measured;
    const struct decimation_row *row = row_every(g, every);

    (void)printf("%s, %llu MiB of ballast, %s: for this chain on this machine 1 in %llu, if it "
                 "restarts once in %llu messages ",
                 workload_name(&row->workload), (unsigned long long)row->workload.heap_mib,
                 row->images ? "with images" : "without images", (unsigned long long)every,
                 (unsigned long long)decimation_betweens[TOLD_BETWEEN]);
    model_print(&g->fit);
    (void)printf("; %.2f of the rate without, a restart takes %.0f ms", spread_median(&row->on_off),
                 spread_median(&row->swap_ms));
}

static void print_json(const struct decimation *d)
{
    const char *comma = "";

    (void)printf("{\"schema\":1,\"rows\":[");
    for (size_t g = 0; g < d->groups_len; g++) {
        for (size_t i = 0; i < d->groups[g].rows_len; i++) {
            (void)printf("%s", comma);
            row_print_json(&d->groups[g].rows[i]);
            comma = ",";
        }
    }
    (void)printf("],\"fits\":[");
    for (size_t g = 0; g < d->groups_len; g++) {
        if (g > 0) (void)printf(",");
        fit_print_json(&d->groups[g]);
    }
    (void)printf("],\"advice\":[");
    for (size_t g = 0; g < d->groups_len; g++) {
        (void)printf(g > 0 ? ",\"" : "\"");
        advice_print(&d->groups[g]);
        (void)printf("\"");
    }
    (void)printf("],");
    machine_print_json(&d->options->machine, stdout);
    (void)printf("}\n");
}

static void print_table(const struct decimation *d)
{
    for (size_t g = 0; g < d->groups_len; g++) {
        const struct group *group = &d->groups[g];
        const struct decimation_row *first = &group->rows[0];

        (void)printf("%s, %llu MiB of ballast, %s\n"
                     "     1 in  snapshots  MiB written  messages/s  on/off  CPU us  on/off  "
                     "p50 us  p99 us  p99.9 us  catch-up  restart ms    tail    full\n",
                     workload_name(&first->workload), (unsigned long long)first->workload.heap_mib,
                     first->images ? "with images" : "without images");
        for (size_t i = 0; i < group->rows_len; i++) {
            const struct decimation_row *r = &group->rows[i];

            (void)printf(
                "%9llu  %9llu  %11.1f  %10.0f  %6.3f  %6.0f  %6.2f  %6u  %6u  %8u  %8.0f  %10.1f  "
                "%6.1f  %6.1f\n",
                (unsigned long long)r->every, (unsigned long long)r->snapshots,
                (double)r->bytes_written / (1 << 20), spread_median(&r->per_s),
                spread_median(&r->on_off), spread_median(&r->cpu_us), spread_median(&r->cpu_on_off),
                r->p50_us, r->p99_us, r->p999_us, spread_median(&r->catch_up),
                spread_median(&r->swap_ms), restart_way_ms(&r->tail), restart_way_ms(&r->full));
        }
        advice_print(group);
        (void)printf("\n\n");
    }
}

static enum hs_status plot(const struct decimation *d, struct hs_error *err)
{
    struct buffer csv = {0};
    enum hs_status st = decimation_csv_begin(&csv, err);

    for (size_t g = 0; g < d->groups_len; g++) {
        for (size_t i = 0; i < d->groups[g].rows_len && st == HS_OK; i++) {
            st = decimation_csv_add(&csv, &d->groups[g].rows[i], err);
        }
    }
    if (st == HS_OK) st = decimation_plot_write(d->options->out, &csv, err);
    buffer_fini(&csv);
    return st;
}

enum hs_status bench_decimation(const struct bench_options *options, struct hs_error *err)
{
    struct decimation *d = calloc(1, sizeof *d);
    enum hs_status st;

    if (!d) return hs_fail(err, HS_NOMEM, "bench: out of memory");
    d->options = options;
    groups_begin(d);
    st = measure(d, err);
    if (st == HS_OK) (options->json ? print_json : print_table)(d);
    if (st == HS_OK && options->out) st = plot(d, err);
    free(d);
    return st;
}
