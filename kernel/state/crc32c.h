/* CRC32C (Castagnoli), the checksum of log records, ours and LevelDB's: catches every burst of up
 * to 32 bits. */
#ifndef HEADSTART_KERNEL_STATE_CRC32C_H
#define HEADSTART_KERNEL_STATE_CRC32C_H

#include "kernel/state/bytes.h"

/** The checksum of `s` behind what `crc` is the checksum of; 0 to begin. */
uint32_t crc32c(uint32_t crc, struct slice s);
/** The same without the processor's instruction: what machines without one use. */
uint32_t crc32c_portable(uint32_t crc, struct slice s);

#endif
