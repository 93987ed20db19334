#include "kernel/settlements.h"

#include "kernel/state/array.h"

#include <stdlib.h>
#include <string.h>

enum hs_status settlements_add(struct settlements *s, struct settlement **out)
{
    enum hs_status st = array_reserve(&s->items, &s->capacity, s->len + 1, sizeof *s->items);

    if (st != HS_OK) return st;
    *out = &s->items[s->len++];
    **out = (struct settlement){0};
    return HS_OK;
}

bool settlements_take(struct settlements *s, uint64_t seqnum, struct settlement *out)
{
    for (size_t i = 0; i < s->len; i++) {
        if (s->items[i].seqnum != seqnum) continue;
        *out = s->items[i];
        s->len--;
        memmove(s->items + i, s->items + i + 1, (s->len - i) * sizeof *s->items);
        return true;
    }
    return false;
}

void settlements_cut(struct settlements *s, size_t len)
{
    while (s->len > len) {
        buffer_fini(&s->items[--s->len].value);
    }
}

void settlements_fini(struct settlements *s)
{
    settlements_cut(s, 0);
    free(s->items);
    *s = (struct settlements){0};
}
