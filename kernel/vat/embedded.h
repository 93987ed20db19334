/* What engine/embed.cmake writes as C at build time, from the list of files in CMakeLists.txt. */
#ifndef HEADSTART_KERNEL_VAT_EMBEDDED_H
#define HEADSTART_KERNEL_VAT_EMBEDDED_H

#include <stddef.h>

struct embedded_file {
    const char *name;
    const unsigned char *bytes;
    size_t len;
};

/* What makes engines of this program differ: the files of their supervisor, in the order of
 * booting. */
struct embedded_engine {
    const struct embedded_file *files;
    size_t files_len;
};

/** The engines of this program; the first is what a chain begins on. */
extern const struct embedded_engine embedded_engines[];
extern const size_t embedded_engines_count; /* 1..EMBEDDED_ENGINES_MAX */
enum { EMBEDDED_ENGINES_MAX = 3 };

extern const struct embedded_file embedded_builtin[]; /* whole programs of vats */
extern const size_t embedded_builtin_count;

/** The modules that vats may import without having them, by the names to import. */
extern const struct embedded_file embedded_modules[];
extern const size_t embedded_modules_count;

extern const char embedded_engine_wasm_sha256[];

#endif
