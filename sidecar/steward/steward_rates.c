/* How fast a restart's parts go, measured as they are done and kept in the data folder.
 *
 * The file is written when the steward has nothing else to do, and at the end: a node never waits
 * for it, and a killed daemon leaves at most the last minute unsaid. */
#include "sidecar/steward/steward_internal.h"

#include "sidecar/report/clock.h"

#include <string.h>

enum { SAVE_EVERY_US = 60000000 };

void steward_measured(struct steward *s, enum rate_kind kind, uint64_t count, uint64_t us)
{
    struct figures *f = figures_acquire(s->o.board);

    rates_add(&f->rates, kind, count, us);
    figures_release(s->o.board);
}

/* Only a start that did one kind of work says how fast that kind goes. */
void steward_measured_start(struct steward *s, const struct kernel_start_report *report,
                            uint64_t us)
{
    uint64_t entries = report->transcript_entries_replayed;

    if (entries > 0 && report->vats_from_images == 0) {
        steward_measured(s, RATE_TRANSCRIPT_ENTRIES, entries, us);
    } else if (entries == 0 && report->vats_from_images > 0 && s->snapshots.records_len > 0) {
        steward_measured(s, RATE_IMAGE_BYTES, s->snapshots.records[0].pages * HS_HEAP_PAGE_BYTES,
                         us);
    }
}

void steward_rates_load(struct steward *s)
{
    struct rates kept = rates_load(s->o.config->data_dir);
    struct figures *f = figures_acquire(s->o.board);

    f->rates = kept;
    figures_release(s->o.board);
    s->rates_saved = kept;
}

void steward_rates_save(struct steward *s)
{
    struct figures *f = figures_acquire(s->o.board);
    struct rates now = f->rates;
    struct hs_error err = {0};

    figures_release(s->o.board);
    if (memcmp(&now, &s->rates_saved, sizeof now) == 0) return;
    if (rates_save(&now, s->o.config->data_dir, &err) != HS_OK) {
        logger_write(s->o.logger, LOG_LEVEL_WARN, "rates were not kept: %s", err.text);
    }
    s->rates_saved = now; /* a failure too: the disk's trouble is told once, not every minute */
}

void steward_rates_idle(struct steward *s)
{
    uint64_t now_us = clock_us();

    if (s->rates_saved_us != 0 && now_us - s->rates_saved_us < SAVE_EVERY_US) return;
    s->rates_saved_us = now_us;
    steward_rates_save(s);
}
