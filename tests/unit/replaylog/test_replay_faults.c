/* Failing writes, syncs and processes: what was acknowledged is there, what was not is not, and
 * the log says what it knows. */
#include "tests/unit/replaylog/log_model.h"
#include "tests/unit/suite.h"

#include "kernel/state/fault.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SEGMENT = 900, COUNT_MAX = 400, OPS = 60 };

/* Every operation on the disk, and what is only a place to die. */
static const char *const points[] = {"*.*.*", "log.segment.write.after"};
enum { POINTS = sizeof points / sizeof points[0] };

static struct log_model model;

static void replay_log__failed_write_fences_until_reopened(void)
{
    static const char *const faults[] = {"log.segment.write:1:EIO", "log.segment.write:1:ENOSPC",
                                         "log.segment.write:1:torn"};

    for (size_t i = 0; i < 3; i++) {
        struct scratch_path dir = scratch_make();
        struct replay_log *log;

        log_model_make(dir.text, SEGMENT, 20, &model);
        log = log_model_open(dir.text, SEGMENT);
        fault_arm(faults[i]);
        CU_ASSERT_EQUAL(log_model_append_both(&model, log, 21, 0), HS_IO);
        CU_ASSERT_EQUAL(log_model_append_both(&model, log, 21, 0), HS_IO);
        CU_ASSERT_EQUAL(replay_log_sync(log, NULL), HS_IO);
        CU_ASSERT(replay_log_summary(log).fenced);
        CU_ASSERT(log_model_holds(&model, log, 1, 20)); /* reading goes on */
        CU_ASSERT_EQUAL(replay_log_reopen(log, NULL), HS_OK);
        CU_ASSERT(!replay_log_summary(log).fenced);
        CU_ASSERT_EQUAL(replay_log_summary(log).synced, 20);
        CU_ASSERT_EQUAL(log_model_append_both(&model, log, 22, 0), HS_GAP); /* 21 was not logged */
        CU_ASSERT_EQUAL(log_model_append_both(&model, log, 21, 0), HS_OK);
        replay_log_close(log);
        fault_arm(NULL);
        log = log_model_open(dir.text, SEGMENT);
        CU_ASSERT(log_model_holds(&model, log, 1, 21));
        replay_log_close(log);
        scratch_remove(dir);
    }
}

static void replay_log__failed_sync_is_never_called_durable(void)
{
    struct scratch_path dir = scratch_make();
    struct scratch_path newest;
    struct scratch_listing files;
    struct buffer synced = {0};
    struct replay_log *log;

    log_model_make(dir.text, 1 << 20, 20, &model);
    scratch_list(scratch_join(dir.text, "log").text, &files);
    newest = scratch_join(scratch_join(dir.text, "log").text, files.names[files.len - 1]);
    log = log_model_open(dir.text, 1 << 20);
    scratch_read(newest.text, &synced);
    for (uint64_t seqnum = 21; seqnum <= 30; seqnum++) {
        CU_ASSERT_EQUAL(log_model_append_both(&model, log, seqnum, 0), HS_OK);
    }
    fault_arm("log.segment.sync:1:EIO");
    CU_ASSERT_EQUAL(replay_log_sync(log, NULL), HS_IO);
    CU_ASSERT_EQUAL(replay_log_sync(log, NULL), HS_IO); /* a second try proves nothing */
    CU_ASSERT_EQUAL(replay_log_summary(log).synced, 20);
    CU_ASSERT_EQUAL(log_model_append_both(&model, log, 31, 0), HS_IO);
    scratch_write(newest.text, buffer_slice(&synced)); /* the disk lost what was not synced */
    CU_ASSERT_EQUAL(replay_log_reopen(log, NULL), HS_OK);
    CU_ASSERT(log_model_holds(&model, log, 1, 20));
    CU_ASSERT_EQUAL(log_model_append_both(&model, log, 21, 3), HS_OK);
    CU_ASSERT_EQUAL(log_model_append_both(&model, log, 22, 3), HS_OK);
    fault_arm("log.segment.sync:1:EIO");
    CU_ASSERT_EQUAL(replay_log_sync(log, NULL), HS_IO);
    CU_ASSERT_EQUAL(replay_log_reopen(log, NULL), HS_OK); /* this time it had got through */
    CU_ASSERT(log_model_holds(&model, log, 1, 22));
    CU_ASSERT_EQUAL(replay_log_summary(log).synced, 22);
    fault_arm(NULL);
    replay_log_close(log);
    buffer_fini(&synced);
    scratch_remove(dir);
}

