#include "sidecar/report/slog.h"

#include "kernel/state/utf8.h"
#include "kernel/text/json_printer.h"
#include "kernel/text/json_text.h"
#include "sidecar/report/vat_console.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { HELD_BYTES_MAX = 1 << 20 }; /* of lines that are not written yet */

static const char place[] = "slog.file";

struct slog {
    struct slog_options o;
    char *path;
    struct disk_file *file; /* NULL: not open */
    uint64_t file_bytes;    /* it holds at least so many, or it is another one */
    struct buffer held;     /* whole lines */
    uint64_t lines_held, lines_lost;
    bool failing;
    /* The message and delivery at hand. */
    uint64_t height, block_time, crank, delivery, syscalls;
};

enum hs_status slog_open(const struct slog_options *options, struct slog **out,
                         struct hs_error *err)
{
    struct slog *s = calloc(1, sizeof *s);

    if (!s) return hs_fail(err, HS_NOMEM, "out of memory for the slog");
    s->o = *options;
    s->path = strdup(options->path);
    if (!s->path) {
        free(s);
        return hs_fail(err, HS_NOMEM, "out of memory for the slog");
    }
    *out = s;
    return HS_OK;
}

/* --- the file --- */

static void slog_failed(struct slog *s, const struct hs_error *why)
{
    disk_close(s->file);
    s->file = NULL;
    s->lines_lost += s->lines_held;
    if (!s->failing) {
        logger_write(s->o.logger, LOG_LEVEL_WARN,
                     "the slog cannot be written, its lines are lost: %s", why->text);
    }
    s->failing = true;
}

static void slog_flush(struct slog *s)
{
    struct hs_error err = {0};
    enum hs_status st = HS_OK;

    if (s->held.len == 0) return;
    if (!s->file && s->failing) {
        s->lines_lost += s->lines_held; /* until the next message tries again */
    } else {
        st = s->file ? HS_OK : hs_fail(&err, HS_NOT_FOUND, "%s: not open", s->path);
        if (st == HS_OK) st = disk_append(s->file, buffer_slice(&s->held), &err);
        if (st == HS_OK) s->file_bytes += s->held.len;
        if (st != HS_OK) slog_failed(s, &err);
    }
    buffer_clear(&s->held);
    s->lines_held = 0;
}

/* Moved away, or cut: then what stands there is shorter than what we wrote, or nothing does. */
static bool slog_is_rotated(const struct slog *s)
{
    struct disk_entry now;
    enum hs_status st = disk_look(s->o.disk, place, NULL, s->path, &now, NULL);

    return st == HS_NOT_FOUND || (st == HS_OK && now.bytes < s->file_bytes);
}

/* Before a message: have a file, the one that stands there. */
static void slog_have_file(struct slog *s)
{
    struct hs_error err = {0};
    enum hs_status st;

    if (s->file && slog_is_rotated(s)) {
        disk_close(s->file);
        s->file = NULL;
    }
    if (s->file) return;
    st = disk_open(s->o.disk, place, NULL, s->path, DISK_CREATE, &s->file, &err);
    if (st == HS_OK) st = disk_size(s->file, &s->file_bytes, &err);
    if (st != HS_OK) {
        slog_failed(s, &err);
        return;
    }
    if (s->failing) {
        logger_write(s->o.logger, LOG_LEVEL_INFO,
                     "the slog is written again; %" PRIu64 " lines were lost", s->lines_lost);
    }
    s->failing = false;
    s->lines_lost = 0;
}

void slog_close(struct slog *s)
{
    if (!s) return;
    slog_flush(s);
    disk_close(s->file);
    buffer_fini(&s->held);
    free(s->path);
    free(s);
}

/* --- lines --- */

struct line {
    struct slog *slog;
    size_t begin; /* in what is held */
    struct json_printer j;
};

static void print_word(struct json_printer *j, const char *key, const char *word)
{
    json_print_key(j, key);
    json_print_word(j, word);
}

