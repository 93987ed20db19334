#include "sidecar/settings/config.h"

#include "kernel/state/limits.h"
#include "kernel/state/position.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

enum {
    CONFIG_PATH_BYTES_MAX = 4095,
    /* libuv 1.44 cuts a longer path silently, so it is refused here, with the NUL counted. */
    CONFIG_SOCKET_BYTES_MAX = sizeof((struct sockaddr_un *)0)->sun_path - 1,
    CONFIG_SECONDS_MAX = 86400
};

static const char *const log_levels[] = {"error", "warn", "info", "debug", NULL};
static const char *const log_formats[] = {"text", "json", NULL};
static const char *const log_syncs[] = {"background", "always", "block", NULL};
static const char *const read_sources[] = {"mirror", "node", NULL};

#define PATH_RANGE   .kind = SETTING_KIND_PATH, .min = 1, .max = CONFIG_PATH_BYTES_MAX
#define CHOICE(list) .kind = SETTING_KIND_CHOICE, .choices = (list)

static const struct setting setting_table[SETTING_COUNT] = {
    [SETTING_CONFIG] = {.name = "config",
                        .environment = "HEADSTART_CONFIG",
                        PATH_RANGE,
                        .argument = "FILE",
                        .help = "JSON object with any of these settings, by the same names"},
    [SETTING_DATA] = {.name = "data",
                      .environment = "HEADSTART_DATA",
                      PATH_RANGE,
                      .argument = "DIR",
                      .help = "data folder (/var/lib/headstart, or $XDG_STATE_HOME/headstart)"},
    [SETTING_SOCKET] = {.name = "socket",
                        .environment = "HEADSTART_SOCKET",
                        .kind = SETTING_KIND_PATH,
                        .min = 1,
                        .max = CONFIG_SOCKET_BYTES_MAX,
                        .argument = "PATH",
                        .help =
                            "Unix socket (/run/headstart/headstart.sock, or in $XDG_RUNTIME_DIR)"},
    [SETTING_JSON] = {.name = "json",
                      .environment = "HEADSTART_JSON",
                      .kind = SETTING_KIND_FLAG,
                      .help = "print the result as one JSON document"},
    [SETTING_QUIET] = {.name = "quiet",
                       .letter = 'q',
                       .environment = "HEADSTART_QUIET",
                       .kind = SETTING_KIND_FLAG,
                       .help = "no progress and no notes; errors only"},
    [SETTING_LOG_LEVEL] = {.name = "log-level",
                           .environment = "HEADSTART_LOG_LEVEL",
                           CHOICE(log_levels),
                           .initial = "info",
                           .argument = "LEVEL",
                           .help = "what the daemon logs: error, warn, info or debug"},
    [SETTING_LOG_FORMAT] = {.name = "log-format",
                            .environment = "HEADSTART_LOG_FORMAT",
                            CHOICE(log_formats),
                            .initial = "text",
                            .argument = "FORMAT",
                            .help = "log lines as text or json"},
    [SETTING_KERNEL] = {.name = "kernel",
                        .environment = "HEADSTART_KERNEL",
                        PATH_RANGE,
                        .argument = "FILE",
                        .help = "kernel configuration: the vats an empty store starts with"},
    [SETTING_CHAIN_ID] = {.name = "chain-id",
                          .environment = "HEADSTART_CHAIN_ID",
                          .kind = SETTING_KIND_TEXT,
                          .min = 1,
                          .max = HS_CHAIN_ID_BYTES_MAX,
                          .argument = "ID",
                          .help = "the chain that this data folder belongs to"},
    [SETTING_METRICS] = {.name = "metrics",
                         .environment = "HEADSTART_METRICS",
                         .kind = SETTING_KIND_ADDRESS,
                         .initial = "off",
                         .argument = "ADDR:PORT",
                         .help = "serve Prometheus metrics there, or off"},
    [SETTING_NO_PRELOAD] = {.name = "no-preload",
                            .environment = "HEADSTART_NO_PRELOAD",
                            .kind = SETTING_KIND_FLAG,
                            .help = "do not load a kernel before a node asks"},
    [SETTING_SNAPSHOT_EVERY] = {.name = "snapshot-every",
                                .environment = "HEADSTART_SNAPSHOT_EVERY",
                                .kind = SETTING_KIND_UINT,
                                .max = HS_UINT_MAX,
                                .initial = "100",
                                .argument = "N",
                                .help = "a snapshot once in N messages; 0: never"},
    [SETTING_SNAPSHOT_KEEP] = {.name = "snapshot-keep",
                               .environment = "HEADSTART_SNAPSHOT_KEEP",
                               .kind = SETTING_KIND_UINT,
                               .min = 1,
                               .max = HS_SNAPSHOT_KEEP_MAX,
                               .initial = "8",
                               .argument = "K",
                               .help = "how many snapshots can be returned to"},
    [SETTING_NO_IMAGES] = {.name = "no-images",
                           .environment = "HEADSTART_NO_IMAGES",
                           .kind = SETTING_KIND_FLAG,
                           .help = "snapshots without heap images: smaller, slower to start from"},
    [SETTING_NO_LOG] = {.name = "no-log",
                        .environment = "HEADSTART_NO_LOG",
                        .kind = SETTING_KIND_FLAG,
                        .help = "keep no log of messages: a restart catches up from the node"},
    [SETTING_LOG_SYNC] = {.name = "log-sync",
                          .environment = "HEADSTART_LOG_SYNC",
                          CHOICE(log_syncs),
                          .initial = "background",
                          .argument = "WHEN",
                          .help = "sync the log: background, always or block"},
    [SETTING_READS] = {.name = "reads",
                       .environment = "HEADSTART_READS",
                       CHOICE(read_sources),
                       .initial = "mirror",
                       .argument = "FROM",
                       .help = "read after the swap from: mirror or node"},
    [SETTING_VERIFY_SWAP] = {.name = "verify-swap",
                             .environment = "HEADSTART_VERIFY_SWAP",
                             .kind = SETTING_KIND_FLAG,
                             .help = "compare the whole store with the node's before a swap"},
    [SETTING_MESSAGES] = {.name = "messages",
                          PATH_RANGE,
                          .argument = "FILE",
                          .help = "one JSON message a line; - reads standard input"},
    [SETTING_WATCH] = {.name = "watch",
                       .kind = SETTING_KIND_UINT,
                       .min = 1,
                       .max = CONFIG_SECONDS_MAX,
                       .initial = "2",
                       .argument = "SECONDS",
                       .argument_optional = true,
                       .help = "again every SECONDS (2), until interrupted"},
    [SETTING_WAIT] = {.name = "wait",
                      .kind = SETTING_KIND_UINT,
                      .max = CONFIG_SECONDS_MAX,
                      .argument = "SECONDS",
                      .argument_optional = true,
                      .help = "wait until ready, at most SECONDS (without: for ever)"},
    [SETTING_PREFIX] = {.name = "prefix",
                        .kind = SETTING_KIND_TEXT,
                        .max = HS_KEY_BYTES_MAX,
                        .argument = "P",
                        .help = "only keys that begin with P"},
    [SETTING_FROM] = {.name = "from",
                      .kind = SETTING_KIND_UINT,
                      .max = HS_UINT_MAX,
                      .initial = "0",
                      .argument = "SEQNUM",
                      .help = "first entry (default: the first there is)"},
    [SETTING_TO] = {.name = "to",
                    .kind = SETTING_KIND_UINT,
                    .max = HS_UINT_MAX,
                    .initial = "9007199254740991",
                    .argument = "SEQNUM",
                    .help = "last entry (default: the last there is)"},
};

