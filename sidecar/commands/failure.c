#include "sidecar/commands/failure.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FAILURE_LINE_BYTES_MAX = HS_ERROR_TEXT_BYTES_MAX + 512 };

struct failure_row {
    enum exit_code code;
    const char *advice; /* where the error's own words do not say what to do */
};

static const struct failure_row failure_rows[HS_STATUS_COUNT] = {
    [HS_OK] = {EXIT_CODE_OK, ""},
    [HS_NOT_FOUND] = {EXIT_CODE_INPUT_MISSING, "check the path"},
    [HS_INVALID] = {EXIT_CODE_CONFIGURATION, "correct it and try again"},
    [HS_TOO_LARGE] = {EXIT_CODE_CONFIGURATION, "make it smaller and try again"},
    [HS_NOMEM] = {EXIT_CODE_INTERNAL, "give the process more memory"},
    [HS_IO] = {EXIT_CODE_IO, "check the disk and its free space"},
    [HS_CORRUPT] = {EXIT_CODE_DAMAGED, "'headstart run' puts damaged data aside"},
    [HS_GAP] = {EXIT_CODE_DAMAGED, "ask for entries that are there"},
    [HS_STALE] = {EXIT_CODE_DAMAGED, "use the newer data"},
    [HS_EXISTS] = {EXIT_CODE_CANNOT_CREATE, "choose another name"},
    [HS_UNSAFE] = {EXIT_CODE_PERMISSION, "take their rights away"},
    [HS_LOCKED] = {EXIT_CODE_LOCKED, "stop the other process, or choose another --data"},
    [HS_WRONG_CHAIN] = {EXIT_CODE_CONFIGURATION, "correct --chain-id, or choose another --data"},
    [HS_WRONG_EPOCH] = {EXIT_CODE_CONFIGURATION, "use the version that made it, or another --data"},
    [HS_DIVERGED] = {EXIT_CODE_DAMAGED, "keep the data folder and report this"},
    [HS_VAT_FAILED] = {EXIT_CODE_INTERNAL, "report this with the message that led to it"},
    [HS_KERNEL_FAILED] = {EXIT_CODE_INTERNAL, "report this with the message that led to it"},
    [HS_NODE_FAILED] = {EXIT_CODE_UNAVAILABLE, "look at the node's log"},
    [HS_PEER_GONE] = {EXIT_CODE_UNREACHABLE, "try again"},
    [HS_PROTOCOL] = {EXIT_CODE_UNAVAILABLE, "check that this is headstart's socket"},
    [HS_BUSY] = {EXIT_CODE_LOCKED, "try again"},
    [HS_SPENT] = {EXIT_CODE_INTERNAL, NULL},
    [HS_CANCELLED] = {EXIT_CODE_INTERRUPTED, "start it again to go on"},
    [HS_UNAVAILABLE] = {EXIT_CODE_UNAVAILABLE, "install what is missing"},
    [HS_INTERNAL] = {EXIT_CODE_INTERNAL, "report this"},
};

static const struct failure_row permission_row = {EXIT_CODE_PERMISSION,
                                                  "run as the owner, or correct owner and mode"};

/* "Cannot now" asks for another next step where rights are missing. */
static const struct failure_row *failure_row_of(enum hs_status status, int errnum)
{
    assert((size_t)status < HS_STATUS_COUNT);
    if (status == HS_IO && (errnum == EACCES || errnum == EPERM)) return &permission_row;
    return &failure_rows[status];
}

enum exit_code exit_code_of(enum hs_status status, int errnum)
{
    return failure_row_of(status, errnum)->code;
}

