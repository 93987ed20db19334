/* FORMAT: what a data folder says of itself. A line of JSON and a line with its checksum, so that a
 * damaged one is told from one of another chain or version. Written whole or not at all.
 */
#ifndef HEADSTART_SIDECAR_DATA_FOLDER_FORMAT_H
#define HEADSTART_SIDECAR_DATA_FOLDER_FORMAT_H

#include "kernel/state/digest.h"
#include "kernel/state/disk.h"
#include "kernel/state/limits.h"

enum { DATA_FOLDER_VERSION = 5 };

struct data_folder_format {
    uint64_t version;
    char chain_id[HS_CHAIN_ID_BYTES_MAX + 1];
    char epoch[SHA256_HEX_BYTES]; /* of the images that were last written; "" before the first */
};

/** Of a version that this program does not know, the rest is as far as it can be understood.
 *
 *  HS_NOT_FOUND, HS_IO; HS_CORRUPT: not what was written */
HS_MUST_CHECK enum hs_status folder_format_read(const struct disk *disk, const char *dir,
                                                struct data_folder_format *out,
                                                struct hs_error *err);
/** HS_INVALID: the chain id is no UTF-8; HS_IO, HS_CORRUPT (something else stands there) */
HS_MUST_CHECK enum hs_status folder_format_write(const struct disk *disk, const char *dir,
                                                 const struct data_folder_format *format,
                                                 struct hs_error *err);

#endif
