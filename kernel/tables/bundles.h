/* Bundles: programs of vats, kept once under their hash, installed in pieces.
 *
 *   bundle.$hash = text             for good; hash: SHA-256 of the text, 64 hex digits
 *   bundle.name.$NAME = hash        those that the configuration names
 *   bundle.$hash.$offset = piece    while it is being installed
 *   kernel.bundles = {"bytes":N,"installing":[{"bundle":hash,"bytes":N,"have":N},…]}
 *                                   bytes of those installed; installs that were begun, oldest
 *                                   first; absent: no bundle yet
 *
 * A piece is small enough for a message of any chain. Pieces come in order; one that comes again is
 * taken for what it is. Installs that were begun are bounded in number and bytes: one more than
 * that pushes the oldest out.
 */
#ifndef HEADSTART_KERNEL_TABLES_BUNDLES_H
#define HEADSTART_KERNEL_TABLES_BUNDLES_H

#include "kernel/tables/kv_hashed.h"

enum {
    BUNDLE_BYTES_MAX = 8 << 20,          /* one bundle: it fits a message's writes */
    BUNDLE_PIECE_BYTES_MAX = 512 << 10,  /* decoded text */
    BUNDLE_PIECE_BYTES_MIN = 8 << 10,    /* but the last */
    BUNDLE_INSTALLS_MAX = 8,             /* begun and not complete … */
    BUNDLE_INSTALL_BYTES_MAX = 32 << 20, /* … and the bytes they announced */
};

/* 64 hex digits and a NUL. */
struct bundle_id {
    char hex[SHA256_HEX_BYTES];
};

/** HS_INVALID: no 64 lower-case hex digits. */
HS_MUST_CHECK enum hs_status bundle_id_make(struct slice text, struct bundle_id *out);

struct bundle_piece {
    struct bundle_id bundle;
    uint64_t bytes;    /* of the whole */
    uint64_t offset;   /* where the piece begins */
    struct slice text; /* UTF-8 */
};

/** Take one piece; with the last one the bundle is there. One that is there already is left as it
 *  is, and so is a piece that came before.
 *  In:      bytes_max  of all bundles together
 *  Returns: HS_INVALID  refused, err says why. Nothing was written; but where the whole is not what
 *                       its hash says, that install is gone */
HS_MUST_CHECK enum hs_status bundle_install_piece(struct kv_hashed *k, const struct bundle_piece *p,
                                                  uint64_t bytes_max, struct hs_error *err);
/** Drop an install that was begun. HS_INVALID: there is none. */
HS_MUST_CHECK enum hs_status bundle_install_abort(struct kv_hashed *k, const struct bundle_id *id,
                                                  struct hs_error *err);

HS_MUST_CHECK enum hs_status bundle_has(struct kv_hashed *k, const struct bundle_id *id,
                                        bool *found, struct hs_error *err);
/** The bundle that the configuration calls `name`. */
HS_MUST_CHECK enum hs_status bundle_named(struct kv_hashed *k, struct slice name,
                                          struct bundle_id *out, bool *found, struct hs_error *err);
/** A whole bundle that the configuration names; for state vectors. */
HS_MUST_CHECK enum hs_status bundle_add(struct kv_store *kv, const char *name, struct slice text,
                                        struct hs_error *err);
/** The text of an installed bundle into *text (replaced). */
HS_MUST_CHECK enum hs_status bundle_read(struct kv_store *kv, const struct bundle_id *id,
                                         struct buffer *text, struct hs_error *err);

#endif
