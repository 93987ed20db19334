#include "sidecar/report/kernel_watch.h"

#include "sidecar/report/vat_console.h"

#include <inttypes.h>

void kernel_watch_live(struct kernel_watch *w, bool live)
{
    w->live = live;
}

static void watch_console(const struct kernel_watch *w, const struct witnessed *event)
{
    struct log_field fields[] = {{.name = "vat", .text = event->vat->name},
                                 {.name = "vat_id", .text = event->vat->id.text},
                                 {.name = "seqnum", .number = event->seqnum},
                                 {.name = "console", .text = ""}};
    struct vat_console console;

    if (vat_console_read(event->text, &console) != HS_OK) return;
    fields[3].text = console.level;
    logger_write_fields(w->logger, LOG_LEVEL_DEBUG, fields, sizeof fields / sizeof fields[0],
                        "vat %s (%s), message %" PRIu64 ", console.%s: %s", event->vat->name,
                        event->vat->id.text, event->seqnum, console.level,
                        buffer_text(&console.text));
    vat_console_fini(&console);
}

static void watch_tell(void *data, const struct witnessed *event)
{
    struct kernel_watch *w = data;

    if (event->kind == WITNESS_CONSOLE && w->live && w->logger->level >= LOG_LEVEL_DEBUG) {
        watch_console(w, event);
    }
    if (w->slog) slog_write(w->slog, event, w->live);
}

void kernel_watch_lend(struct kernel_watch *w, struct kernel_options *options)
{
    if (!w->slog && w->logger->level < LOG_LEVEL_DEBUG) return;
    options->witness = watch_tell;
    options->witness_data = w;
}
