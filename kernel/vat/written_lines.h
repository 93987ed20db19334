/* Written lines: which lines of a vat's memory were written since the last look.
 *
 * Every store of the translated engine sets a byte of written_map.h, and whoever else writes there
 * notes it. That is an instruction or two a store, without a branch, and takes less of the engine's
 * time than its measurements vary by. A look reads the map, a byte a line, and no line.
 *
 * A store that begins in a line's last bytes ends in the next line, whose byte is not set: of the
 * line behind one that was written, WRITTEN_LINES_OVERLAP bytes may have been as well.
 *
 * Rejected: read-only pages, whose first write faults. It costs the engine nothing, but each page
 * of each look a fault, two changes of protection, and a mapping of the process: a quarter of the
 * real ledger's time in blocks of 20 messages. What is written always had to stay open, and was
 * compared at each look.
 *
 * Rejected: Linux 6.7's own tracking (userfaultfd's write protection, asked by PAGEMAP_SCAN). It
 * faults for every page of every look, the stack's too, and a look walks the whole memory: messages
 * took up to 1.4 times as long as with read-only pages, and only some machines have it.
 *
 * Threads: the memory's owner.
 */
#ifndef HEADSTART_KERNEL_VAT_WRITTEN_LINES_H
#define HEADSTART_KERNEL_VAT_WRITTEN_LINES_H

#include "kernel/vat/written_map.h"

#include <stddef.h>

/* Before the memory; readable and writable, zero at first. */
enum { WRITTEN_LINES_BYTES = WRITTEN_MAP_BYTES, WRITTEN_LINES_OVERLAP = 7 };

/** Somebody else than the engine writes here, or these bytes were just added. */
void written_lines_note(uint8_t *memory, size_t at, size_t len);

typedef void (*written_lines_fn)(void *data, size_t first, size_t len);
/** Tell of every line written since the last call, in ascending runs with a line or more between
 *  them. */
void written_lines_take(uint8_t *memory, size_t memory_bytes, written_lines_fn found, void *data);

#endif
