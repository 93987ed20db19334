/* How things go wrong: the one list of return values, and the words that travel with them.
 *
 * Operating errors are returned as an hs_status with a text in struct hs_error; programmer errors
 * are asserted. A library's error is translated once, at the door to that library, and its own
 * words are kept in the text. The text says what failed and, where one can know it, what to do.
 */
#ifndef HEADSTART_KERNEL_STATE_ERRORS_H
#define HEADSTART_KERNEL_STATE_ERRORS_H

#include <stdarg.h>

#define HS_MUST_CHECK __attribute__((warn_unused_result))
#define HS_PRINTF(format_index, first_index)                                                       \
    __attribute__((format(printf, format_index, first_index)))

/* X(name, text for people). HS_OK is first and zero. */
#define HS_STATUS_LIST(X)                                                                          \
    X(HS_OK, "ok")                                                                                 \
    X(HS_NOT_FOUND, "not found")                                                                   \
    X(HS_INVALID, "not well-formed") /* input that breaks its contract */                          \
    X(HS_TOO_LARGE, "over a limit")  /* a bound of limits.h */                                     \
    X(HS_NOMEM, "out of memory")                                                                   \
    X(HS_IO, "cannot be read or written now") /* errnum says why; it blames no content */          \
    X(HS_CORRUPT, "damaged data")             /* bytes that fail their check */                    \
    X(HS_GAP, "entries missing")              /* the log does not hold what was asked for */       \
    X(HS_STALE, "older than what is there")                                                        \
    X(HS_EXISTS, "already there")                                                                  \
    X(HS_LOCKED, "in use by another process")                                                      \
    X(HS_UNSAFE, "others have rights to it") /* refused, though it could be used */                \
    X(HS_WRONG_CHAIN, "belongs to another chain")                                                  \
    X(HS_WRONG_EPOCH, "made by another format, engine or supervisor")                              \
    X(HS_DIVERGED, "replay differs from what was recorded")                                        \
    X(HS_VAT_FAILED, "the vat cannot go on") /* trap, spent meter, memory limit */                 \
    X(HS_KERNEL_FAILED, "the kernel failed") /* a panic: sticky until rebuilt */                   \
    X(HS_NODE_FAILED, "the node failed a request")                                                 \
    X(HS_PEER_GONE, "the other end went away")                                                     \
    X(HS_PROTOCOL, "the other end broke the protocol")                                             \
    X(HS_SPENT, "the caller's limit is spent")                                                     \
    X(HS_BUSY, "busy")                                                                             \
    X(HS_CANCELLED, "cancelled")                                                                   \
    X(HS_UNAVAILABLE, "not available here") /* a needed service or feature is missing */           \
    X(HS_INTERNAL, "internal error")

#define HS_STATUS_MEMBER(name, text) name,
enum hs_status { HS_STATUS_LIST(HS_STATUS_MEMBER) HS_STATUS_COUNT };
#undef HS_STATUS_MEMBER

enum { HS_ERROR_TEXT_BYTES_MAX = 1024 };

/* Plain value, caller's memory. Written only on failure; a NULL pointer means "not wanted". */
struct hs_error {
    enum hs_status status;
    int errnum;                         /* the system's reason; 0: none is known */
    char text[HS_ERROR_TEXT_BYTES_MAX]; /* cause in words, one line, cut at the bound */
};

/** Nothing failed so far. For where it must cost nothing: the text is a kilobyte. */
static inline void hs_error_clear(struct hs_error *err)
{
    err->status = HS_OK;
    err->errnum = 0;
    err->text[0] = '\0';
}

/** The fixed text for `status`; never NULL. */
const char *hs_status_text(enum hs_status status);

/** Record a failure and return its status, so that `return hs_fail(err, HS_IO, "…", …)` reads
 *  as one step. `err` may be NULL. */
enum hs_status hs_fail(struct hs_error *err, enum hs_status status, const char *format, ...)
    HS_PRINTF(3, 4);

/** As hs_fail, with the words of errno value `errnum` added: "<text>: No space left on device".
 *  and `errnum` kept. Returns HS_NOMEM for ENOMEM, else `status`. */
enum hs_status hs_fail_errno(struct hs_error *err, enum hs_status status, int errnum,
                             const char *format, ...) HS_PRINTF(4, 5);

/** Put "<prefix>: " before the text that `err` already holds; returns err's status.
 *  For adding the operation while an error travels up. `err` may be NULL: `status` is returned. */
enum hs_status hs_fail_prefix(struct hs_error *err, enum hs_status status, const char *format, ...)
    HS_PRINTF(3, 4);

#endif
