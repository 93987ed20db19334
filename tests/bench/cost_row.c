#include "tests/bench/cost_row.h"

#include "tests/bench/observers.h"

#include <stdio.h>

const uint64_t cost_undo_blocks[COST_UNDO_BLOCKS] = {COST_UNDO_BLOCK, 1000};

void cost_row_take_pair(struct cost_row *row, struct bench_pair *pair)
{
    struct bench_side *bare = &pair->sides[SIDE_BARE], *full = &pair->sides[SIDE_FULL];

    row->per_s = full->per_s;
    row->bare_per_s = bare->per_s;
    row->on_off = pair->on_off;
    row->cpu_us = full->cpu_us;
    row->cpu_on_off = pair->cpu_on_off;
    row->p50_us = latency_quantile(&full->latency, 500);
    row->p99_us = latency_quantile(&full->latency, 990);
    row->p999_us = latency_quantile(&full->latency, 999);
    row->p99_on_off = bench_pair_latency_ratio(pair, 990);
    row->p999_on_off = bench_pair_latency_ratio(pair, 999);
    row->wire_us =
        (double)latency_quantile(&bare->latency, 500) - (double)latency_quantile(&bare->run, 500);
    row->memory_mib = (double)full->use.memory_bytes / (1 << 20);
    row->memory_ratio = (double)full->use.memory_bytes / (double)bare->use.memory_bytes;
}

static double inverse(double ratio)
{
    return ratio > 0 ? 1 / ratio : 0;
}

static double engine_us(const struct cost_row *row)
{
    return spread_median(&row->budget.items[BUDGET_ENGINE]);
}

static double kernel_engine_ratio(const struct cost_row *row)
{
    return engine_us(row) > 0 ? spread_median(&row->budget.whole) / engine_us(row) : 0;
}

static void pair_print_json(const struct cost_row *row)
{
    spread_print_json(&row->per_s, "per_s", 0);
    (void)printf(",");
    spread_print_json(&row->bare_per_s, "bare_per_s", 0);
    (void)printf(",");
    spread_print_json(&row->on_off, "on_off", 3);
    (void)printf(",");
    spread_print_json(&row->busy_on_off, "busy_core_on_off", 3);
    (void)printf(",");
    spread_print_json(&row->cpu_us, "cpu_us", 1);
    (void)printf(",");
    spread_print_json(&row->cpu_on_off, "cpu_on_off", 3);
    (void)printf(",\"p50_us\":%u,\"p99_us\":%u,\"p999_us\":%u,\"p99_on_off\":%.2f,"
                 "\"p999_on_off\":%.2f,\"memory_mib\":%.1f,\"memory_ratio\":%.2f",
                 row->p50_us, row->p99_us, row->p999_us, row->p99_on_off, row->p999_on_off,
                 row->memory_mib, row->memory_ratio);
}

static void kernel_print_json(const struct cost_row *row)
{
    (void)printf(",");
    spread_print_json(&row->budget.whole, "kernel_us", 1);
    (void)printf(",");
    spread_print_json(&row->budget.items[BUDGET_ENGINE], "engine_us", 1);
    (void)printf(",\"kernel_engine_ratio\":%.2f,\"budget_us\":{\"wire\":%.1f",
                 kernel_engine_ratio(row), row->wire_us);
    for (int i = 0; i < BUDGET_ITEMS; i++) {
        (void)printf(",\"%s\":%.1f", budget_item_name((enum budget_item)i),
                     spread_median(&row->budget.items[i]));
    }
    (void)printf(",\"log\":%.1f},\"savepoints_on_off\":{\"tracked\":%.3f,\"untracked\":%.3f}",
                 spread_median(&row->log_us), inverse(spread_median(&row->undo[0].cost)),
                 inverse(spread_median(&row->untracked.cost)));
}

static void undo_print_json(const struct cost_row *row)
{
    const char *comma = "";

    (void)printf(",\"reverts_ratio\":[");
    for (int b = 0; b < COST_UNDO_BLOCKS; b++) {
        for (int f = FAILING_SECOND; f < FAILING_COUNT; f++) {
            (void)printf("%s{\"block\":%llu,\"place\":\"%s\",", comma,
                         (unsigned long long)cost_undo_blocks[b],
                         bench_failing_name((enum bench_failing)f));
            spread_print_json(&row->undo[b].ratios[f], "ratio", 3);
            (void)printf("}");
            comma = ",";
        }
    }
    (void)printf("]");
}

