#include "kernel/config.h"

#include "kernel/devices/device_types.h"
#include "kernel/program.h"
#include "kernel/state/limits.h"
#include "kernel/tables/bundles.h"
#include "kernel/text/text_size.h"
#include "kernel/vat/engine_id.h"
#include "kernel/vat/js_sources.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONFIG_DEVICES_MAX = 64,
    CONFIG_BUNDLES_MAX = 1024,
    CONFIG_BYTES_MAX = 16 << 20, /* of all sources and parameters, which may double in size */
};

struct config_vat {
    const char *name; /* borrowed from the JSON */
    struct buffer source;
    struct buffer parameters;
    struct reap_setting reaps;
    bool builtin, critical;
};

struct config_bundle {
    const char *name; /* borrowed from the JSON */
    struct buffer text;
};

struct kernel_config {
    json_t *json;
    const char *bootstrap;
    struct config_vat *vats;
    size_t vats_len;
    struct config_bundle *bundles;
    size_t bundles_len;
    struct kernel_config_device *devices;
    size_t devices_len;
    struct kernel_rules rules;
    char engine[SHA256_HEX_BYTES];
};

/* Where the configuration is, for messages and relative paths. */
struct config_place {
    const struct disk *disk;
    const char *path;
    struct kernel_config *config;
};

static enum hs_status config_read_file(const struct config_place *at, const char *path,
                                       struct buffer *out, struct hs_error *err)
{
    enum hs_status st =
        disk_read_all(at->disk, "kernel.config", NULL, path, HS_VALUE_BYTES_MAX / 2, out, err);

    /* Somebody's file, not ours: what stands there is no configuration. */
    return st == HS_CORRUPT ? hs_fail_prefix(err, HS_INVALID, "configuration") : st;
}

static enum hs_status config_invalid(const struct config_place *at, struct hs_error *err,
                                     const char *what, const char *name)
{
    return hs_fail(err, HS_INVALID, "%s: %s \"%s\"", at->path, what, name);
}

static bool config_name_is_good(const char *name)
{
    size_t len = strlen(name);

    return len > 0 && len < HS_NAME_BYTES_MAX;
}

static enum hs_status config_source_path(const struct config_place *at, const char *source,
                                         struct buffer *out, struct hs_error *err)
{
    const char *slash = strrchr(at->path, '/');
    enum hs_status st = HS_OK;

    if (source[0] != '/' && slash) {
        st = buffer_append(out, slice_make(at->path, (size_t)(slash + 1 - at->path)));
    }
    if (st == HS_OK) st = buffer_append_text(out, source);
    return st == HS_OK ? st : hs_fail(err, st, "%s", at->path);
}

/* The file that `spec`, a vat's or bundle's (`kind`), names as its source. */
static enum hs_status config_read_source(const struct config_place *at, const json_t *spec,
                                         const char *kind, const char *name, struct buffer *out,
                                         struct hs_error *err)
{
    const char *source = json_string_value(json_object_get(spec, "source"));
    struct buffer path = {0};
    enum hs_status st;

    if (!source) {
        return hs_fail(err, HS_INVALID, "%s: no \"source\" file is named for %s \"%s\"", at->path,
                       kind, name);
    }
    st = config_source_path(at, source, &path, err);
    if (st == HS_OK) st = program_read(at->disk, buffer_text(&path), out, err);
    if (st != HS_OK) st = hs_fail_prefix(err, st, "%s: %s \"%s\"", at->path, kind, name);
    buffer_fini(&path);
    return st;
}

/* "source" or "builtin". */
static enum hs_status config_read_program(const struct config_place *at, const json_t *spec,
                                          struct config_vat *vat, struct hs_error *err)
{
    const char *builtin = json_string_value(json_object_get(spec, "builtin"));
    struct slice program;

