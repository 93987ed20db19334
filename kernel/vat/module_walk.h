/* Module walk: which modules a program is made of, found by the engine itself. */
#ifndef HEADSTART_KERNEL_VAT_MODULE_WALK_H
#define HEADSTART_KERNEL_VAT_MODULE_WALK_H

#include "kernel/vat/module_names.h"

/** Compile the module `name` without running it, and ask the finder for all that it and they
 *  import, each once. Blocks.
 *
 *  Returns: HS_INVALID  one does not compile: why and where; other: the finder's, or HS_NOMEM
 *  Thread:  needs a native stack of HS_VAT_THREAD_STACK_BYTES */
HS_MUST_CHECK enum hs_status module_walk(const struct module_finder *finder, const char *name,
                                         struct slice source, struct hs_error *err);

#endif
