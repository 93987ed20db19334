/* Base switch: the store that a kernel is started on, whichever store answers behind it now.
 *
 * Replay always reads our own copy (the mirror). Under `reads = node` a delivery's reads go to the
 * node's store instead, which its open transaction shows at exactly the kernel's position; between
 * deliveries nobody answers there, so the switch goes back. Read only.
 *
 * Threads: switched by the kernel's owner while nobody reads.
 */
#ifndef HEADSTART_SIDECAR_BASE_SWITCH_H
#define HEADSTART_SIDECAR_BASE_SWITCH_H

#include "kernel/state/kv_store.h"

struct base_switch;

HS_MUST_CHECK enum hs_status base_switch_open(struct base_switch **out, struct hs_error *err);
void base_switch_close(struct base_switch *b);
struct kv_store *base_switch_store(struct base_switch *b);
/** Reads go to `target` from now on; borrowed. */
void base_switch_to(struct base_switch *b, struct kv_store *target);

#endif
