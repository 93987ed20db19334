/* Rows 1, 8 and 9: fault points. The points are learnt from lives without faults; then each one is
 * made to kill, to end, or to fail with every error, the k-th time, once or from then on. */
#include "tests/drills/case.h"
#include "tests/drills/rows.h"
#include "tests/drills/template.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    POINTS_MAX = 128,
    POINT_BYTES = 64,
    FAULT_BLOCKS = 6,
    FAULT_COUNTS = 8,
    FAULT_OPERATIONS = 300
};

/* Before the operation, and in the moment after it. */
static const struct {
    const char *moment, *action;
} deaths[] = {{"", "kill"}, {".after", "kill"}, {"", "exit"}};
/* Those that the program under test knows are used. */
static const struct fault_error {
    const char *action;
    int errnum; /* the reason that words give */
} errors[] = {{"EIO", EIO},     {"ENOSPC", ENOSPC}, {"short", ENOSPC},  {"torn", ENOSPC},
              {"EINTR", EINTR}, {"EACCES", EACCES}, {"EDQUOT", EDQUOT}, {"EFBIG", EFBIG},
              {"EROFS", EROFS}, {"EMFILE", EMFILE}};

enum base { BASE_EMPTY, BASE_FILLED, BASE_NO_LOG, BASE_NO_SNAPSHOT, BASE_COUNT };
static const char *const base_names[BASE_COUNT] = {"empty", "filled", "no log", "no snapshot"};

enum { DEATHS = sizeof deaths / sizeof deaths[0], ERRORS = sizeof errors / sizeof errors[0] };

/* A start cannot go without these, which are not the data folder's: where they fail it may be
 * refused, by a code that says so and words that name the thing. Nothing else may refuse one. */
static const struct need {
    const char *points; /* what their points' names begin with */
    const char *named;  /* in the words */
    int code;           /* of docs/operations.md; 77 where it is a matter of rights */
} needs[] = {{"kernel.config.", "/tests/drills/vats/", 74},
             {"command.folder.", "the socket's folder", 73}};

enum { NEEDS = sizeof needs / sizeof needs[0], CODE_PERMISSION = 77 };

struct fault_plan {
    const struct world *world;
    char points[POINTS_MAX][POINT_BYTES];
    size_t points_len;
    const struct fault_error *errors[ERRORS];
    size_t errors_len;
};

struct fault {
    const char *point;               /* a name, or a pattern */
    const struct fault_error *error; /* NULL: it kills */
    char text[160];                  /* as in the environment */
};

/* All points together, whatever comes as the k-th. */
static const char every_operation[] = "*.*.*";

/* --- the script: enough to reach every point --- */

static enum case_step fault_base(struct drill_case *c, const struct world *w, enum base base)
{
    char path[FOLDER_PATH_BYTES + 16];
    enum case_step step = base == BASE_EMPTY ? case_begin(c, w, NULL, 0)
                                             : case_begin(c, w, "diary-filled", FAULT_BLOCKS);

    if (step != CASE_ON || base == BASE_EMPTY || base == BASE_FILLED) return step;
    c->may_lose = true;
    (void)snprintf(path, sizeof path, "%s/%s", c->daemon.data,
                   base == BASE_NO_LOG ? "log" : "snapshot");
    folder_remove(path);
    return CASE_ON;
}

/* May the start have been refused with this code and these words? */
static bool fault_refuses(const struct fault *fault, int code, const char *words)
{
    int errnum = fault->error ? fault->error->errnum : 0;

    for (size_t i = 0; i < NEEDS && errnum; i++) {
        int right = errnum == EACCES ? CODE_PERMISSION : needs[i].code;
        bool reached = strcmp(fault->point, every_operation) == 0 ||
                       strncmp(fault->point, needs[i].points, strlen(needs[i].points)) == 0;

        if (reached && code == right && strstr(words, needs[i].named) &&
            strstr(words, strerror(errnum))) {
            return true;
        }
    }
    return false;
}

/* CASE_DIED, too, when it was refused and may be. */
static enum case_step fault_start(struct drill_case *c, const struct daemon_how *how,
                                  const struct fault *fault)
{
    bool may_die = c->may_die;
    char words[256];
    enum case_step step;

    c->may_die = true;
    step = case_live(c, how);
    c->may_die = may_die;
    if (step != CASE_DIED || may_die) return step;
    if (daemon_wait(&c->daemon, DAEMON_HANG_MS) && !daemon_signalled(&c->daemon)) {
        daemon_last_words(&c->daemon, words, sizeof words);
        if (fault_refuses(fault, daemon_code(&c->daemon), words)) return CASE_DIED;
    }
    return case_ended(c, "a start");
}

