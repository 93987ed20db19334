#include "sidecar/commands/command.h"
#include "sidecar/commands/daemon_query.h"
#include "sidecar/report/wire_json.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static enum exit_code pack_params(const char *text, struct buffer *out)
{
    struct hs_error err = {0};
    json_error_t problem;
    json_t *params = json_loads(text, 0, &problem);
    enum hs_status st;

    if (!params) {
        return failure_print(EXIT_CODE_USAGE,
                             "the parameters are not JSON: %s; give a map such "
                             "as '{\"height\":1}'",
                             problem.text);
    }
    if (!json_is_object(params)) {
        json_decref(params);
        return failure_print(EXIT_CODE_USAGE, "the parameters must be a map such as "
                                              "'{\"height\":1}'");
    }
    st = wire_json_write(params, out, &err);
    json_decref(params);
    if (st == HS_OK) return EXIT_CODE_OK;
    if (st == HS_INVALID) return failure_print(EXIT_CODE_USAGE, "the parameters: %s", err.text);
    return failure_report(st, &err);
}

/* Steals `answer`. */
static enum exit_code print_answer(const struct settings *s, json_t *answer)
{
    bool as_document = settings_flag(s, SETTING_JSON);
    size_t flags = JSON_ENCODE_ANY | (as_document ? JSON_COMPACT : JSON_INDENT(2));
    json_t *shown = as_document ? json_pack("{s:i, s:o}", "schema", 1, "result", answer) : answer;
    char *text = shown ? json_dumps(shown, flags) : NULL;

    json_decref(shown);
    if (!text) return failure_report(HS_NOMEM, NULL);
    (void)puts(text);
    free(text);
    return EXIT_CODE_OK;
}

static enum exit_code call_command(const struct command_call *call)
{
    struct daemon_query query = {
        .socket_path = settings_text(&call->settings, SETTING_SOCKET),
        .chain_id = settings_text(&call->settings, SETTING_CHAIN_ID),
        .method = call->arguments[0],
    };
    struct headstart_error refusal = {0};
    struct buffer params = {0};
    json_t *answer = NULL;
    enum exit_code code = EXIT_CODE_OK;

    assert(call->arguments_len >= 1);
    if (call->arguments_len > 1) code = pack_params(call->arguments[1], &params);
    if (code != EXIT_CODE_OK) goto out;
    query.params = buffer_slice(&params);
    if (daemon_ask(&query, &answer, &refusal)) {
        code = print_answer(&call->settings, answer);
    } else {
        code = failure_report_client(&refusal, query.socket_path);
    }
out:
    buffer_fini(&params);
    return code;
}

const struct command command_call = {
    .name = "call",
    .arguments = "METHOD [JSON]",
    .summary = "send one raw request, for developers",
    .details = "JSON is the request's parameter map (default {}). With --chain-id the request\n"
               "is sent as a node, as deliver, prepare_commit and shutdown need (a query as\n"
               "an observer, which --serve-queries allows); without it by nobody in particular.\n",
    .arguments_min = 1,
    .arguments_max = 2,
    .settings = SETTING_BIT(SETTING_CHAIN_ID),
    .required = SETTING_BIT(SETTING_SOCKET),
    .run = call_command,
};
