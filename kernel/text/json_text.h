/* JSON read in place: what the kernel needs of a JSON text without building a tree of it.
 *
 * Deliveries, syscalls and transcript items are JSON that mostly passes through: a body of a
 * megabyte is looked at once and then moved as the raw text it came in, never parsed into values
 * and printed again. So a reader here walks a text once, front to back, checks it strictly
 * (RFC 8259, UTF-8 included) and hands out raw slices of it. Strings are decoded only where their
 * content matters.
 *
 * Failures are sticky: after the first one every call returns false, so that a fixed shape can be
 * read in a row and asked once at the end whether all of it was there.
 */
#ifndef HEADSTART_KERNEL_TEXT_JSON_TEXT_H
#define HEADSTART_KERNEL_TEXT_JSON_TEXT_H

#include "kernel/state/bytes.h"
#include "kernel/state/limits.h"

/* Plain value, caller's memory; borrows the text. */
struct json_text {
    const char *start;
    const char *at;
    const char *end;
    const char *problem; /* what is wrong at `at`, in words; NULL: nothing yet */
    bool fresh;          /* directly behind an opening bracket */
};

void json_text_init(struct json_text *t, struct slice text);
/** Step into an array or object: bracket is '[' or '{'. */
bool json_text_open(struct json_text *t, char bracket);
/** Is there another element? At the closing bracket (']' or '}') steps behind it: false. */
bool json_text_more(struct json_text *t, char bracket);
/** Another element must follow. */
bool json_text_next(struct json_text *t, char bracket);
/** The closing bracket must follow. */
bool json_text_close(struct json_text *t, char bracket);
/** A key and its colon. *raw is the string with its quotes. */
bool json_text_key(struct json_text *t, struct slice *raw);
/** A string, quotes included. */
bool json_text_string(struct json_text *t, struct slice *raw);
/** Any value, nested at most HS_JSON_DEPTH_MAX deep. */
bool json_text_value(struct json_text *t, struct slice *raw);
/** Nothing but blanks may follow. True if nothing failed since init. */
bool json_text_end(struct json_text *t);
/** Note a failure at the present place, unless there is one; returns false. */
bool json_text_fail(struct json_text *t, const char *problem);

/** Is the whole text one value? */
bool json_text_is_value(struct slice text);
/** Read a whole text that is one string. */
bool json_text_only_string(struct slice text, struct slice *raw);
/** Is the raw string, written without escapes, this word? */
bool json_text_is(struct slice raw, const char *word);
/** The raw string's content without its quotes, as written. */
struct slice json_text_inner(struct slice raw);
/** First byte of the raw string's content: '\0' when it is empty, 0x80 for any that is not ASCII.
 */
unsigned char json_text_first(struct slice raw);

/** The UTF-16 unit that the \uXXXX at `p` stands for. */
uint32_t json_text_unit(const char *p);

/** The content of a checked raw string as UTF-8: as it stands there if nothing in it is escaped,
 *  else in *decoded, which is replaced. */
HS_MUST_CHECK enum hs_status json_text_content(struct slice raw, struct buffer *decoded,
                                               struct slice *out);
/** Append the content of a checked raw string as UTF-8. */
HS_MUST_CHECK enum hs_status json_text_decode(struct buffer *out, struct slice raw);
/** Append `s` (UTF-8) as a JSON string, quotes included. */
HS_MUST_CHECK enum hs_status json_text_encode(struct buffer *out, struct slice s);
/** As json_text_encode, without the quotes: for a string written in parts. */
HS_MUST_CHECK enum hs_status json_text_escape(struct buffer *out, struct slice s);

/* A value token by token, for rewriting its strings and copying everything else. */
enum json_token {
    JSON_TOKEN_END,    /* the value is complete */
    JSON_TOKEN_OPEN,   /* [ or { */
    JSON_TOKEN_CLOSE,  /* ] or } */
    JSON_TOKEN_KEY,    /* a key, without its colon */
    JSON_TOKEN_STRING, /* a string that is a value */
    JSON_TOKEN_SCALAR  /* number, true, false, null */
};

struct json_walk {
    struct json_text *text; /* borrowed */
    uint32_t depth;
    bool begun;
    bool in_member;                             /* behind a key: its value is next */
    uint8_t objects[HS_JSON_DEPTH_MAX / 8 + 1]; /* bit per level: an object? */
};

/** Walk the value that `text` stands before. */
void json_walk_init(struct json_walk *w, struct json_text *text);
/** False: not well-formed (text->problem). */
bool json_walk_next(struct json_walk *w, enum json_token *token, struct slice *raw);

#endif
