#include "tests/drills/rows.h"

const struct drill_row *const drill_rows[] = {
    &row_points,    &row_recovery, &row_kills,     &row_power, &row_cuts,    &row_flips,
    &row_files,     &row_disk,     &row_errors,    &row_syncs, &row_peers,   &row_forks,
    &row_behind,    &row_log,      &row_diverge,   &row_lock,  &row_formats, &row_soak,
    &row_retention, &row_live,     &row_proposals, &row_stops, &row_nodes,
};
const size_t drill_rows_len = sizeof drill_rows / sizeof drill_rows[0];
