/* Data folder: one chain's folder on disk, locked by one process.
 *
 *   LOCK        held with flock(2) as long as a process has the folder; names its process id
 *   FORMAT      format version, chain id and epoch (folder_format.h)
 *   RATES       how fast a restart's parts went (rates.h)
 *   snapshot/ log/ images/ quarantine/
 *   former-N/   all of the above of a folder of format N, until this one can do without
 *
 * Losing the folder loses time, never state: the node's store is the truth. So whatever it holds or
 * refuses, it opens. Each of its names is met in one of three ways, and what is not the first is
 * told:
 *
 *   opened        as it is, or made
 *   put aside     damaged, or another kind of thing: it goes to quarantine/, and is made anew
 *   gone without  it cannot be had now: no space, no rights, a failing disk; mend tries again
 *
 * Refused is only what a person mixed up: a folder that another process has, one of another chain,
 * one that others may write to.
 */
#ifndef HEADSTART_SIDECAR_DATA_DATA_FOLDER_H
#define HEADSTART_SIDECAR_DATA_DATA_FOLDER_H

#include "sidecar/data/folder_format.h"

enum data_folder_part {
    DATA_FOLDER_SNAPSHOT,
    DATA_FOLDER_LOG,
    DATA_FOLDER_IMAGES,
    DATA_FOLDER_QUARANTINE,
    DATA_FOLDER_RATES, /* a file */
    DATA_FOLDER_PART_COUNT,
};
/** Its name in the folder. */
const char *data_folder_part_name(enum data_folder_part part);

struct data_folder;

struct data_folder_options {
    const struct disk *disk; /* outlives the folder; NULL: the system's */
    const char *dir, *chain_id;
    void (*told)(void *data, const char *words); /* of what is put aside, gone without; NULL: no */
    void *data;
};

/** Open and lock; the folder, its parts and FORMAT are created where missing (mode 0700).
 *
 *  Returns: HS_OK           whatever the disk has or refuses
 *           HS_LOCKED       another process has it; err names its process id
 *           HS_WRONG_CHAIN  FORMAT is whole and names another chain
 *           HS_INVALID      chain_id is empty, too long, or no UTF-8
 *           HS_UNSAFE       others may write to the folder, or it is another user's
 *           HS_NOMEM */
HS_MUST_CHECK enum hs_status data_folder_open(const struct data_folder_options *options,
                                              struct data_folder **out, struct hs_error *err);
void data_folder_close(struct data_folder *f); /* unlocks */

/** Try to have what it goes without, with all checks of the open; nothing is told but what is put
 *  aside. While it runs, all but the paths is its own.
 *
 *  Returns: HS_OK  nothing is gone without; else the first that is, in words; what was had
 *                  meanwhile stays. HS_LOCKED, HS_WRONG_CHAIN, HS_UNSAFE: as for open, and still
 *                  gone without; it is not locked and nothing in it is touched
 *  Thread:  any; blocks on the disk */
HS_MUST_CHECK enum hs_status data_folder_mend(struct data_folder *f, struct hs_error *err);

/** Full path of the folder, or of a part, valid as long as the folder; also where it is gone
 *  without. */
const char *data_folder_dir(const struct data_folder *f);
const char *data_folder_path(const struct data_folder *f, enum data_folder_part part);
/** False: it is gone without, until a mend or the next start; nothing may be written there. */
bool data_folder_has(const struct data_folder *f, enum data_folder_part part);
/** As it is on disk, or was meant to be. */
const struct data_folder_format *data_folder_format(const struct data_folder *f);
/** Write `epoch` (64 hex digits) into FORMAT if it is another; *changed: it was, and not "". */
HS_MUST_CHECK enum hs_status data_folder_adopt_epoch(struct data_folder *f, const char *epoch,
                                                     bool *changed, struct hs_error *err);
/** There is a verified snapshot: what a folder of another format held goes. Costs nothing where
 *  there is none. */
void data_folder_drop_former(struct data_folder *f);

/* --- offline tools: nothing is created or locked --- */

/** HS_NOT_FOUND: `dir` is no data folder; HS_CORRUPT; HS_WRONG_EPOCH: of a version that this
 *  program does not know; HS_IO */
HS_MUST_CHECK enum hs_status
data_folder_read_format(const char *dir, struct data_folder_format *out, struct hs_error *err);
/** The path of a part of `dir`, replacing *out. */
HS_MUST_CHECK enum hs_status data_folder_part_path(const char *dir, enum data_folder_part part,
                                                   struct buffer *out, struct hs_error *err);
/** Process id that holds the lock, 0 when it is free. HS_NOT_FOUND: no LOCK file. */
HS_MUST_CHECK enum hs_status data_folder_holder(const char *dir, uint64_t *pid,
                                                struct hs_error *err);

#endif
