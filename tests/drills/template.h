/* What cases begin with: worlds, each made once, and data folders to be copied. Made before cases
 * run side by side. */
#ifndef HEADSTART_TESTS_DRILLS_TEMPLATE_H
#define HEADSTART_TESTS_DRILLS_TEMPLATE_H

#include "tests/drills/drill.h"

/** The world of that plan, made when it is first asked for. */
HS_MUST_CHECK enum hs_status drill_world(struct drill *d, const struct world_plan *plan,
                                         const struct world **out, struct hs_error *err);
/** The trunk of a kernel: DRILL_BLOCKS blocks. */
HS_MUST_CHECK enum hs_status drill_trunk(struct drill *d, enum world_kernel kernel,
                                         const struct world **out, struct hs_error *err);
/** A data folder after `blocks` blocks, made by a life with those arguments (NULL-terminated, or
 *  NULL) that was stopped in order (or killed); at <scratch>/<name>/data. */
HS_MUST_CHECK enum hs_status drill_template(struct drill *d, const struct world *w,
                                            const char *name, uint64_t blocks,
                                            const char *const *arguments, bool killed,
                                            struct hs_error *err);

#endif