/* Opened so that nobody waits for it: what is found is durable with the first sync. */
static void replay_log__what_is_found_is_synced_later(void)
{
    struct scratch_path dir = scratch_make(), log_dir = scratch_join(dir.text, "log"),
                        quarantine = scratch_join(dir.text, "quarantine");
    struct replay_log_options options = {.dir = log_dir.text,
                                         .quarantine_dir = quarantine.text,
                                         .segment_bytes = SEGMENT,
                                         .settle_later = true};
    struct replay_log *log = NULL;

    log_model_make(dir.text, SEGMENT, 20, &model);
    fault_arm("log.segment.sync:1:EIO"); /* not by the open */
    CU_ASSERT_EQUAL_FATAL(replay_log_open(&options, &log, NULL), HS_OK);
    CU_ASSERT(!replay_log_summary(log).fenced);
    CU_ASSERT_EQUAL(replay_log_summary(log).synced, 0);
    CU_ASSERT(log_model_holds(&model, log, 1, 20));
    CU_ASSERT_EQUAL(log_model_append_both(&model, log, 21, 0), HS_OK);
    CU_ASSERT_EQUAL(replay_log_sync(log, NULL), HS_IO);
    CU_ASSERT(replay_log_summary(log).fenced);
    CU_ASSERT_EQUAL(replay_log_summary(log).synced, 0);
    CU_ASSERT_EQUAL(replay_log_reopen(log, NULL), HS_OK);
    CU_ASSERT_EQUAL(replay_log_summary(log).synced, 21);
    replay_log_close(log);
    fault_arm(NULL);
    CU_ASSERT_EQUAL_FATAL(replay_log_open(&options, &log, NULL), HS_OK);
    fault_arm("log.folder.sync_folder:1:EIO");
    CU_ASSERT_EQUAL(replay_log_sync(log, NULL), HS_IO); /* names as well */
    fault_arm(NULL);
    CU_ASSERT_EQUAL(replay_log_reopen(log, NULL), HS_OK);
    CU_ASSERT_EQUAL(replay_log_sync(log, NULL), HS_OK);
    CU_ASSERT_EQUAL(replay_log_summary(log).synced, 21);
    CU_ASSERT(log_model_holds(&model, log, 1, 21));
    replay_log_close(log);
    scratch_remove(dir);
}

/* An append that did not get through lies behind the last entry, and cannot be cut: nothing may be
 * written behind it, however the rest of what was found is settled. */
static void replay_log__tail_that_cannot_be_cut_fences(void)
{
    for (int later = 0; later < 2; later++) {
        struct scratch_path dir = scratch_make(), log_dir = scratch_join(dir.text, "log"),
                            quarantine = scratch_join(dir.text, "quarantine");
        struct replay_log_options options = {.dir = log_dir.text,
                                             .quarantine_dir = quarantine.text,
                                             .segment_bytes = 1 << 20,
                                             .settle_later = later != 0};
        struct scratch_listing files;
        struct buffer text = {0};
        struct replay_log *log = NULL;
        struct scratch_path newest;

        log_model_make(dir.text, 1 << 20, 20, &model);
        scratch_list(log_dir.text, &files);
        newest = scratch_join(log_dir.text, files.names[files.len - 1]);
        scratch_read(newest.text, &text);
        CU_ASSERT_EQUAL_FATAL(buffer_append_text(&text, "torn"), HS_OK);
        scratch_write(newest.text, buffer_slice(&text));
        fault_arm("log.segment.truncate:1:EIO");
        CU_ASSERT_EQUAL_FATAL(replay_log_open(&options, &log, NULL), HS_OK);
        fault_arm(NULL);
        CU_ASSERT(replay_log_summary(log).fenced);
        CU_ASSERT_EQUAL(replay_log_summary(log).synced, 0);
        CU_ASSERT(log_model_holds(&model, log, 1, 20));
        CU_ASSERT_EQUAL(log_model_append_both(&model, log, 21, 0), HS_IO);
        CU_ASSERT_EQUAL(replay_log_reopen(log, NULL), HS_OK);
        CU_ASSERT_EQUAL(log_model_append_both(&model, log, 21, 0), HS_OK);
        replay_log_close(log);
        log = log_model_open(dir.text, 1 << 20);
        CU_ASSERT(log_model_holds(&model, log, 1, 21));
        replay_log_close(log);
        buffer_fini(&text);
        scratch_remove(dir);
    }
}