static void print_uint(struct json_printer *j, const char *key, uint64_t number)
{
    json_print_key(j, key);
    json_print_uint(j, number);
}

/* Text that need not be UTF-8. */
static void print_text(struct json_printer *j, const char *key, struct slice s)
{
    struct buffer clean = {0};

    json_print_key(j, key);
    for (size_t i = 0; i < s.len;) {
        size_t good = utf8_cut(slice_make(s.data + i, s.len - i), s.len - i);

        printer_note(&j->text, buffer_append(&clean, slice_make(s.data + i, good)));
        i += good;
        if (i >= s.len) break;
        printer_note(&j->text, buffer_append_text(&clean, "\xef\xbf\xbd"));
        i++;
    }
    json_print_string(j, buffer_slice(&clean));
    buffer_fini(&clean);
}

/* JSON as it is, on one line: a break can only stand between its tokens. What is none is a text. */
static void print_json(struct json_printer *j, const char *key, struct slice json)
{
    size_t begin;

    if (!json_text_is_value(json)) {
        print_text(j, key, json);
        return;
    }
    json_print_key(j, key);
    begin = j->text.out->len;
    json_print_raw(j, json);
    for (size_t i = begin; i < j->text.out->len; i++) {
        char *c = &j->text.out->data[i];

        if (*c == '\n' || *c == '\r') *c = ' ';
    }
}

static struct line line_begin(struct slog *s, const char *type, const struct witnessed *w,
                              bool live)
{
    uint64_t us = clock_unix_us();
    struct line line = {.slog = s, .begin = s->held.len, .j = json_printer_on(&s->held)};
    struct json_printer *j = &line.j;

    json_print_open(j, '{');
    json_print_key(j, "time");
    json_print_comma(j);
    printer_format(&j->text, "%" PRIu64 ".%06" PRIu64, us / 1000000, us % 1000000);
    j->follows = true;
    print_uint(j, "monotime", clock_now_us(s->o.clock));
    print_word(j, "type", type);
    print_uint(j, "blockHeight", s->height);
    print_uint(j, "seqnum", w->seqnum);
    if (!live) {
        json_print_key(j, "replay");
        json_print_raw(j, slice_text("true"));
    }
    if (w->vat) {
        print_word(j, "vatID", w->vat->id.text);
        print_text(j, "name", slice_text(w->vat->name));
    }
    return line;
}

/* A line that there is no memory for is lost, alone. */
static void line_end(struct line *line)
{
    struct slog *s = line->slog;
    enum hs_status st;

    json_print_close(&line->j, '}');
    printer_text(&line->j.text, "\n");
    st = json_print_end(&line->j);
    if (st == HS_OK) {
        s->lines_held++;
    } else {
        s->held.len = line->begin;
        if (s->held.data) s->held.data[line->begin] = '\0';
        s->lines_lost++;
    }
    if (s->held.len > HELD_BYTES_MAX) slog_flush(s);
}

/* --- what each is --- */

static void print_flag(struct json_printer *j, const char *key, bool set)
{
    if (!set) return;
    json_print_key(j, key);
    json_print_raw(j, slice_text("true"));
}

static void print_problem(struct json_printer *j, const struct witnessed *w)
{
    print_word(j, "status", w->status == HS_OK ? "ok" : "error");
    if (w->status != HS_OK) print_text(j, "problem", slice_text(w->words));
}

static void write_message(struct slog *s, const struct witnessed *w, bool live)
{
    const struct message *m = w->message;
    struct line line;

    slog_have_file(s);
    s->height = m->height;
    s->crank = 0;
    line = line_begin(s, "message", w, live);
    print_uint(&line.j, "blockTime", m->time);
    if (m->limited) print_uint(&line.j, "ticks", m->ticks);
    print_flag(&line.j, "query", w->query);
    print_flag(&line.j, "control", m->control);
    print_flag(&line.j, "skipped", m->skipped);
    print_flag(&line.j, "run", message_is_run(m));
    if (!message_is_run(m)) print_json(&line.j, "message", m->text);
    line_end(&line);
}

