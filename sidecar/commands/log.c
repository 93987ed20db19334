#include "sidecar/commands/command.h"
#include "sidecar/commands/exported.h"
#include "sidecar/commands/offline.h"
#include "sidecar/commands/readable.h"

#include <inttypes.h>

enum { LOG_MESSAGE_SHOWN = 60 };

/* How entries are printed. */
struct log_print {
    enum hs_status (*entry)(const struct log_entry *e, struct log_print *p);
    bool json, first;
    struct buffer line; /* of an export */
};

static void print_entry(const struct log_entry *e, bool json, bool first)
{
    if (!json) {
        (void)printf("%10" PRIu64 " %10" PRIu64 " %12" PRIu64 "  %.16s  ", e->after.seqnum,
                     e->message.height, e->message.time, e->after.hash);
        offline_print_line(e->message.text, LOG_MESSAGE_SHOWN);
        (void)putchar('\n');
        return;
    }
    (void)printf("%s\n{\"seqnum\":%" PRIu64 ",\"height\":%" PRIu64 ",\"time\":%" PRIu64
                 ",\"hash\":\"%s\",\"message\":",
                 first ? "" : ",", e->after.seqnum, e->message.height, e->message.time,
                 e->after.hash);
    offline_print_json(e->message.text);
    (void)putchar('}');
}

static enum hs_status list_entry(const struct log_entry *e, struct log_print *p)
{
    print_entry(e, p->json, p->first);
    p->first = false;
    return HS_OK;
}

static enum hs_status export_entry(const struct log_entry *e, struct log_print *p)
{
    enum hs_status st = exported_print(e, &p->line);

    if (st == HS_OK) st = buffer_append(&p->line, slice_make("\n", 1));
    if (st != HS_OK) return st;
    return fwrite(p->line.data, 1, p->line.len, stdout) == p->line.len ? HS_OK : HS_IO;
}

/* HS_OK at the end of the range or of the log. */
static enum hs_status print_entries(struct replay_log *log, uint64_t from, uint64_t to,
                                    struct log_print *print, struct hs_error *err)
{
    struct replay_log_summary about = replay_log_summary(log);
    struct replay_cursor *cursor = NULL;
    struct log_entry entry;
    enum hs_status st;

    if (from < about.first) from = about.first;
    if (to > about.last) to = about.last;
    if (about.entries == 0 || from > to) return HS_OK;
    st = replay_log_seek(log, from, &cursor, err);
    while (st == HS_OK) {
        st = replay_cursor_next(cursor, &entry, err);
        if (st != HS_OK || entry.after.seqnum > to) break;
        st = print->entry(&entry, print);
        if (st != HS_OK) (void)hs_fail(err, st, "cannot print: %s", hs_status_text(st));
    }
    replay_cursor_close(cursor);
    return st == HS_NOT_FOUND ? HS_OK : st;
}

static enum exit_code log_list_command(const struct command_call *call)
{
    const struct settings *s = &call->settings;
    bool json = settings_flag(s, SETTING_JSON);
    struct log_print print = {.entry = list_entry, .json = json, .first = true};
    struct replay_log *log = NULL;
    struct hs_error err = {0};
    enum exit_code code = offline_log_open(s, &log);
    enum hs_status st;

    if (code != EXIT_CODE_OK) return code;
    if (json) {
        (void)fputs("{\"schema\":1,\"entries\":[", stdout);
    } else {
        (void)printf("%10s %10s %12s  %-16s  %s\n", "seqnum", "height", "time", "hash", "message");
    }
    st = print_entries(log, settings_number(s, SETTING_FROM), settings_number(s, SETTING_TO),
                       &print, &err);
    if (json) (void)puts("]}");
    replay_log_close(log);
    return st == HS_OK ? EXIT_CODE_OK : failure_report(st, &err);
}

static enum exit_code log_export_command(const struct command_call *call)
{
    const struct settings *s = &call->settings;
    struct log_print print = {.entry = export_entry};
    struct replay_log *log = NULL;
    struct hs_error err = {0};
    enum exit_code code = offline_log_open(s, &log);
    enum hs_status st;