static void replay_log__reopening_fails_while_the_disk_does(void)
{
    struct scratch_path dir = scratch_make();
    struct replay_log *log;

    log_model_make(dir.text, SEGMENT, 20, &model);
    log = log_model_open(dir.text, SEGMENT);
    fault_arm("log.segment.write:1+:ENOSPC");
    CU_ASSERT_EQUAL(log_model_append_both(&model, log, 21, 0), HS_IO);
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(replay_log_reopen(log, NULL), HS_IO);
        CU_ASSERT(replay_log_summary(log).fenced);
        CU_ASSERT(log_model_holds(&model, log, 1, 20));
    }
    CU_ASSERT_EQUAL(replay_log_trim(log, 10, NULL), HS_OK); /* making room is possible */
    model.first = replay_log_summary(log).first;
    log_model_cut(&model, 18);
    CU_ASSERT_EQUAL(replay_log_cut(log, 18, NULL), HS_IO);
    fault_arm(NULL);
    CU_ASSERT_EQUAL(replay_log_reopen(log, NULL), HS_OK);
    CU_ASSERT(log_model_holds(&model, log, model.first, 18)); /* the cut was not forgotten */
    CU_ASSERT_EQUAL(log_model_append_both(&model, log, 19, 6), HS_OK);
    replay_log_close(log);
    log = log_model_open(dir.text, SEGMENT);
    CU_ASSERT(log_model_holds(&model, log, model.first, 19));
    replay_log_close(log);
    scratch_remove(dir);
}

/* What a step of the workload does. */
enum op_kind { OP_APPEND, OP_REPLACE, OP_CUT, OP_TRIM, OP_SYNC, OP_RESTART, OP_REJECT };

struct op {
    enum op_kind kind;
    uint64_t seqnum;
    uint32_t salt;
};

/* A fixed sequence that meets every kind and rolls segments. */
static struct op op_at(const struct log_model *m, uint32_t step)
{
    struct op op = {.kind = OP_APPEND, .seqnum = m->last + 1, .salt = step};

    if (step % 10 == 9) op.kind = OP_SYNC;
    if (step % 23 == 22) {
        op.kind = OP_REPLACE;
        op.seqnum = m->last > 9 ? m->last - 9 : 1;
    }
    if (step == 31) op = (struct op){OP_CUT, m->last > 12 ? m->last - 12 : 0, step};
    if (step == 40) op = (struct op){OP_TRIM, m->last > 3 ? m->last - 3 : 0, step};
    if (step == 50) op.kind = OP_RESTART;
    if (step == 55) op.kind = OP_REJECT;
    return op;
}

static enum hs_status op_run(struct replay_log *log, struct op op)
{
    struct model_entry e;

    switch (op.kind) {
    case OP_APPEND:
    case OP_REPLACE:
        model_entry_make(op.seqnum, op.salt, &e);
        return replay_log_append(log, &e.entry, NULL);
    case OP_CUT: return replay_log_cut(log, op.seqnum, NULL);
    case OP_TRIM: return replay_log_trim(log, op.seqnum, NULL);
    case OP_SYNC: return replay_log_sync(log, NULL);
    case OP_RESTART: return replay_log_restart(log, NULL);
    case OP_REJECT: return replay_log_reject(log, "by the workload", NULL);
    }
    return HS_INTERNAL;
}

