/* A store in memory: for tests, and for whatever needs a store of its own for a while. */
#ifndef HEADSTART_KERNEL_STATE_KV_MEMORY_H
#define HEADSTART_KERNEL_STATE_KV_MEMORY_H

#include "kernel/state/kv_store.h"

struct kv_memory;

HS_MUST_CHECK enum hs_status kv_memory_open(struct kv_memory **out, struct hs_error *err);
void kv_memory_close(struct kv_memory *m);
struct kv_store *kv_memory_store(struct kv_memory *m);

#endif
