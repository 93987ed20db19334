/* Retry: when something that failed is tried again. The pause doubles with each failure in a row,
 * from a second to a minute, or is as long as the attempt took.
 *
 * Each that has one tries another thing, whose failure says nothing of the others: the folder
 * keeper what the data folder could not give, the snapshot keeper a snapshot, the helm a lost
 * kernel.
 *
 * A plain value; all zero: nothing failed.
 */
#ifndef HEADSTART_SIDECAR_STEWARD_RETRY_H
#define HEADSTART_SIDECAR_STEWARD_RETRY_H

#include <stdbool.h>
#include <stdint.h>

struct retry {
    uint64_t pause_us; /* waited after the last failure; 0: none since the last success */
    uint64_t after_us; /* the clock's: no attempt before */
};

bool retry_due(const struct retry *r, uint64_t now_us);
/** `took_us`: what the attempt took; 0: nothing to speak of. */
void retry_failed(struct retry *r, uint64_t now_us, uint64_t took_us);
void retry_worked(struct retry *r);

#endif
