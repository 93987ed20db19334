/* Engine: what all vats of a process share; above all the booted heap that each starts from. */
#ifndef HEADSTART_KERNEL_VAT_ENGINE_H
#define HEADSTART_KERNEL_VAT_ENGINE_H

#include "kernel/vat/page_watch.h"
#include "kernel/vat/vat.h"

/** The heap of a supervisor right after its boot: kept in memory, else read from the cache folder,
 *  else made now and kept in both. Borrowed, unchanging, valid as long as the engine.
 *  Thread: any; a first boot makes others wait. */
HS_MUST_CHECK enum hs_status vat_engine_boot_heap(struct vat_engine *e,
                                                  enum vat_supervisor supervisor,
                                                  const struct heap_changes **out,
                                                  struct hs_error *err);

const struct page_watch *vat_engine_page_watch(const struct vat_engine *e);

#endif
