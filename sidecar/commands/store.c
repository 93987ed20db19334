#include "kernel/state/digest.h"
#include "kernel/state/limits.h"
#include "sidecar/commands/command.h"
#include "sidecar/commands/offline.h"

static enum exit_code store_get_command(const struct command_call *call)
{
    struct slice key = slice_text(call->arguments[0]);
    struct offline_store store;
    struct hs_error err = {0};
    struct buffer value = {0};
    enum exit_code code = offline_store_open(&call->settings, &store);
    enum hs_status st;

    if (code != EXIT_CODE_OK) goto out;
    if (key.len == 0 || key.len > HS_KEY_BYTES_MAX) {
        code =
            failure_print(EXIT_CODE_USAGE, "a key has 1 to %d bytes; give one", HS_KEY_BYTES_MAX);
        goto out;
    }
    st = kv_store_get(store.kv, key, &value, &err);
    if (st == HS_NOT_FOUND) {
        code = failure_print(EXIT_CODE_NO, "no key '%s'; see 'headstart store scan'",
                             call->arguments[0]);
    } else if (st != HS_OK) {
        code = failure_report(st, &err);
    } else if (settings_flag(&call->settings, SETTING_JSON)) {
        (void)fputs("{\"schema\":1,\"key\":", stdout);
        offline_print_json(key);
        (void)fputs(",\"value\":", stdout);
        offline_print_json(buffer_slice(&value));
        (void)puts("}");
    } else {
        (void)fwrite(buffer_text(&value), 1, value.len, stdout);
        (void)putchar('\n');
    }
out:
    buffer_fini(&value);
    offline_store_close(&store);
    return code;
}

static void print_pair(struct slice key, struct slice value, bool json, bool first)
{
    if (json) {
        (void)fputs(first ? "\n[" : ",\n[", stdout);
        offline_print_json(key);
        (void)putchar(',');
        offline_print_json(value);
        (void)putchar(']');
        return;
    }
    offline_print_line(key, SIZE_MAX);
    (void)putchar('\t');
    offline_print_line(value, SIZE_MAX);
    (void)putchar('\n');
}

static enum hs_status print_pairs(struct kv_store *kv, struct slice prefix, bool json,
                                  struct hs_error *err)
{
    struct buffer key = {0}, value = {0};
    bool first = true, found = false;
    enum hs_status st = HS_OK;

    /* next() finds what comes after a key, so the prefix itself is looked up. */
    if (prefix.len > 0) st = kv_store_has(kv, prefix, &found, err);
    if (st == HS_OK && found) st = kv_store_get(kv, prefix, &value, err);
    if (st == HS_OK && found) {
        print_pair(prefix, buffer_slice(&value), json, first);
        first = false;
    }
    if (st == HS_OK) st = buffer_assign(&key, prefix);
    while (st == HS_OK) {
        st = kv_store_next(kv, buffer_slice(&key), &key, &value, err);
        if (st != HS_OK || !slice_starts_with(buffer_slice(&key), prefix)) break;
        print_pair(buffer_slice(&key), buffer_slice(&value), json, first);
        first = false;
    }
    buffer_fini(&key);
    buffer_fini(&value);
    return st == HS_NOT_FOUND ? HS_OK : st;
}

static enum exit_code store_scan_command(const struct command_call *call)
{
    bool json = settings_flag(&call->settings, SETTING_JSON);
    const char *prefix = settings_text(&call->settings, SETTING_PREFIX);
    struct offline_store store;
    struct hs_error err = {0};
    enum exit_code code = offline_store_open(&call->settings, &store);
    enum hs_status st;

    if (code == EXIT_CODE_OK) {
        if (json) (void)fputs("{\"schema\":1,\"entries\":[", stdout);
        st = print_pairs(store.kv, slice_text(prefix), json, &err);
        if (json) (void)puts("]}");
        if (st != HS_OK) code = failure_report(st, &err);
    }
    offline_store_close(&store);
    return code;
}

static enum exit_code store_hash_command(const struct command_call *call)
{
    struct offline_store store;
    struct hs_error err = {0};
    char hex[SHA256_HEX_BYTES];
    enum exit_code code = offline_store_open(&call->settings, &store);
    enum hs_status st;

    if (code == EXIT_CODE_OK) {
        st = kv_store_sha256(store.kv, hex, &err);
        if (st != HS_OK) {
            code = failure_report(st, &err);
        } else if (settings_flag(&call->settings, SETTING_JSON)) {
            (void)printf("{\"schema\":1,\"hash\":\"%s\"}\n", hex);
        } else {
            (void)puts(hex);
        }
    }
    offline_store_close(&store);
    return code;
}

static const struct command store_get = {
    .name = "get",
    .arguments = "KEY",
    .summary = "the value of one key",
    .arguments_min = 1,
    .arguments_max = 1,
    .required = SETTING_BIT(SETTING_DATA),
    .run = store_get_command,
};

static const struct command store_scan = {
    .name = "scan",
    .arguments = "",
    .summary = "all keys and values, in order",
    .settings = SETTING_BIT(SETTING_PREFIX),
    .required = SETTING_BIT(SETTING_DATA),
    .run = store_scan_command,
};

static const struct command store_hash = {
    .name = "hash",
    .arguments = "",
    .summary = "SHA-256 over all keys and values",
    .required = SETTING_BIT(SETTING_DATA),
    .run = store_hash_command,
};

static const struct command *const subcommands[] = {&store_get, &store_scan, &store_hash, NULL};

const struct command command_store = {
    .name = "store",
    .arguments = "get KEY|scan|hash",
    .summary = "the newest store in the data folder",
    .details = "Reads the newest snapshot, or where there is none the store of solo.\n",
    .subcommands = subcommands,
};