    if (code != EXIT_CODE_OK) return code;
    st = print_entries(log, settings_number(s, SETTING_FROM), settings_number(s, SETTING_TO),
                       &print, &err);
    buffer_fini(&print.line);
    replay_log_close(log);
    return st == HS_OK ? EXIT_CODE_OK : failure_report(st, &err);
}

/* damaged_after: NULL when all is well, else the last good entry before the damage, 0 for none. */
static void print_verdict(const struct replay_log_summary *about, const uint64_t *damaged_after,
                          bool json)
{
    char a[READABLE_BYTES_MAX], b[READABLE_BYTES_MAX], c[READABLE_BYTES_MAX], d[READABLE_BYTES_MAX];

    if (json) {
        (void)printf("{\"schema\":1,\"ok\":%s,\"first\":%" PRIu64 ",\"last\":%" PRIu64
                     ",\"entries\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"torn_bytes\":%" PRIu64
                     ",\"damaged_after\":",
                     damaged_after ? "false" : "true", about->first, about->last, about->entries,
                     about->bytes, about->cut_bytes);
        if (damaged_after) {
            (void)printf("%" PRIu64 "}\n", *damaged_after);
        } else {
            (void)puts("null}");
        }
        return;
    }
    (void)printf("%s: %s entries, %s to %s, %s\n", damaged_after ? "DAMAGED" : "ok",
                 readable_count(about->entries, a), readable_count(about->first, b),
                 readable_count(about->last, c), readable_bytes(about->bytes, d));
    if (about->cut_bytes > 0) {
        (void)printf("the last %s are an unfinished entry, which the next start leaves out\n",
                     readable_bytes(about->cut_bytes, a));
    }
}

static enum exit_code log_verify_command(const struct command_call *call)
{
    struct replay_log_summary about;
    struct replay_log *log = NULL;
    struct hs_error err = {0};
    enum exit_code code = offline_log_open(&call->settings, &log);
    uint64_t last_good = 0;
    enum hs_status st;

    if (code != EXIT_CODE_OK) return code;
    st = replay_log_verify(log, &last_good, &err);
    about = replay_log_summary(log);
    replay_log_close(log);
    if (st != HS_OK && st != HS_CORRUPT) return failure_report(st, &err);
    print_verdict(&about, st == HS_CORRUPT ? &last_good : NULL,
                  settings_flag(&call->settings, SETTING_JSON));
    if (st == HS_OK) return EXIT_CODE_OK;
    if (last_good == 0) {
        return failure_print(EXIT_CODE_NO, "the log is damaged from its first entry on; the next "
                                           "start does without it");
    }
    return failure_print(EXIT_CODE_NO,
                         "the log is damaged after entry %" PRIu64
                         "; the next start uses what comes before and replays the rest",
                         last_good);
}

static const struct command log_list = {
    .name = "list",
    .arguments = "",
    .summary = "the executed messages",
    .settings = SETTING_BIT(SETTING_FROM) | SETTING_BIT(SETTING_TO),
    .required = SETTING_BIT(SETTING_DATA),
    .run = log_list_command,
};

static const struct command log_verify = {
    .name = "verify",
    .arguments = "",
    .summary = "read all entries and their checksums",
    .required = SETTING_BIT(SETTING_DATA),
    .run = log_verify_command,
};

static const struct command log_export = {
    .name = "export",
    .arguments = "",
    .summary = "the executed messages, each as a line that solo executes",
    .details = "Every input of each delivery and the hash after it: seqnum, height, time, ticks,\n"
               "control, skipped, message (message_hex where it is not UTF-8), hash.\n"
               "headstart solo --messages FILE --kernel FILE --data DIR runs it again, and names\n"
               "the first hash that differs.\n",
    .settings = SETTING_BIT(SETTING_FROM) | SETTING_BIT(SETTING_TO),
    .required = SETTING_BIT(SETTING_DATA),
    .run = log_export_command,
};

static const struct command *const subcommands[] = {&log_list, &log_verify, &log_export, NULL};

const struct command command_log = {
    .name = "log",
    .arguments = "list|verify|export",
    .summary = "the replay log in the data folder",
    .subcommands = subcommands,
};
