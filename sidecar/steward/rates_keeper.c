#include "sidecar/steward/rates_keeper.h"

#include <stdlib.h>
#include <string.h>

enum { SAVE_EVERY_US = 60000000 };

struct rates_keeper {
    const struct reporter *reporter;
    struct folder_keeper *folder;
    const char *data_dir;
    struct rates saved;
    uint64_t saved_us; /* the clock's; 0: not in this run */
    bool failing;      /* the last attempt failed */
};

enum hs_status rates_keeper_open(const struct reporter *reporter, struct folder_keeper *folder,
                                 const char *data_dir, struct rates_keeper **out,
                                 struct hs_error *err)
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
    if (!k->failing && memcmp(&now, &k->saved, sizeof now) == 0) return;
    if (rates_save(disk_system(), &now, k->data_dir, &err) == HS_OK) {
        k->failing = false;
        k->saved = now;
    } else {
        /* The disk's trouble is told once, not every minute. */
        logger_write(k->reporter->logger, k->failing ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN,
                     "rates were not kept: %s; they are tried again", err.text);
        k->failing = true;
    }
    folder_keeper_wrote(k->folder, DATA_FOLDER_RATES, !k->failing);
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
