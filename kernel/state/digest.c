/* A crank finishes two digests. libcrypto's EVP_ functions allocate at each beginning anew,
 * whatever they are handed, so SHA-256 is asked by its own name: the same code behind it, and a
 * plain value. */
#define OPENSSL_API_COMPAT 10100 /* SHA256_…, which later ones call old */

#include "kernel/state/digest.h"

#include "kernel/state/hex.h"

#include <assert.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { SHA256_BYTES = SHA256_DIGEST_LENGTH };
_Static_assert(2 * SHA256_BYTES + 1 == SHA256_HEX_BYTES, "two digits a byte and a NUL");

struct sha256 {
    SHA256_CTX context;
};

enum hs_status sha256_open(struct sha256 **out, struct hs_error *err)
{
    struct sha256 *h = calloc(1, sizeof *h);

    assert(out);
    if (!h) return hs_fail(err, HS_NOMEM, "SHA-256: out of memory");
    sha256_reset(h);
    *out = h;
    return HS_OK;
}

void sha256_close(struct sha256 *h)
{
    free(h);
}

void sha256_reset(struct sha256 *h)
{
    int ok = SHA256_Init(&h->context);

    assert(ok == 1);
    (void)ok;
}

void sha256_add(struct sha256 *h, struct slice s)
{
    int ok = SHA256_Update(&h->context, s.data, s.len);

    assert(ok == 1);
    (void)ok;
}

void sha256_finish_hex(struct sha256 *h, char hex[SHA256_HEX_BYTES])
{
    unsigned char digest[SHA256_BYTES];
    int ok = SHA256_Final(digest, &h->context);

    assert(ok == 1);
    (void)ok;
    hex_encode((const char *)digest, SHA256_BYTES, hex);
    sha256_reset(h);
}

enum hs_status sha256_hex(struct slice s, char hex[SHA256_HEX_BYTES], struct hs_error *err)
{
    struct sha256 *h = NULL;
    enum hs_status st = sha256_open(&h, err);

    if (st != HS_OK) return st;
    sha256_add(h, s);
    sha256_finish_hex(h, hex);
    sha256_close(h);
    return HS_OK;
}

uint64_t checksum64(struct slice s)
{
    return XXH3_64bits(s.data, s.len);
}

uint64_t entry_checksum64(struct slice key, struct slice value)
{
    /* The key's checksum seeds the value's, and the key's length is in its own checksum: moving a
     * byte from key to value changes both. */
    uint64_t seed = XXH3_64bits_withSeed(key.data, key.len, (XXH64_hash_t)key.len);

    return XXH3_64bits_withSeed(value.data, value.len, (XXH64_hash_t)seed);
}
