#include "sidecar/commands/status_screen.h"

#include "sidecar/commands/disk_words.h"
#include "sidecar/commands/readable.h"
#include "sidecar/commands/terminal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SCREEN_BAR_CELLS = 24, SCREEN_HASH_SHOWN = 16 };

struct screen {
    struct printer to;
    bool colour;
};

static void put_label(struct screen *s, const char *label)
{
    printer_format(&s->to, "%s%-10s%s ", s->colour ? "\033[2m" : "", label,
                   s->colour ? "\033[0m" : "");
}

static const char *text_of(const json_t *map, const char *key)
{
    const char *text = json_string_value(json_object_get(map, key));

    return text && *text ? text : "-";
}

/* The member as a figure of its kind, "-" when it is no number. */
static const char *member_of(const json_t *map, const char *key,
                             const char *(*readable)(uint64_t n, char text[READABLE_BYTES_MAX]),
                             char text[READABLE_BYTES_MAX])
{
    const json_t *v = json_object_get(map, key);

    if (!json_is_number(v) || json_number_value(v) < 0) return "-";
    return readable((uint64_t)json_number_value(v), text);
}

#define COUNT(map, key, text)   member_of(map, key, readable_count, text)
#define BYTES(map, key, text)   member_of(map, key, readable_bytes, text)
#define SECONDS(map, key, text) member_of(map, key, readable_seconds, text)

static void put_phase(struct screen *s, const json_t *status)
{
    bool ready = json_is_true(json_object_get(status, "ready"));
    const char *colour = s->colour ? (ready ? "\033[1;32m" : "\033[1;33m") : "";
    char up[READABLE_BYTES_MAX];

    printer_format(&s->to, "headstart %s  %s%s, %s%s\n\n", text_of(status, "version"), colour,
                   text_of(status, "phase"), ready ? "ready" : "not ready",
                   s->colour ? "\033[0m" : "");
    if (json_object_get(status, "problem")) {
        put_label(s, "problem");
        printer_format(&s->to, "%s\n", text_of(status, "problem"));
    }
    put_label(s, "chain");
    printer_format(&s->to, "%s, up %s\n", text_of(status, "chain_id"),
                   SECONDS(status, "uptime_s", up));
}

static void put_position(struct screen *s, const json_t *status)
{
    const char *hash = text_of(status, "hash");
    char a[READABLE_BYTES_MAX], b[READABLE_BYTES_MAX];

    put_label(s, "position");
    printer_format(&s->to, "seqnum %s, height %s, hash %.*s%s\n", COUNT(status, "seqnum", a),
                   COUNT(status, "height", b), SCREEN_HASH_SHOWN, hash,
                   strlen(hash) > SCREEN_HASH_SHOWN ? "…" : "");
    put_label(s, "floor");
    printer_format(&s->to, "%s\n", COUNT(status, "floor", a));
}

static void put_snapshot(struct screen *s, const json_t *snapshot)
{
    char a[READABLE_BYTES_MAX], b[READABLE_BYTES_MAX], c[READABLE_BYTES_MAX], d[READABLE_BYTES_MAX];

    put_label(s, "snapshot");
    if (json_integer_value(json_object_get(snapshot, "count")) == 0) {
        printer_format(&s->to, "none yet\n");
        return;
    }
    printer_format(&s->to, "newest %s, %s kept, %s, made %s ago\n", COUNT(snapshot, "newest", a),
                   COUNT(snapshot, "count", b), BYTES(snapshot, "bytes", c),
                   SECONDS(snapshot, "age_s", d));
}

static void put_log(struct screen *s, const json_t *log)
{
    char a[READABLE_BYTES_MAX], b[READABLE_BYTES_MAX], c[READABLE_BYTES_MAX], d[READABLE_BYTES_MAX];

    put_label(s, "log");
    if (json_integer_value(json_object_get(log, "entries")) == 0) {
        printer_format(&s->to, "empty\n");
        return;
    }
    printer_format(&s->to, "%s to %s, %s entries, %s\n", COUNT(log, "first", a),
                   COUNT(log, "last", b), COUNT(log, "entries", c), BYTES(log, "bytes", d));
}

static void put_disk(struct screen *s, const json_t *disk)
{
    char words[DISK_WORDS_BYTES_MAX];
    const char *label = "disk";
    size_t at = 0;

    while (disk_words_next(disk, &at, words)) {
        put_label(s, label);
        printer_format(&s->to, "%s%s%s\n", s->colour ? "\033[1;33m" : "", words,
                       s->colour ? "\033[0m" : "");
        label = "";
    }
}

