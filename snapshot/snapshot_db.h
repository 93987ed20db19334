/* Snapshot store: marks made durable, the newest K of them reachable.
 *
 *   snapshot/<generation>/   one LevelDB database; snapshot/CURRENT names the one in use
 *      store entries, where each heap page is and its checksum, per snapshot a record and the undo
 *      entries that lead back to the one before it
 *   snapshot/<generation>/pages   the heap pages, never written over while a kept snapshot needs
 * them
 *
 * The newest snapshot is the database's present content; loading it is opening it, nothing is
 * copied. Older kept ones are reached by applying undo entries, newest first. A put is one synced
 * batch: a crash leaves the old newest or the new one, never a mixture.
 *
 * A generation is one line of history: a full replay, another chain history or another epoch
 * begins a new one; the previous generation stays until the new one has its first verified
 * snapshot, then it is dropped (or kept in quarantine/ if it was rejected).
 *
 * Threads: one owner. snapshot_db_put and _verify may run on a worker while other threads read the
 * base store and images.
 */
#ifndef HEADSTART_SNAPSHOT_SNAPSHOT_DB_H
#define HEADSTART_SNAPSHOT_SNAPSHOT_DB_H

#include "kernel/state/disk.h"
#include "kernel/state/kv_store.h"
#include "kernel/state/mark.h"
#include "snapshot/snapshot_record.h"

struct snapshot_db;

struct snapshot_db_options {
    const struct disk *disk;    /* outlives the store; NULL: the system's */
    const char *dir;            /* <data>/snapshot; created if missing */
    const char *quarantine_dir; /* rejected generations are moved here */
    const char *epoch;          /* vat_images_epoch: images of another are not handed out */
    uint32_t keep;              /* K: snapshots that can be returned to, >= 1 */
    /* Of what opening puts aside; NULL: it is not told. */
    void (*told)(void *data, const char *words);
    void *data;
    uint64_t (*clock)(void); /* Unix seconds for made_at; NULL: the system's */
    bool read_only;          /* offline tools, also while a daemon runs: a copy of the present
                                generation is opened, and removed by snapshot_db_close */
    bool without_pages;      /* read only: the heap pages, most of it, are not copied. Records,
                                store and what images are can be read; not verify, return_to,
                                nor an image's pages (HS_UNAVAILABLE) */
};

/** Open or create. What is damaged, stays unreadable or ends the process is moved to quarantine,
 * and the next older one tried; HS_OK with no snapshot when none is left. HS_LOCKED; HS_IO: not
 * now; HS_CORRUPT: it is damaged, and cannot be moved */
HS_MUST_CHECK enum hs_status snapshot_db_open(const struct snapshot_db_options *options,
                                              struct snapshot_db **out, struct hs_error *err);
void snapshot_db_close(struct snapshot_db *db);
/** A kernel stands on what was opened: opening it has ended no process (opening_mark.h). */
void snapshot_db_proven(struct snapshot_db *db);
/** Make durable that, and begin to make durable what opening LevelDB changed (kv_leveldb_settle),
 *  once nobody waits for the disk. Nothing left to settle: nothing happens. */
void snapshot_db_settle(struct snapshot_db *db);

/** Is it worth a table, while nobody waits, what LevelDB's log holds and a start would read? */
bool snapshot_db_flush_due(struct snapshot_db *db);
/** Make that table. Blocks on the disk; a failure shows at the next put. */
void snapshot_db_flush(struct snapshot_db *db);

/** The present content as the base store of a kernel: read only. Valid until begin_anew, return_to,
 *  reject or close. */
struct kv_store *snapshot_db_base(struct snapshot_db *db);
/** Images of the present content; NULL when there are none of this epoch. Lifetime as base. Asked
 *  for while no put runs; what it gives is read beside puts. */
struct heap_image_source *snapshot_db_images(struct snapshot_db *db);

/** Newest first; fills up to `max`, returns how many there are. */
size_t snapshot_db_list(struct snapshot_db *db, struct snapshot_record *out, size_t max);
/** HS_NOT_FOUND when there is none. */
HS_MUST_CHECK enum hs_status snapshot_db_newest(struct snapshot_db *db, struct snapshot_record *out,
                                                struct hs_error *err);
/** A snapshot of the present generation passed its verification, and so no older generation is
 * kept. That one need not be kept any more; once it is not, another process's opening knows nothing
 * of it. */
