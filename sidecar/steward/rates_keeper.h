/* Rates keeper: how fast a restart's parts go is measured where it happens (figures_measured) and
 * kept in the data folder by this.
 *
 * The file is written when there is nothing else to do, and at the end: a node never waits for it,
 * and a killed daemon leaves at most the last minute unsaid. What could not be written is tried
 * again with the next minute, and shown as gone without until it is.
 */
#ifndef HEADSTART_SIDECAR_STEWARD_RATES_KEEPER_H
#define HEADSTART_SIDECAR_STEWARD_RATES_KEEPER_H

#include "sidecar/report/reporter.h"
#include "sidecar/steward/folder_keeper.h"

struct rates_keeper;

/** All are borrowed until rates_keeper_close. What was kept in `data_dir` becomes the figures'
 *  rates; nothing is read or written while the folder has no place for them. */
HS_MUST_CHECK enum hs_status rates_keeper_open(const struct reporter *reporter,
                                               struct folder_keeper *folder, const char *data_dir,
                                               struct rates_keeper **out, struct hs_error *err);
/** Saves them. */
void rates_keeper_close(struct rates_keeper *k);
/** Save them if it is time to. */
void rates_keeper_idle(struct rates_keeper *k);

#endif
