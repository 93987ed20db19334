/* Image keeper: what a snapshot store does with heap changes, in memory and too simple to be wrong.
 */
#ifndef HEADSTART_TESTS_UNIT_VAT_IMAGE_KEEPER_H
#define HEADSTART_TESTS_UNIT_VAT_IMAGE_KEEPER_H

#include "kernel/state/heap_image.h"

struct image_keeper {
    struct heap_image_source source; /* first: the keeper is one */
    struct heap_image_info info;
    char *pages;  /* page_count of them */
    bool damaged; /* loading says HS_CORRUPT */
};

void image_keeper_init(struct image_keeper *k);
void image_keeper_fini(struct image_keeper *k);
/** Apply what vat_changes_take gave. */
void image_keeper_apply(struct image_keeper *k, const struct heap_changes *changes);

#endif
