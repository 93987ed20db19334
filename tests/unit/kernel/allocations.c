/* The allocator's functions are looked up here first, by libcrypto as by our own code. */
#include "tests/unit/kernel/allocations.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static atomic_ulong count;

unsigned long allocations_count(void)
{
    return atomic_load(&count);
}

/* The function of that name behind ours into *out, which is a function's pointer. */
static void allocator_find(const char *name, void *out)
{
    void *found = dlsym(RTLD_NEXT, name);

    if (!found) abort();
    memcpy(out, &found, sizeof found);
}

void *malloc(size_t bytes)
{
    static void *(*next)(size_t);

    if (!next) allocator_find("malloc", &next);
    atomic_fetch_add(&count, 1);
    return next(bytes);
}

void *calloc(size_t items, size_t bytes)
{
    static void *(*next)(size_t, size_t);

    if (!next) allocator_find("calloc", &next);
    atomic_fetch_add(&count, 1);
    return next(items, bytes);
}

void *realloc(void *old, size_t bytes)
{
    static void *(*next)(void *, size_t);

    if (!next) allocator_find("realloc", &next);
    atomic_fetch_add(&count, 1);
    return next(old, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    static void *(*next)(size_t, size_t);

    if (!next) allocator_find("aligned_alloc", &next);
    atomic_fetch_add(&count, 1);
    return next(alignment, bytes);
}
