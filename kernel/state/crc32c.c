/* Reflected polynomial 0x82f63b78, initial value and final xor all ones (RFC 3720, appendix B.4).
 * The x86 instruction does 8 bytes in 3 cycles; the table is for everything else. */
#include "kernel/state/crc32c.h"

#include <string.h>

/* A table entry is linear in its index: the xor of the entries of the index's bits. */
#define ENTRY(n)                                                                                   \
    (((n) >> 0 & 1) * 0xf26b8303u ^ ((n) >> 1 & 1) * 0xe13b70f7u ^ ((n) >> 2 & 1) * 0xc79a971fu ^  \
     ((n) >> 3 & 1) * 0x8ad958cfu ^ ((n) >> 4 & 1) * 0x105ec76fu ^ ((n) >> 5 & 1) * 0x20bd8edeu ^  \
     ((n) >> 6 & 1) * 0x417b1dbcu ^ ((n) >> 7 & 1) * 0x82f63b78u)
#define ENTRIES_4(n)  ENTRY(n), ENTRY((n) + 1), ENTRY((n) + 2), ENTRY((n) + 3)
#define ENTRIES_16(n) ENTRIES_4(n), ENTRIES_4((n) + 4), ENTRIES_4((n) + 8), ENTRIES_4((n) + 12)
#define ENTRIES_64(n)                                                                              \
    ENTRIES_16(n), ENTRIES_16((n) + 16), ENTRIES_16((n) + 32), ENTRIES_16((n) + 48)

static const uint32_t table[256] = {
    ENTRIES_64(0u),
    ENTRIES_64(64u),
    ENTRIES_64(128u),
    ENTRIES_64(192u),
};

uint32_t crc32c_portable(uint32_t crc, struct slice s)
{
    crc = ~crc;
    for (size_t i = 0; i < s.len; i++) {
        crc = crc >> 8 ^ table[(crc ^ (unsigned char)s.data[i]) & 0xff];
    }
    return ~crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t crc32c_sse42(uint32_t crc, struct slice s)
{
    uint64_t state = ~crc;

    for (; s.len >= sizeof(uint64_t); s.data += sizeof(uint64_t), s.len -= sizeof(uint64_t)) {
        uint64_t word;

        memcpy(&word, s.data, sizeof word);
        state = __builtin_ia32_crc32di(state, word);
    }
    for (; s.len > 0; s.data++, s.len--) {
        state = __builtin_ia32_crc32qi((uint32_t)state, (unsigned char)*s.data);
    }
    return ~(uint32_t)state;
}

uint32_t crc32c(uint32_t crc, struct slice s)
{
    return __builtin_cpu_supports("sse4.2") ? crc32c_sse42(crc, s) : crc32c_portable(crc, s);
}
#else
uint32_t crc32c(uint32_t crc, struct slice s)
{
    return crc32c_portable(crc, s);
}
#endif
