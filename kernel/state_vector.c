#include "kernel/state_vector.h"

#include "kernel/devices/device_types.h"
#include "kernel/state/decimal.h"
#include "kernel/state/position.h"
#include "kernel/tables/bundles.h"
#include "kernel/tables/kv_hashed.h"
#include "kernel/tables/vat_names.h"
#include "kernel/tables/vat_record.h"
#include "kernel/text/capdata.h"
#include "kernel/vat/engine_id.h"

#include <stdio.h>
#include <string.h>

/* What an empty kernel's store holds (docs/kernel.md). */
static const struct {
    const char *key, *value;
} state_vector_first[] = {
    {"vat.names", "[]"},     {"vat.dynamicIDs", "[]"},     {"vats.terminated", "[]"},
    {"device.names", "[]"},  {"vat.nextID", "1"},          {"device.nextID", "7"},
    {"meter.nextID", "1"},   {"ko.nextID", "20"},          {"kd.nextID", "30"},
    {"kp.nextID", "40"},     {"acceptanceQueue", "[1,1]"}, {"runQueue", "[1,1]"},
    {"reapQueue", "[]"},     {"pinnedObjects", ""},        {"kernel.queued", "1"},
    {"kernel.pending", "0"}, {"kernel.seqnum", "0"},
};

static enum hs_status put(struct kv_store *kv, const char *a, const char *b, const char *value,
                          struct hs_error *err)
{
    struct key key;

    return kv_store_set(kv, key_of(&key, a, b, ""), slice_text(value), err);
}

/* Allot the next id: v1, d7, … */
static enum hs_status allot_id(struct kv_store *kv, const char *next, const char *prefix,
                               struct ref *id, struct hs_error *err)
{
    struct buffer value = {0};
    char text[UINT_TEXT_BYTES];
    uint64_t number;
    enum hs_status st = kv_store_get_text(kv, next, &value, err);

    if (st == HS_NOT_FOUND) {
        st = hs_fail(err, HS_INVALID, "the store holds no state vector: %s is missing", next);
    } else if (st == HS_OK && uint_parse(buffer_slice(&value), &number) != HS_OK) {
        st = hs_fail(err, HS_CORRUPT, "%s holds no number", next);
    }
    buffer_fini(&value);
    if (st != HS_OK) return st;
    *id = ref_number(prefix, number);
    (void)uint_text(text, number + 1);
    return put(kv, next, "", text, err);
}

/* The name must be new, not empty and not too long; `kind` is "vat" or "device". */
static enum hs_status check_name(struct kv_store *kv, const char *kind, const char *name,
                                 struct hs_error *err)
{
    struct key key;
    char prefix[32];
    bool found;
    enum hs_status st;

    if (!name || name[0] == '\0' || strlen(name) >= HS_NAME_BYTES_MAX) {
        return hs_fail(err, HS_INVALID, "the name of a %s must have 1 to %d bytes", kind,
                       HS_NAME_BYTES_MAX - 1);
    }
    (void)snprintf(prefix, sizeof prefix, "%s.name.", kind);
    st = kv_store_has(kv, key_of(&key, prefix, name, ""), &found, err);
    if (st != HS_OK || !found) return st;
    return hs_fail(err, HS_EXISTS, "there is a %s named \"%s\" already", kind, name);
}

static enum hs_status put_parameters(struct kv_store *kv, const struct ref *id,
                                     struct slice parameters, struct hs_error *err)
{
    struct buffer body = {0}, raw = {0}, capdata = {0};
    struct json_printer j = json_printer_on(&body);
    struct key key;
    enum hs_status st;

    printer_text(&j.text, "#");
    capdata_print_json(&j, parameters);
    st = json_print_end(&j);
    if (st == HS_INVALID) {
        st = hs_fail(err, st, "the parameters of %s are not JSON", id->text);
        goto out;
    }
    if (st == HS_OK) st = json_text_encode(&raw, buffer_slice(&body));
    if (st == HS_OK) {
        j = json_printer_on(&capdata);
        capdata_print(&j, buffer_slice(&raw), NULL);
        st = json_print_end(&j);
    }
    st = kernel_fail(err, st);
    if (st == HS_OK) {
        st = kv_store_set(kv, key_of(&key, id->text, ".vatParameters", ""), buffer_slice(&capdata),
                          err);
    }
out:
    buffer_fini(&body);
    buffer_fini(&raw);
    buffer_fini(&capdata);
    return st;
}

static struct vat_options vat_options_of(const struct kernel_config_vat *vat,
                                         const struct kernel_rules *rules)
{
    struct vat_options o = {.memory = rules->memory,
                            .reaps = vat->reaps,
                            .builtin = vat->builtin,
                            .critical = vat->critical};

    (void)snprintf(o.name, sizeof o.name, "%s", vat->name);
    return o;
}

enum hs_status state_vector_add_vat(struct kv_store *kv, const struct kernel_config_vat *vat,
                                    struct hs_error *err)
{
    struct ref id;
    struct buffer engine = {0};
    struct vat_program program = {.source = vat->source};
    struct vat_options options;
    struct kernel_rules rules;
    enum hs_status st = check_name(kv, "vat", vat->name, err);

