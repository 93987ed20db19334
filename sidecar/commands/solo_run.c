#include "sidecar/commands/solo_run.h"

#include "kernel/state/decimal.h"
#include "kernel/state/printer.h"
#include "sidecar/commands/progress_bar.h"
#include "sidecar/commands/solo_blocks.h"
#include "sidecar/commands/solo_line.h"
#include "sidecar/report/clock.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum {
    /* A sync costs about as much as this many small messages. */
    SOLO_GROUP_MESSAGES_MAX = 256,
    SOLO_GROUP_BYTES_MAX = 8 << 20,
    SOLO_GROUP_US_MAX = 100 * 1000 /* slow messages are not held back for long */
};

/* What was executed and is not yet durable. */
struct solo_group {
    struct solo_report counts; /* as the report will be once this is durable */
    uint64_t messages, bytes;
    uint64_t started_us;
    struct buffer results; /* lines for stdout */
};

static const char lines_key[] = "local.solo.lines";

struct solo_work {
    const struct solo *s;
    struct solo_report *report;
    struct kernel *kernel;
    struct kv_leveldb_batch *batch;
    struct progress_bar progress;
    struct solo_group group;
    struct buffer text; /* of a message that was exported */
};

static bool start_progress(void *data, uint64_t done, uint64_t total)
{
    struct solo_work *w = data;

    progress_bar_show(&w->progress, done, done, total);
    return !interrupt_seen(w->s->interrupt);
}

static enum hs_status start_kernel(struct solo_work *w, struct hs_error *err)
{
    struct kernel_options options = {
        .base = kv_leveldb_store(w->s->store),
        .engine = w->s->engine,
        .config = w->s->config,
        .progress = start_progress,
        .progress_data = w,
    };
    struct kernel_start_report started;
    enum hs_status st;

    kernel_watch_lend(w->s->watch, &options);
    progress_bar_start(&w->progress, "replaying transcripts", w->s->show_progress);
    st = kernel_start(&options, &w->kernel, &started, err);
    progress_bar_end(&w->progress);
    if (st == HS_OK) w->report->at = kernel_position(w->kernel);
    return st;
}

/* A store that was never given a line counted its messages alone. */
static enum hs_status read_lines(struct solo_work *w, struct hs_error *err)
{
    struct buffer text = {0};
    enum hs_status st = kv_store_get_text(kv_leveldb_store(w->s->store), lines_key, &text, err);

    if (st == HS_NOT_FOUND) {
        w->report->lines = w->report->at.seqnum;
        st = HS_OK;
    } else if (st == HS_OK && uint_parse(buffer_slice(&text), &w->report->lines) != HS_OK) {
        st = hs_fail(err, HS_CORRUPT, "solo's store: %s is no number", lines_key);
    }
    buffer_fini(&text);
    return st;
}

/* The lines that the store has executed already. */
static enum hs_status skip_executed(struct solo_work *w, struct hs_error *err)
{
    uint64_t executed = w->report->lines;
    struct line_reader *lines = w->s->lines;
    enum hs_status st = HS_OK;

    while (w->report->skipped < executed && st == HS_OK) {
        struct slice line;

        st = interrupt_seen(w->s->interrupt)
                 ? hs_fail(err, HS_CANCELLED, "interrupted")
                 : line_reader_next(lines, true, w->s->interrupt->fd, &line, err);
        if (st == HS_OK) w->report->skipped++;
    }
    if (st != HS_NOT_FOUND) return st;
    return hs_fail(err, HS_STALE,
                   "this data folder has executed %" PRIu64 " lines and %s has only %" PRIu64
                   "; give the file it was run with, another --data, or the new messages on "
                   "standard input with --messages -",
                   executed, lines->name, w->report->skipped);
}

static void render_texts(struct printer *to, const char *key, const struct buffer *texts,
                         size_t len)
{
    printer_format(to, ",\"%s\":[", key);
    for (size_t i = 0; i < len; i++) {
        if (i > 0) printer_text(to, ",");
        printer_bytes(to, buffer_slice(&texts[i]));
    }
    printer_text(to, "]");
}

