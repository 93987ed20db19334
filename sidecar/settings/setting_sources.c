/* Where settings come from besides flags: the environment, a JSON file, the platform. */
#include "ipc/include/headstart.h"
#include "kernel/state/disk.h"
#include "sidecar/settings/nearest_name.h"
#include "sidecar/settings/settings.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SETTING_FILE_BYTES_MAX = 1 << 20,
    SETTING_WHERE_BYTES_MAX = 512,
    SETTING_PLACE_BYTES_MAX = SETTING_PATH_BYTES_MAX + 1
};

enum hs_status settings_load_environment(struct settings *s, uint64_t wanted, struct hs_error *err)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        enum setting_id id = (enum setting_id)i;
        char name_text[SETTING_ENVIRONMENT_BYTES_MAX];
        const char *name = setting_environment(setting_at(id), name_text);
        const char *text = name && (wanted & SETTING_BIT(i)) ? getenv(name) : NULL;
        enum hs_status st;

        if (!text || *text == '\0') continue;
        st = settings_set(s, id, text, SETTING_FROM_ENVIRONMENT, name, err);
        if (st != HS_OK) return st;
    }
    return HS_OK;
}

/* HEADSTART_SOKET: "SOCKET"; a name that is a setting's, or near to none: false. Only what follows
 * the prefix is compared, for the prefix alone would make everything near. */
static bool environment_misspelt(const char *rest, char meant[SETTING_ENVIRONMENT_BYTES_MAX])
{
    struct nearest_name nearest = nearest_name_of(rest);
    char names[SETTING_COUNT][SETTING_ENVIRONMENT_BYTES_MAX];

    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const char *name = setting_environment(setting_at((enum setting_id)i), names[i]);

        if (!name) continue;
        name += strlen(SETTING_ENVIRONMENT_PREFIX);
        if (strcmp(name, rest) == 0) return false;
        nearest_name_offer(&nearest, name);
    }
    if (!nearest.name) return false;
    (void)snprintf(meant, SETTING_ENVIRONMENT_BYTES_MAX, SETTING_ENVIRONMENT_PREFIX "%s",
                   nearest.name);
    return true;
}

bool settings_misspelt_environment(size_t *at, struct slice *name,
                                   char meant[SETTING_ENVIRONMENT_BYTES_MAX])
{
    size_t prefix_len = strlen(SETTING_ENVIRONMENT_PREFIX);

    while (environ[*at]) {
        const char *entry = environ[(*at)++];
        const char *equals = strchr(entry, '=');
        char rest[SETTING_ENVIRONMENT_BYTES_MAX];

        if (!equals || strncmp(entry, SETTING_ENVIRONMENT_PREFIX, prefix_len) != 0) continue;
        if ((size_t)(equals - entry) < prefix_len + 2) continue;
        if ((size_t)(equals - entry) - prefix_len >= sizeof rest) continue;
        (void)snprintf(rest, sizeof rest, "%.*s", (int)(equals - entry) - (int)prefix_len,
                       entry + prefix_len);
        if (!environment_misspelt(rest, meant)) continue;
        *name = slice_make(entry, (size_t)(equals - entry));
        return true;
    }
    return false;
}

/* The JSON value as the text that a flag would have carried. HS_INVALID: another type is due. */
static enum hs_status member_text(const struct setting *setting, const json_t *value,
                                  struct buffer *text)
{
    switch (setting->kind) {
    case SETTING_KIND_FLAG:
        if (!json_is_boolean(value)) return HS_INVALID;
        return buffer_append_text(text, json_is_true(value) ? "true" : "false");
    case SETTING_KIND_UINT:
        if (!json_is_integer(value)) return HS_INVALID;
        return buffer_printf(text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    case SETTING_KIND_CHOICE:
    case SETTING_KIND_TEXT:
    case SETTING_KIND_PATH:
    case SETTING_KIND_ADDRESS: break;
    }
    if (!json_is_string(value)) return HS_INVALID;
    return buffer_append_text(text, json_string_value(value));
}

static const char *member_type(enum setting_kind kind)
{
    if (kind == SETTING_KIND_FLAG) return "true or false";
    return kind == SETTING_KIND_UINT ? "a number" : "a string";
}

/* A file names no other file, and no argument of one command. */
static bool in_files(enum setting_id id)
{
    return id != SETTING_CONFIG && setting_at(id)->scope != SETTING_OF_SOME;
}

static enum hs_status unknown_member(const char *path, const char *name, struct hs_error *err)
{
    struct nearest_name nearest = nearest_name_of(name);

    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (in_files((enum setting_id)i)) {
            nearest_name_offer(&nearest, setting_at((enum setting_id)i)->name);
        }
    }
    if (!nearest.name) {
        return hs_fail(err, HS_INVALID, "%s: '%.64s' is not a setting", path, name);
    }
    return hs_fail(err, HS_INVALID, "%s: '%.64s' is not a setting; did you mean '%s'?", path, name,
                   nearest.name);
}

