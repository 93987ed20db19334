/* headstart-drill: the command line of the drills. stdout is the result, stderr progress and each
 * failure as it is met. */
#include "kernel/state/decimal.h"
#include "kernel/state/position.h"
#include "tests/drills/pool.h"
#include "tests/drills/report.h"
#include "tests/drills/rows.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The exit codes of docs/operations.md that this program can end with. */
enum {
    DRILL_EXIT_OK = 0,
    DRILL_EXIT_FAILED = 1,
    DRILL_EXIT_USAGE = 64,
    DRILL_EXIT_UNAVAILABLE = 69,
    DRILL_EXIT_INTERRUPTED = 130,
};

static const char usage_text[] =
    "usage: headstart-drill [--rounds N] [--seed S] [--rows LIST] [--points LIST|all] [--jobs N]\n"
    "                       [--case N] [--keep] [--list] [--json]\n"
    "  --rounds N    cases of each row, at most (default 100; dear rows have fewer)\n"
    "  --seed S      what is drawn follows from it (default: HEADSTART_TEST_SEED, else the clock)\n"
    "  --rows LIST   these rows alone, comma between (default: all; --list shows them)\n"
    "  --points LIST fault points of rows 1, 8 and 9 (default: all)\n"
    "  --jobs N      cases side by side (default: processors)\n"
    "  --case N      that one case of one row, and keep its folder if it fails\n"
    "  --keep        keep the folders of cases that fail\n"
    "  --templates   make what cases begin with, keep it, and run none\n"
    "Exit code 0: nothing lost, nothing diverged, no case failed; else 1.\n";

enum {
    FLAG_ROUNDS = 256,
    FLAG_SEED,
    FLAG_ROWS,
    FLAG_POINTS,
    FLAG_JOBS,
    FLAG_CASE,
    FLAG_KEEP,
    FLAG_LIST,
    FLAG_TEMPLATES,
    FLAG_JSON
};