/* The model once the operation is done; `first` is the log's own, which trims whole segments. */
static void op_model(struct log_model *m, struct op op, uint64_t first)
{
    switch (op.kind) {
    case OP_APPEND:
    case OP_REPLACE: log_model_append(m, op.seqnum, op.salt); break;
    case OP_CUT: log_model_cut(m, op.seqnum); break;
    case OP_TRIM: m->first = first; break;
    case OP_SYNC: break;
    case OP_RESTART:
    case OP_REJECT: *m = (struct log_model){0}; break;
    }
}

/* Is the log the model before the operation, after it, or, where the operation takes entries away
 * in steps, between the two? */
static bool op_half_done_ok(const struct log_model *before, struct op op, struct replay_log *log)
{
    struct replay_log_summary sum = replay_log_summary(log);
    struct log_model after = *before;

    op_model(&after, op, sum.first);
    if (log_model_holds(&after, log, after.first, after.last)) return true;
    if (sum.last == 0) return before->last == 0 || op.kind == OP_RESTART || op.kind == OP_REJECT;
    if (!log_model_holds(before, log, sum.first, sum.last)) return false;
    switch (op.kind) {
    case OP_APPEND:
    case OP_SYNC: return sum.first == before->first && sum.last == before->last;
    case OP_REPLACE: return sum.first == before->first && sum.last + 1 >= op.seqnum;
    case OP_CUT: return sum.first == before->first && sum.last >= op.seqnum;
    case OP_TRIM: return sum.first <= op.seqnum + 1 && sum.last == before->last;
    case OP_RESTART:
    case OP_REJECT: return sum.first == before->first;
    }
    return false;
}

/* The whole workload with a fault armed; every failure is checked against the contract and
 * repaired. *failures counts them. */
static void workload_with_fault(const char *fault, size_t *failures)
{
    struct scratch_path dir = scratch_make();
    struct replay_log *log = log_model_open(dir.text, SEGMENT);

    model = (struct log_model){0};
    fault_arm(fault);
    for (uint32_t step = 0; step < OPS; step++) {
        struct op op = op_at(&model, step);
        enum hs_status st = op_run(log, op);

        if (st == HS_OK) {
            op_model(&model, op, replay_log_summary(log).first);
            continue;
        }
        (*failures)++;
        fault_arm(NULL);
        CU_ASSERT_EQUAL(st, HS_IO);
        CU_ASSERT_FATAL(op_half_done_ok(&model, op, log));
        CU_ASSERT_EQUAL(replay_log_reopen(log, NULL), HS_OK);
        CU_ASSERT_FATAL(op_half_done_ok(&model, op, log));
        CU_ASSERT_EQUAL(op_run(log, op), HS_OK); /* and it can be done after all */
        op_model(&model, op, replay_log_summary(log).first);
        CU_ASSERT_FATAL(log_model_holds(&model, log, model.first, model.last));
    }
    fault_arm(NULL);
    replay_log_close(log);
    log = log_model_open(dir.text, SEGMENT);
    CU_ASSERT_FATAL(log_model_holds(&model, log, model.first, model.last));
    CU_ASSERT(!replay_log_summary(log).damaged);
    replay_log_close(log);
    scratch_remove(dir);
}

static void replay_log__every_kth_failure_is_told_and_repaired(void)
{
    static const char *const actions[] = {"EIO", "ENOSPC", "torn"};
    size_t total = 0;

    for (size_t p = 0; p < POINTS; p++) {
        for (size_t a = 0; a < sizeof actions / sizeof actions[0]; a++) {
            size_t failures = 1;

            for (int count = 1; failures > 0 && count < COUNT_MAX; count++) {
                char fault[96];

                failures = 0;
                (void)snprintf(fault, sizeof fault, "%s:%d:%s", points[p], count, actions[a]);
                workload_with_fault(fault, &failures);
                total += failures;
            }
            CU_ASSERT_EQUAL(failures, 0); /* the countdown went past the last */
        }
    }
    (void)printf("\n    failures told and repaired: %zu\n", total);
    CU_ASSERT(total > 150);
}

/* Shared with the child that is killed. */
struct acknowledged {
    struct log_model model;
    struct op under_way;
    uint32_t step;
};

