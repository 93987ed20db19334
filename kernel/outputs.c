#include "kernel/outputs.h"

#include "kernel/state/array.h"
#include "kernel/state/limits.h"
#include "kernel/tables/kv_hashed.h"

#include <assert.h>
#include <stdlib.h>

enum hs_status outputs_add(struct outputs *o, struct slice json, struct hs_error *err)
{
    enum hs_status st;

    assert(o->len < HS_OUTPUTS_MAX);
    st = array_reserve(&o->items, &o->capacity, o->len + 1, sizeof *o->items);
    if (st != HS_OK) return kernel_fail(err, st);
    o->items[o->len] = (struct buffer){0};
    st = buffer_assign(&o->items[o->len], json);
    if (st == HS_OK) o->len++;
    return kernel_fail(err, st);
}

void outputs_cut(struct outputs *o, size_t len)
{
    while (o->len > len) {
        buffer_fini(&o->items[--o->len]);
    }
}

void outputs_fini(struct outputs *o)
{
    outputs_cut(o, 0);
    free(o->items);
    *o = (struct outputs){0};
}
