#include "kernel/vat/line_versions.h"

#include "kernel/state/array.h"
#include "kernel/state/fault.h"
#include "kernel/vat/address_space.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    LINES_MAX = HS_HEAP_BYTES_MAX / HS_HEAP_LINE_BYTES,
    NEWEST_BYTES = LINES_MAX * sizeof(struct line_record *), /* of which a heap's own are used */
    SPARES_MAX = 2048, /* 1 MiB of lines: what some messages change */
};

struct line_record {
    struct line_record *before;  /* the same line in an older version; NULL: in the mark */
    struct line_record *above;   /* the same in a newer one; NULL: this is the newest */
    struct line_record *sibling; /* the next line of this version */
    uint64_t id;                 /* of this version */
    uint32_t line;
    char bytes[HS_HEAP_LINE_BYTES];
};

/* Making and dropping records is what a node does all day whose transactions fail: the allocator
 * would give their pages back to the system and ask for it again. */
static struct line_record *record_take(struct line_versions *v)
{
    struct line_record *r = v->spare;

    if (!r) return malloc(sizeof *r);
    v->spare = r->sibling;
    v->spares--;
    return r;
}

static void record_drop(struct line_versions *v, struct line_record *r)
{
    v->records--;
    if (v->spares >= SPARES_MAX) {
        free(r);
        return;
    }
    r->sibling = v->spare;
    v->spare = r;
    v->spares++;
}

void line_versions_spare_none(struct line_versions *v)
{
    while (v->spare) {
        free(record_take(v));
    }
}

void line_versions_fini(struct line_versions *v)
{
    line_versions_clear(v, NULL, NULL);
    line_versions_spare_none(v);
    if (v->newest) (void)munmap(v->newest, NEWEST_BYTES);
    free(v->items);
    *v = (struct line_versions){0};
}

enum hs_status line_versions_begin(struct line_versions *v, uint64_t id,
                                   const struct heap_extent *extent, struct hs_error *err)
{
    enum hs_status st;

    assert(v->len == 0 || v->items[v->len - 1].id < id);
    if (FAULT("savepoint.heap") != FAULT_NONE) return hs_fail(err, HS_NOMEM, "as a test wants it");
    if (!v->newest) {
        v->newest = address_space_zeros(NEWEST_BYTES);
        if (!v->newest) return hs_fail(err, HS_NOMEM, "no memory for a heap's line versions");
    }
    st = array_reserve(&v->items, &v->capacity, v->len + 1, sizeof *v->items);
    if (st != HS_OK) return hs_fail(err, st, "no memory for a heap's version");
    v->items[v->len++] = (struct line_version){.id = id, .extent = *extent};
    return HS_OK;
}

enum hs_status line_versions_put(struct line_versions *v, uint32_t line, const char *bytes,
                                 struct hs_error *err)
{
    struct line_version *last = &v->items[v->len - 1];
    struct line_record *r;

    assert(v->len > 0 && line < LINES_MAX);
    r = FAULT("savepoint.line") == FAULT_NONE ? record_take(v) : NULL;
    if (!r) return hs_fail(err, HS_NOMEM, "no memory for a version of a heap line");
    r->id = last->id;
    r->line = line;
    r->before = v->newest[line];
    r->above = NULL;
    if (r->before) r->before->above = r;
    r->sibling = last->records;
    memcpy(r->bytes, bytes, sizeof r->bytes);
    last->records = r;
    v->newest[line] = r;
    v->records++;
    return HS_OK;
}

const char *line_versions_line(const struct line_versions *v, uint32_t line)
{
    const struct line_record *r = v->newest ? v->newest[line] : NULL;

    return r ? r->bytes : NULL;
}

const struct line_version *line_versions_last(const struct line_versions *v)
{
    return v->len > 0 ? &v->items[v->len - 1] : NULL;
}

static void drop_last(struct line_versions *v, line_versions_fn dropped, void *data)
{
    struct line_version *last = &v->items[v->len - 1];

    while (last->records) {
        struct line_record *r = last->records;

        last->records = r->sibling;
        assert(!r->above);
        v->newest[r->line] = r->before;
        if (r->before) r->before->above = NULL;
        if (dropped) dropped(data, r->line);
        record_drop(v, r);
    }
    v->len--;
}

void line_versions_drop_after(struct line_versions *v, uint64_t id, line_versions_fn dropped,
                              void *data)
{
    while (v->len > 0 && v->items[v->len - 1].id > id) {
        drop_last(v, dropped, data);
    }
}

void line_versions_clear(struct line_versions *v, line_versions_fn dropped, void *data)
{
    while (v->len > 0) {
        drop_last(v, dropped, data);
    }
    assert(v->records == 0);
}

static size_t version_find(const struct line_versions *v, uint64_t id)
{
    size_t i = v->len;

    while (i > 0 && v->items[i - 1].id > id) {
        i--;
    }
    return i > 0 && v->items[i - 1].id == id ? i - 1 : v->len;
}

static void record_merge(struct line_versions *v, struct line_record *r, struct line_version *into)
{
    if (r->above && r->above->id == into->id) {
        r->above->before = r->before;
        if (r->before) r->before->above = r->above;
        record_drop(v, r);
        return;
    }
    r->id = into->id;
    r->sibling = into->records;
    into->records = r;
}

void line_versions_merge(struct line_versions *v, uint64_t id, uint64_t next)
{
    size_t i = version_find(v, id);
    struct line_version *from;

    assert(id < next);
    if (i == v->len) return; /* the heap did not change before it */
    from = &v->items[i];
    if (i + 1 == v->len || from[1].id > next) { /* nor between the two */
        from->id = next;
        for (struct line_record *r = from->records; r; r = r->sibling) {
            r->id = next;
        }
        return;
    }
    assert(from[1].id == next); /* those between are given up already */
    while (from->records) {
        struct line_record *r = from->records;

        from->records = r->sibling;
        record_merge(v, r, &from[1]);
    }
    v->len--;
    memmove(from, from + 1, (v->len - i) * sizeof *from);
}

uint64_t line_versions_bytes(const struct line_versions *v)
{
    return (v->records + v->spares) * sizeof(struct line_record) + v->capacity * sizeof *v->items;
}

uint64_t line_versions_index_bytes(const struct line_versions *v, uint32_t lines)
{
    return v->newest ? (uint64_t)lines * sizeof *v->newest : 0;
}
