#include "sidecar/commands/command.h"
#include "sidecar/commands/daemon_query.h"
#include "sidecar/commands/disk_words.h"
#include "sidecar/report/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { READY_POLL_US = 100000 };

/* What the daemon says of itself; "": it did not. */
struct ready_words {
    char phase[64];
    char problem[1024]; /* what time cannot heal */
    json_t *disk;       /* what the disk refuses; owned; NULL: not said */
};

static void ready_words_fini(struct ready_words *words)
{
    json_decref(words->disk);
    words->disk = NULL;
}

static void copy_word(char *to, size_t len, const json_t *status, const char *key)
{
    const char *word = json_string_value(json_object_get(status, key));

    (void)snprintf(to, len, "%s", word ? word : "");
}

/* EXIT_CODE_OK, _NO or what stands in the way. */
static enum exit_code ask_ready(const char *socket_path, struct ready_words *words,
                                struct headstart_error *err)
{
    json_t *status = NULL;
    bool ready;

    ready_words_fini(words);
    *words = (struct ready_words){.phase = ""};
    if (!daemon_ask_status(socket_path, &status, err)) return exit_code_of_client(err);
    ready = json_is_true(json_object_get(status, "ready"));
    copy_word(words->phase, sizeof words->phase, status, "phase");
    copy_word(words->problem, sizeof words->problem, status, "problem");
    words->disk = json_incref(json_object_get(status, "disk"));
    json_decref(status);
    return ready ? EXIT_CODE_OK : EXIT_CODE_NO;
}

/* Only what time can heal is waited for. */
static bool may_become_ready(enum exit_code code, const struct ready_words *words)
{
    if (words->problem[0] != '\0') return false;
    return code == EXIT_CODE_NO || code == EXIT_CODE_UNREACHABLE || code == EXIT_CODE_LOCKED;
}

static bool wait_is_over(const struct settings *s, uint64_t started_us)
{
    const char *limit = settings_text(s, SETTING_WAIT);

    if (!limit) return true;
    if (*limit == '\0') return false; /* --wait alone: for ever */
    return clock_us() - started_us >= settings_number(s, SETTING_WAIT) * UINT64_C(1000000);
}

static void ready_print(enum exit_code code, const struct ready_words *words)
{
    json_t *answer = json_pack("{s:i,s:b,s:s?}", "schema", 1, "ready", code == EXIT_CODE_OK,
                               "phase", words->phase[0] != '\0' ? words->phase : NULL);
    char *text;

    if (words->disk) (void)json_object_set(answer, "disk", words->disk);
    text = json_dumps(answer, JSON_COMPACT);
    if (text) (void)puts(text);
    free(text);
    json_decref(answer);
}

/* It is ready, and the next start may not be. */
static void ready_tell_disk(const struct ready_words *words)
{
    char line[DISK_WORDS_BYTES_MAX];
    size_t at = 0;

    while (disk_words_next(words->disk, &at, line)) {
        (void)failure_print(EXIT_CODE_OK, "ready, but the disk refuses: %s", line);
    }
}

static enum exit_code ready_report(enum exit_code code, const struct ready_words *words,
                                   const struct headstart_error *err, const char *socket_path)
{
    if (code == EXIT_CODE_OK) {
        ready_tell_disk(words);
        return code;
    }
    if (code == EXIT_CODE_NO && words->problem[0] != '\0') {
        return failure_print(code, "not ready: %s; repair it and start the daemon again",
                             words->problem);
    }
    if (code == EXIT_CODE_NO) {
        return failure_print(code, "not ready: %s; wait with 'headstart ready --wait'",
                             words->phase[0] != '\0' ? words->phase : "no phase told");
    }
    return failure_report_client(err, socket_path);
}

static enum exit_code ready_command(const struct command_call *call)
{
    const char *socket_path = settings_text(&call->settings, SETTING_SOCKET);
    uint64_t started_us = clock_us();
    struct headstart_error err = {0};
    enum exit_code code;
    struct ready_words words = {.disk = NULL};

    for (;;) {
        code = ask_ready(socket_path, &words, &err);
        if (!may_become_ready(code, &words) || wait_is_over(&call->settings, started_us)) break;
        (void)usleep(READY_POLL_US);
    }
    if (settings_flag(&call->settings, SETTING_JSON)) ready_print(code, &words);
    code = ready_report(code, &words, &err, socket_path);
    ready_words_fini(&words);
    return code;
}

const struct command command_ready = {
    .name = "ready",
    .arguments = "",
    .summary = "exit code only: 0 ready, 1 not yet, 2 no daemon there",
    .settings = SETTING_BIT(SETTING_WAIT),
    .required = SETTING_BIT(SETTING_SOCKET),
    .run = ready_command,
};