bool snapshot_db_verified(const struct snapshot_db *db);
uint64_t snapshot_db_disk_bytes(struct snapshot_db *db);

/** Make the mark the newest snapshot.
 *
 *  In:      changes  the first put of a generation writes the record over the base as it is plus
 *                    these changes
 *  Returns: HS_OK     durable: a crash from here on finds it
 *           HS_STALE  a snapshot with seqnum >= at.seqnum exists; nothing changed
 *           HS_IO     the previous newest is still whole and still newest; after a failed first put
 *                     the base may hold part of the changes, until a put succeeds
 *           HS_CORRUPT  what the changes overwrite is damaged; nothing changed */
HS_MUST_CHECK enum hs_status snapshot_db_put(struct snapshot_db *db,
                                             const struct mark_changes *changes,
                                             struct snapshot_record *out, struct hs_error *err);

/** Make the kept snapshot at `seqnum` the present content; newer ones are dropped. Crash-safe: a
 *  crash leaves one of the kept snapshots. Read only: in this handle's own copy; after an error
 *  other than HS_NOT_FOUND that holds nothing. HS_NOT_FOUND: not kept. */
HS_MUST_CHECK enum hs_status snapshot_db_return_to(struct snapshot_db *db, uint64_t seqnum,
                                                   struct hs_error *err);

/** Re-read everything of the newest snapshot and compare counts and digest; on success the record
 *  is marked verified and superseded generations are dropped. HS_CORRUPT: it failed.
 *  `cancel` may be NULL; set true from another thread to stop early (HS_CANCELLED). */
HS_MUST_CHECK enum hs_status snapshot_db_verify(struct snapshot_db *db, const _Atomic bool *cancel,
                                                struct hs_error *err);

/** Mark every snapshot of the present generation rejected on disk: never chosen again. Read only:
 *  in this handle. */
HS_MUST_CHECK enum hs_status snapshot_db_reject(struct snapshot_db *db, const char *reason,
                                                struct hs_error *err);

/** Something that the present content uses is damaged: make the newest kept snapshot that passes
 *  its verification the present content; those that are newer are dropped.
 *
 *  In:      cancel  as for verify
 *  Read only: in this handle's own copy, which then holds what a writer's would.
 *  Returns: HS_OK         there is one
 *           HS_NOT_FOUND  there is none: all are marked as rejected on disk, or nothing was kept
 *           HS_IO, HS_CANCELLED, HS_NOMEM  what is the newest now was not verified; an older one
 *                         than before, or nothing changed */
HS_MUST_CHECK enum hs_status snapshot_db_salvage(struct snapshot_db *db, const char *reason,
                                                 const _Atomic bool *cancel, struct hs_error *err);

/** Start an empty generation for a store that is about to be filled (full replay) or made (cold).
 *  It becomes the current one with its first put. */
HS_MUST_CHECK enum hs_status snapshot_db_begin_anew(struct snapshot_db *db, struct hs_error *err);
/** Add store entries to the new, not yet current generation: bounded memory for any store size. */
HS_MUST_CHECK enum hs_status snapshot_db_fill(struct snapshot_db *db, struct slice key,
                                              struct slice value, struct hs_error *err);
HS_MUST_CHECK enum hs_status snapshot_db_fill_end(struct snapshot_db *db, struct hs_error *err);

/* Begin anew with the heaps of a kept snapshot at hand: for a store that comes from elsewhere while
 * its heaps are that snapshot's and what happened since, or for one that may come to nothing. Ends
 * with _before_release or _before_restore, before a second snapshot is put. */

/** As return_to(seqnum), then begin_anew. The generation before stays readable and unchanged.
 *  HS_NOT_FOUND: not kept. On failure the store stands at some kept snapshot, seqnum or newer. */
HS_MUST_CHECK enum hs_status snapshot_db_begin_after(struct snapshot_db *db, uint64_t seqnum,
                                                     struct hs_error *err);
/** Its heap images; NULL when there are none of this epoch. Valid until one of the following. */
struct heap_image_source *snapshot_db_images_before(struct snapshot_db *db);
/** They are no longer needed. */
void snapshot_db_before_release(struct snapshot_db *db);
/** The new generation came to nothing: the one before is the present content again. */
void snapshot_db_before_restore(struct snapshot_db *db);
/** After begin_after or, where nothing was kept, begin_anew: `worked`: release; else restore, or
 *  begin anew, so that what was filled in vain takes no room. */
void snapshot_db_beside_end(struct snapshot_db *db, bool worked);

#endif
