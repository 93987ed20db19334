/* Settings: what the programs can be told, where a value may come from, and the values.
 *
 *   flag  over  HEADSTART_… environment  over  --config FILE (JSON, same names)  over  default
 *
 * One table (setting_rows.h) describes each; the command line, the environment, the file, the
 * daemon's configuration, the help, the shell completions and docs/operations.md come from it.
 */
#ifndef HEADSTART_SIDECAR_SETTINGS_SETTINGS_H
#define HEADSTART_SIDECAR_SETTINGS_SETTINGS_H

#include "kernel/state/bytes.h"
#include "sidecar/settings/setting_rows.h"

#define SETTING_PLAIN_ID(id, ...) SETTING_##id,
enum setting_id { SETTING_ROWS(SETTING_PLAIN_ID, SETTING_PLAIN_ID) SETTING_COUNT };

#define SETTING_BIT(id) (UINT64_C(1) << (id))
_Static_assert(SETTING_COUNT <= 64, "sets of settings are 64-bit masks");

enum setting_kind {
    SETTING_KIND_FLAG,   /* yes or no; a flag alone says yes */
    SETTING_KIND_UINT,   /* min..max */
    SETTING_KIND_CHOICE, /* one of choices */
    SETTING_KIND_TEXT,   /* min..max bytes */
    SETTING_KIND_PATH,   /* min..max bytes; completed as a file name */
    SETTING_KIND_ADDRESS /* ADDR:PORT or "off" */
};

enum setting_scope {
    SETTING_OF_ALL, /* every command takes it */
    SETTING_OF_RUN, /* the daemon; and commands that name it */
    SETTING_OF_SOME /* an argument of commands that name it, given as a flag only */
};

struct setting {
    const char *name; /* "snapshot-every": the flag's and the file's name */
    char letter;      /* 'q' for -q; 0: none */
    enum setting_scope scope;
    enum setting_kind kind;
    uint64_t min, max;          /* number, or length in bytes */
    const char *initial;        /* default as text; NULL: none, or from the platform */
    const char *const *choices; /* NULL-terminated, for SETTING_KIND_CHOICE */
    const char *argument;       /* "FILE" in the help; NULL for flags */
    bool argument_optional;     /* --watch or --watch=SECONDS */
    bool opposite;              /* the member of struct sidecar_config says the opposite */
    const char *help;           /* without choices and default, which are added where shown */
};

/* What commands take without naming it, as SETTING_BIT masks. */
#define SETTING_PLAIN_BIT(wanted, id, scope, ...)                                                  \
    | ((scope) == (wanted) ? SETTING_BIT(SETTING_##id) : 0)
#define SETTING_ALL_BIT(...) SETTING_PLAIN_BIT(SETTING_OF_ALL, __VA_ARGS__)
#define SETTING_RUN_BIT(...) SETTING_PLAIN_BIT(SETTING_OF_RUN, __VA_ARGS__)
#define SETTINGS_OF_ALL      (UINT64_C(0) SETTING_ROWS(SETTING_ALL_BIT, SETTING_ALL_BIT))
#define SETTINGS_OF_RUN      (UINT64_C(0) SETTING_ROWS(SETTING_RUN_BIT, SETTING_RUN_BIT))

#define SETTING_ENVIRONMENT_PREFIX "HEADSTART_"
enum { SETTING_ENVIRONMENT_BYTES_MAX = 64 };
/** "HEADSTART_SNAPSHOT_EVERY", written into `text`; NULL: the setting is a flag only. */
const char *setting_environment(const struct setting *setting,
                                char text[SETTING_ENVIRONMENT_BYTES_MAX]);

/** The description of setting `id`. */
const struct setting *setting_at(enum setting_id id);
bool setting_find(struct slice name, enum setting_id *out);
bool setting_find_letter(char letter, enum setting_id *out);
/** The default as people are told it; NULL: there is none, or it is an end of the range, which says
 *  nothing. */
const char *setting_default_words(const struct setting *setting);
/** Is `text` a value of this setting? *number: as in struct setting_value; 0 for text.
 *  HS_INVALID, HS_TOO_LARGE: err says what would be right, after `where` */
HS_MUST_CHECK enum hs_status setting_parse(const struct setting *setting, const char *text,
                                           const char *where, uint64_t *number,
                                           struct hs_error *err);

enum setting_source { /* the larger wins */
                      SETTING_FROM_NOWHERE,
                      SETTING_FROM_DEFAULT,
                      SETTING_FROM_FILE,
                      SETTING_FROM_ENVIRONMENT,
                      SETTING_FROM_FLAG
};

struct setting_value {
    enum setting_source source;
    uint64_t number; /* UINT: the value; FLAG: 0 or 1; CHOICE: index into choices */
    char *text;      /* owned; "" for a flag alone */
};

/* Opened by settings_init, closed by settings_fini; one thread. */
struct settings {
    struct setting_value values[SETTING_COUNT];
};

void settings_init(struct settings *s);
void settings_fini(struct settings *s);

/** Give setting `id` a value, unless it has one from a stronger source.
 *
 *  In:      text   the value in words; NULL: the flag alone, where it may stand alone
 *           where  names the place in the error: "--data", "HEADSTART_DATA", "FILE: data"
 *  Returns: HS_OK
 *           HS_INVALID    not a value of its kind: err says what would be right
 *           HS_TOO_LARGE  longer than may be (a socket path that does not fit sun_path)
 *           HS_NOMEM */
HS_MUST_CHECK enum hs_status settings_set(struct settings *s, enum setting_id id, const char *text,
                                          enum setting_source source, const char *where,
                                          struct hs_error *err);

/** Take from the environment every setting of the `wanted` mask that is set there and not empty. */
HS_MUST_CHECK enum hs_status settings_load_environment(struct settings *s, uint64_t wanted,
                                                       struct hs_error *err);
/** A HEADSTART_ variable of the environment that is no setting but nearly one: true, and *name is
 *  what is set there (borrowed), `meant` what was probably meant. *at: 0 at first, then kept. */
bool settings_misspelt_environment(size_t *at, struct slice *name,
                                   char meant[SETTING_ENVIRONMENT_BYTES_MAX]);
/** Take the JSON object in the file at `path`. HS_NOT_FOUND, HS_IO, HS_INVALID: an
 *  unknown name (the nearest is told) or a bad value, HS_TOO_LARGE. */
HS_MUST_CHECK enum hs_status settings_load_file(struct settings *s, const char *path,
                                                struct hs_error *err);
/** Fill in the defaults of the `wanted` settings. One for which the platform has no place stays
 *  without a value. HS_TOO_LARGE: a place that does not fit (a long $XDG_RUNTIME_DIR). */
HS_MUST_CHECK enum hs_status settings_load_defaults(struct settings *s, uint64_t wanted,
                                                    struct hs_error *err);

bool settings_given(const struct settings *s, enum setting_id id); /* not by default */
bool settings_flag(const struct settings *s, enum setting_id id);
uint64_t settings_number(const struct settings *s, enum setting_id id);
/** The value's text, NULL when the setting has none. Valid until settings_fini. */
const char *settings_text(const struct settings *s, enum setting_id id);

#endif
