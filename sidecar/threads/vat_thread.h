/* Vat thread: work of the main thread's that runs vats, on a thread with the native stack that they
 * need (kernel/vat/vat.h); a main thread has none for certain. */
#ifndef HEADSTART_SIDECAR_THREADS_VAT_THREAD_H
#define HEADSTART_SIDECAR_THREADS_VAT_THREAD_H

#include "kernel/state/errors.h"

/** Run it to its end there. HS_INTERNAL: the thread cannot be started; else what `work` returned.
 */
HS_MUST_CHECK enum hs_status vat_thread_run(enum hs_status (*work)(void *data,
                                                                   struct hs_error *err),
                                            void *data, struct hs_error *err);

#endif
