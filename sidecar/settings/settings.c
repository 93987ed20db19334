#include "sidecar/settings/settings.h"

#include "kernel/state/decimal.h"
#include "kernel/state/position.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLAIN_ROW(id, of_whom, ...) [SETTING_##id] = {.scope = (of_whom), __VA_ARGS__},
#define FIELD_ROW(id, of_whom, type, member, ...)                                                  \
    [SETTING_##id] = {.scope = (of_whom), __VA_ARGS__},

static const struct setting setting_table[SETTING_COUNT] = {SETTING_ROWS(PLAIN_ROW, FIELD_ROW)};

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

const char *setting_environment(const struct setting *setting,
                                char text[SETTING_ENVIRONMENT_BYTES_MAX])
{
    static const char prefix[] = SETTING_ENVIRONMENT_PREFIX;
    size_t len = sizeof prefix - 1;

    if (setting->scope == SETTING_OF_SOME) return NULL;
    memcpy(text, prefix, len);
    for (const char *c = setting->name; *c && len + 1 < SETTING_ENVIRONMENT_BYTES_MAX; c++) {
        text[len++] = *c == '-' ? '_' : (char)(*c - 'a' + 'A');
    }
    text[len] = '\0';
    return text;
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

static enum hs_status choice_failed(const struct setting *setting, const char *text,
                                    const char *where, struct hs_error *err)
{
    char words[128] = "";
    size_t len = 0;

    for (size_t i = 0; setting->choices[i] && len < sizeof words; i++) {
        len += (size_t)snprintf(words + len, sizeof words - len, "%s%s", i ? ", " : "",
                                setting->choices[i]);
    }
    return hs_fail(err, HS_INVALID, "%s: '%.64s' is not a value here; use one of %s", where, text,
                   words);
}

enum hs_status setting_parse(const struct setting *setting, const char *text, const char *where,
                             uint64_t *number, struct hs_error *err)
{
    const char *wrong = NULL;

    *number = 0;
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
        if (!choice_check(setting, text, number)) return choice_failed(setting, text, where, err);
        return HS_OK;
    case SETTING_KIND_TEXT:
    case SETTING_KIND_PATH: return length_check(setting, text, where, err);
    case SETTING_KIND_ADDRESS:
        if (!address_check(text)) wrong = "use ADDR:PORT, such as 127.0.0.1:9464, or off";
        break;
    }
    if (!wrong) return HS_OK;
    return hs_fail(err, HS_INVALID, "%s: '%.64s' is not a value here; %s", where, text, wrong);
}

const char *setting_default_words(const struct setting *setting)
{
    uint64_t number = 0;

    if (!setting->initial || setting->kind != SETTING_KIND_UINT) return setting->initial;
    if (setting_parse(setting, setting->initial, "default", &number, NULL) != HS_OK) return NULL;
    return number == setting->min || number == setting->max ? NULL : setting->initial;
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
        enum hs_status st = setting_parse(setting, text, where, &number, err);
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
