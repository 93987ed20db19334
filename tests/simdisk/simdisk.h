/* A disk in memory that loses what a real one may lose, for the disk room (disk_operations.h).
 *
 *              write, create, rename, …            sync
 *   caller ──────────────────────────────► now ─────────────► durable
 *                                           │   power cut:      │
 *                                           └── some of it ───► what is there after the restart
 *
 * What was synced is there after a restart. Of what was not, each restart draws what reached the
 * disk: nothing, everything, all until some moment, or any part of it:
 *
 *  - each page of a file is as it was after any of the writes to it since the last sync, or torn
 *    between two of these; the size is any that the file had since then
 *  - a name that was made, renamed or removed in a folder that was not synced afterwards is there
 *    or not. A rename is done or not, never half; two changes of one name come in their order
 *
 * A sync that fails with EIO has lost what it should have written as Linux does: some of it, any
 * part, is on the disk, and no later sync writes the rest.
 *
 * Calls are interrupted and cut short now and then. Refusals are asked for. All that is drawn comes
 * from one seed. Memory that runs out ends the test program.
 *
 * Threads: the operations from any number at once, as the disk room asks; all else from one while
 * none of them runs.
 */
#ifndef HEADSTART_TESTS_SIMDISK_SIMDISK_H
#define HEADSTART_TESTS_SIMDISK_SIMDISK_H

#include "kernel/state/disk_operations.h"

struct simdisk;

enum simdisk_call {
    SIMDISK_OPEN,
    SIMDISK_READ,
    SIMDISK_WRITE,
    SIMDISK_SYNC,
    SIMDISK_TRUNCATE,
    SIMDISK_SIZE,
    SIMDISK_LOCK,
    SIMDISK_LOOK,
    SIMDISK_LIST,
    SIMDISK_MAKE_FOLDER,
    SIMDISK_SYNC_FOLDER,
    SIMDISK_RENAME,
    SIMDISK_LINK,
    SIMDISK_REMOVE,
    SIMDISK_SPACE,
    SIMDISK_CALL_COUNT,
};

struct simdisk_facts {
    uint64_t calls, crashes;
    uint64_t refusals; /* calls that were answered with an errno that was asked for, or ENOSPC */
    uint64_t changes_lost; /* of names and contents, since the last sync */
    uint64_t pages_torn;
};

/** An empty disk with the root folder "/". */
struct simdisk *simdisk_open(uint64_t seed);
void simdisk_close(struct simdisk *s);
/** For the code under test; valid as long as `s`. */
const struct disk *simdisk_disk(const struct simdisk *s);

/** The power goes during the call of that kind (SIMDISK_CALL_COUNT: of any) after `calls` more of
 *  them: it may be performed or not, and it and every later one is answered with EIO, until the
 *  restart. UINT64_MAX calls: never. */
void simdisk_cut_after(struct simdisk *s, enum simdisk_call call, uint64_t calls);
bool simdisk_is_cut(const struct simdisk *s);
/** As after a power cut, which may come now: files open no more, locks gone, nothing refused. */
void simdisk_restart(struct simdisk *s);

/** Answer calls of that kind with `errnum` after `calls` more of them, once or for ever. One at a
 *  time for each kind. */
void simdisk_refuse(struct simdisk *s, enum simdisk_call call, int errnum, uint64_t calls,
                    bool for_ever);
/** No room for more than so many bytes in all files. */
void simdisk_fill(struct simdisk *s, uint64_t bytes_max);
/** Nothing is refused any more, and there is room. */
void simdisk_calm(struct simdisk *s);

/** While somebody looks who is not under test, nothing fails and no call counts. */
void simdisk_look_aside(struct simdisk *s, bool aside);

/** Is there a file, in or below the folder, that holds exactly this? */
bool simdisk_holds(const struct simdisk *s, const char *folder, struct slice content);

struct simdisk_facts simdisk_facts(const struct simdisk *s);

#endif