enum exit_code failure_print(enum exit_code code, const char *format, ...)
{
    char line[FAILURE_LINE_BYTES_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    for (char *at = line; *at; at++) {
        if (*at == '\n' || *at == '\r') *at = ' '; /* one line, whatever a library said */
    }
    (void)fprintf(stderr, "headstart: %s\n", line);
    return code;
}

/* An error that already tells what to do, after a semicolon, needs no general advice. */
static bool says_what_to_do(const char *text)
{
    return strchr(text, ';') != NULL || strstr(text, "did you mean") != NULL;
}

static enum exit_code tell(enum exit_code code, const char *text, const char *advice)
{
    if (says_what_to_do(text)) return failure_print(code, "%s", text);
    return failure_print(code, "%s; %s", text, advice);
}

enum exit_code failure_report(enum hs_status status, const struct hs_error *err)
{
    const struct failure_row *row = failure_row_of(status, err ? err->errnum : 0);
    const char *text = err && err->text[0] ? err->text : hs_status_text(status);

    assert(status != HS_OK);
    return tell(row->code, text, row->advice);
}

/* What the daemon refuses with (docs/protocol.md), as what a shell script can act on. */
static const struct {
    const char *code;
    enum exit_code exit;
    const char *advice;
} refusals[] = {
    {"bad_request", EXIT_CODE_USAGE, "correct the request"},
    {"unknown_method", EXIT_CODE_USAGE, "see docs/protocol.md for the methods"},
    {"too_large", EXIT_CODE_USAGE, "send less"},
    {"wrong_chain", EXIT_CODE_CONFIGURATION, "correct --chain-id"},
    {"busy", EXIT_CODE_LOCKED, "try again"},
    {"not_ready", EXIT_CODE_LOCKED, "wait with 'headstart ready --wait'"},
    {"shutting_down", EXIT_CODE_UNREACHABLE, "start it again with 'headstart run'"},
    {"storage_failed", EXIT_CODE_IO, "look at the daemon's log"},
    {"node_failed", EXIT_CODE_UNAVAILABLE, "look at the node's log"},
    {"kernel_failed", EXIT_CODE_INTERNAL, "look at the daemon's log"},
    {"internal", EXIT_CODE_INTERNAL, "look at the daemon's log"},
};

static enum exit_code refusal_exit(const char *code, const char **advice)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        if (strcmp(refusals[i].code, code) != 0) continue;
        *advice = refusals[i].advice;
        return refusals[i].exit;
    }
    *advice = "the daemon may be newer than this program";
    return EXIT_CODE_INTERNAL;
}

enum exit_code exit_code_of_client(const struct headstart_error *err)
{
    const char *advice;

    switch (err->status) {
    case HEADSTART_OK: return EXIT_CODE_OK;
    case HEADSTART_UNREACHABLE:
    case HEADSTART_TIMEOUT: return EXIT_CODE_UNREACHABLE;
    case HEADSTART_REFUSED: return refusal_exit(err->code, &advice);
    case HEADSTART_PROTOCOL: return EXIT_CODE_UNAVAILABLE;
    case HEADSTART_INVALID: return EXIT_CODE_USAGE;
    case HEADSTART_NOMEM: break;
    }
    return EXIT_CODE_INTERNAL;
}

enum exit_code failure_report_client(const struct headstart_error *err, const char *socket_path)
{
    enum exit_code code = exit_code_of_client(err);
    const char *advice;

    assert(err->status != HEADSTART_OK);
    if (code == EXIT_CODE_UNREACHABLE && access(socket_path, R_OK | W_OK) != 0 && errno == EACCES) {
        return failure_print(EXIT_CODE_PERMISSION,
                             "%s: permission denied; run as the daemon's user or as root",
                             socket_path);
    }
    if (err->status == HEADSTART_REFUSED) {
        (void)refusal_exit(err->code, &advice);
        return tell(code, err->text, advice);
    }
    if (code == EXIT_CODE_UNREACHABLE) {
        return failure_print(code,
                             "no daemon answers on %s; start it with 'headstart run', or "
                             "give its --socket",
                             socket_path);
    }
    if (code == EXIT_CODE_UNAVAILABLE) {
        return failure_print(code, "%s: %s; check that this is headstart's socket", socket_path,
                             err->text);
    }
    return failure_print(code, "%s: %s", socket_path, err->text);
}
