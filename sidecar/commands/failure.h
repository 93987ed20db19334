/* Failure: how a command ends when it does not succeed: one line on stderr, one exit code.
 *
 * The line says what is wrong and what to do next. The codes are a contract (docs/operations.md);
 * the table in failure.c is the only place that maps an hs_status to one.
 */
#ifndef HEADSTART_SIDECAR_COMMANDS_FAILURE_H
#define HEADSTART_SIDECAR_COMMANDS_FAILURE_H

#include "ipc/include/headstart.h"
#include "kernel/state/errors.h"

enum exit_code {
    EXIT_CODE_OK = 0,
    EXIT_CODE_NO = 1,          /* the answer is no, or a check failed */
    EXIT_CODE_UNREACHABLE = 2, /* no daemon there */
    EXIT_CODE_USAGE = 64,
    EXIT_CODE_DAMAGED = 65,
    EXIT_CODE_INPUT_MISSING = 66,
    EXIT_CODE_UNAVAILABLE = 69, /* a needed service is missing */
    EXIT_CODE_INTERNAL = 70,
    EXIT_CODE_CANNOT_CREATE = 73,
    EXIT_CODE_IO = 74,
    EXIT_CODE_LOCKED = 75,
    EXIT_CODE_PERMISSION = 77,
    EXIT_CODE_CONFIGURATION = 78,
    EXIT_CODE_INTERRUPTED = 130
};

/** `errnum`: the system's reason, 0 when none is known. */
enum exit_code exit_code_of(enum hs_status status, int errnum);
/** Exit code for what libheadstart answered. */
enum exit_code exit_code_of_client(const struct headstart_error *err);

/** Print "headstart: <words>" as one line on stderr; returns `code`. */
enum exit_code failure_print(enum exit_code code, const char *format, ...) HS_PRINTF(2, 3);

/** Print what `err` says (the status's own text when it says nothing) and what to do next; returns
 *  the exit code of `status`. */
enum exit_code failure_report(enum hs_status status, const struct hs_error *err);

/** The same for a failed call of libheadstart on `socket_path`. */
enum exit_code failure_report_client(const struct headstart_error *err, const char *socket_path);

#endif