    if (!json_object_get(spec, "builtin")) {
        return config_read_source(at, spec, "vat", vat->name, &vat->source, err);
    }
    program = js_builtin(builtin ? builtin : "");
    if (program.len == 0 || json_object_get(spec, "source")) {
        return config_invalid(
            at, err,
            "\"builtin\" must be \"timer\" or \"vat_admin\", without a \"source\", for vat",
            vat->name);
    }
    vat->builtin = true;
    return kernel_fail(err, buffer_assign(&vat->source, program));
}

static enum hs_status config_read_parameters(const struct config_place *at, const json_t *spec,
                                             struct config_vat *vat, struct hs_error *err)
{
    const json_t *parameters = json_object_get(spec, "parameters");
    char *text;
    enum hs_status st;

    if (parameters && !json_is_object(parameters)) {
        return config_invalid(at, err, "\"parameters\" must be an object for vat", vat->name);
    }
    text = parameters ? json_dumps(parameters, JSON_COMPACT) : NULL;
    if (parameters && !text) return hs_fail(err, HS_NOMEM, "%s", at->path);
    st = buffer_append_text(&vat->parameters, text ? text : "{}");
    free(text);
    if (st != HS_OK) return hs_fail(err, st, "%s", at->path);
    if (!text_size_problem(buffer_slice(&vat->parameters))) return HS_OK;
    return config_invalid(at, err, "\"parameters\" are too large for vat", vat->name);
}

static enum hs_status config_check_keys(const struct config_place *at, json_t *object,
                                        const char *const *known, struct hs_error *err)
{
    const char *key;
    json_t *value;

    json_object_foreach(object, key, value)
    {
        size_t i = 0;

        while (known[i] && strcmp(known[i], key) != 0) {
            i++;
        }
        if (!known[i]) return config_invalid(at, err, "unknown key", key);
    }
    return HS_OK;
}

static enum hs_status config_read_interval(const struct config_place *at, const json_t *spec,
                                           struct config_vat *vat, struct hs_error *err)
{
    const json_t *interval = json_object_get(spec, "reapInterval");
    json_int_t number = json_integer_value(interval);

    if (!interval) return HS_OK;
    vat->reaps.set = true;
    vat->reaps.never =
        json_is_string(interval) && strcmp(json_string_value(interval), "never") == 0;
    if (vat->reaps.never) return HS_OK;
    if (number < 1 || number > RULES_REAP_INTERVAL_MOST) {
        return config_invalid(at, err,
                              "\"reapInterval\" must be a number of deliveries or "
                              "\"never\" for vat",
                              vat->name);
    }
    vat->reaps.interval = (uint64_t)number;
    return HS_OK;
}

static enum hs_status config_read_critical(const struct config_place *at, const json_t *spec,
                                           struct config_vat *vat, struct hs_error *err)
{
    const json_t *critical = json_object_get(spec, "critical");

    vat->critical = json_is_true(critical);
    if (!critical || json_is_boolean(critical)) return HS_OK;
    return config_invalid(at, err, "\"critical\" must be true or false for vat", vat->name);
}

static enum hs_status config_read_vat(const struct config_place *at, const char *name, json_t *spec,
                                      struct hs_error *err)
{
    static const char *const known[] = {"source",       "builtin",  "parameters",
                                        "reapInterval", "critical", NULL};
    struct config_vat *vat = &at->config->vats[at->config->vats_len];
    enum hs_status st;

    if (!config_name_is_good(name)) return config_invalid(at, err, "bad name of a vat", name);
    if (!json_is_object(spec)) return config_invalid(at, err, "no object describes vat", name);
    at->config->vats_len++;
    vat->name = name;
    st = config_check_keys(at, spec, known, err);
    if (st == HS_OK) st = config_read_program(at, spec, vat, err);
    if (st == HS_OK) st = config_read_parameters(at, spec, vat, err);
    if (st == HS_OK) st = config_read_interval(at, spec, vat, err);
    return st == HS_OK ? config_read_critical(at, spec, vat, err) : st;
}

