#include "kernel/state/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FAULT_POINTS_MAX = 512, FAULT_SLEEP_S = 10 };

/* Actions that end or delay the process; all others are answers. */
enum { ACTION_KILL = -10, ACTION_EXIT = -11, ACTION_SLEEP = -12 };

static const struct {
    const char *name;
    int answer; /* what fault_reached returns, or an ACTION_… */
} actions[] = {
    {"kill", ACTION_KILL}, {"exit", ACTION_EXIT},  {"sleep", ACTION_SLEEP}, {"EACCES", EACCES},
    {"EDQUOT", EDQUOT},    {"EFBIG", EFBIG},       {"EINTR", EINTR},        {"EIO", EIO},
    {"EMFILE", EMFILE},    {"ENOENT", ENOENT},     {"ENOSPC", ENOSPC},      {"EROFS", EROFS},
    {"EUCLEAN", EUCLEAN},  {"short", FAULT_SHORT}, {"torn", FAULT_TORN},
};

static const char after_suffix[] = ".after";

struct fault_plan {
    char name[FAULT_NAME_BYTES_MAX]; /* may hold `*`; without the suffix */
    bool after;
    unsigned long count; /* at which reaching it happens, 1 = first */
    bool lasting;        /* and at every later one */
    int answer;
    unsigned long reached;
};

/* Test apparatus, process-wide on purpose: an armed point must be found wherever it is reached. */
atomic_bool fault_armed;
static pthread_mutex_t fault_lock = PTHREAD_MUTEX_INITIALIZER;
static struct fault_plan plans[FAULT_POINTS_MAX];
static size_t plans_len;
static char seen[FAULT_POINTS_MAX][FAULT_NAME_BYTES_MAX];
static size_t seen_len;
static const char *list_path;

/* FAULT_NONE: no such action. */
static int action_parse(const char *text, size_t len)
{
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (strlen(actions[i].name) == len && memcmp(actions[i].name, text, len) == 0) {
            return actions[i].answer;
        }
    }
    return FAULT_NONE;
}

/* Take ".after" off the plan's name. */
static void after_parse(struct fault_plan *p)
{
    size_t len = strlen(p->name), suffix_len = sizeof after_suffix - 1;

    if (len <= suffix_len || strcmp(p->name + len - suffix_len, after_suffix) != 0) return;
    p->name[len - suffix_len] = '\0';
    p->after = true;
}

/* One "name:count[+]:action"; false when it is not that. */
static bool plan_parse(const char *text, size_t len, struct fault_plan *out)
{
    const char *colon = memchr(text, ':', len);
    char *end;

    *out = (struct fault_plan){0};
    if (!colon || colon == text || (size_t)(colon - text) >= sizeof out->name) return false;
    memcpy(out->name, text, (size_t)(colon - text));
    after_parse(out);
    out->count = strtoul(colon + 1, &end, 10);
    if (end == colon + 1 || out->count == 0) return false;
    if (*end == '+') {
        out->lasting = true;
        end++;
    }
    if (*end != ':' || end >= text + len) return false;
    out->answer = action_parse(end + 1, (size_t)(text + len - end - 1));
    return out->answer != FAULT_NONE;
}

static bool plans_parse(const char *text)
{
    while (*text) {
        size_t len = strcspn(text, ",");

        if (plans_len == FAULT_POINTS_MAX || !plan_parse(text, len, &plans[plans_len])) {
            return false;
        }
        plans_len++;
        text += len;
        if (*text == ',') text++;
    }
    return true;
}

void fault_arm(const char *text)
{
    pthread_mutex_lock(&fault_lock);
    plans_len = 0;
    if (text && !plans_parse(text)) {
        (void)fprintf(stderr, "HEADSTART_FAULT: '%s' is not name:count:action[,…]\n", text);
        _exit(78);
    }
    atomic_store(&fault_armed, plans_len > 0 || list_path != NULL);
    pthread_mutex_unlock(&fault_lock);
}

void fault_init(void)
{
    list_path = getenv("HEADSTART_FAULT_LIST");
    fault_arm(getenv("HEADSTART_FAULT"));
}

static void list_name(const char *name)
{
    int fd;

    for (size_t i = 0; i < seen_len; i++) {
        if (strcmp(seen[i], name) == 0) return;
    }
    if (seen_len == FAULT_POINTS_MAX || strlen(name) >= FAULT_NAME_BYTES_MAX) return;
    (void)snprintf(seen[seen_len++], FAULT_NAME_BYTES_MAX, "%s", name);
    fd = open(list_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) return;
    (void)dprintf(fd, "%s\n", name);
    (void)close(fd);
}

/* `*` stands for any bytes, none as well. */
static bool name_matches(const char *pattern, const char *name)
{
    const char *star = NULL, *resume = NULL;

    while (*name) {
        if (*pattern == '*') {
            star = pattern++;
            resume = name;
        } else if (*pattern == *name) {
            pattern++;
            name++;
        } else if (star) {
            pattern = star + 1;
            name = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*') {
        pattern++;
    }
    return *pattern == '\0';
}

/* Every plan that the name matches counts it; the first that is due answers. */
static int plan_due(const char *name, bool after)
{
    int answer = FAULT_NONE;

    for (size_t i = 0; i < plans_len; i++) {
        struct fault_plan *p = &plans[i];

        if (p->after != after || !name_matches(p->name, name)) continue;
        p->reached++;
        if (p->reached != p->count && !(p->lasting && p->reached > p->count)) continue;
        if (answer == FAULT_NONE) answer = p->answer;
    }
    return answer;
}

static int point_reached(const char *name, bool after)
{
    int answer;

    pthread_mutex_lock(&fault_lock);
    if (list_path && !after) list_name(name);
    answer = plan_due(name, after);
    pthread_mutex_unlock(&fault_lock);
    if (answer == ACTION_KILL) (void)raise(SIGKILL);
    if (answer == ACTION_EXIT) _exit(70);
    if (answer == ACTION_SLEEP) (void)sleep(FAULT_SLEEP_S);
    return answer <= ACTION_KILL ? FAULT_NONE : answer;
}

int fault_reached(const char *name)
{
    return point_reached(name, false);
}

void fault_passed(const char *name)
{
    (void)point_reached(name, true);
}

int fault_errno(int fault)
{
    return fault > 0 ? fault : ENOSPC;
}
