/* Scratch folders and whole files, for tests of what lies on disk. Failures end the test program:
 * nothing that follows would mean anything. */
#ifndef HEADSTART_TESTS_UNIT_SCRATCH_H
#define HEADSTART_TESTS_UNIT_SCRATCH_H

#include "kernel/state/bytes.h"

enum { SCRATCH_PATH_BYTES_MAX = 512, SCRATCH_FILES_MAX = 256 };

/* A path by value, so that it can be made inside an expression. */
struct scratch_path {
    char text[SCRATCH_PATH_BYTES_MAX];
};

/* The names of a folder's entries, sorted, without "." and "..". */
struct scratch_listing {
    char names[SCRATCH_FILES_MAX][SCRATCH_PATH_BYTES_MAX];
    size_t len;
};

/** A new empty folder below $TMPDIR, /dev/shm or /tmp; removed again with scratch_remove. */
struct scratch_path scratch_make(void);
void scratch_remove(struct scratch_path dir);

struct scratch_path scratch_join(const char *dir, const char *name);
void scratch_list(const char *dir, struct scratch_listing *out);
/** Files in and below `dir`. */
size_t scratch_count(const char *dir);
bool scratch_exists(const char *path);

/** The whole file into *content (replaced). */
void scratch_read(const char *path, struct buffer *content);
/** Make or replace the file. */
void scratch_write(const char *path, struct slice content);
/** Copy the folder and all below it; `to` must not exist. */
void scratch_copy(const char *from, const char *to);

#endif