static void child_run(const char *dir, const char *fault, struct acknowledged *acked)
{
    struct replay_log *log = log_model_open(dir, SEGMENT);

    fault_arm(fault);
    for (; acked->step < OPS; acked->step++) {
        acked->under_way = op_at(&acked->model, acked->step);
        if (op_run(log, acked->under_way) != HS_OK) _exit(1);
        op_model(&acked->model, acked->under_way, replay_log_summary(log).first);
        acked->under_way = (struct op){.kind = OP_SYNC};
    }
    _exit(0);
}

/* True when the child was killed at the point. */
static bool kill_and_recover(const char *dir, const char *fault, struct acknowledged *acked)
{
    struct replay_log *log;
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) child_run(dir, fault, acked);
    CU_ASSERT_EQUAL_FATAL(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status)) {
        CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
        return false;
    }
    log = log_model_open(dir, SEGMENT);
    CU_ASSERT_FATAL(op_half_done_ok(&acked->model, acked->under_way, log));
    CU_ASSERT(!replay_log_summary(log).damaged); /* a kill damages nothing */
    CU_ASSERT_EQUAL(op_run(log, acked->under_way), HS_OK);
    op_model(&acked->model, acked->under_way, replay_log_summary(log).first);
    CU_ASSERT_FATAL(log_model_holds(&acked->model, log, acked->model.first, acked->model.last));
    replay_log_close(log);
    acked->step++;
    return true;
}

