#include "kernel/savepoints.h"

#include "kernel/state/array.h"
#include "kernel/state/fault.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Work is counted in ticks. */
enum {
    WORK_OF_A_MESSAGE = 16,  /* what it costs besides those it is charged */
    WORK_OF_A_SAVEPOINT = 4, /* some changed lines found and copied */
    WORK_APART_MAX = 8192,   /* some 400 small messages, or half a second of a large one */
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

    if (FAULT("savepoint.list") != FAULT_NONE) st = HS_NOMEM;
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
    s->done += WORK_OF_A_MESSAGE + ticks;
}

static uint64_t root_of(uint64_t square)
{
    uint64_t root = 0;

    for (uint64_t bit = WORK_APART_MAX; bit > 0; bit /= 2) {
        if ((root + bit) * (root + bit) <= square) root += bit;
    }
    return root;
}

/* With work w between two that go back, and savepoints x apart at a price of s each, a message pays
 * s / x for making them and x / 2w for executing again: least at x = sqrt(2 s w). */
static uint64_t savepoints_apart(const struct savepoints *s)
{
    uint64_t between = s->usual > s->done ? s->usual : s->done;
    uint64_t root;

    if (s->usual == 0) return WORK_APART_MAX;
    if (between > WORK_APART_MAX * (uint64_t)WORK_APART_MAX) return WORK_APART_MAX;
    root = root_of(2 * WORK_OF_A_SAVEPOINT * between);
    return root < WORK_APART_MAX ? root : WORK_APART_MAX;
}

bool savepoints_due(const struct savepoints *s)
{
    return s->work - s->work_tried >= savepoints_apart(s);
}

void savepoints_went_back(struct savepoints *s)
{
    s->usual = s->usual == 0 ? s->done : (3 * s->usual + s->done) / 4;
    if (s->usual == 0) s->usual = 1;
    s->done = 0;
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
