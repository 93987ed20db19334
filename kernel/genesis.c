#include "kernel/genesis.h"

#include "kernel/state/kv_memory.h"
#include "kernel/state_vector.h"

#include <string.h>

/* In byte order, which is the store's. */
static enum hs_status genesis_copy(struct kv_store *from, struct kv_hashed *to,
                                   struct hs_error *err)
{
    struct buffer key = {0}, value = {0};
    enum hs_status st;

    while ((st = kv_store_next(from, buffer_slice(&key), &key, &value, err)) == HS_OK) {
        st = kv_hashed_write(to, buffer_slice(&key), buffer_slice(&value), err);
        if (st != HS_OK) break;
    }
    buffer_fini(&key);
    buffer_fini(&value);
    return st == HS_NOT_FOUND ? HS_OK : st;
}

static enum hs_status genesis_crank(struct kv_store *from, struct kv_layers *layers,
                                    char hex[SHA256_HEX_BYTES], struct hs_error *err)
{
    struct kv_hashed k;
    enum hs_status st = kv_hashed_init(&k, layers, err);

    if (st != HS_OK) return st;
    kv_hashed_crank_begin(&k);
    st = genesis_copy(from, &k, err);
    if (st == HS_OK) {
        kv_hashed_crank_commit(&k);
        memcpy(hex, k.activity, sizeof k.activity);
    } else {
        kv_hashed_crank_abort(&k);
    }
    kv_hashed_fini(&k);
    return st;
}

enum hs_status genesis_hash(struct kv_store *kv, char hex[SHA256_HEX_BYTES], struct hs_error *err)
{
    struct kv_memory *nothing = NULL;
    struct kv_layers *layers = NULL;
    enum hs_status st = kv_memory_open(&nothing, err);

    if (st == HS_OK) st = kv_layers_open(kv_memory_store(nothing), &layers, err);
    if (st == HS_OK) st = genesis_crank(kv, layers, hex, err);
    kv_layers_close(layers);
    kv_memory_close(nothing);
    return st;
}

enum hs_status genesis_write(struct kv_store *kv, const struct kernel_config *config,
                             char hex[SHA256_HEX_BYTES], struct hs_error *err)
{
    enum hs_status st = state_vector_init(kv, config, err);

    if (st == HS_OK) st = genesis_hash(kv, hex, err);
    return st == HS_OK ? kv_store_set(kv, slice_text("kernel.hash"), slice_text(hex), err) : st;
}

enum hs_status genesis_enter(struct kv_hashed *k, const struct kernel_config *config,
                             struct hs_error *err)
{
    struct kv_memory *made = NULL;
    enum hs_status st = kv_memory_open(&made, err);

    if (st == HS_OK) st = state_vector_init(kv_memory_store(made), config, err);
    if (st == HS_OK) st = genesis_copy(kv_memory_store(made), k, err);
    kv_memory_close(made);
    return st;
}
