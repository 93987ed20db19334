#include "kernel/state/mark.h"

#include <stdlib.h>

void mark_changes_fini(struct mark_changes *m)
{
    for (size_t i = 0; i < m->heaps_len; i++) {
        heap_changes_fini(&m->heaps[i]);
    }
    free(m->heaps);
    free(m->ended);
    m->heaps = NULL;
    m->ended = NULL;
    m->heaps_len = 0;
    m->ended_len = 0;
    m->keys = NULL;
}
