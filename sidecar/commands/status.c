#include "sidecar/commands/command.h"
#include "sidecar/commands/daemon_query.h"
#include "sidecar/commands/status_screen.h"
#include "sidecar/commands/terminal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum exit_code print_document(json_t *status)
{
    char *text;

    /* The daemon sends the document's keys; the schema is of this document, whoever made it. */
    if (!json_object_get(status, "schema") &&
        json_object_set_new(status, "schema", json_integer(1)) != 0) {
        return failure_report(HS_NOMEM, NULL);
    }
    text = json_dumps(status, JSON_COMPACT | JSON_REAL_PRECISION(15));
    if (!text) return failure_report(HS_NOMEM, NULL);
    (void)puts(text);
    free(text);
    return EXIT_CODE_OK;
}

static enum exit_code print_screen(const json_t *status)
{
    struct buffer screen = {0};
    enum hs_status st = status_screen_render(status, terminal_has_colour(stdout), &screen);

    if (st == HS_OK) (void)fputs(buffer_text(&screen), stdout);
    buffer_fini(&screen);
    return st == HS_OK ? EXIT_CODE_OK : failure_report(st, NULL);
}

static enum exit_code show_once(const struct settings *s)
{
    const char *socket_path = settings_text(s, SETTING_SOCKET);
    struct headstart_error err = {0};
    json_t *status = NULL;
    enum exit_code code;

    if (!daemon_ask_status(socket_path, &status, &err)) {
        return failure_report_client(&err, socket_path);
    }
    code = settings_flag(s, SETTING_JSON) ? print_document(status) : print_screen(status);
    json_decref(status);
    return code;
}

/* A daemon that restarts meanwhile is what somebody watches for, so only the terminal ends this. */
static enum exit_code watch(const struct settings *s)
{
    bool clear = terminal_is(stdout);

    for (;;) {
        enum exit_code code;

        if (clear) (void)fputs("\033[H\033[2J", stdout);
        code = show_once(s);
        if (code != EXIT_CODE_OK && code != EXIT_CODE_UNREACHABLE && code != EXIT_CODE_LOCKED) {
            return code;
        }
        if (!clear) (void)fputs("\n", stdout);
        if (fflush(stdout) != 0) return EXIT_CODE_IO;
        (void)sleep((unsigned)settings_number(s, SETTING_WATCH));
    }
}

enum exit_code command_status_run(const struct command_call *call)
{
    const struct settings *s = &call->settings;

    if (!settings_given(s, SETTING_WATCH)) return show_once(s);
    if (settings_flag(s, SETTING_JSON)) {
        return failure_print(EXIT_CODE_USAGE,
                             "--json prints one document; use it without --watch, in a loop");
    }
    return watch(s);
}
