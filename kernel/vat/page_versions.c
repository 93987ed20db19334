#include "kernel/vat/page_versions.h"

#include "kernel/state/array.h"
#include "kernel/state/fault.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGES_MAX = HS_HEAP_BYTES_MAX / HS_HEAP_PAGE_BYTES,
    SPARES_MAX = 256, /* 1 MiB of pages: what some messages change */
};

struct page_record {
    struct page_record *before;  /* the same page in an older version; NULL: in the mark */
    struct page_record *above;   /* the same in a newer one; NULL: this is the newest */
    struct page_record *sibling; /* the next page of this version */
    uint64_t id;                 /* of this version */
    uint32_t page;
    char bytes[HS_HEAP_PAGE_BYTES];
};

/* Making and dropping records is what a node does all day whose transactions fail: the allocator
 * would give each page back to the system and ask for it again. */
static struct page_record *record_take(struct page_versions *v)
{
    struct page_record *r = v->spare;

    if (!r) return malloc(sizeof *r);
    v->spare = r->sibling;
    v->spares--;
    return r;
}

static void record_drop(struct page_versions *v, struct page_record *r)
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

void page_versions_fini(struct page_versions *v)
{
    page_versions_clear(v, NULL, NULL);
    while (v->spare) {
        free(record_take(v));
    }
    free(v->newest);
    free(v->items);
    *v = (struct page_versions){0};
}

enum hs_status page_versions_begin(struct page_versions *v, uint64_t id,
                                   const struct heap_extent *extent, struct hs_error *err)
{
    enum hs_status st;

    assert(v->len == 0 || v->items[v->len - 1].id < id);
    if (FAULT("savepoint.heap") != FAULT_NONE) return hs_fail(err, HS_NOMEM, "as a test wants it");
    if (!v->newest) {
        /* Large enough that its pages come from the system, zero, when they are first used. */
        v->newest = calloc(PAGES_MAX, sizeof(struct page_record *));
        if (!v->newest) return hs_fail(err, HS_NOMEM, "no memory for a heap's page versions");
    }
    st = array_reserve(&v->items, &v->capacity, v->len + 1, sizeof *v->items);
    if (st != HS_OK) return hs_fail(err, st, "no memory for a heap's version");
    v->items[v->len++] = (struct page_version){.id = id, .extent = *extent};
    return HS_OK;
}

enum hs_status page_versions_put(struct page_versions *v, uint32_t page, const char *bytes,
                                 struct hs_error *err)
{
    struct page_version *last = &v->items[v->len - 1];
    struct page_record *r;

    assert(v->len > 0 && page < PAGES_MAX);
    r = FAULT("savepoint.page") == FAULT_NONE ? record_take(v) : NULL;
    if (!r) return hs_fail(err, HS_NOMEM, "no memory for a version of a heap page");
    r->id = last->id;
    r->page = page;
    r->before = v->newest[page];
    r->above = NULL;
    if (r->before) r->before->above = r;
    r->sibling = last->records;
    memcpy(r->bytes, bytes, sizeof r->bytes);
    last->records = r;
    v->newest[page] = r;
    v->records++;
    return HS_OK;
}

const char *page_versions_page(const struct page_versions *v, uint32_t page)
{
    const struct page_record *r = v->newest ? v->newest[page] : NULL;

    return r ? r->bytes : NULL;
}

const struct page_version *page_versions_last(const struct page_versions *v)
{
    return v->len > 0 ? &v->items[v->len - 1] : NULL;
}

static void drop_last(struct page_versions *v, page_versions_fn dropped, void *data)
{
    struct page_version *last = &v->items[v->len - 1];

    while (last->records) {
        struct page_record *r = last->records;

        last->records = r->sibling;
        assert(!r->above);
        v->newest[r->page] = r->before;
        if (r->before) r->before->above = NULL;
        if (dropped) dropped(data, r->page);
        record_drop(v, r);
    }
    v->len--;
}

void page_versions_drop_after(struct page_versions *v, uint64_t id, page_versions_fn dropped,
                              void *data)
{
    while (v->len > 0 && v->items[v->len - 1].id > id) {
        drop_last(v, dropped, data);
    }
}

void page_versions_clear(struct page_versions *v, page_versions_fn dropped, void *data)
{
    while (v->len > 0) {
        drop_last(v, dropped, data);
    }
    assert(v->records == 0);
}

static size_t version_find(const struct page_versions *v, uint64_t id)
{
    size_t i = v->len;

    while (i > 0 && v->items[i - 1].id > id) {
        i--;
    }
    return i > 0 && v->items[i - 1].id == id ? i - 1 : v->len;
}

static void record_merge(struct page_versions *v, struct page_record *r, struct page_version *into)
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

void page_versions_merge(struct page_versions *v, uint64_t id, uint64_t next)
{
    size_t i = version_find(v, id);
    struct page_version *from;

    assert(id < next);
    if (i == v->len) return; /* the heap did not change before it */
    from = &v->items[i];
    if (i + 1 == v->len || from[1].id > next) { /* nor between the two */
        from->id = next;
        for (struct page_record *r = from->records; r; r = r->sibling) {
            r->id = next;
        }
        return;
    }
    assert(from[1].id == next); /* those between are given up already */
    while (from->records) {
        struct page_record *r = from->records;

        from->records = r->sibling;
        record_merge(v, r, &from[1]);
    }
    v->len--;
    memmove(from, from + 1, (v->len - i) * sizeof *from);
}

uint64_t page_versions_bytes(const struct page_versions *v)
{
    return (v->records + v->spares) * sizeof(struct page_record) + v->capacity * sizeof *v->items;
}
