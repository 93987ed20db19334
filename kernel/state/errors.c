#include "kernel/state/errors.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *hs_status_text(enum hs_status status)
{
#define HS_STATUS_CASE(name, text)                                                                 \
    case name: return text;
    switch (status) {
        HS_STATUS_LIST(HS_STATUS_CASE)
    case HS_STATUS_COUNT: break;
    }
#undef HS_STATUS_CASE
    return "unknown status";
}

enum hs_status hs_fail(struct hs_error *err, enum hs_status status, const char *format, ...)
{
    va_list args;

    if (!err) return status;
    err->status = status;
    err->errnum = 0;
    va_start(args, format);
    (void)vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return status;
}

enum hs_status hs_fail_errno(struct hs_error *err, enum hs_status status, int errnum,
                             const char *format, ...)
{
    va_list args;
    char words[128];
    int used;

    if (errnum == ENOMEM) status = HS_NOMEM;
    if (!err) return status;
    err->status = status;
    err->errnum = errnum;
    va_start(args, format);
    used = vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    if (used >= 0 && (size_t)used < sizeof err->text) {
        (void)snprintf(err->text + used, sizeof err->text - (size_t)used, ": %s",
                       strerror_r(errnum, words, sizeof words));
    }
    return status;
}

enum hs_status hs_fail_prefix(struct hs_error *err, enum hs_status status, const char *format, ...)
{
    va_list args;
    char old[HS_ERROR_TEXT_BYTES_MAX];
    int used;

    if (!err) return status;
    (void)snprintf(old, sizeof old, "%s", err->text);
    err->status = status;
    va_start(args, format);
    used = vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    if (used >= 0 && (size_t)used < sizeof err->text) {
        (void)snprintf(err->text + used, sizeof err->text - (size_t)used, ": %s", old);
    }
    return status;
}
