#include "sidecar/commands/disk_words.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static bool say_memory(const json_t *disk, char words[DISK_WORDS_BYTES_MAX])
{
    if (!json_is_true(json_object_get(disk, "in_memory"))) return false;
    (void)snprintf(words, DISK_WORDS_BYTES_MAX, "the kernel runs from memory");
    return true;
}

static bool say_log(const json_t *disk, char words[DISK_WORDS_BYTES_MAX])
{
    const json_t *since = json_object_get(disk, "log_fenced_since");

    if (!json_is_true(json_object_get(disk, "log_fenced"))) return false;
    (void)snprintf(words, DISK_WORDS_BYTES_MAX, "log fenced");
    if (json_is_integer(since)) {
        (void)snprintf(words, DISK_WORDS_BYTES_MAX, "log fenced since seqnum %" JSON_INTEGER_FORMAT,
                       json_integer_value(since));
    }
    return true;
}

static bool say_snapshots(const json_t *disk, char words[DISK_WORDS_BYTES_MAX])
{
    const json_t *since = json_object_get(disk, "snapshots_failing_since");
    time_t seconds = (time_t)json_integer_value(since);
    char moment[32] = "an unknown time";
    struct tm utc;

    if (!json_is_integer(since)) return false;
    if (gmtime_r(&seconds, &utc)) (void)strftime(moment, sizeof moment, "%FT%TZ", &utc);
    (void)snprintf(words, DISK_WORDS_BYTES_MAX, "snapshots failing since %s", moment);
    return true;
}

static bool say_without(const json_t *disk, char words[DISK_WORDS_BYTES_MAX])
{
    const json_t *names = json_object_get(disk, "without"), *name;
    const char *between = "gone without ";
    size_t i, len = 0;

    if (json_array_size(names) == 0) return false;
    json_array_foreach(names, i, name)
    {
        const char *text = json_string_value(name);
        size_t needed = strlen(between) + (text ? strlen(text) : 0);

        if (!text || needed >= DISK_WORDS_BYTES_MAX - len) continue;
        len += (size_t)snprintf(words + len, DISK_WORDS_BYTES_MAX - len, "%s%s", between, text);
        between = ", ";
    }
    return len > 0;
}

bool disk_words_next(const json_t *disk, size_t *at, char words[DISK_WORDS_BYTES_MAX])
{
    static bool (*const sayers[])(const json_t *disk, char words[DISK_WORDS_BYTES_MAX]) = {
        say_memory, say_log, say_snapshots, say_without};
    enum { SAYERS = sizeof sayers / sizeof *sayers };

    assert(*at <= SAYERS);
    while (*at < SAYERS) {
        if (sayers[(*at)++](disk, words)) return true;
    }
    return false;
}
