#include "kernel/vat/address_space.h"

#include <stdint.h>
#include <sys/mman.h>

enum { LARGE_PAGE_BYTES = 2 << 20 }; /* where they have another size, only the border is in vain */

void *address_space_reserve(size_t before, size_t bytes)
{
    size_t all = before + bytes + LARGE_PAGE_BYTES, surplus;
    char *base = mmap(NULL, all, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    char *front;

    if (base == MAP_FAILED) return NULL;
    surplus = (size_t)(-((uintptr_t)base + before) % LARGE_PAGE_BYTES);
    front = base + surplus;
    if (surplus > 0) (void)munmap(base, surplus);
    (void)munmap(front + before + bytes, LARGE_PAGE_BYTES - surplus);
    return front + before;
}

void *address_space_zeros(size_t bytes)
{
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (at == MAP_FAILED) return NULL;
    (void)madvise(at, bytes, MADV_NOHUGEPAGE);
    return at;
}

void address_space_populate(void *at, size_t bytes)
{
    if (bytes >= LARGE_PAGE_BYTES) (void)madvise(at, bytes, MADV_HUGEPAGE);
    (void)madvise(at, bytes, MADV_POPULATE_WRITE);
}
