/* solo: opens everything that solo_run.h needs, in the order in which a user can be wrong about
 * it: the messages, the kernel configuration, the data folder. */
#include "sidecar/commands/command.h"
#include "sidecar/commands/folder.h"
#include "sidecar/commands/readable.h"
#include "sidecar/commands/solo_run.h"
#include "sidecar/data/data_folder.h"
#include "sidecar/kernel_file.h"
#include "sidecar/settings/sidecar_config.h"
#include "sidecar/threads/vat_thread.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Chain id of a data folder that solo made: it has no chain. */
static const char solo_chain_id[] = "solo";

struct solo_resources {
    struct line_reader lines;
    struct interrupt interrupt;
    struct kernel_config *config;
    struct data_folder *folder;
    struct vat_engine *engine;
    struct kv_leveldb *store;
    struct logger logger;
    struct kernel_watch watch;
};

/* What the kernel thread is given and gives back. */
struct solo_work {
    struct solo solo;
    struct solo_report report;
};

static void told_folder(void *data, const char *words)
{
    (void)data;
    (void)fprintf(stderr, "headstart: %s\n", words);
}

/* A chain's folder may be used too: solo keeps to a folder of its own inside, and only takes the
 * lock. */
static enum hs_status open_folder(struct solo_resources *r, const char *dir, struct hs_error *err)
{
    struct data_folder_format format;
    enum hs_status st = data_folder_read_format(dir, &format, err);
    struct data_folder_options options = {.dir = dir, .told = told_folder};

    /* Whose a damaged one is, the daemon says that it belongs to. */
    if (st != HS_OK && st != HS_NOT_FOUND) return st;
    options.chain_id = st == HS_OK ? format.chain_id : solo_chain_id;
    return data_folder_open(&options, &r->folder, err);
}

static enum hs_status open_store(struct solo_resources *r, const char *dir, struct hs_error *err)
{
    struct kv_leveldb_options options = {.create = true, .compress = true};
    struct buffer path = {0};
    enum hs_status st = buffer_printf(&path, "%s/solo", dir);

    if (st == HS_OK) {
        st = kv_leveldb_open(buffer_text(&path), &options, &r->store, err);
    } else {
        st = hs_fail(err, st, "%s: %s", dir, hs_status_text(st));
    }
    buffer_fini(&path);
    return st;
}

/* On standard error and in the file of --slog. */
static enum hs_status open_watch(struct solo_resources *r, const struct settings *s,
                                 struct hs_error *err)
{
    const struct sidecar_config config = sidecar_config_of(s);
    const struct slog_options options = {.disk = disk_system(),
                                         .clock = clock_system(),
                                         .logger = &r->logger,
                                         .path = config.slog_path};

    logger_init(&r->logger, STDERR_FILENO, config.log_level, config.log_format);
    r->watch = (struct kernel_watch){.logger = &r->logger, .live = true};
    return options.path ? slog_open(&options, &r->watch.slog, err) : HS_OK;
}

static enum exit_code open_all(struct solo_resources *r, const struct settings *s)
{
    const char *dir = settings_text(s, SETTING_DATA);
    struct hs_error err = {0};
    enum exit_code code;
    enum hs_status st;

    st = interrupt_init(&r->interrupt, &err);
    if (st == HS_OK) st = line_reader_open(&r->lines, settings_text(s, SETTING_MESSAGES), &err);
    if (st == HS_OK) {
        st = kernel_file_load(settings_text(s, SETTING_KERNEL), &r->config, &err);
    }
    if (st != HS_OK) return failure_report(st, &err);
    (void)umask(077); /* what we write is for nobody else */
    code = folder_create(dir, "data folder", NULL);
    if (code != EXIT_CODE_OK) return code;
    st = open_folder(r, dir, &err);
    if (st == HS_OK) {
        st = vat_engine_open(disk_system(),
                             data_folder_has(r->folder, DATA_FOLDER_IMAGES)
                                 ? data_folder_path(r->folder, DATA_FOLDER_IMAGES)
                                 : NULL,
                             &r->engine, &err);
    }
    if (st == HS_OK) st = open_store(r, dir, &err);
    if (st == HS_OK) st = open_watch(r, s, &err);
    return st == HS_OK ? EXIT_CODE_OK : failure_report(st, &err);
}

