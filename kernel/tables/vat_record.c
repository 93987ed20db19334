#include "kernel/tables/vat_record.h"

#include "kernel/state/decimal.h"
#include "kernel/tables/reaping.h"

bool vat_program_is_own(const struct vat_program *program)
{
    return program->bundle.hex[0] == '\0' && program->source.len == 0;
}

static enum hs_status record_put(struct kv_store *kv, const struct ref *vat, const char *name,
                                 struct slice value, struct hs_error *err)
{
    struct key key;

    return kv_store_set(kv, key_of(&key, vat->text, name, ""), value, err);
}

enum hs_status vat_record_set_program(struct kv_store *kv, const struct ref *vat,
                                      const struct vat_program *program, struct hs_error *err)
{
    bool shared = program->bundle.hex[0] != '\0';
    enum hs_status st = record_put(kv, vat, ".engine", slice_text(program->engine), err);

    if (st != HS_OK || vat_program_is_own(program)) return st;
    return shared ? record_put(kv, vat, ".bundle", slice_text(program->bundle.hex), err)
                  : record_put(kv, vat, ".source", program->source, err);
}

enum hs_status vat_record_write(struct kv_store *kv, const struct ref *vat,
                                const struct vat_program *program,
                                const struct vat_options *options, const struct kernel_rules *rules,
                                struct hs_error *err)
{
    static const char *const first[][2] = {
        {".o.nextID", "50"},
        {".p.nextID", "60"},
        {".d.nextID", "70"},
        {".t.endPosition", "0"},
    };
    enum hs_status st = vat_record_set_program(kv, vat, program, err);

    if (st == HS_OK) st = vat_options_write(kv, vat, options, err);
    if (st == HS_OK) st = reap_dirt_begin(kv, vat, rules, err);
    for (size_t i = 0; i < sizeof first / sizeof *first && st == HS_OK; i++) {
        st = record_put(kv, vat, first[i][0], slice_text(first[i][1]), err);
    }
    return st;
}

/* v$N.source, or the bundle that v$N.bundle names. */
enum hs_status vat_record_source(struct kv_store *kv, const struct ref *vat, struct buffer *out,
                                 struct hs_error *err)
{
    struct key key;
    struct buffer hash = {0};
    struct bundle_id id;
    enum hs_status st = kv_store_get(kv, key_of(&key, vat->text, ".bundle", ""), &hash, err);

    if (st == HS_OK && bundle_id_make(buffer_slice(&hash), &id) != HS_OK) {
        st = kernel_store_damaged(key_slice(&key), "no bundle's hash", err);
    } else if (st == HS_OK) {
        st = bundle_read(kv, &id, out, err);
    } else if (st == HS_NOT_FOUND) {
        st = kv_store_get(kv, key_of(&key, vat->text, ".source", ""), out, err);
        if (st == HS_NOT_FOUND) st = kernel_store_damaged(key_slice(&key), "missing", err);
    }
    buffer_fini(&hash);
    return st;
}

enum hs_status vat_record_parameters(struct kv_store *kv, const struct ref *vat, struct buffer *out,
                                     struct hs_error *err)
{
    struct key key;
    enum hs_status st = kv_store_get(kv, key_of(&key, vat->text, ".vatParameters", ""), out, err);

    return st == HS_NOT_FOUND ? kernel_store_damaged(key_slice(&key), "missing", err) : st;
}

enum hs_status vat_record_count(struct kv_store *kv, const struct ref *vat, const char *name,
                                uint64_t *out, struct hs_error *err)
{
    struct key key;
    struct buffer value = {0};
    enum hs_status st = kv_store_get(kv, key_of(&key, vat->text, name, ""), &value, err);

    *out = 0;
    if (st == HS_OK && uint_parse(buffer_slice(&value), out) != HS_OK) {
        st = kernel_store_damaged(key_slice(&key), "no number", err);
    }
    buffer_fini(&value);
    return st == HS_NOT_FOUND ? HS_OK : st;
}
