/* Divergence: a message executed again gave another hash than was recorded. Who was it?
 *
 *   our transcript items of that message ──compared with──► the node's, once a node is connected
 *
 * The hash says that something differs, the transcripts say what: per delivery, each syscall and
 * its answer. A vat that was told the same and did something else is where it began; what others
 * were told differently follows from that. */
#ifndef HEADSTART_SIDECAR_STEWARD_DIVERGENCE_H
#define HEADSTART_SIDECAR_STEWARD_DIVERGENCE_H

#include "kernel/kernel.h"

#include <jansson.h>

struct divergence;

/** Keep what is needed of a message that diverged.
 *
 *  In:  kernel    for the vats' names
 *       recorded  what the log says of it
 *       made      what it led to now; its `writes` are copied as far as they are transcripts */
HS_MUST_CHECK enum hs_status divergence_open(struct kernel *kernel,
                                             const struct log_entry *recorded,
                                             const struct kernel_outcome *made,
                                             struct divergence **out, struct hs_error *err);
void divergence_close(struct divergence *d);

/** Compare with the transcripts in `real`. On failure (the node does not answer) nothing is found,
 *  and it may be tried again. */
HS_MUST_CHECK enum hs_status divergence_compare(struct divergence *d, struct kv_store *real,
                                                struct hs_error *err);
/** What is known, in words; before the comparison that it needs a node. */
const char *divergence_words(const struct divergence *d);
/** All of it, for people; NULL: no memory. The caller owns it. */
json_t *divergence_json(const struct divergence *d);

#endif
