/* Genesis file: a store as text (genesis_text.h) in a file of its own. */
#ifndef HEADSTART_KERNEL_GENESIS_FILE_H
#define HEADSTART_KERNEL_GENESIS_FILE_H

#include "kernel/state/kv_store.h"

/** Into an empty store. HS_NOT_FOUND, HS_IO; HS_INVALID: the file holds no genesis. */
HS_MUST_CHECK enum hs_status genesis_file_read(const char *path, struct kv_store *into,
                                               struct hs_error *err);
/** Replaces the file, durably. HS_INVALID: the store cannot be told as text; HS_IO. */
HS_MUST_CHECK enum hs_status genesis_file_write(const char *path, struct kv_store *from,
                                                struct hs_error *err);

#endif