static enum hs_status config_read_vats(const struct config_place *at, json_t *vats,
                                       struct hs_error *err)
{
    const char *name;
    json_t *spec;
    enum hs_status st;

    if (!json_is_object(vats)) return hs_fail(err, HS_INVALID, "%s: \"vats\" is missing", at->path);
    if (json_object_size(vats) == 0 || json_object_size(vats) > HS_VAT_COUNT_MAX) {
        return hs_fail(err, HS_INVALID, "%s: \"vats\" must name 1 to %d vats", at->path,
                       HS_VAT_COUNT_MAX);
    }
    at->config->vats = calloc(json_object_size(vats), sizeof *at->config->vats);
    if (!at->config->vats) return hs_fail(err, HS_NOMEM, "%s", at->path);
    json_object_foreach(vats, name, spec)
    {
        st = config_read_vat(at, name, spec, err);
        if (st != HS_OK) return st;
    }
    return HS_OK;
}

static enum hs_status config_read_bundle(const struct config_place *at, const char *name,
                                         json_t *spec, struct hs_error *err)
{
    static const char *const known[] = {"source", NULL};
    struct config_bundle *bundle = &at->config->bundles[at->config->bundles_len];
    enum hs_status st;

    if (!config_name_is_good(name)) return config_invalid(at, err, "bad name of a bundle", name);
    if (!json_is_object(spec)) return config_invalid(at, err, "no object describes bundle", name);
    at->config->bundles_len++;
    bundle->name = name;
    st = config_check_keys(at, spec, known, err);
    if (st == HS_OK) st = config_read_source(at, spec, "bundle", name, &bundle->text, err);
    if (st != HS_OK || (bundle->text.len > 0 && bundle->text.len <= BUNDLE_BYTES_MAX)) return st;
    return config_invalid(at, err, "empty or too large is the bundle", name);
}

static enum hs_status config_read_bundles(const struct config_place *at, json_t *bundles,
                                          struct hs_error *err)
{
    const char *name;
    json_t *spec;
    enum hs_status st;

    if (!bundles) return HS_OK;
    if (!json_is_object(bundles) || json_object_size(bundles) > CONFIG_BUNDLES_MAX) {
        return hs_fail(err, HS_INVALID, "%s: \"bundles\" must be an object of at most %d", at->path,
                       CONFIG_BUNDLES_MAX);
    }
    if (json_object_size(bundles) == 0) return HS_OK;
    at->config->bundles = calloc(json_object_size(bundles), sizeof *at->config->bundles);
    if (!at->config->bundles) return hs_fail(err, HS_NOMEM, "%s", at->path);
    json_object_foreach(bundles, name, spec)
    {
        st = config_read_bundle(at, name, spec, err);
        if (st != HS_OK) return st;
    }
    return HS_OK;
}

static enum hs_status config_read_devices(const struct config_place *at, json_t *devices,
                                          struct hs_error *err)
{
    const char *name, *type;
    json_t *spec;

    if (!devices) return HS_OK;
    if (!json_is_object(devices) || json_object_size(devices) > CONFIG_DEVICES_MAX) {
        return hs_fail(err, HS_INVALID, "%s: \"devices\" must be an object of at most %d", at->path,
                       CONFIG_DEVICES_MAX);
    }
    if (json_object_size(devices) == 0) return HS_OK;
    at->config->devices = calloc(json_object_size(devices), sizeof *at->config->devices);
    if (!at->config->devices) return hs_fail(err, HS_NOMEM, "%s", at->path);
    json_object_foreach(devices, name, spec)
    {
        type = json_string_value(json_object_get(spec, "type"));
        if (!config_name_is_good(name))
            return config_invalid(at, err, "bad name of a device", name);
        if (!type || !device_type_find(slice_text(type))) {
            return config_invalid(at, err,
                                  "\"type\" must be one of" DEVICE_TYPE_NAMES " for device", name);
        }
        at->config->devices[at->config->devices_len++] =
            (struct kernel_config_device){.name = name, .type = type};
    }
    return HS_OK;
}