/* Blocks, a way back, blocks, a stop. */
static enum case_step fault_script(struct drill_case *c, const struct daemon_how *how,
                                   const struct fault *fault)
{
    enum case_step step = fault_start(c, how, fault);

    if (step == CASE_ON) step = case_blocks(c, 3);
    if (step == CASE_ON) step = case_stand(c, c->world, c->block - 1);
    if (step == CASE_ON) step = case_blocks(c, 3);
    if (step != CASE_ON) return step;
    if (!c->may_die) return case_stop(c, SIGTERM);
    daemon_signal(&c->daemon, SIGTERM);
    node_disconnect(c->node);
    if (daemon_wait(&c->daemon, DAEMON_HANG_MS)) return CASE_ON;
    return case_verdict(c, DRILL_STUCK, "a stop: it goes on");
}

/* --- which points there are --- */

static bool point_wanted(const char *points, const char *name)
{
    size_t len = strlen(name);

    if (!points || strcmp(points, "all") == 0) return true;
    for (const char *at = strstr(points, name); at; at = strstr(at + 1, name)) {
        if ((at == points || at[-1] == ',') && (at[len] == ',' || at[len] == '\0')) return true;
    }
    return false;
}

/* A point of the disk has two dots; others are no failures of the disk (row 17). */
static bool point_of_disk(const char *name)
{
    return strchr(name, '.') != strrchr(name, '.');
}

static enum hs_status points_read(const char *path, const char *wanted, struct fault_plan *plan,
                                  struct hs_error *err)
{
    struct buffer text = {0};
    char *save = NULL;
    enum hs_status st = file_read(path, &text, err);

    for (char *line = st == HS_OK ? strtok_r(text.data, "\n", &save) : NULL; line;
         line = strtok_r(NULL, "\n", &save)) {
        bool known =
            !point_wanted(wanted, line) || strlen(line) >= POINT_BYTES || !point_of_disk(line);

        for (size_t i = 0; i < plan->points_len && !known; i++) {
            known = strcmp(plan->points[i], line) == 0;
        }
        if (known || plan->points_len == POINTS_MAX) continue;
        (void)snprintf(plan->points[plan->points_len++], POINT_BYTES, "%s", line);
    }
    buffer_fini(&text);
    return st;
}

/* Lives without faults from every base; the points they reach are listed in a file. */
static enum hs_status points_learn(struct drill *d, struct fault_plan *plan, struct hs_error *err)
{
    char path[FOLDER_PATH_BYTES + 16], list[FOLDER_PATH_BYTES + 64];
    struct daemon_how how = {.arguments = {"--snapshot-every", "5", "--snapshot-keep", "2"},
                             .environment = {list}};
    const struct fault none = {.point = ""};
    enum hs_status st = HS_OK;

    (void)snprintf(path, sizeof path, "%s/points", d->scratch);
    (void)snprintf(list, sizeof list, "HEADSTART_FAULT_LIST=%s", path);
    for (enum base base = 0; st == HS_OK && base < BASE_COUNT; base++) {
        struct drill_case c = {.drill = d, .may_lose = true};

        (void)snprintf(c.place, sizeof c.place, "%s/points-%d", d->scratch, base);
        if (mkdir(c.place, 0700) != 0) return hs_fail(err, HS_IO, "making %s", c.place);
        st = node_open(&c.node, err);
        if (st == HS_OK && fault_base(&c, plan->world, base) == CASE_ON) {
            (void)fault_script(&c, &how, &none);
        }
        if (st == HS_OK && c.result.kind > DRILL_SKIPPED) {
            st = hs_fail(err, HS_UNAVAILABLE, "a life without faults: %s", c.result.words);
        }
        node_close(c.node);
        daemon_kill(&c.daemon);
        folder_remove(c.place);
    }
    return st == HS_OK ? points_read(path, d->options->points, plan, err) : st;
}

