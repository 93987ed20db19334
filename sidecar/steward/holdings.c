#include "sidecar/steward/holdings.h"

static enum hs_status holdings_open_folder(struct holdings *h, struct hs_error *err)
{
    const struct folder_keeper_options folder = {
        .reporter = &h->o.reporter,
        .folder = h->o.folder,
        .unhurried = h->o.unhurried,
        .engine = h->o.engine,
        .epoch = h->images_epoch,
        .nudge = h->o.nudge,
        .data = h->o.data,
    };

    return folder_keeper_open(&folder, &h->folder, err);
}

static enum hs_status holdings_open_keepers(struct holdings *h, struct hs_error *err)
{
    const struct snapshot_keeper_options snapshots = {
        .reporter = &h->o.reporter,
        .workers = h->o.workers,
        .unhurried = h->o.unhurried,
        .folder = h->folder,
        .epoch = h->images_epoch,
        .keep = h->o.config->snapshot_keep,
        .every = h->o.config->snapshot_every,
        .run_us_max = h->o.config->snapshot_seconds * 1000000,
        .share_percent = h->o.config->snapshot_share,
        .images = h->o.config->images,
        .nudge = h->o.nudge,
        .data = h->o.data,
    };
    const struct log_keeper_options log = {
        .reporter = &h->o.reporter,
        .syncer = h->o.syncer,
        .folder = h->folder,
        .wanted = h->o.config->log,
        .mode = h->o.config->log_sync,
        .nudge = h->o.nudge,
        .data = h->o.data,
    };
    enum hs_status st = rejection_open(&h->o.reporter, h->folder, &h->rejection, err);

    if (st == HS_OK) st = log_keeper_open(&log, &h->log, err);
    if (st == HS_OK) st = snapshot_keeper_open(&snapshots, &h->snapshots, err);
    if (st == HS_OK) st = log_keeper_open_end(h->log, err);
    if (st != HS_OK) return st;
    return rates_keeper_open(&h->o.reporter, h->folder, h->o.config->data_dir, &h->rates, err);
}

static enum hs_status holdings_open_spare(struct holdings *h, struct hs_error *err)
{
    const struct spare_options spare = {
        .reporter = &h->o.reporter,
        .kernel_config = h->o.kernel_config,
        .engine = h->o.engine,
        .crew = {.pool = h->o.workers, .threads = h->o.config->replay_threads},
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
    st = vat_images_epoch(h->images_epoch, err);
    if (st == HS_OK) st = holdings_open_folder(h, err);
    if (st == HS_OK) st = holdings_open_spare(h, err);
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
    folder_keeper_close(h->folder);
    real_store_close(h->real_store);
}

void holdings_let_go(struct holdings *h)
{
    const struct snapshot_record *newest = snapshot_keeper_newest(h->snapshots);

    log_keeper_trim(h->log, snapshot_keeper_spared_seqnum(h->snapshots));
    if (newest && newest->verified) folder_keeper_let_go(h->folder);
}

void holdings_take_up(struct holdings *h)
{
    snapshot_keeper_take_up(h->snapshots);
    log_keeper_take_up(h->log);
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
