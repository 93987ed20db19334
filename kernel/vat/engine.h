/* Engine: what all vats of a process share: module tables, trap handler, and the booted
 * heap that each starts from. */
#ifndef HEADSTART_KERNEL_VAT_ENGINE_H
#define HEADSTART_KERNEL_VAT_ENGINE_H

#include "kernel/state/disk.h"
#include "kernel/vat/engine_id.h"

struct boot_image;
struct stop_switch;
struct vat_engine;

/** Prepare the process for vats: installs a SIGSEGV/SIGBUS handler for heap guard pages that passes
 *  faults outside any vat's guard on to the previous handler.
 *
 *  In:      disk            outlives the engine
 *           boot_image_dir  where booted heaps are cached, created if missing; NULL, or it
 *                          cannot be: no cache
 *  Thread:  once per process, before vats; the engine may then be used from any thread */
HS_MUST_CHECK enum hs_status vat_engine_open(const struct disk *disk, const char *boot_image_dir,
                                             struct vat_engine **out, struct hs_error *err);
void vat_engine_close(struct vat_engine *e); /* no vat may be left */
/** Booted heaps are cached in `dir` from here on, if they were not. Out of memory: they are not.
 *  Thread: any */
void vat_engine_keep_images(struct vat_engine *e, const char *dir);

/** vat_engine_id (engine_id.h) of engine `number`. Valid as long as the engine. */
const char *vat_engine_id_at(const struct vat_engine *e, size_t number);
/** The number of the engine whose id that is; false: this program does not hold it. */
bool vat_engine_find(const struct vat_engine *e, struct slice id, size_t *number);

/** Engine `number`'s heap right after its boot: kept in memory, else read from the cache folder,
 *  else made now and kept in both. Borrowed, unchanging, valid as long as the engine.
 *  Thread: any; a first boot makes others wait. */
HS_MUST_CHECK enum hs_status vat_engine_boot_image(struct vat_engine *e, size_t number,
                                                   const struct boot_image **out,
                                                   struct hs_error *err);

/** Every command that runs ends with HS_CANCELLED within microseconds, and so does every later one
 *  until the resume: heaps are undefined then, and nobody's count of steps is touched.
 *  Thread: any */
void vat_engine_stop(struct vat_engine *e);
void vat_engine_resume(struct vat_engine *e);

/** Do vats that come watch which of their lines are written? Without, all are compared: for tests,
 *  which see that it comes to the same. */
void vat_engine_watch(struct vat_engine *e, bool watch);
bool vat_engine_watches(const struct vat_engine *e);
struct stop_switch *vat_engine_stop_switch(struct vat_engine *e);

#endif