static enum hs_status config_read_bootstrap(const struct config_place *at, const json_t *bootstrap,
                                            struct hs_error *err)
{
    const char *name = json_string_value(bootstrap);

    if (!bootstrap) return HS_OK;
    if (!name) return hs_fail(err, HS_INVALID, "%s: \"bootstrap\" must name a vat", at->path);
    for (size_t i = 0; i < at->config->vats_len; i++) {
        if (strcmp(at->config->vats[i].name, name) == 0) {
            at->config->bootstrap = at->config->vats[i].name;
            return HS_OK;
        }
    }
    return config_invalid(at, err, "\"bootstrap\" names no vat of \"vats\":", name);
}

static enum hs_status config_read_rules(const struct config_place *at, const json_t *rules,
                                        struct hs_error *err)
{
    struct hs_error cause = {.status = HS_OK};
    char *text;
    enum hs_status st;

    at->config->rules = kernel_rules_default();
    if (!rules) return HS_OK;
    text = json_dumps(rules, JSON_COMPACT | JSON_ENCODE_ANY);
    if (!text) return hs_fail(err, HS_NOMEM, "%s", at->path);
    st = kernel_rules_change(&at->config->rules, slice_text(text), &cause);
    free(text);
    return st == HS_OK ? st : hs_fail(err, HS_INVALID, "%s: %s", at->path, cause.text);
}

static enum hs_status config_read_engine(const struct config_place *at, const json_t *engine,
                                         struct hs_error *err)
{
    const char *id = json_string_value(engine);
    char *ours = at->config->engine;

    for (size_t i = 0; i < vat_engine_count(); i++) {
        enum hs_status st = vat_engine_id(i, ours, err);

        if (st != HS_OK || !engine || (id && strcmp(id, ours) == 0)) return st;
    }
    return config_invalid(at, err, "\"engine\" must be the id of one that this program holds, not",
                          id ? id : "");
}

/* What the first message writes fits its answer. */
static enum hs_status config_check_bytes(const struct config_place *at, struct hs_error *err)
{
    const struct kernel_config *c = at->config;
    uint64_t bytes = 0;

    for (size_t i = 0; i < c->vats_len; i++) {
        bytes += c->vats[i].source.len + c->vats[i].parameters.len;
    }
    for (size_t i = 0; i < c->bundles_len; i++) {
        bytes += c->bundles[i].text.len;
    }
    if (bytes <= CONFIG_BYTES_MAX) return HS_OK;
    return hs_fail(err, HS_INVALID,
                   "%s: all sources and parameters have %" PRIu64 " bytes; allowed are %d",
                   at->path, bytes, CONFIG_BYTES_MAX);
}

/* All vats begin with the memory that the rules give each. */
static enum hs_status config_check_memory(const struct config_place *at, struct hs_error *err)
{
    const struct kernel_config *c = at->config;

    if (c->vats_len * c->rules.memory <= c->rules.memory_sum) return HS_OK;
    return hs_fail(err, HS_INVALID,
                   "%s: %zu vats of %" PRIu64
                   " bytes are more than \"memorySum\" of the rules, %" PRIu64,
                   at->path, c->vats_len, c->rules.memory, c->rules.memory_sum);
}

static enum hs_status config_read(const struct config_place *at, struct hs_error *err)
{
    static const char *const known[] = {"bootstrap", "vats",   "bundles", "devices",
                                        "rules",     "engine", NULL};
    struct kernel_config *c = at->config;
    struct buffer text = {0};
    json_error_t problem;
    enum hs_status st = config_read_file(at, at->path, &text, err);

