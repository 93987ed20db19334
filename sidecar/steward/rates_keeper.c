#include "sidecar/steward/rates_keeper.h"

#include <stdlib.h>
#include <string.h>

enum { SAVE_EVERY_US = 60000000 };

struct rates_keeper {
    const struct reporter *reporter;
    const struct folder_keeper *folder;
    const char *data_dir;
    struct rates saved;
    uint64_t saved_us; /* the clock's; 0: not in this run */
};

enum hs_status rates_keeper_open(const struct reporter *reporter,
                                 const struct folder_keeper *folder, const char *data_dir,
                                 struct rates_keeper **out, struct hs_error *err)
{
    struct rates_keeper *k = calloc(1, sizeof *k);

    *out = NULL;
    if (!k) return hs_fail(err, HS_NOMEM, "out of memory for the rates");
    *k = (struct rates_keeper){.reporter = reporter, .folder = folder, .data_dir = data_dir};
    if (folder_keeper_place(folder, DATA_FOLDER_RATES))
        k->saved = rates_load(disk_system(), data_dir);
    figures_acquire(reporter->board)->rates = k->saved;
    figures_release(reporter->board);
    *out = k;
    return HS_OK;
}

static void rates_keeper_save(struct rates_keeper *k)
{
    struct rates now = figures_acquire(k->reporter->board)->rates;
    struct hs_error err = {0};

    figures_release(k->reporter->board);
    if (!folder_keeper_place(k->folder, DATA_FOLDER_RATES)) return;
    if (memcmp(&now, &k->saved, sizeof now) == 0) return;
    if (rates_save(disk_system(), &now, k->data_dir, &err) != HS_OK) {
        logger_write(k->reporter->logger, LOG_LEVEL_WARN, "rates were not kept: %s", err.text);
    }
    k->saved = now; /* a failure too: the disk's trouble is told once, not every minute */
}

void rates_keeper_idle(struct rates_keeper *k)
{
    uint64_t now_us = clock_now_us(k->reporter->clock);

    if (k->saved_us != 0 && now_us - k->saved_us < SAVE_EVERY_US) return;
    k->saved_us = now_us;
    rates_keeper_save(k);
}

void rates_keeper_close(struct rates_keeper *k)
{
    if (!k) return;
    rates_keeper_save(k);
    free(k);
}
