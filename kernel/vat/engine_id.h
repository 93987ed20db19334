/* Engine id: which engine a heap belongs to, and counts the steps of. */
#ifndef HEADSTART_KERNEL_VAT_ENGINE_ID_H
#define HEADSTART_KERNEL_VAT_ENGINE_ID_H

#include "kernel/state/digest.h"

/** SHA-256 over all that decides what a heap holds and what running it costs: the module that
 * counts its own steps (engine/instrument.py), the supervisors' sources, what the host puts into a
 * heap. Equal ids: the same commands give the same bytes and the same steps, whatever translated
 * and compiled the module. 64 hex digits. Thread: any */
HS_MUST_CHECK enum hs_status vat_engine_id(char hex[SHA256_HEX_BYTES], struct hs_error *err);

#endif
