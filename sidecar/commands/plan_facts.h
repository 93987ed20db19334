/* Where the facts of a restart plan come from: a daemon's status, or a data folder at rest. */
#ifndef HEADSTART_SIDECAR_COMMANDS_PLAN_FACTS_H
#define HEADSTART_SIDECAR_COMMANDS_PLAN_FACTS_H

#include "sidecar/commands/failure.h"
#include "sidecar/decide/restart_plan.h"
#include "sidecar/settings/settings.h"

struct plan_account {
    struct plan_facts facts;
    struct entry_snapshot *snapshots; /* owned; what facts.entry.snapshots is */
    struct rates rates;
    bool from_daemon;
    bool other_epoch;   /* there are none because another program wrote the folder */
    bool snapshot_lost; /* there was one, but none that passes its checks */
    /* Of those that are there, the start leaves so many out, and why; "": none. */
    size_t snapshots_fallen;
    char damage[HS_ERROR_TEXT_BYTES_MAX];
};

/** From the daemon if one answers and the data folder is not named as another's, else from the
 *  data folder. What cannot be had is told; the code says which. */
enum exit_code plan_account_take(const struct settings *s, struct plan_account *out);
void plan_account_fini(struct plan_account *a);

#endif