const struct setting *setting_at(enum setting_id id)
{
    assert((size_t)id < SETTING_COUNT);
    return &setting_table[id];
}

bool setting_find(struct slice name, enum setting_id *out)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (!slice_equal(name, slice_text(setting_table[i].name))) continue;
        *out = (enum setting_id)i;
        return true;
    }
    return false;
}

bool setting_find_letter(char letter, enum setting_id *out)
{
    assert(letter != 0);
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (setting_table[i].letter != letter) continue;
        *out = (enum setting_id)i;
        return true;
    }
    return false;
}

void settings_init(struct settings *s)
{
    memset(s, 0, sizeof *s);
}

void settings_fini(struct settings *s)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        free(s->values[i].text);
    }
    settings_init(s);
}

/* Each check below fills *number and returns NULL, or returns what would be right. */

static const char *flag_check(const char *text, uint64_t *number)
{
    static const char *const yes[] = {"", "true", "yes", "on", "1"};
    static const char *const no[] = {"false", "no", "off", "0"};

    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        if (strcmp(text, yes[i]) == 0) {
            *number = 1;
            return NULL;
        }
    }
    for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
        if (strcmp(text, no[i]) == 0) {
            *number = 0;
            return NULL;
        }
    }
    return "use true or false";
}

static bool choice_check(const struct setting *setting, const char *text, uint64_t *number)
{
    for (uint64_t i = 0; setting->choices[i]; i++) {
        if (strcmp(text, setting->choices[i]) != 0) continue;
        *number = i;
        return true;
    }
    return false;
}

