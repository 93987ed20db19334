#include "kernel/state/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FAULT_POINTS_MAX = 256, FAULT_NAME_BYTES_MAX = 64, FAULT_SLEEP_S = 10 };

enum fault_kind { KIND_NONE, KIND_KILL, KIND_EXIT, KIND_SLEEP, KIND_EIO, KIND_ENOSPC, KIND_SHORT };

static const char *const kind_names[] = {"", "kill", "exit", "sleep", "EIO", "ENOSPC", "short"};

struct fault_plan {
    char name[FAULT_NAME_BYTES_MAX];
    unsigned long count; /* at which reaching it happens, 1 = first */
    bool lasting;        /* and at every later one */
    enum fault_kind kind;
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

static enum fault_kind kind_parse(const char *text, size_t len)
{
    for (size_t i = 1; i < sizeof kind_names / sizeof kind_names[0]; i++) {
        if (strlen(kind_names[i]) == len && memcmp(kind_names[i], text, len) == 0) {
            return (enum fault_kind)i;
        }
    }
    return KIND_NONE;
}

/* One "name:count[+]:action"; false when it is not that. */
static bool plan_parse(const char *text, size_t len, struct fault_plan *out)
{
    const char *colon = memchr(text, ':', len);
    char *end;

    *out = (struct fault_plan){0};
    if (!colon || colon == text || (size_t)(colon - text) >= sizeof out->name) return false;
    memcpy(out->name, text, (size_t)(colon - text));
    out->count = strtoul(colon + 1, &end, 10);
    if (end == colon + 1 || out->count == 0) return false;
    if (*end == '+') {
        out->lasting = true;
        end++;
    }
    if (*end != ':' || end >= text + len) return false;
    out->kind = kind_parse(end + 1, (size_t)(text + len - end - 1));
    return out->kind != KIND_NONE;
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

static enum fault_kind plan_due(const char *name)
{
    for (size_t i = 0; i < plans_len; i++) {
        struct fault_plan *p = &plans[i];

        if (strcmp(p->name, name) != 0) continue;
        p->reached++;
        if (p->reached == p->count || (p->lasting && p->reached > p->count)) return p->kind;
    }
    return KIND_NONE;
}

enum fault_action fault_reached(const char *name)
{
    enum fault_kind kind;

    pthread_mutex_lock(&fault_lock);
    if (list_path) list_name(name);
    kind = plan_due(name);
    pthread_mutex_unlock(&fault_lock);
    switch (kind) {
    case KIND_KILL: (void)raise(SIGKILL); break;
    case KIND_EXIT: _exit(70);
    case KIND_SLEEP: (void)sleep(FAULT_SLEEP_S); break;
    case KIND_EIO: return FAULT_EIO;
    case KIND_ENOSPC: return FAULT_ENOSPC;
    case KIND_SHORT: return FAULT_SHORT;
    case KIND_NONE: break;
    }
    return FAULT_NONE;
}

int fault_errno(enum fault_action action)
{
    return action == FAULT_EIO ? EIO : ENOSPC;
}
