/* The rows, each defined in the file of its kind; rows.c has the table. */
#ifndef HEADSTART_TESTS_DRILLS_ROWS_H
#define HEADSTART_TESTS_DRILLS_ROWS_H

#include "tests/drills/drill.h"

extern const struct drill_row row_points, row_errors;                   /* row_faults.c */
extern const struct drill_row row_recovery, row_kills;                  /* row_kills.c */
extern const struct drill_row row_cuts, row_flips, row_files, row_live; /* row_damage.c */
extern const struct drill_row row_disk;                                 /* row_disk.c */
extern const struct drill_row row_forks, row_behind, row_proposals;     /* row_forks.c */
extern const struct drill_row row_diverge, row_lock, row_nodes;         /* row_nodes.c */
extern const struct drill_row row_formats;                              /* row_formats.c */
extern const struct drill_row row_peers;                                /* row_peers.c */
extern const struct drill_row row_soak, row_retention;                  /* row_soak.c */
extern const struct drill_row row_power, row_syncs;                     /* row_power.c */
extern const struct drill_row row_stops;                                /* row_stops.c */
extern const struct drill_row row_log;                                  /* row_log.c */

extern const struct drill_row *const drill_rows[];
extern const size_t drill_rows_len;

#endif
