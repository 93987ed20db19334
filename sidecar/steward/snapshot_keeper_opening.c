/* Opening, now or late, and closing. */
#include "sidecar/steward/snapshot_keeper_state.h"

#include <assert.h>
#include <stdlib.h>

enum hs_status snapshot_keeper_open(const struct snapshot_keeper_options *options,
                                    struct snapshot_keeper **out, struct hs_error *err)
{
    struct snapshot_keeper *k = calloc(1, sizeof *k);
    struct hs_error why = {0};
    enum hs_status st = HS_NOMEM;

    *out = NULL;
    if (!k) return hs_fail(err, st, "out of memory for the snapshots");
    k->o = *options;
    snapshot_keeper_ask_place(k);
    background_init(&k->background);
    k->allowance = snapshot_allowance_full(clock_now_us(k->o.reporter->clock));
    k->records = calloc(HS_SNAPSHOT_KEEP_MAX, sizeof *k->records);
    if (k->records) {
        st = snapshot_keeper_open_store(k, &k->db, &why);
    } else {
        (void)hs_fail(&why, st, "out of memory");
    }
    if (st == HS_LOCKED || st == HS_NOMEM) {
        snapshot_keeper_close(k);
        return hs_fail(err, st, "snapshot store: %s", why.text);
    }
    if (st != HS_OK) snapshot_keeper_failing(k, why.text);
    snapshot_keeper_moved(k);
    snapshot_keeper_verify_later(k);
    *out = k;
    return HS_OK;
}

void snapshot_keeper_take_up(struct snapshot_keeper *k)
{
    assert(k->work == SNAPSHOT_WORK_NONE);
    if (k->db) return;
    snapshot_keeper_ask_place(k);
    if (snapshot_keeper_open_store(k, &k->db, NULL) != HS_OK) return;
    snapshot_keeper_open_again(k);
    snapshot_keeper_moved(k);
}

void snapshot_keeper_close(struct snapshot_keeper *k)
{
    if (!k) return;
    (void)snapshot_keeper_settle(k, NULL, NULL);
    snapshot_db_close(k->db);
    background_fini(&k->background);
    free(k->records);
    free(k);
}
