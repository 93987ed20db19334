/* Folders: copied, listed, removed, and damaged on purpose. */
#ifndef HEADSTART_TESTS_DRILLS_FOLDER_H
#define HEADSTART_TESTS_DRILLS_FOLDER_H

#include "kernel/state/bytes.h"

enum { FOLDER_PATH_BYTES = 512, FOLDER_FILES_MAX = 256 };

struct folder_file {
    char name[128]; /* below the folder, slashes inside */
    uint64_t bytes;
};

struct folder_list {
    struct folder_file files[FOLDER_FILES_MAX]; /* in order of their names */
    size_t len;
};

/** `to` is made; files keep their holes. HS_IO. */
HS_MUST_CHECK enum hs_status folder_copy(const char *from, const char *to, struct hs_error *err);
/** Whatever is there, rights or not; nothing there is no failure. */
void folder_remove(const char *path);
/** Regular files, those of folders below too. HS_IO, HS_TOO_LARGE. */
HS_MUST_CHECK enum hs_status folder_files(const char *path, struct folder_list *out,
                                          struct hs_error *err);
/** Bytes of all files. */
uint64_t folder_bytes(const char *path);

HS_MUST_CHECK enum hs_status file_copy(const char *from, const char *to, struct hs_error *err);
HS_MUST_CHECK enum hs_status file_read(const char *path, struct buffer *out, struct hs_error *err);
/** Written in place, so that whoever has it open or mapped sees it. */
HS_MUST_CHECK enum hs_status file_write(const char *path, struct slice content,
                                        struct hs_error *err);

enum damage {
    DAMAGE_FLIP, /* one bit at an offset */
    DAMAGE_CUT,  /* the file ends at the offset */
    DAMAGE_ZERO, /* zeros from the offset to the end, at most a page */
    DAMAGE_COUNT,
    DAMAGE_REMOVE = DAMAGE_COUNT,
    DAMAGE_EMPTY,
    DAMAGE_NOISE,   /* other bytes, same length */
    DAMAGE_LONGER,  /* noise behind the end */
    DAMAGE_FOLDER,  /* a folder stands in its place */
    DAMAGE_LINK,    /* a link to nowhere stands in its place */
    DAMAGE_NOREAD,  /* mode 000 (root reads it all the same) */
    DAMAGE_ANOTHER, /* the bytes of another file of the folder */
    DAMAGE_ALL,
};
const char *damage_name(enum damage damage);

/** Do that to file `name` of folder `dir`. `dice` seeds what is drawn: bit, noise, other file. */
HS_MUST_CHECK enum hs_status folder_damage(const char *dir, const char *name, enum damage damage,
                                           uint64_t offset, uint64_t dice, struct hs_error *err);

#endif
