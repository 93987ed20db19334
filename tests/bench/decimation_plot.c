#include "tests/bench/decimation_plot.h"

#include "tests/bench/plot.h"

/* Columns by their place in decimation_csv_begin. */
static const char script[] =
    "set datafile separator ','\n"
    "set terminal svg size 1200,1400 dynamic background '#ffffff'\n"
    "set key outside right\n"
    "set logscale x\n"
    "set xlabel 'a snapshot once in N messages'\n"
    "set grid\n"
    "array names[4] = ['messages/s, on ÷ off', 'p99.9, us', 'restart, ms', "
    "'bytes written a message']\n"
    "array columns[4] = [8, 13, 15, 6]\n"
    "heaps = system(\"tail -n +2 decimation.csv | cut -d, -f2 | sort -nu | tr '\\n' ' '\")\n"
    "of(program, heap, images, value) = (stringcolumn(1) eq program && $2 == heap && "
    "$4 == images) ? value : NaN\n"
    "do for [program in 'ledger transfers'] {\n"
    "  set output sprintf('decimation_%s.svg', program)\n"
    "  set multiplot layout 4,1 title program\n"
    "  do for [panel = 1:4] {\n"
    "    set ylabel names[panel]\n"
    "    plot for [images = 0:1] for [heap in heaps] 'decimation.csv' skip 1 using "
    "3:(of(program, heap + 0, images, column(columns[panel]))) with linespoints "
    "title sprintf('%s MiB of ballast%s', heap, images ? '' : ', no images')\n"
    "  }\n"
    "  unset multiplot\n"
    "}\n";

enum hs_status decimation_csv_begin(struct buffer *csv, struct hs_error *err)
{
    enum hs_status st = buffer_append_text(
        csv,
        "workload,heap_mib,every,images,snapshots,bytes_a_message,messages_per_s,on_off,cpu_us,"
        "cpu_on_off,p50_us,p99_us,p999_us,catch_up_messages,restart_ms,tail_ms,"
        "full_replay_ms\n");

    return st == HS_OK ? HS_OK : hs_fail(err, st, "bench: making the CSV");
}

enum hs_status decimation_csv_add(struct buffer *csv, const struct decimation_row *row,
                                  struct hs_error *err)
{
    enum hs_status st = buffer_printf(
        csv, "%s,%llu,%llu,%d,%llu,%.0f,%.0f,%.4f,%.1f,%.4f,%u,%u,%u,%.0f,%.2f,%.2f,%.2f\n",
        workload_name(&row->workload), (unsigned long long)row->workload.heap_mib,
        (unsigned long long)row->every, row->images ? 1 : 0, (unsigned long long)row->snapshots,
        (double)row->bytes_written / (double)row->messages, spread_median(&row->per_s),
        spread_median(&row->on_off), spread_median(&row->cpu_us), spread_median(&row->cpu_on_off),
        row->p50_us, row->p99_us, row->p999_us, spread_median(&row->catch_up),
        spread_median(&row->swap_ms), restart_way_ms(&row->tail), restart_way_ms(&row->full));

    return st == HS_OK ? HS_OK : hs_fail(err, st, "bench: making the CSV");
}

enum hs_status decimation_plot_write(const char *dir, const struct buffer *csv,
                                     struct hs_error *err)
{
    return plot_write(dir, "decimation", csv, script, err);
}