    if (st == HS_OK) st = kernel_rules_read(kv, &rules, err);
    if (st == HS_OK) st = allot_id(kv, "vat.nextID", "v", &id, err);
    if (st == HS_OK) st = name_list_add(kv, "vat.names", slice_text(vat->name), err);
    if (st == HS_OK) st = put(kv, "vat.name.", vat->name, id.text, err);
    if (st == HS_OK) st = kv_store_get_text(kv, "kernel.engine", &engine, err);
    if (st == HS_OK) {
        program.engine = buffer_text(&engine);
        options = vat_options_of(vat, &rules);
        st = vat_record_write(kv, &id, &program, &options, &rules, err);
    }
    buffer_fini(&engine);
    return st == HS_OK ? put_parameters(kv, &id, vat->parameters, err) : st;
}

/* {"type":…} */
static enum hs_status put_device_options(struct kv_store *kv, const struct ref *id,
                                         const struct device_type *type, struct hs_error *err)
{
    struct buffer options = {0};
    struct key key;
    enum hs_status st = kernel_fail(err, buffer_printf(&options, "{\"type\":\"%s\"}", type->name));

    if (st == HS_OK) {
        st = kv_store_set(kv, key_of(&key, id->text, ".options", ""), buffer_slice(&options), err);
    }
    buffer_fini(&options);
    return st;
}

enum hs_status state_vector_add_device(struct kv_store *kv,
                                       const struct kernel_config_device *device,
                                       struct hs_error *err)
{
    const struct device_type *type = device_type_find(slice_text(device->type));
    struct ref id;
    enum hs_status st = check_name(kv, "device", device->name, err);

    if (st == HS_OK && !type) {
        st = hs_fail(err, HS_INVALID, "device \"%s\" is of unknown type \"%s\"", device->name,
                     device->type);
    }
    if (st == HS_OK) st = allot_id(kv, "device.nextID", "d", &id, err);
    if (st == HS_OK) st = name_list_add(kv, "device.names", slice_text(device->name), err);
    if (st == HS_OK) st = put(kv, "device.name.", device->name, id.text, err);
    if (st == HS_OK) st = put_device_options(kv, &id, type, err);
    if (st == HS_OK) st = put(kv, id.text, ".deviceState", type->state_first, err);
    return st == HS_OK ? put(kv, id.text, ".o.nextID", "10", err) : st;
}

static enum hs_status put_bootstrap(struct kv_store *kv, const char *name, struct hs_error *err)
{
    struct buffer id = {0};
    struct key key;
    enum hs_status st = kv_store_get(kv, key_of(&key, "vat.name.", name, ""), &id, err);

    if (st == HS_NOT_FOUND) st = hs_fail(err, HS_INVALID, "no vat is named \"%s\"", name);
    if (st == HS_OK) st = put(kv, "kernel.bootstrap", "", buffer_text(&id), err);
    buffer_fini(&id);
    return st;
}

static enum hs_status put_engine(struct kv_store *kv, const struct kernel_config *config,
                                 struct hs_error *err)
{
    char first[SHA256_HEX_BYTES];
    enum hs_status st;

    if (config) return put(kv, "kernel.engine", "", kernel_config_engine(config), err);
    st = vat_engine_id(VAT_ENGINE_FIRST, first, err);
    return st == HS_OK ? put(kv, "kernel.engine", "", first, err) : st;
}

static enum hs_status put_config(struct kv_store *kv, const struct kernel_config *config,
                                 struct hs_error *err)
{
    const char *bootstrap = kernel_config_bootstrap(config);
    enum hs_status st = HS_OK;

    for (size_t i = 0; i < kernel_config_vat_count(config) && st == HS_OK; i++) {
        struct kernel_config_vat vat = kernel_config_vat_at(config, i);

        st = state_vector_add_vat(kv, &vat, err);
    }
    for (size_t i = 0; i < kernel_config_bundle_count(config) && st == HS_OK; i++) {
        struct kernel_config_bundle bundle = kernel_config_bundle_at(config, i);

        st = bundle_add(kv, bundle.name, bundle.text, err);
    }
    for (size_t i = 0; i < kernel_config_device_count(config) && st == HS_OK; i++) {
        struct kernel_config_device device = kernel_config_device_at(config, i);

        st = state_vector_add_device(kv, &device, err);
    }
    return st == HS_OK && bootstrap ? put_bootstrap(kv, bootstrap, err) : st;
}

enum hs_status state_vector_init(struct kv_store *kv, const struct kernel_config *config,
                                 struct hs_error *err)
{
    struct kernel_rules rules = kernel_config_rules(config);
    bool found;
    enum hs_status st = kv_store_has(kv, slice_text("vat.nextID"), &found, err);

    if (st != HS_OK) return st;
    if (found) return hs_fail(err, HS_EXISTS, "the store holds a state vector already");
    for (size_t i = 0; i < sizeof state_vector_first / sizeof *state_vector_first; i++) {
        st = put(kv, state_vector_first[i].key, "", state_vector_first[i].value, err);
        if (st != HS_OK) return st;
    }
    st = kernel_rules_write(kv, &rules, err);
    if (st == HS_OK) st = put_engine(kv, config, err);
    return st == HS_OK && config ? put_config(kv, config, err) : st;
}
