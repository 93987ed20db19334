/* What engine/embed.cmake writes as C at build time, from the list of files in CMakeLists.txt. */
#ifndef HEADSTART_KERNEL_VAT_EMBEDDED_H
#define HEADSTART_KERNEL_VAT_EMBEDDED_H

#include <stddef.h>

struct embedded_file {
    const char *name;
    const unsigned char *bytes;
    size_t len;
};

/** The files of the supervisor "lite", in the order of booting. */
extern const struct embedded_file embedded_lite[];
extern const size_t embedded_lite_count;
extern const struct embedded_file embedded_builtin[]; /* whole programs of vats */
extern const size_t embedded_builtin_count;

/** The modules that vats may import without having them, by the names to import. */
extern const struct embedded_file embedded_modules[];
extern const size_t embedded_modules_count;

extern const char embedded_engine_wasm_sha256[];

#endif
