/* The snapshots that a dead sidecar left, read with the drill's own eyes. */
#ifndef HEADSTART_TESTS_DRILLS_SNAPSHOTS_H
#define HEADSTART_TESTS_DRILLS_SNAPSHOTS_H

#include "snapshot/snapshot_db.h"

/** Records of data folder `data`, newest first. No process may write there. verify: every entry and
 *  page of the newest is read and added up again; HS_CORRUPT: it is not what its record says. */
HS_MUST_CHECK enum hs_status snapshots_read(const char *data, bool verify,
                                            struct snapshot_record *out, size_t max, size_t *len,
                                            struct hs_error *err);

#endif
