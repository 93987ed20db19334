/* Vat: one JavaScript program with its own heap, driven by commands, that can go back to a mark.
 *
 *   vat_open ──boot image or boot──► live heap ──vat_mark──► mark image ──changes_take──► snapshot
 *      ▲                                  ▲                      │
 *      └── vat_open_image (a heap image)  └────vat_back_to_mark──┘
 *
 * The engine is QuickJS-ng as WebAssembly, translated to C and compiled in. A vat's whole state is
 * its linear memory, size included, plus the stack-pointer global; nothing of it lives outside, so
 * that copying the memory copies the vat. The protocol with the program is that of Agoric's xsnap
 * worker: byte strings of JSON (docs/kernel.md).
 *
 * Threads: a vat belongs to one thread at a time, which needs a native stack of
 * HS_VAT_THREAD_STACK_BYTES: the wasm stack check must fire before the native stack ends, or
 * identical vats would behave differently. Different vats run on different threads freely.
 */
#ifndef HEADSTART_KERNEL_VAT_VAT_H
#define HEADSTART_KERNEL_VAT_VAT_H

#include "kernel/state/digest.h"
#include "kernel/state/heap_image.h"
#include "kernel/vat/engine.h"
#include "kernel/vat/vat_host.h"
#include "kernel/vat/vat_limits.h"
#include "kernel/vat/vat_message.h"

struct vat;

/** A vat of engine `number` whose supervisor has booted and that waits for its first command. From
 *  the boot image if there is one, else booted now and the image kept: both give the same bytes. */
HS_MUST_CHECK enum hs_status vat_open(struct vat_engine *e, size_t number, const char *vat_id,
                                      struct vat_limits limits, struct vat **out,
                                      struct hs_error *err);

/** A vat from a heap image of that engine. HS_CORRUPT: the image failed its checks. The mark is the
 *  image. */
HS_MUST_CHECK enum hs_status vat_open_image(struct vat_engine *e, size_t number,
                                            struct vat_limits limits,
                                            struct heap_image_source *source,
                                            const struct heap_image_info *info, struct vat **out,
                                            struct hs_error *err);
void vat_close(struct vat *v);

/** Hand `command` to the vat's handleCommand, run promise jobs and setImmediate callbacks until it
 *  is quiet.
 *
 *  Out:     result   what the vat answered (replaced); ticks: spent; NULL: unwanted
 *  Returns: HS_OK
 *           HS_VAT_FAILED  trap, spent meter, memory or stack limit past catching, or no answer:
 *                          the heap is undefined; close the vat or go back to its mark
 *           HS_CANCELLED   the engine was stopped (vat_engine_stop); likewise
 *           other          the handler's own status; the heap is undefined likewise */
HS_MUST_CHECK enum hs_status vat_command(struct vat *v, struct slice command, vat_host_fn host,
                                         void *host_data, struct buffer *result, uint64_t *ticks,
                                         struct hs_error *err);

/** As vat_command of ["deliver", that message]. */
HS_MUST_CHECK enum hs_status vat_deliver_message(struct vat *v, const struct vat_message *message,
                                                 vat_host_fn host, void *host_data,
                                                 struct buffer *result, uint64_t *ticks,
                                                 struct hs_error *err);

/** Engine steps of the last command, failed or not: the same wherever the same heap is given the
 *  same command by the same engine (engine_id.h). */
uint64_t vat_steps(const struct vat *v);
/** How many a command may take, from the next one on; at first what the limits say. */
uint64_t vat_steps_max(const struct vat *v);
void vat_set_steps_max(struct vat *v, uint64_t steps_max);

/** How far its memory may grow, from the next command on; what it has it keeps. */
void vat_set_memory_max(struct vat *v, uint64_t bytes);

/** The live heap becomes the mark: what differs is copied. Cannot fail. */
void vat_mark(struct vat *v);
/** The mark becomes the live heap: what differs is copied back, size included. A vat opened
 *  by vat_open and never marked goes back to its boot. Cannot fail. */
void vat_back_to_mark(struct vat *v);

/** Keep what the live heap is now, to go back to, as savepoint `id`: larger than that of every
 *  savepoint kept. Ends with the mark, and with going back behind it. HS_NOMEM: it is not kept. */
HS_MUST_CHECK enum hs_status vat_savepoint(struct vat *v, uint64_t id, uint64_t transcript_entries,
                                           struct hs_error *err);
/** The live heap becomes what it was at the newest savepoint with an id up to `id`; savepoints
 *  behind it end. Cannot fail.
 *  Out:     transcript_entries  as they were there
 *  Returns: false: there is no such savepoint, it became the mark, nothing written */
bool vat_back_to(struct vat *v, uint64_t id, uint64_t *transcript_entries);
/** Savepoint `id` is given up; the one after it is `next`. Cannot fail. */
void vat_savepoint_give_up(struct vat *v, uint64_t id, uint64_t next);
/** All savepoints end; the live heap stays. */
void vat_savepoints_end(struct vat *v);
/** Memory that ended savepoints left for the next is given back. */
void vat_savepoints_spare_none(struct vat *v);
/** Keep what the live heap is now, behind every savepoint, until one of the next two; nothing else
 *  of this header but commands may come in between, or going back. HS_NOMEM: it is not kept. */
HS_MUST_CHECK enum hs_status vat_guard(struct vat *v, struct hs_error *err);
/** What it is now stays. Cannot fail. */
void vat_guard_end(struct vat *v);
/** It becomes what it was, also after a command that failed. Cannot fail. */
void vat_guard_return(struct vat *v);
/** Id of the newest savepoint that the heap has a version for; 0: none. */
uint64_t vat_savepoint_last(const struct vat *v);
uint64_t vat_savepoint_bytes(const struct vat *v); /* that they occupy */

/** The vat's mark image as changes since the last take (everything, the first time); see
 *  heap_image.h. info.transcript_entries is the caller's to fill. */
HS_MUST_CHECK enum hs_status vat_changes_take(struct vat *v, struct heap_changes *out,
                                              struct hs_error *err);
/** These changes did not become durable: the next take holds them again. */
void vat_changes_give_back(struct vat *v, const struct heap_changes *changes);
/** What was taken, or came from an image, is not kept where the next take goes: that one gives the
 *  whole mark image. */
void vat_changes_forget(struct vat *v);

const char *vat_id(const struct vat *v);
uint64_t vat_heap_bytes(const struct vat *v);   /* live linear memory */
uint64_t vat_memory_bytes(const struct vat *v); /* all that the vat occupies: heap, mark, tables */
/** SHA-256 of the live heap and stack pointer: equal vats have equal digests. */
HS_MUST_CHECK enum hs_status vat_heap_sha256(const struct vat *v, char hex[SHA256_HEX_BYTES],
                                             struct hs_error *err);

#endif