void cost_row_print_json(struct cost_row *row, double tick_worst_ratio)
{
    struct observed *o = &row->observed;

    (void)printf("{\"workload\":\"%s\",\"heap_mib\":%llu,", workload_name(&row->workload),
                 (unsigned long long)row->workload.heap_mib);
    pair_print_json(row);
    kernel_print_json(row);
    (void)printf(",\"tick_worst_ratio\":%.2f,\"observers\":%d,\"observers_p50_us\":%u,"
                 "\"observers_p99_us\":%u,\"observers_p99_ratio\":%.2f,"
                 "\"observers_p99_ratio_median\":%.2f,\"queries_per_s\":%.0f",
                 tick_worst_ratio, OBSERVERS_COUNT, latency_quantile(&o->beside, 500),
                 latency_quantile(&o->beside, 990), observed_p99_ratio(o),
                 spread_median(&o->p99_ratios), o->queries_per_s);
    undo_print_json(row);
    (void)printf("}");
}

static void line_print(const char *name, const struct spread *s, int decimals)
{
    (void)printf("  %-34s ", name);
    spread_print(s, 9, decimals);
    (void)printf("\n");
}

static void budget_print(const struct cost_row *row)
{
    (void)printf("  budget of a delivery, us: wire %.1f", row->wire_us);
    for (int i = 0; i < BUDGET_ITEMS; i++) {
        (void)printf(", %s %.1f", budget_item_name((enum budget_item)i),
                     spread_median(&row->budget.items[i]));
    }
    (void)printf(", log %.1f\n", spread_median(&row->log_us));
}

static void undo_print(const struct cost_row *row)
{
    for (int b = 0; b < COST_UNDO_BLOCKS; b++) {
        (void)printf("  blocks of %llu, failing ÷ none:", (unsigned long long)cost_undo_blocks[b]);
        for (int f = FAILING_SECOND; f < FAILING_COUNT; f++) {
            (void)printf(" %s %.2f", bench_failing_name((enum bench_failing)f),
                         spread_median(&row->undo[b].ratios[f]));
        }
        (void)printf("\n");
    }
    (void)printf("  savepoints on ÷ off: %.3f, with all pages compared %.3f\n",
                 inverse(spread_median(&row->undo[0].cost)),
                 inverse(spread_median(&row->untracked.cost)));
}

void cost_row_print(struct cost_row *row)
{
    struct observed *o = &row->observed;

    (void)printf("%s, %llu MiB of ballast (min, median, max of slices)\n",
                 workload_name(&row->workload), (unsigned long long)row->workload.heap_mib);
    line_print("messages/s, log and snapshots off", &row->bare_per_s, 0);
    line_print("messages/s, on", &row->per_s, 0);
    line_print("on ÷ off", &row->on_off, 3);
    line_print("on ÷ off, one core busy", &row->busy_on_off, 3);
    line_print("processor time a message, us", &row->cpu_us, 1);
    line_print("its on ÷ off", &row->cpu_on_off, 3);
    line_print("the kernel alone, us", &row->budget.whole, 1);
    line_print("the engine in it, us", &row->budget.items[BUDGET_ENGINE], 1);
    (void)printf("  kernel ÷ engine %.2f\n", kernel_engine_ratio(row));
    (void)printf("  latency p50 %u us, p99 %u us (on ÷ off %.2f), p99.9 %u us (%.2f)\n",
                 row->p50_us, row->p99_us, row->p99_on_off, row->p999_us, row->p999_on_off);
    (void)printf("  memory %.1f MiB, on ÷ off %.2f\n", row->memory_mib, row->memory_ratio);
    budget_print(row);
    undo_print(row);
    (void)printf("  beside %d observers: p99 ratio %.2f, of slices ", OBSERVERS_COUNT,
                 observed_p99_ratio(o));
    spread_print(&o->p99_ratios, 1, 2);
    (void)printf(", %.0f queries/s, %llu told busy\n\n", o->queries_per_s,
                 (unsigned long long)o->refused);
}