static void write_vat(struct slog *s, const struct witnessed *w, bool live)
{
    struct line line = line_begin(s, "create-vat", w, live);

    line_end(&line);
}

static void write_delivery(struct slog *s, const struct witnessed *w, bool live)
{
    struct line line;

    s->delivery = w->number;
    s->syscalls = 0;
    s->crank++;
    line = line_begin(s, "deliver", w, live);
    print_uint(&line.j, "crankNum", s->crank);
    print_uint(&line.j, "deliveryNum", w->number);
    print_json(&line.j, "vd", w->text);
    line_end(&line);
    slog_flush(s); /* so that whoever wonders what takes so long can see it */
}

static void write_syscall(struct slog *s, const struct witnessed *w, bool live)
{
    struct line line = line_begin(s, "syscall", w, live);

    print_uint(&line.j, "deliveryNum", s->delivery);
    print_uint(&line.j, "syscallNum", s->syscalls++);
    print_json(&line.j, "vsc", w->text);
    if (w->status == HS_OK) {
        print_json(&line.j, "vsr", w->answer);
    } else {
        print_problem(&line.j, w);
    }
    line_end(&line);
}

static void write_console(struct slog *s, const struct witnessed *w, bool live)
{
    struct vat_console console;
    struct line line;

    if (vat_console_read(w->text, &console) != HS_OK) return;
    line = line_begin(s, "console", w, live);
    print_uint(&line.j, "deliveryNum", s->delivery);
    print_word(&line.j, "level", console.level);
    print_text(&line.j, "text", buffer_slice(&console.text));
    line_end(&line);
    vat_console_fini(&console);
}

static void write_delivered(struct slog *s, const struct witnessed *w, bool live)
{
    struct line line = line_begin(s, "deliver-result", w, live);

    print_uint(&line.j, "deliveryNum", s->delivery);
    print_uint(&line.j, "steps", w->steps);
    print_problem(&line.j, w);
    line_end(&line);
}

static void write_texts(struct slog *s, const struct witnessed *w, bool live, const char *type,
                        const struct buffer *texts, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        struct line line = line_begin(s, type, w, live);

        print_json(&line.j, type, buffer_slice(&texts[i]));
        line_end(&line);
    }
}

static void write_done(struct slog *s, const struct witnessed *w, bool live)
{
    const struct kernel_outcome *o = w->outcome;
    struct line line;

    if (o) write_texts(s, w, live, "output", o->outputs, o->outputs_len);
    if (o) write_texts(s, w, live, "event", o->events, o->events_len);
    line = line_begin(s, "message-result", w, live);
    if (o) {
        print_word(&line.j, "status", message_status_name(o->status));
        print_json(&line.j, "value", buffer_slice(&o->value));
        print_uint(&line.j, "ticks", o->ticks);
        print_uint(&line.j, "cranks", o->cranks);
        print_uint(&line.j, "queued", o->queued);
        print_word(&line.j, "activityhash", o->after.hash);
    } else {
        print_word(&line.j, "status", "undone");
        print_text(&line.j, "problem", slice_text(w->words));
    }
    line_end(&line);
    slog_flush(s);
}

void slog_write(struct slog *s, const struct witnessed *w, bool live)
{
    switch (w->kind) {
    case WITNESS_MESSAGE: write_message(s, w, live); break;
    case WITNESS_VAT: write_vat(s, w, live); break;
    case WITNESS_DELIVERY: write_delivery(s, w, live); break;
    case WITNESS_SYSCALL: write_syscall(s, w, live); break;
    case WITNESS_CONSOLE: write_console(s, w, live); break;
    case WITNESS_DELIVERED: write_delivered(s, w, live); break;
    case WITNESS_DONE: write_done(s, w, live); break;
    }
}
