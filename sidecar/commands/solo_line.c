#include "sidecar/commands/solo_line.h"

#include "kernel/state/decimal.h"
#include "sidecar/commands/exported.h"

#include <string.h>

/* Does the line begin with the word and a blank? Then the rest is what follows. */
static bool line_word(struct slice *line, const char *word)
{
    size_t len = strlen(word);

    if (!slice_starts_with(*line, slice_text(word)) || line->len <= len || line->data[len] != ' ') {
        return false;
    }
    *line = slice_make(line->data + len + 1, line->len - len - 1);
    return true;
}

static bool line_number(struct slice *line, uint64_t *out)
{
    const char *blank = memchr(line->data, ' ', line->len);
    size_t len = blank ? (size_t)(blank - line->data) : 0;

    if (!blank || uint_parse(slice_make(line->data, len), out) != HS_OK) return false;
    *line = slice_make(blank + 1, line->len - len - 1);
    return true;
}

static void line_read_message(struct slice line, struct message *out)
{
    struct slice rest = line;
    uint64_t ticks = 0;

    *out = (struct message){.text = line};
    if (line_word(&rest, "ticks")) {
        if (!line_number(&rest, &ticks)) return;
        out->limited = true;
        out->ticks = ticks;
    }
    if (line_word(&rest, "control")) out->control = true;
    out->text = slice_equal(rest, slice_text("run")) ? slice_make(rest.data, 0) : rest;
}

enum hs_status solo_line_read(struct slice line, struct buffer *text, struct solo_line *out)
{
    struct log_entry entry;
    enum hs_status st = exported_read(line, text, &entry);

    *out = (struct solo_line){.exported = st == HS_OK};
    if (st == HS_INVALID) {
        line_read_message(line, &out->message);
        return HS_OK;
    }
    out->message = entry.message;
    out->after = entry.after;
    return st;
}
