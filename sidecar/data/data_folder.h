/* Data folder: one chain's folder on disk, locked by one process.
 *
 *   LOCK        held with flock(2) as long as a process has the folder; names its process id
 *   FORMAT      format version, chain id and epoch, as JSON; written by temp, sync, rename
 *   RATES       how fast a restart's parts went (rates.h), likewise
 *   snapshot/ log/ images/ quarantine/
 *
 * Losing the folder loses time, never state: the node's store is the truth.
 */
#ifndef HEADSTART_SIDECAR_DATA_DATA_FOLDER_H
#define HEADSTART_SIDECAR_DATA_DATA_FOLDER_H

#include "kernel/state/digest.h"
#include "kernel/state/limits.h"

enum { DATA_FOLDER_VERSION = 2, DATA_FOLDER_FILE_BYTES_MAX = 4096 };

enum data_folder_part {
    DATA_FOLDER_SNAPSHOT,
    DATA_FOLDER_LOG,
    DATA_FOLDER_IMAGES,
    DATA_FOLDER_QUARANTINE,
    DATA_FOLDER_PART_COUNT,
};

struct data_folder_format {
    uint64_t version;
    char chain_id[HS_CHAIN_ID_BYTES_MAX + 1];
    char epoch[SHA256_HEX_BYTES]; /* of the engine that wrote it last; "" before the first */
};

struct data_folder;

/** Open and lock; the folder, its parts and FORMAT are created where missing (mode 0700).
 *
 *  Returns: HS_OK
 *           HS_LOCKED       another process has it; err names its process id
 *           HS_WRONG_CHAIN  FORMAT names another chain
 *           HS_WRONG_EPOCH  FORMAT has a version that this program does not know
 *           HS_CORRUPT      FORMAT cannot be read
 *           HS_INVALID      chain_id is empty or too long
 *           HS_PERMISSION   others may write to the folder, or it is another user's
 *           HS_IO, HS_NOMEM */
HS_MUST_CHECK enum hs_status data_folder_open(const char *dir, const char *chain_id,
                                              struct data_folder **out, struct hs_error *err);
void data_folder_close(struct data_folder *f); /* unlocks */

/** Full path of a part, valid as long as the folder. */
const char *data_folder_path(const struct data_folder *f, enum data_folder_part part);
const struct data_folder_format *data_folder_format(const struct data_folder *f);
/** Write `epoch` (64 hex digits) into FORMAT if it is another; *changed: it was, and not "". */
HS_MUST_CHECK enum hs_status data_folder_adopt_epoch(struct data_folder *f, const char *epoch,
                                                     bool *changed, struct hs_error *err);

/** Replace the small file `name` in `dir` by `text`: temp, sync, rename, sync. A crash leaves the
 *  old one or the new one. HS_IO, HS_PERMISSION, HS_NOMEM */
HS_MUST_CHECK enum hs_status data_folder_write_file(const char *dir, const char *name,
                                                    const char *text, struct hs_error *err);
/** Its contents, replacing *out; at most DATA_FOLDER_FILE_BYTES_MAX. HS_NOT_FOUND, HS_IO */
HS_MUST_CHECK enum hs_status data_folder_read_file(const char *dir, const char *name,
                                                   struct buffer *out, struct hs_error *err);

/* --- offline tools: nothing is created or locked --- */

/** HS_NOT_FOUND: `dir` is no data folder; HS_CORRUPT, HS_WRONG_EPOCH as above. */
HS_MUST_CHECK enum hs_status
data_folder_read_format(const char *dir, struct data_folder_format *out, struct hs_error *err);
/** The path of a part of `dir`, replacing *out. */
HS_MUST_CHECK enum hs_status data_folder_part_path(const char *dir, enum data_folder_part part,
                                                   struct buffer *out, struct hs_error *err);
/** Process id that holds the lock, 0 when it is free. HS_NOT_FOUND: no LOCK file. */
HS_MUST_CHECK enum hs_status data_folder_holder(const char *dir, uint64_t *pid,
                                                struct hs_error *err);

#endif