    if (st == HS_OK) {
        c->json = json_loadb(buffer_text(&text), text.len, JSON_REJECT_DUPLICATES, &problem);
        if (!c->json) {
            st = hs_fail(err, HS_INVALID, "%s:%d:%d: not well-formed JSON: %s", at->path,
                         problem.line, problem.column, problem.text);
        }
    }
    buffer_fini(&text);
    if (st != HS_OK) return st;
    if (!json_is_object(c->json)) {
        return hs_fail(err, HS_INVALID, "%s: the configuration must be an object", at->path);
    }
    st = config_check_keys(at, c->json, known, err);
    if (st == HS_OK) st = config_read_vats(at, json_object_get(c->json, "vats"), err);
    if (st == HS_OK) st = config_read_bundles(at, json_object_get(c->json, "bundles"), err);
    if (st == HS_OK) st = config_read_devices(at, json_object_get(c->json, "devices"), err);
    if (st == HS_OK) st = config_read_rules(at, json_object_get(c->json, "rules"), err);
    if (st == HS_OK) st = config_read_engine(at, json_object_get(c->json, "engine"), err);
    if (st == HS_OK) st = config_check_bytes(at, err);
    if (st == HS_OK) st = config_check_memory(at, err);
    if (st != HS_OK) return st;
    return config_read_bootstrap(at, json_object_get(c->json, "bootstrap"), err);
}

enum hs_status kernel_config_load(const struct disk *disk, const char *path,
                                  struct kernel_config **out, struct hs_error *err)
{
    struct config_place at = {.disk = disk, .path = path, .config = calloc(1, sizeof *at.config)};
    enum hs_status st;

    assert(path && out);
    if (!at.config) return hs_fail(err, HS_NOMEM, "%s", path);
    st = config_read(&at, err);
    if (st != HS_OK) {
        kernel_config_close(at.config);
        return st;
    }
    *out = at.config;
    return HS_OK;
}

void kernel_config_close(struct kernel_config *c)
{
    if (!c) return;
    for (size_t i = 0; i < c->vats_len; i++) {
        buffer_fini(&c->vats[i].source);
        buffer_fini(&c->vats[i].parameters);
    }
    for (size_t i = 0; i < c->bundles_len; i++) {
        buffer_fini(&c->bundles[i].text);
    }
    free(c->vats);
    free(c->bundles);
    free(c->devices);
    json_decref(c->json);
    free(c);
}

const char *kernel_config_engine(const struct kernel_config *c)
{
    return c->engine;
}

const char *kernel_config_bootstrap(const struct kernel_config *c)
{
    return c->bootstrap;
}

struct kernel_rules kernel_config_rules(const struct kernel_config *c)
{
    return c ? c->rules : kernel_rules_default();
}

size_t kernel_config_vat_count(const struct kernel_config *c)
{
    return c->vats_len;
}

struct kernel_config_vat kernel_config_vat_at(const struct kernel_config *c, size_t i)
{
    assert(i < c->vats_len);
    return (struct kernel_config_vat){.name = c->vats[i].name,
                                      .source = buffer_slice(&c->vats[i].source),
                                      .parameters = buffer_slice(&c->vats[i].parameters),
                                      .reaps = c->vats[i].reaps,
                                      .builtin = c->vats[i].builtin,
                                      .critical = c->vats[i].critical};
}

size_t kernel_config_bundle_count(const struct kernel_config *c)
{
    return c->bundles_len;
}

struct kernel_config_bundle kernel_config_bundle_at(const struct kernel_config *c, size_t i)
{
    assert(i < c->bundles_len);
    return (struct kernel_config_bundle){.name = c->bundles[i].name,
                                         .text = buffer_slice(&c->bundles[i].text)};
}

size_t kernel_config_device_count(const struct kernel_config *c)
{
    return c->devices_len;
}

struct kernel_config_device kernel_config_device_at(const struct kernel_config *c, size_t i)
{
    assert(i < c->devices_len);
    return c->devices[i];
}
