#include "sidecar/steward/holdings.h"

/* NULL: the disk has no place for it. */
static const char *holdings_place(const struct holdings *h, enum data_folder_part part)
{
    return data_folder_has(h->o.folder, part) ? data_folder_path(h->o.folder, part) : NULL;
}

static void holdings_show_folder(const struct holdings *h)
{
    struct figures *f = figures_acquire(h->o.reporter.board);

    for (int part = 0; part < DATA_FOLDER_PART_COUNT; part++) {
        f->disk.without[part] = !data_folder_has(h->o.folder, (enum data_folder_part)part);
    }
    figures_release(h->o.reporter.board);
}

static enum hs_status holdings_open_keepers(struct holdings *h, struct hs_error *err)
{
    const char *quarantine = data_folder_path(h->o.folder, DATA_FOLDER_QUARANTINE);
    const struct snapshot_keeper_options snapshots = {
        .reporter = &h->o.reporter,
        .workers = h->o.workers,
        .dir = holdings_place(h, DATA_FOLDER_SNAPSHOT),
        .quarantine_dir = quarantine,
        .epoch = vat_engine_own_id(h->o.engine),
        .keep = h->o.config->snapshot_keep,
        .every = h->o.config->snapshot_every,
        .run_us_max = h->o.config->snapshot_seconds * 1000000,
        .images = h->o.config->images,
        .nudge = h->o.nudge,
        .data = h->o.data,
    };
    const struct log_keeper_options log = {
        .reporter = &h->o.reporter,
        .syncer = h->o.syncer,
        .dir = holdings_place(h, DATA_FOLDER_LOG),
        .quarantine_dir = quarantine,
        .wanted = h->o.config->log,
        .mode = h->o.config->log_sync,
        .nudge = h->o.nudge,
        .data = h->o.data,
    };
    enum hs_status st = rejection_open(&h->o.reporter, quarantine, &h->rejection, err);

    if (st == HS_OK) st = snapshot_keeper_open(&snapshots, &h->snapshots, err);
    if (st == HS_OK) st = log_keeper_open(&log, &h->log, err);
    if (st != HS_OK) return st;
    return rates_keeper_open(&h->o.reporter, h->o.config->data_dir, &h->rates, err);
}

/* That FORMAT names another engine, or none, costs nothing: each image names its own. */
static void holdings_adopt_epoch(struct holdings *h)
{
    struct hs_error err = {0};
    bool changed = false;

    if (data_folder_adopt_epoch(h->o.folder, vat_engine_own_id(h->o.engine), &changed, &err) !=
        HS_OK) {
        logger_write(h->o.reporter.logger, LOG_LEVEL_WARN,
                     "the data folder does not say which engine wrote it: %s", err.text);
    }
    if (!changed) return;
    logger_write(h->o.reporter.logger, LOG_LEVEL_WARN,
                 "the data folder was written with another engine: its heap images are not "
                 "used, transcripts are replayed instead");
}

static enum hs_status holdings_open_spare(struct holdings *h, struct hs_error *err)
{
    const struct spare_options spare = {
        .reporter = &h->o.reporter,
        .kernel_config = h->o.kernel_config,
        .engine = h->o.engine,
        .workers = h->o.workers,
        .stopping = h->o.stopping,
    };
    enum hs_status st = spare_open(&spare, &h->spare, err);

    return st == HS_OK ? real_store_open(h->o.link, h->o.reporter.board, &h->real_store, err) : st;
}

enum hs_status holdings_open(struct holdings *h, const struct holdings_options *options,
                             struct hs_error *err)
{
    enum hs_status st;

    *h = (struct holdings){.o = *options};
    holdings_show_folder(h);
    holdings_adopt_epoch(h);
    st = holdings_open_spare(h, err);
    if (st == HS_OK) st = holdings_open_keepers(h, err);
    if (st != HS_OK) holdings_close(h);
    return st;
}

void holdings_close(struct holdings *h)
{
    spare_close(h->spare);
    log_keeper_close(h->log);
    snapshot_keeper_close(h->snapshots);
    rates_keeper_close(h->rates);
    rejection_close(h->rejection);
    real_store_close(h->real_store);
}

void holdings_let_go(struct holdings *h)
{
    const struct snapshot_record *newest = snapshot_keeper_newest(h->snapshots);

    log_keeper_trim(h->log, snapshot_keeper_spared_seqnum(h->snapshots));
    if (newest && newest->verified) data_folder_drop_former(h->o.folder);
}

struct lent holdings_lend(const struct holdings *h, enum phase phase)
{
    return (struct lent){
        .reporter = &h->o.reporter,
        .config = h->o.config,
        .stopping = h->o.stopping,
        .spare = h->spare,
        .snapshots = h->snapshots,
        .log = h->log,
        .real = h->real_store,
        .phase = phase,
    };
}