static const struct option drill_flags[] = {
    {"rounds", required_argument, NULL, FLAG_ROUNDS},
    {"seed", required_argument, NULL, FLAG_SEED},
    {"rows", required_argument, NULL, FLAG_ROWS},
    {"points", required_argument, NULL, FLAG_POINTS},
    {"jobs", required_argument, NULL, FLAG_JOBS},
    {"case", required_argument, NULL, FLAG_CASE},
    {"keep", no_argument, NULL, FLAG_KEEP},
    {"templates", no_argument, NULL, FLAG_TEMPLATES},
    {"list", no_argument, NULL, FLAG_LIST},
    {"json", no_argument, NULL, FLAG_JSON},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static int usage(const char *what, const char *word)
{
    (void)fprintf(stderr, "headstart-drill: %s%s\n%s", what, word, usage_text);
    return DRILL_EXIT_USAGE;
}

static int rows_list(void)
{
    for (size_t i = 0; i < drill_rows_len; i++) {
        (void)printf("%-6s %s\n", drill_rows[i]->name, drill_rows[i]->title);
    }
    return DRILL_EXIT_OK;
}

/* A number of a flag; false when it is none, or 0 where that means nothing. */
static bool flag_number(int flag, const char *text, struct drill_options *o)
{
    uint64_t value;

    if (uint_parse(slice_text(text), &value) != HS_OK) return false;
    switch (flag) {
    case FLAG_ROUNDS: o->rounds = value; return value > 0;
    case FLAG_JOBS: o->jobs = value; return value > 0;
    case FLAG_SEED: o->seed = value; return true;
    default:
        o->only = value;
        o->one = o->keep = true;
        return true;
    }
}

/* An exit code when there is nothing to run, else -1. */
static int options_read(int argc, char **argv, struct drill_options *o)
{
    int flag;

    while ((flag = getopt_long(argc, argv, "hV", drill_flags, NULL)) != -1) {
        switch (flag) {
        case 'h': (void)fputs(usage_text, stdout); return DRILL_EXIT_OK;
        case 'V': (void)puts("headstart-drill " HEADSTART_VERSION_TEXT); return DRILL_EXIT_OK;
        case '?': return usage("the command line was not understood", "");
        case FLAG_LIST: return rows_list();
        case FLAG_ROWS: o->rows = optarg; break;
        case FLAG_POINTS: o->points = optarg; break;
        case FLAG_KEEP: o->keep = true; break;
        case FLAG_JSON: o->json = true; break;
        case FLAG_TEMPLATES: o->templates = o->keep = true; break;
        default:
            if (!flag_number(flag, optarg, o)) return usage("no number: ", optarg);
        }
    }
    return optind < argc ? usage("unexpected word: ", argv[optind]) : -1;
}

static bool row_wanted(const struct drill_options *o, const char *name)
{
    size_t len = strlen(name);

    if (!o->rows || strcmp(o->rows, "all") == 0) return true;
    for (const char *at = strstr(o->rows, name); at; at = strstr(at + 1, name)) {
        if ((at == o->rows || at[-1] == ',') && (at[len] == ',' || at[len] == '\0')) return true;
    }
    return false;
}

/* Every name in --rows is a row's. */
static bool rows_known(const struct drill_options *o)
{
    size_t commas = 1, wanted = 0;

    if (!o->rows || strcmp(o->rows, "all") == 0) return true;
    for (const char *at = o->rows; *at; at++) {
        commas += *at == ',';
    }
    for (size_t i = 0; i < drill_rows_len; i++) {
        wanted += row_wanted(o, drill_rows[i]->name);
    }
    return wanted == commas;
}

/* --- tasks --- */

struct tasks {
    struct pool_task *list;
    uint64_t len, room;
    void **plans; /* drill_rows_len */
};

static enum hs_status tasks_add(struct tasks *t, uint32_t row, uint64_t number,
                                struct hs_error *err)
{
    if (t->len == t->room) {
        uint64_t room = t->room ? t->room * 2 : 1024;
        struct pool_task *list = realloc(t->list, room * sizeof *list);

        if (!list) return hs_fail(err, HS_NOMEM, "a list of cases");
        t->list = list;
        t->room = room;
    }
    t->list[t->len++] = (struct pool_task){row, t->plans[row], number};
    return HS_OK;
}

/* The cases of a row: all, or so many of them spread evenly from a place that the seed draws. */
static enum hs_status tasks_of_row(struct drill *d, struct tasks *t, uint32_t row, uint64_t total,
                                   struct hs_error *err)
{
    const struct drill_options *o = d->options;
    uint64_t n = o->rounds * drill_rows[row]->share / 1000;
    struct dice dice = dice_make(o->seed, row, UINT64_MAX);
    uint64_t from;
    enum hs_status st = HS_OK;

    if (o->one) return tasks_add(t, row, o->only, err);
    if (n == 0) n = 1;
    if (total != 0 && n > total) n = total;
    from = total ? dice_below(&dice, total) : 0;
    for (uint64_t i = 0; st == HS_OK && i < n; i++) {
        /* Steps of total / n, without the product: it could pass 64 bits in no real run. */
        uint64_t number = total ? (from + i * total / n) % total : i;

        st = tasks_add(t, row, number, err);
    }
    return st;
}

static enum hs_status tasks_make(struct drill *d, struct tasks *t, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    t->plans = calloc(drill_rows_len, sizeof *t->plans);
    if (!t->plans) return hs_fail(err, HS_NOMEM, "the rows' plans");
    for (uint32_t i = 0; st == HS_OK && i < drill_rows_len; i++) {
        uint64_t total = 0;

        if (!row_wanted(d->options, drill_rows[i]->name)) continue;
        st = drill_rows[i]->prepare(d, &t->plans[i], &total, err);
        if (st != HS_OK) {
            return hs_fail_prefix(err, st, "preparing row %s", drill_rows[i]->name);
        }
        st = tasks_of_row(d, t, i, total, err);
    }
    return st;
}

/* Rows take turns, so that a run that is ended early has seen something of each. */
static void tasks_shuffle(struct drill *d, struct tasks *t)
{
    struct dice dice = dice_make(d->options->seed, UINT64_MAX, 0);

    for (uint64_t i = t->len; i > 1; i--) {
        uint64_t other = dice_below(&dice, i);
        struct pool_task task = t->list[i - 1];

        t->list[i - 1] = t->list[other];
        t->list[other] = task;
    }
}

static void tasks_fini(struct tasks *t)
{
    for (size_t i = 0; t->plans && i < drill_rows_len; i++) {
        if (drill_rows[i]->release) drill_rows[i]->release(t->plans[i]);
    }
    free(t->plans);
    free(t->list);
}

/* --- a run --- */

/* Memory if there is a place for it: what is drilled is the sidecar, not a disk's patience. */
static const char *scratch_base(void)
{
    static const char memory[] = "/dev/shm";
    const char *asked = getenv("TMPDIR");

    if (asked) return asked;
    return access(memory, W_OK) == 0 ? memory : "/tmp";
}

static enum hs_status copy_beside(const char *self, const char *relative, const char *to,
                                  struct hs_error *err)
{
    char path[FOLDER_PATH_BYTES + 64];
    enum hs_status st;

    (void)snprintf(path, sizeof path, "%s/%s", self, relative);
    if (access(path, R_OK) != 0) {
        return hs_fail(err, HS_UNAVAILABLE, "%s is not there; build it first", path);
    }
    st = file_copy(path, to, err);
    if (st == HS_OK && chmod(to, 0700) != 0) st = hs_fail(err, HS_IO, "%s", to);
    return st;
}

static enum hs_status drill_find(struct drill *d, struct hs_error *err)
{
    char self[FOLDER_PATH_BYTES];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    enum hs_status st;

    if (len < 0) return hs_fail_errno(err, HS_IO, errno, "finding this program's folder");
    self[len] = '\0';
    *strrchr(self, '/') = '\0';
    (void)snprintf(d->scratch, sizeof d->scratch, "%s/hsdrill-XXXXXX", scratch_base());
    if (!mkdtemp(d->scratch)) return hs_fail_errno(err, HS_IO, errno, "making %s", d->scratch);
    (void)snprintf(d->program, sizeof d->program, "%s/headstart", d->scratch);
    (void)snprintf(d->recorder, sizeof d->recorder, "%s/headstart-powercut.so", d->scratch);
    st = copy_beside(self, "headstart", d->program, err);
    return st == HS_OK ? copy_beside(self, "../lib/headstart-powercut.so", d->recorder, err) : st;
}

static void environment_clean(void)
{
    extern char **environ;

    for (char **at = environ; *at;) {
        const char *end = strchr(*at, '=');
        char name[64];

        at++;
        if (!end || strncmp(at[-1], "HEADSTART_", 10) != 0) continue;
        (void)snprintf(name, sizeof name, "%.*s", (int)(end - at[-1]), at[-1]);
        (void)unsetenv(name);
        at = environ;
    }
    (void)unsetenv("NOTIFY_SOCKET");
}

static int run_code(enum hs_status st, const struct report *report)
{
    if (st == HS_CANCELLED) return DRILL_EXIT_INTERRUPTED;
    if (st != HS_OK) return DRILL_EXIT_UNAVAILABLE;
    return report_clean(report) ? DRILL_EXIT_OK : DRILL_EXIT_FAILED;
}

static int run(const struct drill_options *options)
{
    struct drill d = {.options = options};
    struct tasks tasks = {0};
    struct report *report = NULL;
    struct hs_error err = {0};
    enum hs_status st = drill_find(&d, &err);

    if (st == HS_OK) st = tasks_make(&d, &tasks, &err);
    if (st == HS_OK) tasks_shuffle(&d, &tasks);
    if (st == HS_OK) st = report_open(options, &report, &err);
    if (st == HS_OK && options->templates) tasks.len = 0;
    if (st == HS_OK) st = pool_run(&d, tasks.list, tasks.len, report_see, report, &err);
    if (report && !options->templates) report_print(report);
    if (st != HS_OK) (void)fprintf(stderr, "headstart-drill: %s\n", err.text);
    if (d.scratch[0] && !options->templates &&
        (!options->keep || !report || report_clean(report))) {
        folder_remove(d.scratch);
    } else if (d.scratch[0]) {
        (void)fprintf(stderr, "headstart-drill: kept in %s\n", d.scratch);
    }
    for (size_t i = 0; i < d.worlds_len; i++) {
        world_close(d.worlds[i]);
    }
    tasks_fini(&tasks);
    int code = report ? run_code(st, report) : DRILL_EXIT_UNAVAILABLE;
    report_close(report);
    return code;
}

int main(int argc, char **argv)
{
    struct drill_options options = {.rounds = 100};
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    const char *drawn = getenv("HEADSTART_TEST_SEED");
    struct timespec now = {0};
    int code;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    options.seed = (uint64_t)now.tv_sec;
    if (drawn && uint_parse(slice_text(drawn), &options.seed) != HS_OK) { /* of every random test */
        return usage("HEADSTART_TEST_SEED is no number: ", drawn);
    }
    options.jobs = processors > 0 ? (uint64_t)processors : 1;
    code = options_read(argc, argv, &options);
    if (code >= 0) return code;
    if (!rows_known(&options)) return usage("no such row in ", options.rows);
    if (options.one && (!options.rows || strchr(options.rows, ','))) {
        return usage("--case needs one row: --rows NAME", "");
    }
    (void)signal(SIGPIPE, SIG_IGN); /* a daemon that went away is an error of the write */
    environment_clean();
    return run(&options);
}