static void render_settled(struct printer *to, const struct settlements *settled)
{
    printer_text(to, ",\"settled\":[");
    for (size_t i = 0; i < settled->len; i++) {
        const struct settlement *s = &settled->items[i];

        printer_format(to, "%s[%" PRIu64 ",\"%s\",", i > 0 ? "," : "", s->seqnum,
                       message_status_name(s->status));
        printer_bytes(to, buffer_slice(&s->value));
        printer_text(to, "]");
    }
    printer_text(to, "]");
}

/* The kernel's value and outputs are JSON already and go in as they are. */
static enum hs_status render_json(const struct kernel_outcome *o, struct buffer *out)
{
    struct printer to = printer_on(out);

    printer_format(&to,
                   "{\"schema\":1,\"seqnum\":%" PRIu64 ",\"hash\":\"%s\",\"status\":\"%s\","
                   "\"value\":",
                   o->after.seqnum, o->after.hash, message_status_name(o->status));
    printer_text(&to, o->value.len ? buffer_text(&o->value) : "null");
    render_texts(&to, "outputs", o->outputs, o->outputs_len);
    printer_format(&to, ",\"ticks\":%" PRIu64 ",\"queued\":%" PRIu64, o->ticks, o->queued);
    render_settled(&to, &o->settled);
    render_texts(&to, "events", o->events, o->events_len);
    printer_text(&to, "}\n");
    return printer_end(&to);
}

static enum hs_status render_text(const struct kernel_outcome *o, struct buffer *out)
{
    const char *value = o->value.len ? buffer_text(&o->value) : "null";
    struct printer to = printer_on(out);

    printer_format(&to, "%" PRIu64 " %s ", o->after.seqnum, message_status_name(o->status));
    printer_text(&to, value);
    printer_text(&to, "\n");
    return printer_end(&to);
}

static enum hs_status group_add(struct solo_work *w, const struct kernel_outcome *o)
{
    struct solo_group *g = &w->group;

    g->messages++;
    g->bytes += kv_map_bytes(o->writes);
    g->counts.executed++;
    g->counts.fulfilled += o->status == MESSAGE_FULFILLED;
    g->counts.rejected += o->status == MESSAGE_REJECTED;
    g->counts.pending += o->status == MESSAGE_PENDING;
    g->counts.at = o->after;
    if (w->s->print == SOLO_PRINT_JSON) return render_json(o, &g->results);
    return w->s->print == SOLO_PRINT_TEXT ? render_text(o, &g->results) : HS_OK;
}

static bool group_is_full(const struct solo_group *g)
{
    return g->messages >= SOLO_GROUP_MESSAGES_MAX || g->bytes >= SOLO_GROUP_BYTES_MAX ||
           g->results.len >= SOLO_GROUP_BYTES_MAX || clock_us() - g->started_us > SOLO_GROUP_US_MAX;
}

/* The kernel's changes since the last group, as one synced batch. */
static enum hs_status group_write(struct solo_work *w, struct hs_error *err)
{
    struct mark_changes changes = {0};
    struct kv_map_place place = {.begun = false};
    struct kv_entry entry;
    char lines[UINT_TEXT_BYTES];
    enum hs_status st = kernel_mark(w->kernel, err);

    if (st == HS_OK) st = kernel_snapshot_take(w->kernel, false, &changes, err);
    if (st != HS_OK) return st;
    kv_leveldb_batch_clear(w->batch);
    while (kv_map_walk(changes.keys, &place, &entry)) {
        if (entry.deleted) {
            kv_leveldb_batch_delete(w->batch, entry.key);
        } else {
            kv_leveldb_batch_put(w->batch, entry.key, entry.value);
        }
    }
    kv_leveldb_batch_put(w->batch, slice_text(lines_key),
                         slice_make(lines, uint_text(lines, w->group.counts.lines)));
    st = kv_leveldb_write(w->s->store, w->batch, true, err);
    kernel_snapshot_done(w->kernel, &changes, st == HS_OK);
    mark_changes_fini(&changes);
    return st;
}

