#include "kernel/inputs.h"

#include "kernel/state/array.h"
#include "kernel/state/fault.h"
#include "kernel/state/limits.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void input_fini(struct input *i)
{
    free((char *)i->message.text.data); /* ours, see input_make */
    *i = (struct input){0};
}

void inputs_clear(struct inputs *in)
{
    for (size_t i = 0; i < in->len; i++) {
        input_fini(&in->items[i]);
    }
    in->len = 0;
    in->bytes = 0;
}

void inputs_fini(struct inputs *in)
{
    inputs_clear(in);
    free(in->items);
    *in = (struct inputs){0};
}

/* The newer half stays, but of a single one nothing. */
static void inputs_halve(struct inputs *in)
{
    size_t gone = (in->len + 1) / 2;

    for (size_t i = 0; i < gone; i++) {
        in->bytes -= in->items[i].message.text.len;
        input_fini(&in->items[i]);
    }
    in->len -= gone;
    memmove(in->items, in->items + gone, in->len * sizeof *in->items);
}

static bool input_make(struct input *out, const struct message *m, const struct position *after)
{
    char *text = FAULT("savepoint.input") == FAULT_NONE ? malloc(m->text.len + 1) : NULL;

    if (!text) return false;
    if (m->text.len > 0) memcpy(text, m->text.data, m->text.len);
    *out = (struct input){.message = *m, .after = *after};
    out->message.text = slice_make(text, m->text.len);
    return true;
}

void inputs_add(struct inputs *in, const struct message *m, bool stopped,
                const struct position *after)
{
    assert(in->len == 0 || in->items[in->len - 1].after.seqnum + 1 == after->seqnum);
    while (in->len > 0 &&
           (in->len >= HS_OPEN_INPUTS_MAX || in->bytes + m->text.len > HS_OPEN_INPUT_BYTES_MAX)) {
        inputs_halve(in);
    }
    if (array_reserve(&in->items, &in->capacity, in->len + 1, sizeof *in->items) != HS_OK ||
        !input_make(&in->items[in->len], m, after)) {
        inputs_clear(in);
        return;
    }
    in->items[in->len].stopped = stopped;
    in->bytes += m->text.len;
    in->len++;
}

void inputs_drop_after(struct inputs *in, uint64_t seqnum)
{
    while (in->len > 0 && in->items[in->len - 1].after.seqnum > seqnum) {
        in->len--;
        in->bytes -= in->items[in->len].message.text.len;
        input_fini(&in->items[in->len]);
    }
}

const struct input *inputs_find(const struct inputs *in, uint64_t seqnum)
{
    uint64_t first = in->len > 0 ? in->items[0].after.seqnum : 0;

    if (in->len == 0 || seqnum < first || seqnum - first >= in->len) return NULL;
    return &in->items[seqnum - first];
}

bool inputs_span(const struct inputs *in, uint64_t from, uint64_t to)
{
    assert(from <= to);
    return from == to || (inputs_find(in, from + 1) && inputs_find(in, to));
}