static enum hs_status file_member(struct settings *s, const char *path, const char *name,
                                  const json_t *value, struct hs_error *err)
{
    char where[SETTING_WHERE_BYTES_MAX];
    struct buffer text = {0};
    enum setting_id id;
    enum hs_status st;

    if (!setting_find(slice_text(name), &id) || !in_files(id)) {
        return unknown_member(path, name, err);
    }
    (void)snprintf(where, sizeof where, "%s: %s", path, name);
    st = member_text(setting_at(id), value, &text);
    if (st == HS_INVALID) {
        st = hs_fail(err, st, "%s must be %s", where, member_type(setting_at(id)->kind));
    } else if (st != HS_OK) {
        st = hs_fail(err, st, "%s: %s", where, hs_status_text(st));
    } else {
        st = settings_set(s, id, buffer_text(&text), SETTING_FROM_FILE, where, err);
    }
    buffer_fini(&text);
    return st;
}

/* Somebody's file, not ours: what cannot be one is not well-formed. */
static enum hs_status file_read(const char *path, struct buffer *out, struct hs_error *err)
{
    struct hs_error why = {.status = HS_OK};
    enum hs_status st = disk_read_all(disk_system(), "settings.file", NULL, path,
                                      SETTING_FILE_BYTES_MAX, out, &why);

    if (st == HS_OK) return HS_OK;
    if (st == HS_CORRUPT && why.errnum == 0) {
        return hs_fail(err, HS_INVALID, "%s: larger than a configuration may be (1 MiB)", path);
    }
    if (err) *err = why;
    return hs_fail_prefix(err, st == HS_CORRUPT ? HS_INVALID : st, "configuration");
}

enum hs_status settings_load_file(struct settings *s, const char *path, struct hs_error *err)
{
    struct buffer text = {0};
    json_error_t problem;
    json_t *root = NULL;
    const char *name;
    json_t *value;
    enum hs_status st;

    assert(path);
    st = file_read(path, &text, err);
    if (st != HS_OK) goto out;
    root = json_loadb(buffer_text(&text), text.len, JSON_REJECT_DUPLICATES, &problem);
    if (!root) {
        st = hs_fail(err, HS_INVALID, "%s: line %d: %s", path, problem.line, problem.text);
        goto out;
    }
    if (!json_is_object(root)) {
        st = hs_fail(err, HS_INVALID, "%s: must hold one JSON object", path);
        goto out;
    }
    json_object_foreach(root, name, value)
    {
        st = file_member(s, path, name, value, err);
        if (st != HS_OK) goto out;
    }
out:
    json_decref(root);
    buffer_fini(&text);
    return st;
}

/* Where the platform keeps such things; nothing is appended where it has no place. A relative
 * directory is ignored, as the XDG base directory specification says. */
static enum hs_status default_data(struct buffer *out)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");

    if (geteuid() == 0) return buffer_append_text(out, "/var/lib/headstart");
    if (state && *state == '/') return buffer_printf(out, "%s/headstart", state);
    if (home && *home == '/') return buffer_printf(out, "%s/.local/state/headstart", home);
    return HS_OK;
}

/* libheadstart's default is ours, so that both ends agree. */
static enum hs_status default_socket(struct buffer *out)
{
    char path[SETTING_PLACE_BYTES_MAX];
    int len = headstart_default_socket(path, sizeof path);

    if (len < 0 || (size_t)len >= sizeof path) return HS_TOO_LARGE;
    return buffer_append_text(out, path);
}

static enum hs_status default_text(enum setting_id id, struct buffer *out)
{
    const struct setting *setting = setting_at(id);

    if (id == SETTING_DATA) return default_data(out);
    if (id == SETTING_SOCKET) return default_socket(out);
    return setting->initial ? buffer_append_text(out, setting->initial) : HS_OK;
}

enum hs_status settings_load_defaults(struct settings *s, uint64_t wanted, struct hs_error *err)
{
    struct buffer text = {0};
    enum hs_status st = HS_OK;

    for (size_t i = 0; i < SETTING_COUNT && st == HS_OK; i++) {
        enum setting_id id = (enum setting_id)i;
        char where[SETTING_WHERE_BYTES_MAX];

        if (!(wanted & SETTING_BIT(i)) || s->values[i].source != SETTING_FROM_NOWHERE) continue;
        buffer_clear(&text);
        st = default_text(id, &text);
        if (st != HS_OK) {
            st = hs_fail(err, st, "--%s: %s", setting_at(id)->name, hs_status_text(st));
        } else if (text.len > 0) {
            (void)snprintf(where, sizeof where, "default of --%s", setting_at(id)->name);
            st = settings_set(s, id, buffer_text(&text), SETTING_FROM_DEFAULT, where, err);
        }
    }
    buffer_fini(&text);
    return st;
}
