/* Digests: SHA-256 for what must be proven, xxh3 for what must only be noticed.
 *
 * The activity hash, epochs and boot-image names are SHA-256 (FIPS 180-4, from libcrypto). Heap
 * pages and whole-snapshot digests are XXH3 (xxHash 0.8, 64 bits): they guard against damage, not
 * against an adversary who can write to the data folder.
 */
#ifndef HEADSTART_KERNEL_STATE_DIGEST_H
#define HEADSTART_KERNEL_STATE_DIGEST_H

#include "kernel/state/bytes.h"

enum { SHA256_HEX_BYTES = 65 }; /* 64 lower-case hex digits and a NUL */

struct sha256; /* a running digest; reusable */

HS_MUST_CHECK enum hs_status sha256_open(struct sha256 **out, struct hs_error *err);
void sha256_close(struct sha256 *h);
/** Forget what was added. */
void sha256_reset(struct sha256 *h);
void sha256_add(struct sha256 *h, struct slice s);
/** Write the digest of what was added; the digest starts anew. */
void sha256_finish_hex(struct sha256 *h, char hex[SHA256_HEX_BYTES]);
/** One-shot. */
HS_MUST_CHECK enum hs_status sha256_hex(struct slice s, char hex[SHA256_HEX_BYTES],
                                        struct hs_error *err);

/** XXH3-64 of the bytes, seed 0. */
uint64_t checksum64(struct slice s);

/** XXH3-64 over `key` then `value`, each with its length, so that ("ab","c") differs from
 *  ("a","bc"). Summing these (mod 2^64) over a store gives a digest that does not depend on
 *  order and can be kept up to date by adding and subtracting entries. */
uint64_t entry_checksum64(struct slice key, struct slice value);

#endif
