/* Replay: a heap rebuilt from its transcript.
 *
 * Every recorded delivery is handed to the vat again, byte for byte; what it asks is answered from
 * the record and compared with it. The vat cannot tell a replay from the first time, so its heap
 * ends bit-identical. A difference means that the record, the program or the engine is not what it
 * was: HS_DIVERGED names the vat, the delivery and both syscalls. The kinds of difference: wrong
 * (another syscall), extra (one more than recorded), missing (fewer), result (another outcome, or
 * another count of the engine's steps).
 */
#ifndef HEADSTART_KERNEL_REPLAY_H
#define HEADSTART_KERNEL_REPLAY_H

#include "kernel/vat_process.h"

/* Told after every item; false: stop (HS_CANCELLED). */
typedef bool (*replay_step_fn)(void *data);

/** Replay items `from` up to the process's transcript_len. Reads `kv` only. */
HS_MUST_CHECK enum hs_status replay_vat(struct vat_process *p, struct kv_store *kv, uint64_t from,
                                        replay_step_fn step, void *step_data, struct hs_error *err);

#endif