static void replay_log__killed_anywhere_loses_nothing_acknowledged(void)
{
    struct acknowledged *acked =
        mmap(NULL, sizeof *acked, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    size_t kills = 0;

    CU_ASSERT_FATAL(acked != MAP_FAILED);
    for (size_t p = 0; p < POINTS; p++) {
        bool killed = true;

        for (int count = 1; killed && count < COUNT_MAX; count++) {
            struct scratch_path dir = scratch_make();
            char fault[96];

            memset(acked, 0, sizeof *acked);
            (void)snprintf(fault, sizeof fault, "%s:%d:kill", points[p], count);
            killed = kill_and_recover(dir.text, fault, acked);
            kills += killed;
            scratch_remove(dir);
        }
        CU_ASSERT(!killed);
    }
    (void)printf("\n    points %d, kills %zu, wrong states 0\n", POINTS, kills);
    CU_ASSERT(kills > 50);
    (void)munmap(acked, sizeof *acked);
}

static void replay_log__killed_while_repairing_damage_recovers(void)
{
    struct buffer file = {0};

    for (int count = 1; count < COUNT_MAX; count++) {
        struct scratch_path dir = scratch_make(), path;
        struct scratch_listing files;
        struct replay_log *log;
        char fault[96];
        int status = 0;
        pid_t pid;

        log_model_make(dir.text, SEGMENT, 30, &model);
        scratch_list(scratch_join(dir.text, "log").text, &files);
        path = scratch_join(scratch_join(dir.text, "log").text, files.names[1]);
        scratch_read(path.text, &file);
        file.data[file.len - 5] ^= 4; /* its last record */
        scratch_write(path.text, buffer_slice(&file));
        (void)snprintf(fault, sizeof fault, "*.*.*:%d:kill", count);
        pid = fork();
        if (pid == 0) {
            fault_arm(fault);
            replay_log_close(log_model_open(dir.text, SEGMENT));
            _exit(0);
        }
        CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
        log = log_model_open(dir.text, SEGMENT);
        CU_ASSERT(log_model_holds(&model, log, 1, strtoull(files.names[2], NULL, 10) - 2));
        replay_log_close(log);
        scratch_remove(dir);
        if (WIFEXITED(status)) break; /* past the last */
    }
    buffer_fini(&file);
}

/* A log with damage in the middle, or only a torn tail, opened with a failure at each point. */
static void opened_with_every_failure(bool damage)
{
    uint64_t last = 0;

    for (int count = 1; count < COUNT_MAX; count++) {
        struct scratch_path dir = scratch_make(), log_dir = scratch_join(dir.text, "log"), path;
        struct scratch_path quarantine = scratch_join(dir.text, "quarantine");
        struct replay_log_options options = {.dir = log_dir.text,
                                             .quarantine_dir = quarantine.text};
        struct scratch_listing files;
        struct buffer file = {0};
        struct replay_log *log = NULL;
        enum hs_status st;
        char fault[96];

        log_model_make(dir.text, SEGMENT, 30, &model);
        scratch_list(log_dir.text, &files);
        path = scratch_join(log_dir.text, files.names[damage ? 1 : files.len - 1]);
        scratch_read(path.text, &file);
        if (damage) file.data[file.len - 5] ^= 4; /* its last record */
        if (!damage) file.len--;
        scratch_write(path.text, buffer_slice(&file));
        buffer_fini(&file);
        last = damage ? strtoull(files.names[2], NULL, 10) - 2 : 29;
        (void)snprintf(fault, sizeof fault, "*.*.*:%d:EIO", count);
        fault_arm(fault);
        st = replay_log_open(&options, &log, NULL);
        fault_arm(NULL);
        CU_ASSERT(st == HS_OK || st == HS_IO);
        if (st == HS_OK) {
            CU_ASSERT(log_model_holds(&model, log, 1, last));
            CU_ASSERT_EQUAL(replay_log_reopen(log, NULL), HS_OK);
            CU_ASSERT_EQUAL(log_model_append_both(&model, log, last + 1, 0), HS_OK);
            last++;
            replay_log_close(log);
        }
        log = log_model_open(dir.text, SEGMENT);
        CU_ASSERT(log_model_holds(&model, log, 1, last));
        replay_log_close(log);
        scratch_remove(dir);
    }
}

static void replay_log__opening_survives_every_kth_failure(void)
{
    opened_with_every_failure(true);
    opened_with_every_failure(false);
}

/* A real full disk: the file size limit cuts a record in the middle; then there is room again. */
static void child_fills_the_disk(const char *dir)
{
    struct rlimit limit = {3000, RLIM_INFINITY};
    struct replay_log *log;

    (void)signal(SIGXFSZ, SIG_IGN);
    model = (struct log_model){0};
    log = log_model_open(dir, 1 << 20);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(100);
    while (log_model_append_both(&model, log, model.last + 1, 0) == HS_OK) {
    }
    if (!replay_log_summary(log).fenced || model.last < 5) _exit(101);
    if (replay_log_sync(log, NULL) != HS_IO) _exit(102);
    limit.rlim_cur = RLIM_INFINITY;
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(103);
    if (log_model_append_both(&model, log, model.last + 1, 0) != HS_IO) _exit(104);
    if (replay_log_reopen(log, NULL) != HS_OK) _exit(105);
    if (log_model_append_both(&model, log, model.last + 1, 0) != HS_OK) _exit(106);
    if (!log_model_holds(&model, log, 1, model.last)) _exit(107);
    _exit((int)model.last);
}

static void replay_log__full_disk_then_freed_goes_on(void)
{
    struct scratch_path dir = scratch_make();
    struct replay_log *log;
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) child_fills_the_disk(dir.text);
    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    CU_ASSERT_FATAL(WIFEXITED(status) && WEXITSTATUS(status) > 5 && WEXITSTATUS(status) < 100);
    model = (struct log_model){0};
    log = log_model_open(dir.text, 0);
    CU_ASSERT(log_model_holds(&model, log, 1, (uint64_t)WEXITSTATUS(status)));
    replay_log_close(log);
    scratch_remove(dir);
}

static const struct suite_case cases[] = {
    SUITE_CASE(replay_log__failed_write_fences_until_reopened),
    SUITE_CASE(replay_log__failed_sync_is_never_called_durable),
    SUITE_CASE(replay_log__what_is_found_is_synced_later),
    SUITE_CASE(replay_log__tail_that_cannot_be_cut_fences),
    SUITE_CASE(replay_log__reopening_fails_while_the_disk_does),
    SUITE_CASE(replay_log__every_kth_failure_is_told_and_repaired),
    SUITE_CASE(replay_log__killed_anywhere_loses_nothing_acknowledged),
    SUITE_CASE(replay_log__killed_while_repairing_damage_recovers),
    SUITE_CASE(replay_log__opening_survives_every_kth_failure),
    SUITE_CASE(replay_log__full_disk_then_freed_goes_on),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("replay_faults", cases, argc, argv);
}
