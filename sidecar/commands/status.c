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

static enum exit_code show_once(const struct settings *s)
{
    const char *socket_path = settings_text(s, SETTING_SOCKET);
    struct headstart_error err = {0};
    struct buffer screen = {0};
    json_t *status = NULL;
    enum exit_code code = EXIT_CODE_OK;
    enum hs_status st;

    if (!daemon_ask_status(socket_path, &status, &err)) {
        return failure_report_client(&err, socket_path);
    }
    if (settings_flag(s, SETTING_JSON)) {
        code = print_document(status);
    } else {
        st = status_screen_render(status, terminal_has_colour(stdout), &screen);
        if (st == HS_OK) (void)fputs(buffer_text(&screen), stdout);
        if (st != HS_OK) code = failure_report(st, NULL);
    }
    buffer_fini(&screen);
    json_decref(status);
    return code;
}

/* One screen of --watch. A daemon that is down, or restarts, is what somebody watches for, so it is
 * shown like any other state. Only what time cannot heal is a failure. */
static enum hs_status watch_render(const char *socket_path, struct buffer *out, bool *hopeless,
                                   struct headstart_error *err)
{
    json_t *status = NULL;
    enum hs_status st;

    *hopeless = false;
    if (daemon_ask_status(socket_path, &status, err)) {
        st = status_screen_render(status, terminal_has_colour(stdout), out);
        json_decref(status);
        return st;
    }
    *hopeless = err->status == HEADSTART_INVALID || err->status == HEADSTART_NOMEM ||
                (access(socket_path, F_OK) == 0 && access(socket_path, R_OK | W_OK) != 0);
    return buffer_printf(out, "headstart  no daemon answers on %s; still watching\n", socket_path);
}

static enum exit_code watch(const struct settings *s)
{
    const char *socket_path = settings_text(s, SETTING_SOCKET);
    bool terminal = terminal_is(stdout), hopeless = false;

    for (;;) {
        struct headstart_error err = {0};
        struct buffer screen = {0}, fitting = {0};
        enum hs_status st = watch_render(socket_path, &screen, &hopeless, &err);

        if (st == HS_OK && terminal) {
            st = terminal_fit(buffer_slice(&screen), terminal_size_of(stdout), &fitting);
        }
        if (st == HS_OK && !hopeless) {
            (void)fputs(terminal ? "\033[H\033[2J" : "", stdout);
            (void)fputs(buffer_text(terminal ? &fitting : &screen), stdout);
            (void)fputs(terminal ? "" : "\n", stdout);
        }
        buffer_fini(&screen);
        buffer_fini(&fitting);
        if (st != HS_OK) return failure_report(st, NULL);
        if (hopeless) return failure_report_client(&err, socket_path);
        if (fflush(stdout) != 0) return EXIT_CODE_IO;
        (void)sleep((unsigned)settings_number(s, SETTING_WATCH));
    }
}

static enum exit_code status_command(const struct command_call *call)
{
    const struct settings *s = &call->settings;

    if (!settings_given(s, SETTING_WATCH)) return show_once(s);
    if (settings_flag(s, SETTING_JSON)) {
        return failure_print(EXIT_CODE_USAGE,
                             "--json prints one document; use it without --watch, in a loop");
    }
    return watch(s);
}

const struct command command_status = {
    .name = "status",
    .arguments = "",
    .summary = "what the daemon is doing, on one screen",
    .settings = SETTING_BIT(SETTING_WATCH),
    .required = SETTING_BIT(SETTING_SOCKET),
    .run = status_command,
};
