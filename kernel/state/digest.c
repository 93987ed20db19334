#include "kernel/state/digest.h"

#include "kernel/state/hex.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { SHA256_BYTES = 32 };
_Static_assert(2 * SHA256_BYTES + 1 == SHA256_HEX_BYTES, "two digits a byte and a NUL");

struct sha256 {
    EVP_MD_CTX *context;
};

enum hs_status sha256_open(struct sha256 **out, struct hs_error *err)
{
    struct sha256 *h = calloc(1, sizeof *h);

    assert(out);
    if (!h) return hs_fail(err, HS_NOMEM, "SHA-256: out of memory");
    h->context = EVP_MD_CTX_new();
    if (!h->context || EVP_DigestInit_ex(h->context, EVP_sha256(), NULL) != 1) {
        sha256_close(h);
        return hs_fail(err, HS_UNAVAILABLE, "SHA-256: libcrypto does not offer it");
    }
    *out = h;
    return HS_OK;
}

void sha256_close(struct sha256 *h)
{
    if (!h) return;
    EVP_MD_CTX_free(h->context);
    free(h);
}

void sha256_reset(struct sha256 *h)
{
    /* With a NULL type the context starts anew on what it holds: no lookup, no allocation. */
    int ok = EVP_DigestInit_ex(h->context, NULL, NULL);

    assert(ok == 1);
    (void)ok;
}

void sha256_add(struct sha256 *h, struct slice s)
{
    int ok = EVP_DigestUpdate(h->context, s.data, s.len);

    assert(ok == 1);
    (void)ok;
}

void sha256_finish_hex(struct sha256 *h, char hex[SHA256_HEX_BYTES])
{
    unsigned char digest[SHA256_BYTES];
    int ok = EVP_DigestFinal_ex(h->context, digest, NULL);

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
