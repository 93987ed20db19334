/* Vat admin: vats that are made, upgraded, changed and ended while the kernel runs.
 *
 *   vatAdmin device ──► event ──► acceptance queue, run queue ──► a crank here ──► vat_handler.h
 *
 * Whatever goes wrong in such a crank is told to who asked for it, and nothing of it stays: a vat
 * that does not start was never there, one whose upgrade fails goes on as it was.
 */
#ifndef HEADSTART_KERNEL_VAT_ADMIN_H
#define HEADSTART_KERNEL_VAT_ADMIN_H

#include "kernel/kernel_core.h"
#include "kernel/tables/events.h"
#include "kernel/tables/vat_record.h"

/** Inside a crank: do what the event says, which is released. HS_VAT_FAILED: it cannot be done, err
 *  says why; k->ran is NULL, the new process, or, of changed options, the vat itself. */
HS_MUST_CHECK enum hs_status vat_admin_run(struct kernel *k, const struct event *e,
                                           struct hs_error *err);

/** In a crank in its place: the event, which failed for `why`, is released, and that is told. */
HS_MUST_CHECK enum hs_status vat_admin_give_up(struct kernel *k, const struct event *e,
                                               const char *why, struct hs_error *err);

/** Is there room for `more` bytes of memory limits, those of `but` not counted (NULL: all are)?
 *  HS_VAT_FAILED: no, in words. */
HS_MUST_CHECK enum hs_status vat_admin_check_memory(struct kernel *k, uint64_t more,
                                                    const struct ref *but, struct hs_error *err);

/* What the details of an event say. */
struct vat_details {
    struct ref admin;           /* d$N; "": the chain itself asks (chain_upgrade.h) */
    struct vat_program program; /* its source borrows `source`; neither: the vat's own */
    struct buffer source;       /* decoded */
    struct vat_options options; /* of a vat that is made */
    bool has_options;
    uint64_t upgrade;      /* number of an upgrade; 0: it is none */
    struct buffer message; /* decoded: what promises are rejected with */
    uint64_t memory;       /* new options; 0: as it was */
    struct reap_setting reaps;
};

void vat_details_fini(struct vat_details *d);
/** False: not well-formed. vat_details_fini in any case. */
bool vat_details_parse(struct slice json, struct vat_details *out);
HS_MUST_CHECK enum hs_status vat_details_print(const struct vat_details *d, struct buffer *out);

#endif
