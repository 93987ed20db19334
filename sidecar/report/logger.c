#include "sidecar/report/logger.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const level_names[] = {
    [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_WARN] = "warn",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_DEBUG] = "debug",
};

/* "2026-11-22T10:00:00.123Z" and a NUL, with room for any year that tm can hold. */
enum { TIME_BYTES_MAX = 64, LINE_BYTES_MAX = 2 * LOGGER_LINE_BYTES_MAX };

void logger_init(struct logger *l, int fd, enum log_level level, enum log_format format)
{
    assert(fd >= 0);
    *l = (struct logger){.fd = fd, .level = level, .format = format};
}

static void logger_time(char out[TIME_BYTES_MAX])
{
    struct timespec now = {0};
    struct tm utc = {0};

    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &utc);
    (void)snprintf(out, TIME_BYTES_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
                   utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                   (int)(now.tv_nsec / 1000000));
}

/* One line stays one line: control characters become spaces. JSON also escapes `"` and `\`.
 * Returns the bytes written, at most `room`. */
static size_t logger_escape(char *out, size_t room, const char *words, bool json)
{
    size_t len = 0;

    for (const char *p = words; *p && len + 2 < room; p++) {
        bool control = (unsigned char)*p < 0x20 || *p == 0x7f;

        if (json && (*p == '"' || *p == '\\')) out[len++] = '\\';
        out[len++] = control ? ' ' : *p;
    }
    return len;
}

void logger_write(const struct logger *l, enum log_level level, const char *format, ...)
{
    char words[LOGGER_LINE_BYTES_MAX];
    char line[LINE_BYTES_MAX + TIME_BYTES_MAX + 64];
    char when[TIME_BYTES_MAX];
    bool json = l->format == LOG_FORMAT_JSON;
    va_list args;
    size_t len;

    if (level > l->level) return;
    va_start(args, format);
    (void)vsnprintf(words, sizeof words, format, args);
    va_end(args);
    logger_time(when);
    len = (size_t)snprintf(line, sizeof line,
                           json ? "{\"time\":\"%s\",\"level\":\"%s\",\"message\":\"" : "%s %-5s ",
                           when, level_names[level]);
    len += logger_escape(line + len, LINE_BYTES_MAX, words, json);
    len += (size_t)snprintf(line + len, sizeof line - len, json ? "\"}\n" : "\n");
    assert(len < sizeof line);
    /* Nobody can be told that the log itself does not work. */
    if (write(l->fd, line, len) < 0) return;
}
