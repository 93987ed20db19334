#include "sidecar/settings/skip.h"

#include "kernel/state/decimal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What precedes the next colon, or all of it; *rest begins behind. */
static struct slice skip_part(const char **rest)
{
    size_t len = strcspn(*rest, ":");
    struct slice part = slice_make(*rest, len);

    *rest += len + ((*rest)[len] == ':');
    return part;
}

enum hs_status skip_parse(const char *word, struct skip *out, struct hs_error *err)
{
    struct slice seqnum, hash, message;
    const char *rest = word;
    uint64_t number;

    *out = (struct skip){.wanted = false};
    if (!word) return HS_OK;
    seqnum = skip_part(&rest);
    hash = skip_part(&rest);
    message = slice_text(rest);
    if (uint_parse(seqnum, &number) != HS_OK ||
        position_make(number, hash, &out->before, NULL) != HS_OK || message.len == 0 ||
        !position_valid(1, message)) {
        return hs_fail(err, HS_INVALID,
                       "--skip takes SEQNUM:HASH:SHA256, the position before the message and the "
                       "SHA-256 of its text, as the error log names them; not '%.200s'",
                       word);
    }
    memcpy(out->message, message.data, message.len);
    out->wanted = true;
    return HS_OK;
}

enum hs_status skip_meets(const struct skip *s, const struct position *before, struct slice text,
                          bool *met, struct hs_error *err)
{
    char hex[SHA256_HEX_BYTES];
    enum hs_status st;

    *met = false;
    if (!s->wanted || !position_equal(&s->before, before)) return HS_OK;
    st = sha256_hex(text, hex, err);
    *met = st == HS_OK && strcmp(hex, s->message) == 0;
    return st;
}

enum hs_status skip_word(const struct position *before, struct slice text,
                         char word[SKIP_WORD_BYTES], struct hs_error *err)
{
    char hex[SHA256_HEX_BYTES];
    enum hs_status st = sha256_hex(text, hex, err);

    if (st != HS_OK) return st;
    (void)snprintf(word, SKIP_WORD_BYTES, "%" PRIu64 ":%s:%s", before->seqnum, before->hash, hex);
    return HS_OK;
}
