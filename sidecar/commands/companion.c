/* bench and drill: programs of their own, which are installed beside this one or not at all. */
#include "sidecar/commands/command.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "…/headstart" becomes "…/headstart-bench"; false: it cannot be told where we are. */
static bool beside_us(const char *name, char path[PATH_MAX])
{
    ssize_t len = readlink("/proc/self/exe", path, PATH_MAX - 1);
    char *slash;
    size_t room;

    if (len <= 0) return false;
    path[len] = '\0';
    slash = strrchr(path, '/');
    if (!slash) return false;
    room = PATH_MAX - (size_t)(slash + 1 - path);
    return (size_t)snprintf(slash + 1, room, "%s", name) < room;
}

/* Becomes the program; returns only if that fails. */
static enum exit_code companion_command(const struct command_call *call)
{
    char name[64], path[PATH_MAX];
    char **words = calloc(call->arguments_len + 2, sizeof *words);
    int errnum;

    assert(call->command->words_are_its_own);
    if (!words) return failure_report(HS_NOMEM, NULL);
    (void)snprintf(name, sizeof name, "headstart-%s", call->command->name);
    words[0] = name;
    memcpy(words + 1, call->arguments, call->arguments_len * sizeof *words);
    if (beside_us(name, path)) (void)execv(path, words);
    (void)execvp(name, words);
    errnum = errno;
    free(words);
    return failure_print(EXIT_CODE_UNAVAILABLE,
                         "cannot run %s: %s; install it beside headstart or in PATH", name,
                         strerror(errnum));
}

const struct command command_bench = {
    .name = "bench",
    .arguments = "[WORDS]",
    .summary = "measure: runs headstart-bench",
    .arguments_max = SIZE_MAX,
    .words_are_its_own = true,
    .run = companion_command,
};

const struct command command_drill = {
    .name = "drill",
    .arguments = "[WORDS]",
    .summary = "look for what breaks: runs headstart-drill",
    .arguments_max = SIZE_MAX,
    .words_are_its_own = true,
    .run = companion_command,
};
