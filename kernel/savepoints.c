#include "kernel/savepoints.h"

#include "kernel/state/array.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    WORK_OF_A_MESSAGE = 16, /* in ticks: what it costs besides those it is charged */
    WORK_APART = 2048,      /* some 100 small messages, or a tenth of a second of a large one */
    EAGER_MESSAGES = 256,   /* how long one is made before each, after going back */
};

void savepoints_fini(struct savepoints *s)
{
    inputs_fini(&s->inputs);
    free(s->items);
    *s = (struct savepoints){0};
}

enum hs_status savepoints_reserve(struct savepoints *s, struct hs_error *err)
{
    enum hs_status st = array_reserve(&s->items, &s->capacity, s->len + 1, sizeof *s->items);

    return st == HS_OK ? st : hs_fail(err, st, "no memory for a savepoint");
}

void savepoints_add(struct savepoints *s, const struct standing *at)
{
    assert(s->len < s->capacity);
    s->items[s->len++] = (struct savepoint){.id = ++s->id_last, .at = *at, .work = s->work};
}

void savepoints_remove(struct savepoints *s, size_t i)
{
    assert(i < s->len);
    s->len--;
    memmove(&s->items[i], &s->items[i + 1], (s->len - i) * sizeof *s->items);
}

void savepoints_worked(struct savepoints *s, uint64_t ticks)
{
    s->work += WORK_OF_A_MESSAGE + ticks;
}

bool savepoints_due(const struct savepoints *s)
{
    return s->kept && (s->eager > 0 || s->work - s->work_tried >= WORK_APART);
}

void savepoints_be_eager(struct savepoints *s)
{
    s->eager = EAGER_MESSAGES;
}

size_t savepoints_least(const struct savepoints *s)
{
    size_t least = 0;
    uint64_t least_gap = UINT64_MAX;

    for (size_t i = 0; i + 1 < s->len; i++) {
        uint64_t before = i > 0 ? s->items[i - 1].work : 0;
        uint64_t gap = (s->items[i + 1].work - before) / (s->len - 1 - i);

        if (gap >= least_gap) continue;
        least = i;
        least_gap = gap;
    }
    return least;
}

size_t savepoints_up_to(const struct savepoints *s, uint64_t seqnum)
{
    size_t len = s->len;

    while (len > 0 && s->items[len - 1].at.at.seqnum > seqnum) {
        len--;
    }
    return len;
}
