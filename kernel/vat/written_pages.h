/* Written pages: which pages of a vat's memory were written since the last look, found by faults.
 *
 *   ┌ count ┬── written ──┬──────── live memory ────────┬─ guard
 *   │       │ a byte a    │ read-only until the first   │
 *   │       │ page        │ write, which faults         │
 *
 * A page that is written again soon after it was protected stays open for some looks, and is taken
 * for written at each: comparing it costs less than protecting it and being faulted. A vat's stack,
 * and what its every message changes, is soon not faulted any more.
 *
 * Each run of pages that is protected otherwise than its neighbours is a mapping of its own, of
 * which a process has some 65,000. So the more faults there were since the last look, the more
 * pages each lets through, up to a megabyte, and a look that finds too many runs begins anew, with
 * all of it protected.
 *
 * Needs nothing of the operating system but mprotect. A first write to a page costs a fault, some
 * microseconds; what is not written costs nothing, and nothing is read to find out.
 *
 * Rejected: Linux 6.7's own tracking (userfaultfd's write protection, asked by PAGEMAP_SCAN). It
 * faults for every page of every look, the stack's too, and a look walks the whole memory: messages
 * took up to 1.4 times as long with it (docs/benchmarks.md), and only some machines have it.
 * Rejected: a byte a page that the translated engine's stores set. It costs every store, all the
 * time (6 to 10 % measured), and a second engine in the program, or the price for everybody.
 *
 * Threads: the memory's owner, and its fault handler on the same thread.
 */
#ifndef HEADSTART_KERNEL_VAT_WRITTEN_PAGES_H
#define HEADSTART_KERNEL_VAT_WRITTEN_PAGES_H

#include "kernel/state/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Right before the memory, readable and writable, zero at first. */
enum {
    WRITTEN_PAGES_COUNT_MAX = HS_HEAP_BYTES_MAX / HS_HEAP_PAGE_BYTES,
    WRITTEN_PAGES_BYTES = HS_HEAP_PAGE_BYTES + WRITTEN_PAGES_COUNT_MAX,
};
_Static_assert(WRITTEN_PAGES_BYTES % HS_HEAP_PAGE_BYTES == 0, "it lies in pages of its own");

/** These pages are readable and writable, and count as written: they were just added. */
void written_pages_note(uint8_t *memory, size_t first, size_t len);
/** Somebody else than the vat's code is about to write this page. */
void written_pages_allow(uint8_t *memory, size_t page);
/** All of the first `len` pages may be written, and count as written. Takes no mapping of the
 *  system's, and gives those back that had come of protecting some of them. False: it refused. */
bool written_pages_allow_all(uint8_t *memory, size_t len);
/** In a fault's handler: was it the first write to a page of the live memory, so that it may be
 *  tried again? */
bool written_pages_fault(uint8_t *memory, size_t memory_bytes, const uint8_t *address);

typedef void (*written_pages_fn)(void *data, size_t first, size_t len);
/** Tell of every page written since the last call that watched anew, in ascending order.
 *  Returns: false: the system refused; take all pages for written, whatever was told */
bool written_pages_collect(uint8_t *memory, size_t memory_bytes, bool anew, written_pages_fn found,
                           void *data);

#endif
