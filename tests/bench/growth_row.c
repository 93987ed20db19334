#include "tests/bench/growth_row.h"

#include "tests/bench/plot.h"

/* Columns by their place in the CSV. */
static const char script[] =
    "set datafile separator ','\n"
    "set terminal svg size 1200,1400 dynamic background '#ffffff'\n"
    "set output 'growth.svg'\n"
    "set key outside right\n"
    "set logscale x\n"
    "set xlabel 'messages, accounts or vats'\n"
    "set grid\n"
    "array names[4] = ['us a message', 'processor time, us', 'bytes written', 'memory, MiB']\n"
    "array columns[4] = [4, 7, 10, 12]\n"
    "of(what, value) = stringcolumn(1) eq what ? value : NaN\n"
    "set multiplot layout 4,1 title 'a message as a chain grows'\n"
    "do for [panel = 1:4] {\n"
    "  set ylabel names[panel]\n"
    "  plot for [what in 'age accounts vats'] 'growth.csv' skip 1 using "
    "2:(of(what, column(columns[panel]))) with linespoints title what\n"
    "}\n"
    "unset multiplot\n";

static enum hs_status spread_csv(struct buffer *csv, const struct spread *s)
{
    return buffer_printf(csv, ",%.2f,%.2f,%.2f", spread_min(s), spread_median(s), spread_max(s));
}

static enum hs_status row_csv(struct buffer *csv, const struct growth_row *row)
{
    enum hs_status st = buffer_printf(csv, "%s,%llu", row->what, (unsigned long long)row->size);

    if (st == HS_OK) st = spread_csv(csv, &row->us);
    if (st == HS_OK) st = spread_csv(csv, &row->cpu_us);
    if (st == HS_OK) st = spread_csv(csv, &row->bytes_written);
    if (st == HS_OK) st = buffer_printf(csv, ",%.1f,%.1f", row->memory_mib, row->heap_mib);
    if (st == HS_OK) st = spread_csv(csv, &row->us_ratio);
    if (st == HS_OK) st = spread_csv(csv, &row->cpu_ratio);
    if (st == HS_OK) st = buffer_append_byte(csv, '\n');
    return st;
}

enum hs_status growth_plot_write(const char *dir, const struct growth_row *rows, size_t len,
                                 struct hs_error *err)
{
    struct buffer csv = {0};
    enum hs_status st = buffer_append_text(
        &csv,
        "what,size,us_min,us,us_max,cpu_us_min,cpu_us,cpu_us_max,bytes_written_min,"
        "bytes_written,bytes_written_max,memory_mib,heap_mib,us_ratio_min,us_ratio,us_ratio_max,"
        "cpu_ratio_min,cpu_ratio,cpu_ratio_max\n");

    for (size_t i = 0; i < len && st == HS_OK; i++) {
        st = row_csv(&csv, &rows[i]);
    }
    st = st == HS_OK ? plot_write(dir, "growth", &csv, script, err)
                     : hs_fail(err, st, "bench: making the CSV");
    buffer_fini(&csv);
    return st;
}
