/* Engine id: which engine a heap belongs to, and counts the steps of.
 *
 * A program may hold several (embedded.h): a chain that goes over to another engine has vats on
 * both for a while, and whoever starts on an older store needs the older one. They are numbered
 * from 0 in a program, for its own use; what is stored, sent and told is the id. */
#ifndef HEADSTART_KERNEL_VAT_ENGINE_ID_H
#define HEADSTART_KERNEL_VAT_ENGINE_ID_H

#include "kernel/state/digest.h"

/** SHA-256 over all that decides what a heap holds and what running it costs: the module that
 * counts its own steps (engine/instrument.py), the supervisors' sources, what the host puts into a
 * heap. Equal ids: the same commands give the same bytes and the same steps, whatever translated
 * and compiled the module. 64 hex digits. Thread: any */
HS_MUST_CHECK enum hs_status vat_engine_id(size_t number, char hex[SHA256_HEX_BYTES],
                                           struct hs_error *err);

enum { VAT_ENGINES_MAX = 3, VAT_ENGINE_FIRST = 0 /* that chains begin on */ };
/** How many engines this program holds, 1..VAT_ENGINES_MAX. */
size_t vat_engine_count(void);
/** SHA-256 over what heap images are like, whichever engine they are of: their engines are named
 *  by the vats' own keys, beside them. 64 hex digits. */
HS_MUST_CHECK enum hs_status vat_images_epoch(char hex[SHA256_HEX_BYTES], struct hs_error *err);

#endif
