/* Vat end: a vat ends in the crank at hand, or one that is critical is spared that. The answer's
 * events say so, and so does the store, to who asks later: `vats.ended` lists the newest of them,
 * `v$N.undone` counts.
 */
#ifndef HEADSTART_KERNEL_VAT_END_H
#define HEADSTART_KERNEL_VAT_END_H

#include "kernel/kernel_core.h"
#include "kernel/vat_handler.h"

enum { VATS_ENDED_TOLD_MAX = 16 }; /* of those that ended, in the store */

/* Why it ends. */
struct vat_fate {
    const struct vat_name *vat;
    const char *reason;               /* without its name */
    const char *message;              /* what those who wait for it get */
    const char *handed;               /* what it was given to do; "": nothing */
    const struct vat_last_word *word; /* what its maker gets; NULL: an error, `message` */
};

/** Inside a crank: the vat ends, and that is told. */
HS_MUST_CHECK enum hs_status vat_end(struct kernel *k, const struct vat_fate *fate,
                                     struct hs_error *err);
/** Inside the crank in place of one of a critical vat that failed, and was undone: that is told. */
HS_MUST_CHECK enum hs_status vat_spare(struct kernel *k, const struct vat_fate *fate,
                                       struct hs_error *err);

#endif
