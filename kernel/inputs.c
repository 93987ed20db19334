#include "kernel/inputs.h"

#include "kernel/state/array.h"
#include "kernel/state/fault.h"
#include "kernel/state/limits.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { TEXTS_KEPT_BYTES = 64 << 10 }; /* for the next block; more is given back */

void inputs_clear(struct inputs *in)
{
    in->len = 0;
    if (in->texts.capacity > TEXTS_KEPT_BYTES) buffer_fini(&in->texts);
    buffer_clear(&in->texts);
}

void inputs_fini(struct inputs *in)
{
    buffer_fini(&in->texts);
    free(in->items);
    *in = (struct inputs){0};
}

/* Of all texts these stay, from `from` on. */
static void texts_keep(struct buffer *texts, size_t from, size_t len)
{
    assert(from + len <= texts->len);
    if (!texts->data) return;
    memmove(texts->data, texts->data + from, len);
    texts->len = len;
    texts->data[len] = '\0';
}

/* The newer half stays, but of a single one nothing. */
static void inputs_halve(struct inputs *in)
{
    size_t gone = (in->len + 1) / 2;
    size_t gone_bytes = gone < in->len ? in->items[gone].at : in->texts.len;

    in->len -= gone;
    memmove(in->items, in->items + gone, in->len * sizeof *in->items);
    texts_keep(&in->texts, gone_bytes, in->texts.len - gone_bytes);
    for (size_t i = 0; i < in->len; i++) {
        in->items[i].at -= gone_bytes;
    }
}

static bool inputs_reserve(struct inputs *in, size_t text_bytes)
{
    return FAULT("savepoint.input") == FAULT_NONE &&
           array_reserve(&in->items, &in->capacity, in->len + 1, sizeof *in->items) == HS_OK &&
           buffer_reserve(&in->texts, text_bytes) == HS_OK;
}

void inputs_add(struct inputs *in, const struct message *m, bool stopped,
                const struct position *after)
{
    struct kept_input *kept;

    assert(in->len == 0 || in->items[in->len - 1].input.after.seqnum + 1 == after->seqnum);
    while (in->len > 0 && (in->len >= HS_OPEN_INPUTS_MAX ||
                           in->texts.len + m->text.len > HS_OPEN_INPUT_BYTES_MAX)) {
        inputs_halve(in);
    }
    if (!inputs_reserve(in, m->text.len)) {
        inputs_clear(in);
        return;
    }
    kept = &in->items[in->len++];
    *kept = (struct kept_input){.input = {.message = *m, .stopped = stopped, .after = *after},
                                .at = in->texts.len,
                                .bytes = m->text.len};
    kept->input.message.text = (struct slice){0};
    (void)(buffer_append(&in->texts, m->text) == HS_OK); /* there is room */
}

void inputs_drop_after(struct inputs *in, uint64_t seqnum)
{
    while (in->len > 0 && in->items[in->len - 1].input.after.seqnum > seqnum) {
        in->len--;
        texts_keep(&in->texts, 0, in->items[in->len].at);
    }
}

bool inputs_find(const struct inputs *in, uint64_t seqnum, struct input *out)
{
    uint64_t first = in->len > 0 ? in->items[0].input.after.seqnum : 0;
    const struct kept_input *kept;

    if (in->len == 0 || seqnum < first || seqnum - first >= in->len) return false;
    kept = &in->items[seqnum - first];
    *out = kept->input;
    out->message.text = slice_make(in->texts.data + kept->at, kept->bytes);
    return true;
}

bool inputs_span(const struct inputs *in, uint64_t from, uint64_t to)
{
    struct input input;

    assert(from <= to);
    return from == to || (inputs_find(in, from + 1, &input) && inputs_find(in, to, &input));
}