static void put_node(struct screen *s, const json_t *node)
{
    char a[READABLE_BYTES_MAX], b[READABLE_BYTES_MAX];

    put_label(s, "node");
    printer_format(&s->to, "%s",
                   json_is_true(json_object_get(node, "connected")) ? "connected"
                                                                    : "not connected");
    if (json_is_string(json_object_get(node, "client")))
        printer_format(&s->to, ", %s", text_of(node, "client"));
    if (json_is_string(json_object_get(node, "path"))) {
        printer_format(&s->to, ", path %s, %s replayed, attached in %s ms", text_of(node, "path"),
                       COUNT(node, "replayed", a),
                       readable_rate(json_number_value(json_object_get(node, "attach_ms")), b));
    }
    printer_format(&s->to, "\n");
}

static void put_replay(struct screen *s, const json_t *replay)
{
    char a[READABLE_BYTES_MAX], b[READABLE_BYTES_MAX], c[READABLE_BYTES_MAX], d[READABLE_BYTES_MAX];
    double percent;

    if (!json_is_object(replay)) return;
    put_label(s, "replay");
    if (!json_is_number(json_object_get(replay, "percent"))) { /* nobody knows how much it is */
        printer_format(&s->to, "%s, %s so far, %s/s\n", text_of(replay, "phase"),
                       COUNT(replay, "at", a),
                       readable_rate(json_number_value(json_object_get(replay, "rate")), c));
        return;
    }
    percent = json_number_value(json_object_get(replay, "percent"));
    terminal_bar(&s->to, percent, SCREEN_BAR_CELLS);
    printer_format(&s->to, " %.0f %%  %s, %s of %s, %s/s, %s left\n", percent,
                   text_of(replay, "phase"), COUNT(replay, "at", a), COUNT(replay, "target", b),
                   readable_rate(json_number_value(json_object_get(replay, "rate")), c),
                   SECONDS(replay, "eta_s", d));
}

static void put_vats(struct screen *s, const json_t *vats)
{
    char a[READABLE_BYTES_MAX], b[READABLE_BYTES_MAX], c[READABLE_BYTES_MAX];
    const json_t *vat;
    size_t i;

    if (json_array_size(vats) == 0) return;
    printer_format(&s->to, "\n%s%-24s %12s %12s %12s%s\n", s->colour ? "\033[2m" : "", "vat",
                   "heap", "deliveries", "transcript", s->colour ? "\033[0m" : "");
    json_array_foreach(vats, i, vat)
    {
        printer_format(&s->to, "%-24.64s %12s %12s %12s\n", text_of(vat, "name"),
                       BYTES(vat, "heap_bytes", a), COUNT(vat, "deliveries", b),
                       COUNT(vat, "transcript_entries", c));
    }
}

static void put_vats_ended(struct screen *s, const json_t *ended)
{
    char a[READABLE_BYTES_MAX];
    const json_t *vat;
    size_t i;

    json_array_foreach(ended, i, vat)
    {
        put_label(s, i == 0 ? "ended" : "");
        printer_format(&s->to, "%.64s at %s: %.120s\n", text_of(vat, "vat"),
                       COUNT(vat, "seqnum", a), text_of(vat, "reason"));
    }
}

/* Two counters a line, in the order the daemon tells them. A counter may be a map of counters. */
static void put_counters(struct screen *s, json_t *counters)
{
    const char *key, *inner_key;
    char a[READABLE_BYTES_MAX];
    json_t *v, *inner;
    unsigned shown = 0;

    if (json_object_size(counters) == 0) return;
    printer_format(&s->to, "\n");
    json_object_foreach(counters, key, v)
    {
        if (!json_is_object(v)) {
            printer_format(&s->to, "%-26.26s %10s%s", key, COUNT(counters, key, a),
                           ++shown % 2 ? "   " : "\n");
            continue;
        }
        json_object_foreach(v, inner_key, inner)
        {
            char name[128];

            (void)snprintf(name, sizeof name, "%s %s", key, inner_key);
            printer_format(&s->to, "%-26.26s %10s%s", name, COUNT(v, inner_key, a),
                           ++shown % 2 ? "   " : "\n");
        }
    }
    if (shown % 2) printer_format(&s->to, "\n");
}

enum hs_status status_screen_render(const json_t *status, bool colour, struct buffer *out)
{
    struct screen s = {printer_on(out), colour};

    put_phase(&s, status);
    put_position(&s, status);
    put_snapshot(&s, json_object_get(status, "snapshot"));
    put_log(&s, json_object_get(status, "log"));
    put_disk(&s, json_object_get(status, "disk"));
    put_node(&s, json_object_get(status, "node"));
    put_replay(&s, json_object_get(status, "replay"));
    put_vats(&s, json_object_get(status, "vats"));
    put_vats_ended(&s, json_object_get(status, "vats_ended"));
    put_counters(&s, json_object_get(status, "counters"));
    return printer_end(&s.to);
}
