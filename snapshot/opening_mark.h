/* Opening mark: which generation is being opened, so that one that ends the process by an assertion
 * or for want of memory is known to the next start.
 *
 *   snapshot/OPENING   "<generation's number> <how often in a row>\n"
 *
 * Written before a generation is opened, removed once a kernel stands on it, or in an orderly end.
 * A kill on the way there leaves it too, and is no damage; so the first time it is found, the
 * opening is tried in a child process, and only a child that dies says that it is damage. Found
 * twice in a row, whatever the reason, it is.
 *
 * Writing it is not synced: it has to outlive the process, not the machine. Its removal is, when
 * nobody waits, so that power losses do not bring it back. Where it cannot be written there is
 * none.
 */
#ifndef HEADSTART_SNAPSHOT_OPENING_MARK_H
#define HEADSTART_SNAPSHOT_OPENING_MARK_H

#include "snapshot/generation.h"

/** How often in a row the opening of generation `number` came to no end. */
unsigned opening_mark_read(const struct disk *disk, const char *dir, uint64_t number);
void opening_mark_write(const struct disk *disk, const char *dir, uint64_t number, unsigned count);
void opening_mark_remove(const struct disk *disk, const char *dir);
/** Make its removal durable. */
void opening_mark_settle(const struct disk *disk, const char *dir);

/** Does a child process survive the opening of the generation in `path`? It has none of our files,
 * and ends with the thread that asks. */
bool opening_survived(const struct disk *disk, const char *path, uint64_t number,
                      enum generation_mode mode);

#endif
