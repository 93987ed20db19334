#include "sidecar/report/metrics_page.h"

#include <assert.h>
#include <inttypes.h>

void metrics_page_family(struct metrics_page *p, const char *name, const char *type,
                         const char *help)
{
    p->name = name;
    p->type = type;
    p->help = help;
    p->named = false;
}

static void put_family(struct metrics_page *p)
{
    assert(p->name);
    if (p->named) return;
    printer_format(&p->to, "# HELP %s %s\n# TYPE %s %s\n", p->name, p->help, p->name, p->type);
    p->named = true;
}

/* A vat's name comes from the configuration: backslash, quote and newline are escaped. */
static void put_escaped(struct metrics_page *p, const char *value)
{
    for (const char *c = value; *c; c++) {
        if (*c == '\n') {
            printer_format(&p->to, "\\n");
            continue;
        }
        printer_format(&p->to, "%s%c", *c == '\\' || *c == '"' ? "\\" : "", *c);
    }
}

void metrics_page_sample(struct metrics_page *p, const struct metric_label *labels,
                         size_t labels_len, double value)
{
    put_family(p);
    printer_format(&p->to, "%s", p->name);
    for (size_t i = 0; i < labels_len; i++) {
        printer_format(&p->to, "%s%s=\"", i == 0 ? "{" : ",", labels[i].name);
        put_escaped(p, labels[i].value);
        printer_format(&p->to, "\"");
    }
    /* 17 digits give every count up to 2^53 as it is. */
    printer_format(&p->to, "%s %.17g\n", labels_len > 0 ? "}" : "", value);
}

void metrics_page_histogram(struct metrics_page *p, const struct histogram *h)
{
    uint64_t below = 0;

    put_family(p);
    for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++) {
        below += h->counts[i];
        printer_format(&p->to, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", p->name, histogram_bounds[i],
                       below);
    }
    printer_format(&p->to, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", p->name, histogram_count(h));
    printer_format(&p->to, "%s_sum %.6f\n%s_count %" PRIu64 "\n", p->name, h->sum_s, p->name,
                   histogram_count(h));
}