static void close_all(struct solo_resources *r)
{
    slog_close(r->watch.slog);
    kv_leveldb_close(r->store);
    vat_engine_close(r->engine);
    data_folder_close(r->folder);
    kernel_config_close(r->config);
    line_reader_close(&r->lines);
    interrupt_fini(&r->interrupt);
}

static enum hs_status run_solo(void *data, struct hs_error *err)
{
    struct solo_work *w = data;

    return solo_run(&w->solo, &w->report, err);
}

static void print_summary(const struct solo_report *r, FILE *out)
{
    char a[READABLE_BYTES_MAX], b[READABLE_BYTES_MAX], c[READABLE_BYTES_MAX];
    double seconds = (double)r->elapsed_ms / 1000;

    (void)fprintf(out, "messages   %s executed, %s skipped (executed before)\n",
                  readable_count(r->executed, a), readable_count(r->skipped, b));
    (void)fprintf(out, "results    %s fulfilled, %s rejected, %s pending\n",
                  readable_count(r->fulfilled, a), readable_count(r->rejected, b),
                  readable_count(r->pending, c));
    (void)fprintf(out, "position   seqnum %s, hash %s\n", readable_count(r->at.seqnum, a),
                  r->at.hash[0] ? r->at.hash : "-");
    (void)fprintf(out, "rate       %s messages/s\n",
                  readable_rate(seconds > 0 ? (double)r->executed / seconds : 0, a));
}

static enum exit_code solo_command(const struct command_call *call)
{
    const struct settings *s = &call->settings;
    bool json = settings_flag(s, SETTING_JSON), quiet = settings_flag(s, SETTING_QUIET);
    bool from_input = strcmp(settings_text(s, SETTING_MESSAGES), "-") == 0;
    struct solo_resources resources = {.interrupt = {.fd = -1}, .lines = {.fd = -1}};
    struct solo_work work = {0};
    struct hs_error err = {0};
    enum hs_status st;
    enum exit_code code;

    code = open_all(&resources, s);
    if (code != EXIT_CODE_OK) goto out;
    work.solo = (struct solo){
        .store = resources.store,
        .engine = resources.engine,
        .config = resources.config,
        .lines = &resources.lines,
        .interrupt = &resources.interrupt,
        .block_messages = settings_number(s, SETTING_BLOCK_SIZE),
        .block_ticks = settings_number(s, SETTING_BLOCK_TICKS),
        .skip_executed = !from_input,
        .print = json ? SOLO_PRINT_JSON : (from_input ? SOLO_PRINT_TEXT : SOLO_PRINT_NOTHING),
        .show_progress = !quiet && !from_input,
        .watch = &resources.watch,
    };
    st = vat_thread_run(run_solo, &work, &err);
    if (st == HS_OK || st == HS_CANCELLED || work.report.executed > 0) {
        if (!json || !quiet) print_summary(&work.report, json ? stderr : stdout);
    }
    if (st != HS_OK) code = failure_report(st, &err);
out:
    close_all(&resources);
    return code;
}

const struct command command_solo = {
    .name = "solo",
    .arguments = "",
    .summary = "no chain: the kernel on a store of its own",
    .details = "Executes every line of FILE as a message, on a LevelDB store in the data folder.\n"
               "Messages that this store has executed already are skipped, so a run that was\n"
               "killed goes on where it was; with - every line of standard input is new.\n"
               "Heights rise by 1 every --block-size messages; a chain that executes the same\n"
               "messages in the same blocks has the same hash.\n"
               "A line may also be: run, to work off what is queued; ticks N and a message, to\n"
               "limit it; control and a message to the kernel itself. With --block-ticks runs\n"
               "follow each block while something is queued, until their ticks are spent.\n"
               "Or a delivery as log export prints it: it is executed in the chain's block, its\n"
               "hash compared with the log's, and the first that differs is named.\n"
               "With --json each message gives one line: seqnum, hash, status, value, outputs,\n"
               "ticks, queued, settled, events.\n"
               "A line is printed once its message is on disk.\n",
    .settings = SETTING_BIT(SETTING_KERNEL) | SETTING_BIT(SETTING_MESSAGES) |
                SETTING_BIT(SETTING_BLOCK_SIZE) | SETTING_BIT(SETTING_BLOCK_TICKS) |
                SETTING_BIT(SETTING_SLOG),
    .required =
        SETTING_BIT(SETTING_KERNEL) | SETTING_BIT(SETTING_MESSAGES) | SETTING_BIT(SETTING_DATA),
    .run = solo_command,
};
