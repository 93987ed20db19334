/* Nearest name: what somebody who made a typing error probably meant. */
#ifndef HEADSTART_SIDECAR_SETTINGS_NEAREST_NAME_H
#define HEADSTART_SIDECAR_SETTINGS_NEAREST_NAME_H

#include <stddef.h>

struct nearest_name {
    const char *word; /* borrowed: what was typed */
    const char *name; /* borrowed: the nearest so far; NULL: none is near enough */
    size_t distance;
};

struct nearest_name nearest_name_of(const char *word);
/** Offer one known name. The first of equally near ones stays. */
void nearest_name_offer(struct nearest_name *n, const char *name);

/** Insertions, deletions, replacements and swaps of neighbours that lead from a to b; names longer
 *  than 63 bytes are infinitely far. */
size_t name_distance(const char *a, const char *b);

#endif
