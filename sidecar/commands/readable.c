#include "sidecar/commands/readable.h"

#include <inttypes.h>
#include <stdio.h>

const char *readable_count(uint64_t n, char text[READABLE_BYTES_MAX])
{
    char reversed[READABLE_BYTES_MAX];
    size_t len = 0, digits = 0, at = 0;

    do {
        if (digits > 0 && digits % 3 == 0) reversed[len++] = ',';
        reversed[len++] = (char)('0' + n % 10);
        digits++;
        n /= 10;
    } while (n > 0);
    while (len > 0) {
        text[at++] = reversed[--len];
    }
    text[at] = '\0';
    return text;
}

const char *readable_bytes(uint64_t n, char text[READABLE_BYTES_MAX])
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB"};
    double scaled = (double)n / 1024;
    size_t unit = 0;

    if (n < 1024) {
        (void)snprintf(text, READABLE_BYTES_MAX, "%" PRIu64 " B", n);
        return text;
    }
    while (scaled >= 1024 && unit + 1 < sizeof units / sizeof *units) {
        scaled /= 1024;
        unit++;
    }
    (void)snprintf(text, READABLE_BYTES_MAX, "%.1f %s", scaled, units[unit]);
    return text;
}

const char *readable_seconds(uint64_t n, char text[READABLE_BYTES_MAX])
{
    uint64_t minutes = n / 60, hours = minutes / 60, days = hours / 24;

    if (n < 60) {
        (void)snprintf(text, READABLE_BYTES_MAX, "%" PRIu64 " s", n);
    } else if (hours == 0) {
        (void)snprintf(text, READABLE_BYTES_MAX, "%" PRIu64 " min %02" PRIu64 " s", minutes,
                       n % 60);
    } else if (days == 0) {
        (void)snprintf(text, READABLE_BYTES_MAX, "%" PRIu64 " h %02" PRIu64 " min", hours,
                       minutes % 60);
    } else {
        (void)snprintf(text, READABLE_BYTES_MAX, "%" PRIu64 " d %02" PRIu64 " h", days, hours % 24);
    }
    return text;
}

const char *readable_rate(double n, char text[READABLE_BYTES_MAX])
{
    if (!(n >= 0) || n > 1e15) n = 0; /* not a number, or nobody's rate */
    if (n >= 100) return readable_count((uint64_t)n, text);
    (void)snprintf(text, READABLE_BYTES_MAX, "%.1f", n);
    return text;
}
