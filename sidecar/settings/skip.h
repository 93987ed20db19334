/* Skip: one message that panics the kernel, passed over because the chain's operators agreed to.
 *
 *   SEQNUM:HASH:SHA256    the position before it, and its own text's SHA-256
 *
 * Such a message stops every node alike, for ever. On the nodes that are told so it is executed as
 * rejected; nothing else is, and at no other place. All of it is named, so that a word given for
 * one chain, or left behind in a configuration, can never meet another message.
 */
#ifndef HEADSTART_SIDECAR_SETTINGS_SKIP_H
#define HEADSTART_SIDECAR_SETTINGS_SKIP_H

#include "kernel/state/position.h"

#include <stdbool.h>

/* A plain value; all zero: none is. */
struct skip {
    bool wanted;
    struct position before;
    char message[SHA256_HEX_BYTES]; /* of its text */
};

enum { SKIP_WORD_BYTES = 24 + 2 * SHA256_HEX_BYTES };

/** NULL: none is. HS_INVALID: it is no such word. */
HS_MUST_CHECK enum hs_status skip_parse(const char *word, struct skip *out, struct hs_error *err);
/** Is it this message, there? HS_NOMEM, HS_INTERNAL of the digest. */
HS_MUST_CHECK enum hs_status skip_meets(const struct skip *s, const struct position *before,
                                        struct slice text, bool *met, struct hs_error *err);
/** The word that passes this message over, there. Statuses likewise. */
HS_MUST_CHECK enum hs_status skip_word(const struct position *before, struct slice text,
                                       char word[SKIP_WORD_BYTES], struct hs_error *err);

#endif