static bool address_check(const char *text)
{
    const char *colon = strrchr(text, ':');
    uint64_t port;

    if (strcmp(text, "off") == 0) return true;
    if (!colon || colon == text) return false;
    return uint_parse(slice_text(colon + 1), &port) == HS_OK && port <= UINT16_MAX;
}

static enum hs_status length_check(const struct setting *setting, const char *text,
                                   const char *where, struct hs_error *err)
{
    size_t len = strlen(text);

    if (len > setting->max) {
        return hs_fail(err, HS_TOO_LARGE, "%s: %zu bytes long; use at most %llu", where, len,
                       (unsigned long long)setting->max);
    }
    if (len >= setting->min) return HS_OK;
    return hs_fail(err, HS_INVALID, "%s: empty; give a value", where);
}

static enum hs_status setting_check(const struct setting *setting, const char *text,
                                    const char *where, uint64_t *number, struct hs_error *err)
{
    const char *wrong = NULL;

    switch (setting->kind) {
    case SETTING_KIND_FLAG: wrong = flag_check(text, number); break;
    case SETTING_KIND_UINT:
        if (uint_parse(slice_text(text), number) == HS_OK && *number >= setting->min &&
            *number <= setting->max) {
            return HS_OK;
        }
        return hs_fail(err, HS_INVALID, "%s: '%.64s' is not a number from %llu to %llu", where,
                       text, (unsigned long long)setting->min, (unsigned long long)setting->max);
    case SETTING_KIND_CHOICE:
        /* The help of a choice names all of them, so it says what would be right. */
        if (!choice_check(setting, text, number)) wrong = setting->help;
        break;
    case SETTING_KIND_TEXT:
    case SETTING_KIND_PATH: return length_check(setting, text, where, err);
    case SETTING_KIND_ADDRESS:
        if (!address_check(text)) wrong = "use ADDR:PORT, such as 127.0.0.1:9464, or off";
        break;
    }
    if (!wrong) return HS_OK;
    return hs_fail(err, HS_INVALID, "%s: '%.64s' is not a value here; %s", where, text, wrong);
}

enum hs_status settings_set(struct settings *s, enum setting_id id, const char *text,
                            enum setting_source source, const char *where, struct hs_error *err)
{
    const struct setting *setting = setting_at(id);
    struct setting_value *value = &s->values[id];
    uint64_t number = 0;
    char *copy;

    assert(source != SETTING_FROM_NOWHERE);
    assert(text || setting->kind == SETTING_KIND_FLAG || setting->argument_optional);
    if (!text && setting->kind != SETTING_KIND_FLAG) {
        text = setting->initial ? setting->initial : "";
    }
    if (!text) text = "";
    if (!(setting->argument_optional && *text == '\0')) {
        enum hs_status st = setting_check(setting, text, where, &number, err);
        if (st != HS_OK) return st;
    }
    if (source < value->source) return HS_OK;
    copy = strdup(text);
    if (!copy) return hs_fail(err, HS_NOMEM, "%s: out of memory", where);
    free(value->text);
    *value = (struct setting_value){.source = source, .number = number, .text = copy};
    return HS_OK;
}

bool settings_given(const struct settings *s, enum setting_id id)
{
    return s->values[id].source > SETTING_FROM_DEFAULT;
}

bool settings_flag(const struct settings *s, enum setting_id id)
{
    assert(setting_at(id)->kind == SETTING_KIND_FLAG);
    return s->values[id].number != 0;
}

uint64_t settings_number(const struct settings *s, enum setting_id id)
{
    assert(setting_at(id)->kind == SETTING_KIND_UINT ||
           setting_at(id)->kind == SETTING_KIND_CHOICE);
    return s->values[id].number;
}

const char *settings_text(const struct settings *s, enum setting_id id)
{
    return s->values[id].text;
}
