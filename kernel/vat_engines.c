#include "kernel/vat_engines.h"

#include "kernel/state/position.h"
#include "kernel/tables/kv_hashed.h"

#include <stdio.h>
#include <string.h>

static enum hs_status engine_missing(const struct vat_engine *e, struct slice id, const char *whose,
                                     struct hs_error *err)
{
    char ours[VAT_ENGINES_MAX * (SHA256_HEX_BYTES + 1)] = "";

    for (size_t i = 0; i < vat_engine_count(); i++) {
        size_t len = strlen(ours);

        (void)snprintf(ours + len, sizeof ours - len, "%s%s", i > 0 ? " " : "",
                       vat_engine_id_at(e, i));
    }
    return hs_fail(err, HS_WRONG_EPOCH,
                   "%s the engine %.*s, this program holds %s: install a release of headstart that "
                   "holds it (headstart version tells)",
                   whose, (int)id.len, id.data, ours);
}

enum hs_status vat_engines_find(const struct vat_engine *e, struct slice id, const char *whose,
                                size_t *number, struct hs_error *err)
{
    if (!position_valid(1, id)) return hs_fail(err, HS_INVALID, "no engine's id");
    return vat_engine_find(e, id, number) ? HS_OK : engine_missing(e, id, whose, err);
}

enum hs_status vat_engines_read(struct kv_store *kv, const struct vat_engine *e, const char *owner,
                                size_t *number, struct hs_error *err)
{
    struct buffer id = {0};
    struct key key;
    char whose[64];
    bool of_new = strcmp(owner, VAT_ENGINES_OF_NEW) == 0;
    enum hs_status st = kv_store_get(kv, key_of(&key, owner, ".engine", ""), &id, err);

    (void)snprintf(whose, sizeof whose, "%s%s%s on", of_new ? "new vats are" : "vat ",
                   of_new ? "" : owner, of_new ? "" : " is");
    if (st == HS_OK) st = vat_engines_find(e, buffer_slice(&id), whose, number, err);
    if (st == HS_INVALID) st = kernel_store_damaged(key_slice(&key), "no engine's id", err);
    if (st == HS_NOT_FOUND) st = kernel_store_damaged(key_slice(&key), "missing", err);
    buffer_fini(&id);
    return st;
}