static enum hs_status group_print(struct solo_group *g, struct hs_error *err)
{
    size_t written = g->results.len ? fwrite(g->results.data, 1, g->results.len, stdout) : 0;

    if (written == g->results.len && fflush(stdout) == 0) return HS_OK;
    return hs_fail(err, HS_IO,
                   "cannot print the results; the messages are executed, check where "
                   "stdout goes");
}

/* What was executed becomes durable, then visible. */
static enum hs_status group_finish(struct solo_work *w, struct hs_error *err)
{
    struct solo_group *g = &w->group;
    enum hs_status st;

    if (g->messages == 0) return HS_OK;
    g->messages = g->bytes = 0; /* whatever becomes of it, it is not tried twice */
    st = group_write(w, err);
    if (st != HS_OK) return st;
    g->counts.skipped = w->report->skipped;
    *w->report = g->counts;
    progress_bar_end(&w->progress);
    st = group_print(g, err);
    buffer_clear(&g->results);
    return st;
}

/* A store that was filled in smaller blocks stands at a greater height: it stays in that block. */
static uint64_t solo_height(const struct solo_work *w)
{
    uint64_t height = solo_block_height(w->group.counts.lines, w->s->block_messages);

    return height < kernel_height(w->kernel) ? kernel_height(w->kernel) : height;
}

/* *ticks: what it cost. */
static enum hs_status execute_message(struct solo_work *w, const struct message *m, uint64_t *ticks,
                                      struct hs_error *err)
{
    struct kernel_outcome outcome = {0};
    enum hs_status st;

    if (w->group.messages == 0) w->group.started_us = clock_us();
    st = kernel_deliver(w->kernel, m, &outcome, err);
    if (st != HS_OK)
        return hs_fail_prefix(err, st, "message %" PRIu64, w->group.counts.at.seqnum + 1);
    *ticks = outcome.ticks;
    st = group_add(w, &outcome);
    kernel_outcome_fini(&outcome);
    return st == HS_OK ? st : hs_fail(err, st, "results: %s", hs_status_text(st));
}

/* The block ends: runs, as a node sends them. */
static enum hs_status execute_runs(struct solo_work *w, uint64_t height, struct hs_error *err)
{
    struct message run = {.height = height, .time = solo_block_time(height), .limited = true};
    uint64_t left = w->s->block_ticks, ticks = 0;
    bool due = false;
    enum hs_status st = kernel_run_is_due(w->kernel, run.time, &due, err);

    while (st == HS_OK && due && left > 0) {
        run.ticks = left;
        st = execute_message(w, &run, &ticks, err);
        if (st == HS_OK) st = kernel_run_is_due(w->kernel, run.time, &due, err);
        left = ticks < left ? left - ticks : 0;
        if (interrupt_seen(w->s->interrupt)) break;
    }
    return st;
}

/* A message of our own, in the block that its line falls into. */
static enum hs_status execute_own(struct solo_work *w, struct message *m, struct hs_error *err)
{
    uint64_t ticks = 0;
    enum hs_status st;

    m->height = solo_height(w);
    m->time = solo_block_time(m->height);
    st = execute_message(w, m, &ticks, err);
    if (st == HS_OK && ++w->group.counts.lines % w->s->block_messages == 0) {
        st = execute_runs(w, m->height, err);
    }
    return st;
}

/* A chain's delivery: it must come next, and lead where it led the chain. */
static enum hs_status execute_exported(struct solo_work *w, const struct solo_line *line,
                                       struct hs_error *err)
{
    const struct position *at = &w->group.counts.at, *after = &line->after;
    uint64_t ticks = 0;
    enum hs_status st;

