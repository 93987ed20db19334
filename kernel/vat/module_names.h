/* Module names: how one ES module names another, and who has it.
 *
 * A file's name begins with "./", "../" or "/"; what a module in it imports by "./…" or "../…" is
 * named from its folder. Any other name stands for itself.
 */
#ifndef HEADSTART_KERNEL_VAT_MODULE_NAMES_H
#define HEADSTART_KERNEL_VAT_MODULE_NAMES_H

#include "kernel/state/bytes.h"
#include "kernel/state/errors.h"

#include <stdbool.h>

enum {
    VAT_MODULES_MAX = 1024, /* of one program */
    VAT_MODULE_NAME_BYTES_MAX = 1024,
};

/** The name of what the module `base` imports as `specifier`; NUL-terminated. False: a name that is
 *  too long, has "//", begins otherwise with "." or "/", or leads out of the folder that base's own
 *  name begins with. */
bool module_name_resolve(struct slice base, struct slice specifier,
                         char name[VAT_MODULE_NAME_BYTES_MAX + 1]);

/* Who has the modules that are imported. */
struct module_finder {
    void *data;
    /* The source of the module `name`, which `importer` is the first to import. Replaces *source.
     */
    enum hs_status (*read)(void *data, struct slice importer, struct slice name,
                           struct buffer *source, struct hs_error *err);
};

#endif