/* A program ends with 78 at an action that it does not know. */
static bool error_known(const struct drill *d, const char *action)
{
    char text[80];
    int status;
    pid_t child = fork();

    if (child == 0) {
        int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

        (void)dup2(nowhere, STDOUT_FILENO);
        (void)dup2(nowhere, STDERR_FILENO);
        (void)snprintf(text, sizeof text, "HEADSTART_FAULT=no.such.point:1:%s", action);
        (void)putenv(text);
        (void)execl(d->program, d->program, "version", (char *)NULL);
        _exit(127);
    }
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

static void errors_learn(const struct drill *d, struct fault_plan *plan)
{
    for (size_t i = 0; i < ERRORS; i++) {
        if (error_known(d, errors[i].action)) plan->errors[plan->errors_len++] = &errors[i];
    }
}

static enum hs_status faults_prepare(struct drill *d, struct fault_plan **out, struct hs_error *err)
{
    static const char *const arguments[] = {"--snapshot-every", "10", NULL};
    struct fault_plan *plan = calloc(1, sizeof *plan);
    enum hs_status st = plan ? HS_OK : hs_fail(err, HS_NOMEM, "a plan");

    if (st == HS_OK) st = drill_trunk(d, WORLD_DIARY, &plan->world, err);
    if (st == HS_OK) {
        st = drill_template(d, plan->world, "diary-filled", FAULT_BLOCKS, arguments, false, err);
    }
    if (st == HS_OK) st = points_learn(d, plan, err);
    if (st == HS_OK) errors_learn(d, plan);
    if (st == HS_OK && plan->points_len == 0) {
        st = hs_fail(err, HS_NOT_FOUND, "no fault point of that name is reached");
    }
    if (st != HS_OK) {
        free(plan);
        return st;
    }
    *out = plan;
    return HS_OK;
}

/* --- cases --- */

static enum case_step fault_live(struct drill_case *c, enum base base, const struct fault *fault)
{
    const struct fault_plan *plan = c->plan;
    struct daemon_how how = {.arguments = {"--snapshot-every", "5", "--snapshot-keep", "2"},
                             .environment = {fault->text}};
    enum case_step step;

    case_say(c, "%s, %s folder", fault->text, base_names[base]);
    step = fault_base(c, plan->world, base);
    return step == CASE_ON ? fault_script(c, &how, fault) : step;
}

/* Afterwards nothing is wrong any more. */
static void fault_heal(struct drill_case *c, enum case_step step)
{
    if (step == CASE_OVER) return;
    case_kill(c);
    c->may_die = false;
    if (case_live(c, NULL) == CASE_ON && case_blocks(c, 2) == CASE_ON) (void)case_conclude(c);
}

/* A case's point and count. The last slots are of all operations together. */
struct fault_slot {
    const char *point;
    unsigned count;
};

static uint64_t fault_slots(const struct drill *d, const struct fault_plan *plan)
{
    const char *points = d->options->points;
    bool all = !points || strcmp(points, "all") == 0;

    return (uint64_t)plan->points_len * FAULT_COUNTS + (all ? FAULT_OPERATIONS : 0);
}

static struct fault_slot fault_slot(const struct fault_plan *plan, uint64_t at)
{
    uint64_t named = (uint64_t)plan->points_len * FAULT_COUNTS;

    if (at >= named) return (struct fault_slot){every_operation, (unsigned)(at - named) + 1};
    return (struct fault_slot){plan->points[at % plan->points_len],
                               (unsigned)(at / plan->points_len) + 1};
}

static enum hs_status points_prepare(struct drill *d, void **plan, uint64_t *total,
                                     struct hs_error *err)
{
    struct fault_plan *p = NULL;
    enum hs_status st = faults_prepare(d, &p, err);

    if (st != HS_OK) return st;
    *plan = p;
    *total = fault_slots(d, p) * DEATHS * BASE_COUNT;
    return HS_OK;
}

static void points_run(struct drill_case *c)
{
    const struct fault_plan *plan = c->plan;
    struct fault_slot slot = fault_slot(plan, c->number / DEATHS / BASE_COUNT);
    enum base base = (enum base)(c->number / DEATHS % BASE_COUNT);
    struct fault fault = {.point = slot.point};

    (void)snprintf(fault.text, sizeof fault.text, "HEADSTART_FAULT=%s%s:%u:%s", slot.point,
                   deaths[c->number % DEATHS].moment, slot.count,
                   deaths[c->number % DEATHS].action);
    c->may_die = true;
    fault_heal(c, fault_live(c, base, &fault));
}

static enum hs_status errors_prepare(struct drill *d, void **plan, uint64_t *total,
                                     struct hs_error *err)
{
    struct fault_plan *p = NULL;
    enum hs_status st = faults_prepare(d, &p, err);

    if (st != HS_OK) return st;
    *plan = p;
    *total = fault_slots(d, p) * p->errors_len * 2 * BASE_COUNT;
    return HS_OK;
}

static void errors_run(struct drill_case *c)
{
    const struct fault_plan *plan = c->plan;
    uint64_t n = c->number, kinds = plan->errors_len;
    struct fault_slot slot = fault_slot(plan, n / kinds / 2 / BASE_COUNT);
    enum base base = (enum base)(n / kinds / 2 % BASE_COUNT);
    struct fault fault = {.point = slot.point, .error = plan->errors[n % kinds]};

    (void)snprintf(fault.text, sizeof fault.text, "HEADSTART_FAULT=%s:%u%s:%s", slot.point,
                   slot.count, n / kinds % 2 ? "+" : "", fault.error->action);
    c->may_lose = true;
    fault_heal(c, fault_live(c, base, &fault));
}

const struct drill_row row_points = {
    "1", "killed or ended at every fault point", 1000, points_prepare, points_run, free};
const struct drill_row row_errors = {
    "8", "every fault point fails, once or for ever", 1000, errors_prepare, errors_run, free};