    if (after->seqnum != at->seqnum + 1) {
        return hs_fail(err, HS_INVALID,
                       "the log's line %" PRIu64 " is seqnum %" PRIu64
                       ", and this store stands at %" PRIu64,
                       w->s->lines->lines, after->seqnum, at->seqnum);
    }
    st = execute_message(w, &line->message, &ticks, err);
    if (st != HS_OK) return st;
    w->group.counts.lines++;
    if (position_equal(at, after)) return HS_OK;
    return hs_fail(err, HS_DIVERGED,
                   "seqnum %" PRIu64 " is the first that differs: its hash is %s here, and %s in "
                   "the log",
                   after->seqnum, at->hash, after->hash);
}

static enum hs_status execute_line(struct solo_work *w, struct slice text, struct hs_error *err)
{
    struct solo_line line;
    enum hs_status st = solo_line_read(text, &w->text, &line);

    if (st != HS_OK) return hs_fail(err, st, "a line: %s", hs_status_text(st));
    st = line.exported ? execute_exported(w, &line, err) : execute_own(w, &line.message, err);
    if (st == HS_OK && group_is_full(&w->group)) st = group_finish(w, err);
    return st;
}

/* The next line; before waiting for somebody to type it, what is done is made durable. */
static enum hs_status next_line(struct solo_work *w, struct slice *line, struct hs_error *err)
{
    struct line_reader *lines = w->s->lines;
    int wake_fd = w->s->interrupt->fd;
    enum hs_status st;

    if (interrupt_seen(w->s->interrupt)) return HS_CANCELLED;
    st = line_reader_next(lines, false, wake_fd, line, err);
    if (st != HS_BUSY) return st;
    st = group_finish(w, err);
    return st == HS_OK ? line_reader_next(lines, true, wake_fd, line, err) : st;
}

/* HS_NOT_FOUND, HS_CANCELLED, or why there is no next line; HS_OK: a message could not be executed,
 * which *failed tells. */
static enum hs_status execute_until_no_line(struct solo_work *w, enum hs_status *failed,
                                            struct hs_error *err)
{
    enum hs_status st;
    struct slice line;

    *failed = HS_OK;
    while ((st = next_line(w, &line, err)) == HS_OK) {
        *failed = execute_line(w, line, err);
        if (*failed != HS_OK) break;
        progress_bar_show(&w->progress, w->group.counts.executed, w->s->lines->offset,
                          w->s->lines->size);
    }
    return st;
}

static enum hs_status execute_lines(struct solo_work *w, struct hs_error *err)
{
    uint64_t started_us = clock_us();
    enum hs_status st, failed;

    progress_bar_start(&w->progress, "executing", w->s->show_progress);
    w->group.counts = *w->report;
    st = execute_until_no_line(w, &failed, err);
    if (failed != HS_OK) {
        st = failed;
    } else if (st == HS_NOT_FOUND) {
        st = group_finish(w, err);
    } else if (group_finish(w, NULL) == HS_OK && st == HS_CANCELLED) {
        (void)hs_fail(err, st, "interrupted"); /* what came before is whole */
    }
    progress_bar_end(&w->progress);
    w->report->elapsed_ms = (clock_us() - started_us) / 1000;
    return st;
}

enum hs_status solo_run(const struct solo *s, struct solo_report *report, struct hs_error *err)
{
    struct solo_work w = {.s = s, .report = report};
    enum hs_status st;

    assert(s->store && s->engine && s->lines && s->interrupt);
    *report = (struct solo_report){0};
    st = kv_leveldb_batch_open(&w.batch, err);
    if (st != HS_OK) goto out;
    st = start_kernel(&w, err);
    if (st != HS_OK) goto out;
    st = read_lines(&w, err);
    if (st == HS_OK && s->skip_executed) st = skip_executed(&w, err);
    if (st == HS_OK) st = execute_lines(&w, err);
out:
    kernel_close(w.kernel);
    kv_leveldb_batch_close(w.batch);
    buffer_fini(&w.group.results);
    buffer_fini(&w.text);
    return st;
}
