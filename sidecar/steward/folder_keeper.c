#include "sidecar/steward/folder_keeper.h"

#include "sidecar/steward/retry.h"

#include <stdlib.h>
#include <string.h>

struct folder_keeper {
    struct folder_keeper_options o;
    bool has[DATA_FOLDER_PART_COUNT];     /* as of the last collect */
    bool failing[DATA_FOLDER_PART_COUNT]; /* it is there, and cannot be written to */
    bool adopted;                         /* FORMAT names our epoch; set by the worker */
    struct background background;
    bool mending;
    struct retry retry;
    struct hs_error told; /* the last refusal that was told */
};

static void folder_keeper_show(const struct folder_keeper *k)
{
    struct figures *f = figures_acquire(k->o.reporter->board);

    for (int part = 0; part < DATA_FOLDER_PART_COUNT; part++) {
        f->disk.without[part] = !k->has[part] || k->failing[part];
    }
    figures_release(k->o.reporter->board);
}

/* That FORMAT names another epoch, or none, costs nothing: each snapshot names its own. */
static enum hs_status folder_keeper_adopt(struct folder_keeper *k, struct hs_error *err)
{
    bool changed = false;
    enum hs_status st = data_folder_adopt_epoch(k->o.folder, k->o.epoch, &changed, err);

    k->adopted = st == HS_OK;
    if (changed) {
        logger_write(k->o.reporter->logger, LOG_LEVEL_WARN,
                     "the data folder was written by a program whose heap images are others: they "
                     "are not used, transcripts are replayed instead");
    }
    return st;
}

/* True: a place for snapshots or the log is new. */
static bool folder_keeper_take_in(struct folder_keeper *k)
{
    bool news = false;

    for (int i = 0; i < DATA_FOLDER_PART_COUNT; i++) {
        enum data_folder_part part = (enum data_folder_part)i;

        if (k->has[part] || !data_folder_has(k->o.folder, part)) continue;
        k->has[part] = true;
        logger_write(k->o.reporter->logger, LOG_LEVEL_WARN,
                     "data folder: %s can be had again, and is used", data_folder_part_name(part));
        if (part == DATA_FOLDER_IMAGES) {
            vat_engine_keep_images(k->o.engine, data_folder_path(k->o.folder, part));
        }
        news = news || part == DATA_FOLDER_SNAPSHOT || part == DATA_FOLDER_LOG;
    }
    folder_keeper_show(k);
    return news;
}

enum hs_status folder_keeper_open(const struct folder_keeper_options *options,
                                  struct folder_keeper **out, struct hs_error *err)
{
    struct folder_keeper *k = calloc(1, sizeof *k);
    struct hs_error why = {0};

    *out = NULL;
    if (!k) return hs_fail(err, HS_NOMEM, "out of memory for the data folder");
    k->o = *options;
    background_init(&k->background);
    if (folder_keeper_adopt(k, &why) != HS_OK) {
        logger_write(k->o.reporter->logger, LOG_LEVEL_WARN,
                     "the data folder does not say what its heap images are like: %s", why.text);
    }
    for (int part = 0; part < DATA_FOLDER_PART_COUNT; part++) {
        k->has[part] = data_folder_has(k->o.folder, (enum data_folder_part)part);
    }
    folder_keeper_show(k);
    retry_failed(&k->retry, clock_now_us(k->o.reporter->clock), 0); /* the start was an attempt */
    *out = k;
    return HS_OK;
}

void folder_keeper_close(struct folder_keeper *k)
{
    if (!k) return;
    background_wait(&k->background);
    (void)background_collect(&k->background);
    background_fini(&k->background);
    free(k);
}

const char *folder_keeper_place(const struct folder_keeper *k, enum data_folder_part part)
{
    return k->has[part] ? data_folder_path(k->o.folder, part) : NULL;
}

const char *folder_keeper_quarantine(const struct folder_keeper *k)
{
    return data_folder_path(k->o.folder, DATA_FOLDER_QUARANTINE);
}

void folder_keeper_wrote(struct folder_keeper *k, enum data_folder_part part, bool worked)
{
    if (k->failing[part] == !worked) return;
    k->failing[part] = !worked;
    folder_keeper_show(k);
}

/* On a worker. */
static enum hs_status folder_mend_run(void *data, struct hs_error *err)
{
    struct folder_keeper *k = data;
    enum hs_status st = data_folder_mend(k->o.folder, err);
    struct hs_error why = {0};
    enum hs_status adopted = folder_keeper_adopt(k, &why);

    if (st == HS_OK && adopted != HS_OK) st = hs_fail(err, adopted, "FORMAT: %s", why.text);
    return st;
}

static void folder_mend_done(void *data)
{
    struct folder_keeper *k = data;

    k->o.nudge(k->o.data);
}

static bool folder_keeper_whole(const struct folder_keeper *k)
{
    for (int part = 0; part < DATA_FOLDER_PART_COUNT; part++) {
        if (!k->has[part]) return false;
    }
    return k->adopted;
}

/* The same refusal is told once, however often it is met. */
static void folder_keeper_refused(struct folder_keeper *k)
{
    const struct hs_error *why = &k->background.error;
    bool news = strcmp(why->text, k->told.text) != 0;

    retry_failed(&k->retry, clock_now_us(k->o.reporter->clock), 0);
    logger_write(k->o.reporter->logger, news ? LOG_LEVEL_ERROR : LOG_LEVEL_DEBUG,
                 "data folder: still gone without some of it, and tried again: %s", why->text);
    k->told = *why;
}

static void folder_keeper_mend_later(struct folder_keeper *k)
{
    if (k->mending || !retry_due(&k->retry, clock_now_us(k->o.reporter->clock))) return;
    k->mending = background_start(&k->background, k->o.unhurried, folder_mend_run, k,
                                  folder_mend_done, NULL) == HS_OK;
}

bool folder_keeper_collect(struct folder_keeper *k)
{
    bool news = false;

    if (k->mending && background_collect(&k->background)) {
        k->mending = false;
        news = folder_keeper_take_in(k);
        if (k->background.status == HS_OK) {
            retry_worked(&k->retry);
        } else {
            folder_keeper_refused(k);
        }
    }
    if (!k->mending && !folder_keeper_whole(k)) folder_keeper_mend_later(k);
    return news;
}

void folder_keeper_let_go(struct folder_keeper *k)
{
    if (!k->mending) data_folder_drop_former(k->o.folder);
}
