/* Logger: the program's words to its operator, one line each on a file descriptor.
 *
 * Text lines are `2026-11-22T10:00:00.123Z info  words`; JSON lines hold time, level, message and
 * the line's fields. Where journald reads the descriptor (JOURNAL_STREAM), a line begins with its
 * priority, `<6>`, and a text line leaves out time and level, which journald keeps itself.
 * One write(2) a line, so that lines of several threads do not mix.
 *
 * Threads: any; a logger does not change after logger_init.
 */
#ifndef HEADSTART_SIDECAR_REPORT_LOGGER_H
#define HEADSTART_SIDECAR_REPORT_LOGGER_H

#include "kernel/state/errors.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

enum { LOGGER_LINE_BYTES_MAX = 2048 }; /* words past it are cut */

struct logger {
    int fd;
    enum log_level level; /* lines of a higher one are left out */
    enum log_format format;
    bool journal; /* journald is at the other end */
};

/* What a line is about, for programs: in JSON beside the message, in which people find it. */
struct log_field {
    const char *name; /* a plain word, none of time, level, message */
    const char *text; /* NULL: `number` is the value */
    uint64_t number;
};

void logger_init(struct logger *l, int fd, enum log_level level, enum log_format format);
void logger_write(const struct logger *l, enum log_level level, const char *format, ...)
    HS_PRINTF(3, 4);
/** The same with fields; those that do not fit into a line any more are left out. */
void logger_write_fields(const struct logger *l, enum log_level level,
                         const struct log_field *fields, size_t fields_len, const char *format, ...)
    HS_PRINTF(5, 6);

#endif
