#include "sidecar/report/logger.h"

#include "kernel/state/utf8.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *const level_names[] = {
    [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_WARN] = "warn",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_DEBUG] = "debug",
};

/* As syslog(3) counts them. */
static const int priorities[] = {
    [LOG_LEVEL_ERROR] = 3,
    [LOG_LEVEL_WARN] = 4,
    [LOG_LEVEL_INFO] = 6,
    [LOG_LEVEL_DEBUG] = 7,
};

/* "2026-11-22T10:00:00.123Z" and a NUL, with room for any year that tm can hold. */
enum {
    TIME_BYTES_MAX = 64,
    LINE_BYTES_MAX = 2 * LOGGER_LINE_BYTES_MAX,
    FIELDS_BYTES_MAX = LOGGER_LINE_BYTES_MAX
};

/* Is it journald that reads `fd`? It says so by naming its socket's device and inode. */
static bool logger_is_journal(int fd)
{
    const char *told = getenv("JOURNAL_STREAM");
    struct stat about;
    char ours[64];

    if (!told || fstat(fd, &about) != 0) return false;
    (void)snprintf(ours, sizeof ours, "%llu:%llu", (unsigned long long)about.st_dev,
                   (unsigned long long)about.st_ino);
    return strcmp(told, ours) == 0;
}

void logger_init(struct logger *l, int fd, enum log_level level, enum log_format format)
{
    assert(fd >= 0);
    *l = (struct logger){
        .fd = fd, .level = level, .format = format, .journal = logger_is_journal(fd)};
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

/* One line stays one line: control characters become spaces; and it is UTF-8: a byte that is none,
 * of a path say, or of words that were cut, becomes U+FFFD. JSON also escapes `"` and `\`. Returns
 * the bytes written, at most `room`. */
static size_t logger_escape(char *out, size_t room, const char *words, bool json)
{
    static const char replacement[] = "\xef\xbf\xbd";
    struct slice left = slice_text(words);
    size_t len = 0;

    while (left.len > 0 && len + 4 < room) {
        size_t step = utf8_character_bytes(left);
        bool control = (unsigned char)*left.data < 0x20 || *left.data == 0x7f;

        if (json && (*left.data == '"' || *left.data == '\\')) out[len++] = '\\';
        if (step == 0) {
            memcpy(out + len, replacement, sizeof replacement - 1);
            len += sizeof replacement - 1;
            step = 1;
        } else {
            memcpy(out + len, control ? " " : left.data, step);
            len += step;
        }
        left = slice_make(left.data + step, left.len - step);
    }
    return len;
}

/* `,"name":value`, or nothing if there is no room for it. */
static size_t logger_field(char *out, size_t room, const struct log_field *f)
{
    char text[LOGGER_LINE_BYTES_MAX + 64];
    size_t len;

    if (f->text) {
        len = (size_t)snprintf(text, sizeof text, ",\"%s\":\"", f->name);
        len += logger_escape(text + len, LOGGER_LINE_BYTES_MAX, f->text, true);
        text[len++] = '"';
    } else {
        len = (size_t)snprintf(text, sizeof text, ",\"%s\":%" PRIu64, f->name, f->number);
    }
    if (len > room) return 0;
    memcpy(out, text, len);
    return len;
}

static size_t logger_head(const struct logger *l, enum log_level level, char *out, size_t room)
{
    bool json = l->format == LOG_FORMAT_JSON;
    char when[TIME_BYTES_MAX];
    size_t len = 0;

    if (l->journal) len = (size_t)snprintf(out, room, "<%d>", priorities[level]);
    if (l->journal && !json) return len;
    logger_time(when);
    return len +
           (size_t)snprintf(out + len, room - len,
                            json ? "{\"time\":\"%s\",\"level\":\"%s\",\"message\":\"" : "%s %-5s ",
                            when, level_names[level]);
}

static void logger_line(const struct logger *l, enum log_level level,
                        const struct log_field *fields, size_t fields_len, const char *words)
{
    char line[LINE_BYTES_MAX + FIELDS_BYTES_MAX + TIME_BYTES_MAX + 64];
    bool json = l->format == LOG_FORMAT_JSON;
    size_t len = logger_head(l, level, line, sizeof line), fields_end;

    len += logger_escape(line + len, LINE_BYTES_MAX, words, json);
    if (json) line[len++] = '"';
    fields_end = len + FIELDS_BYTES_MAX;
    for (size_t i = 0; json && i < fields_len; i++) {
        len += logger_field(line + len, fields_end - len, &fields[i]);
    }
    if (json) line[len++] = '}';
    line[len++] = '\n';
    assert(len <= sizeof line);
    /* Nobody can be told that the log itself does not work. */
    if (write(l->fd, line, len) < 0) return;
}

static void logger_format(const struct logger *l, enum log_level level,
                          const struct log_field *fields, size_t fields_len, const char *format,
                          va_list args)
{
    char words[LOGGER_LINE_BYTES_MAX];

    if (level > l->level) return;
    (void)vsnprintf(words, sizeof words, format, args);
    logger_line(l, level, fields, fields_len, words);
}

void logger_write(const struct logger *l, enum log_level level, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    logger_format(l, level, NULL, 0, format, args);
    va_end(args);
}

void logger_write_fields(const struct logger *l, enum log_level level,
                         const struct log_field *fields, size_t fields_len, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    logger_format(l, level, fields, fields_len, format, args);
    va_end(args);
}
