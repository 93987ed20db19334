/* Failing writes and killed processes: the present content is always a snapshot that was made, the
 * one before or the one after, and what failed can be done again. */
#include "tests/unit/snapshot/mark_model.h"
#include "tests/unit/suite.h"

#include "kernel/state/disk_operations.h"
#include "kernel/state/fault.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KEEP = 3, COUNT_MAX = 5000, QUIET_RUNS = 3, PUTS_MAX = 400 };

static const char *const points[] = {
    "leveldb.log.write",   "leveldb.log.sync.after", "snapshot.file.*",
    "snapshot.folder.*",   "snapshot.generation.*",  "snapshot.quarantine.*",
    "snapshot.pages.open", "snapshot.pages.write",   "snapshot.pages.sync",
};
enum { POINTS = sizeof points / sizeof points[0] };

enum op { OP_PUT, OP_RETURN, OP_VERIFY, OP_ANEW, OP_REJECT, OP_NEW_EPOCH };

static const enum op workload[] = {OP_PUT, OP_PUT,       OP_PUT,    OP_PUT,    OP_RETURN,
                                   OP_PUT, OP_VERIFY,    OP_ANEW,   OP_PUT,    OP_VERIFY,
                                   OP_PUT, OP_NEW_EPOCH, OP_PUT,    OP_VERIFY, OP_REJECT,
                                   OP_PUT, OP_PUT,       OP_RETURN, OP_VERIFY};
enum { OPS = sizeof workload / sizeof workload[0] };

/* What the store should hold, and what came before; shared with children that are killed. */
struct expected {
    struct mark_model now, before; /* before: of the snapshot to go back to */
    bool none;                     /* no snapshot */
    bool images;                   /* now's are of this epoch */
    size_t step;
    uint64_t random;
    bool new_epoch;
};

/* The model that a put leads to. */
static struct mark_model next_model(const struct expected *e, uint64_t *random)
{
    struct mark_model next = e->now;

    *random = e->random;
    do {
        mark_model_step(&next, random);
    } while (!next.vats[0].alive);
    return next;
}

static enum hs_status put_model(struct expected *e, struct snapshot_db *db, struct hs_error *err)
{
    uint64_t random;
    struct mark_model next = next_model(e, &random), from = e->now;
    struct mark_changes changes;
    enum hs_status st;

    mark_model_changes(&from, &next, e->none || !e->images, &changes);
    st = snapshot_db_put(db, &changes, NULL, err);
    mark_model_changes_fini(&changes);
    if (st != HS_OK) return st;
    for (size_t i = 0; i < MODEL_VATS; i++) {
        next.vats[i].kept = next.vats[i].alive;
    }
    e->before = e->now;
    e->now = next;
    e->random = random;
    e->none = false;
    e->images = true;
    return HS_OK;
}

/* A new generation filled with the present store, and its first snapshot. */
static enum hs_status anew(struct expected *e, struct snapshot_db *db, struct hs_error *err)
{
    struct mark_model empty = {0};
    struct expected filled = *e;
    enum hs_status st = snapshot_db_begin_anew(db, err);

    if (st == HS_OK) st = snapshot_db_fill(db, slice_text("other"), slice_text("store"), err);
    if (st == HS_OK) st = snapshot_db_fill_end(db, err);
    if (st == HS_OK) st = snapshot_db_begin_anew(db, err); /* and the filling begun again */
    empty.seqnum = e->now.seqnum + 1000;
    filled.now = empty;
    filled.none = true;
    if (st == HS_OK) st = put_model(&filled, db, err);
    if (st == HS_OK) *e = filled;
    return st;
}

static enum hs_status op_run(struct expected *e, struct snapshot_db *db, enum op op,
                             struct hs_error *err)
{
    enum hs_status st = HS_OK;

    switch (op) {
    case OP_PUT:
    case OP_NEW_EPOCH: return put_model(e, db, err);
    case OP_RETURN:
        st = snapshot_db_return_to(db, e->before.seqnum, err);
        if (st == HS_OK) e->now = e->before;
        return st;
    case OP_VERIFY: return snapshot_db_verify(db, NULL, err);
    case OP_ANEW: return anew(e, db, err);
    case OP_REJECT:
        if (!e->none) st = snapshot_db_reject(db, "by the workload", err);
        if (st != HS_OK) return st;
        e->none = true; /* whatever becomes of the rest */
        e->now = (struct mark_model){.seqnum = e->now.seqnum};
        return snapshot_db_begin_anew(db, err);
    }
    return HS_INTERNAL;
}

static struct snapshot_db *store_open(struct model_store *store, const struct expected *e)
{
    store->options.epoch = e->new_epoch ? "epoch-2" : "epoch-1";
    return model_store_open(store);
}

/* Another epoch is another process, and opening is not what fails here: `fault` begins anew. */
static struct snapshot_db *epoch_change(struct model_store *store, struct expected *e,
                                        struct snapshot_db *db, const char *fault)
{
    if (workload[e->step] != OP_NEW_EPOCH || e->new_epoch) return db;
    fault_arm(NULL);
    snapshot_db_close(db);
    e->new_epoch = true;
    e->images = false;
    db = store_open(store, e);
    fault_arm(fault);
    return db;
}

static bool holds(const struct expected *e, struct snapshot_db *db)
{
    struct mark_model empty = {0};

    if (e->none) {
        return snapshot_db_list(db, NULL, 0) == 0 && mark_model_holds(&empty, db, false);
    }
    return snapshot_db_list(db, NULL, 0) > 0 && mark_model_holds(&e->now, db, e->images);
}

/* After a failure in this process, before anything is tried again: reading goes on. */
static bool failed_op_ok(const struct expected *e, struct snapshot_db *db, enum op op)
{
    if (op == OP_ANEW || op == OP_REJECT) return true;      /* the old content was given up */
    if (e->none) return snapshot_db_list(db, NULL, 0) == 0; /* a first put is not atomic */
    return holds(e, db);
}

static void workload_with_fault(const char *fault, size_t *failures)
{
    struct scratch_path dir = scratch_make();
    struct expected e = {.none = true, .random = suite_seed()};
    struct hs_error err = {0};
    struct model_store store;
    struct snapshot_db *db;

    model_store_init(&store, dir.text, KEEP);
    db = store_open(&store, &e);
    fault_arm(fault);
    for (; e.step < OPS; e.step++) {
        enum op op = workload[e.step];
        enum hs_status st;

        db = epoch_change(&store, &e, db, *failures ? NULL : fault);
        st = op_run(&e, db, op, &err);
        if (st != HS_OK) {
            (*failures)++;
            fault_arm(NULL);
            CU_ASSERT_EQUAL(st, HS_IO);
            if (!failed_op_ok(&e, db, op)) (void)printf("\n    %s: step %zu\n", fault, e.step);
            CU_ASSERT_FATAL(failed_op_ok(&e, db, op));
            st = op_run(&e, db, op, &err); /* room again: it is done in the same process */
            if (st != HS_OK) (void)printf("\n    %s: step %zu: %s\n", fault, e.step, err.text);
            CU_ASSERT_EQUAL_FATAL(st, HS_OK);
        }
        CU_ASSERT_FATAL(holds(&e, db));
    }
    fault_arm(NULL);
    snapshot_db_close(db);
    db = store_open(&store, &e);
    CU_ASSERT_FATAL(holds(&e, db));
    CU_ASSERT_EQUAL(snapshot_db_verify(db, NULL, &err), HS_OK);
    snapshot_db_close(db);
    scratch_remove(dir);
}

static void snapshot_db__every_kth_failure_is_told_and_repaired(void)
{
    size_t total = 0;

    for (size_t p = 0; p < POINTS; p++) {
        int quiet = 0; /* runs in a row in which nothing failed: some failures are borne */

        if (strcmp(points[p], "leveldb.log.sync.after") == 0) continue; /* a place to die only */
        for (int count = 1; quiet < QUIET_RUNS && count < COUNT_MAX; count += 1 + count / 6) {
            size_t failures = 0;
            char fault[96];

            (void)snprintf(fault, sizeof fault, "%s:%d:%s", points[p], count,
                           count % 2 ? "EIO" : "ENOSPC");
            workload_with_fault(fault, &failures);
            total += failures;
            quiet = failures ? 0 : quiet + 1;
        }
        CU_ASSERT_EQUAL(quiet, QUIET_RUNS); /* the countdown went past the last */
    }
    (void)printf("\n    failures told and repaired: %zu\n", total);
    CU_ASSERT(total > 30);
}

/* The batch is in LevelDB's log, but nobody knows whether on the disk: it counts as not written,
 * and must not come back as the newest behind the caller's back. */
static void snapshot_db__every_kth_failed_sync_is_told_and_repaired(void)
{
    size_t total = 0;
    int quiet = 0;

    for (int count = 1; quiet < QUIET_RUNS && count < COUNT_MAX; count++) {
        size_t failures = 0;
        char fault[32];

        (void)snprintf(fault, sizeof fault, "leveldb.*.sync:%d:EIO", count);
        workload_with_fault(fault, &failures);
        total += failures;
        quiet = failures ? 0 : quiet + 1;
    }
    (void)printf("\n    failed syncs told and repaired: %zu\n", total);
    CU_ASSERT_EQUAL(quiet, QUIET_RUNS);
    CU_ASSERT(total > 15);
}

/* A disk that knows what a power cut would take: contents since their last sync, names since their
 * folder's. */
enum { LEDGER_PATHS_MAX = 512, LEDGER_FILES_MAX = 1024 };

static struct {
    struct scratch_path of_file[LEDGER_FILES_MAX];
    struct scratch_path content[LEDGER_PATHS_MAX], name[LEDGER_PATHS_MAX];
    size_t content_len, name_len;
    size_t named, lost; /* CURRENT renamed into place; what a power cut then would take */
} ledger;

static void ledger_add(struct scratch_path *paths, size_t *len, const char *path)
{
    CU_ASSERT_FATAL(*len < LEDGER_PATHS_MAX);
    (void)snprintf(paths[(*len)++].text, sizeof paths->text, "%s", path);
}

/* Forget `path`, or with `below` what lies directly in it. */
static void ledger_forget(struct scratch_path *paths, size_t *len, const char *path, bool below)
{
    size_t path_len = strlen(path), kept = 0;

    for (size_t i = 0; i < *len; i++) {
        const char *slash = strrchr(paths[i].text, '/');
        bool hit = below ? (size_t)(slash - paths[i].text) == path_len &&
                               strncmp(paths[i].text, path, path_len) == 0
                         : strcmp(paths[i].text, path) == 0;

        if (!hit) paths[kept++] = paths[i];
    }
    *len = kept;
}

static int ledger_open(void *self, const char *path, enum disk_open_kind kind, int *file)
{
    int errnum = disk_system()->operations->open(self, path, kind, file);

    if (errnum) return errnum;
    CU_ASSERT_FATAL(*file < LEDGER_FILES_MAX);
    (void)snprintf(ledger.of_file[*file].text, sizeof ledger.of_file[0].text, "%s", path);
    if (kind != DISK_OPEN_READ && kind != DISK_OPEN_WRITE && kind != DISK_OPEN_FOLDER) {
        ledger_add(ledger.name, &ledger.name_len, path);
    }
    return 0;
}

static int ledger_write(void *self, int file, uint64_t offset, const void *bytes, size_t len,
                        size_t *put)
{
    ledger_add(ledger.content, &ledger.content_len, ledger.of_file[file].text);
    return disk_system()->operations->write(self, file, offset, bytes, len, put);
}

static int ledger_sync(void *self, int file)
{
    ledger_forget(ledger.content, &ledger.content_len, ledger.of_file[file].text, false);
    return disk_system()->operations->sync(self, file);
}

static int ledger_sync_folder(void *self, const char *path)
{
    ledger_forget(ledger.name, &ledger.name_len, path, true);
    return disk_system()->operations->sync_folder(self, path);
}

static int ledger_link(void *self, const char *from, const char *to)
{
    ledger_add(ledger.name, &ledger.name_len, to);
    return disk_system()->operations->link(self, from, to);
}

static int ledger_make_folder(void *self, const char *path)
{
    ledger_add(ledger.name, &ledger.name_len, path);
    return disk_system()->operations->make_folder(self, path);
}

static int ledger_remove(void *self, const char *path)
{
    ledger_forget(ledger.content, &ledger.content_len, path, false);
    ledger_forget(ledger.name, &ledger.name_len, path, false);
    return disk_system()->operations->remove(self, path);
}

/* At the moment when CURRENT names a generation, nothing of any may be at risk. */
static int ledger_rename(void *self, const char *from, const char *to)
{
    const char *slash = strrchr(to, '/');

    ledger_forget(ledger.name, &ledger.name_len, from, false);
    if (strcmp(slash, "/CURRENT") == 0 && !strstr(to, "/gen-")) { /* ours, not LevelDB's own */
        ledger.named++;
        for (size_t i = 0; i < ledger.content_len; i++) {
            ledger.lost += strstr(ledger.content[i].text, "/gen-") != NULL;
        }
        for (size_t i = 0; i < ledger.name_len; i++) {
            ledger.lost += strstr(ledger.name[i].text, "/gen-") != NULL;
        }
    }
    return disk_system()->operations->rename(self, from, to);
}

static void snapshot_db__what_is_copied_is_durable_before_it_is_named(void)
{
    struct disk_operations operations = *disk_system()->operations;
    const struct disk disk = {.operations = &operations};
    struct expected e = {.none = true, .random = 42};
    struct scratch_path dir = scratch_make();
    struct model_store store;
    struct snapshot_db *db;

    operations.open = ledger_open;
    operations.write = ledger_write;
    operations.copy = NULL; /* copies are writes */
    operations.sync = ledger_sync;
    operations.sync_folder = ledger_sync_folder;
    operations.link = ledger_link;
    operations.make_folder = ledger_make_folder;
    operations.remove = ledger_remove;
    operations.rename = ledger_rename;
    memset(&ledger, 0, sizeof ledger);
    model_store_init(&store, dir.text, KEEP);
    store.options.disk = &disk;
    db = store_open(&store, &e);
    CU_ASSERT_EQUAL_FATAL(put_model(&e, db, NULL), HS_OK);
    CU_ASSERT_EQUAL(ledger.named, 1);
    fault_arm("leveldb.log.write:1:EIO");
    CU_ASSERT_EQUAL(put_model(&e, db, NULL), HS_IO);
    fault_arm(NULL);
    CU_ASSERT_EQUAL_FATAL(put_model(&e, db, NULL), HS_OK); /* goes on in a copy */
    CU_ASSERT_EQUAL(ledger.named, 2);
    CU_ASSERT_EQUAL(ledger.lost, 0);
    CU_ASSERT(holds(&e, db));
    snapshot_db_close(db);
    scratch_remove(dir);
}

/* Where going on in a copy of the folder can fail. */
static const char *const renewal_points[] = {"snapshot.clone.*", "snapshot.generation.*",
                                             "snapshot.file.*", "snapshot.folder.*"};
enum { RENEWAL_POINTS = sizeof renewal_points / sizeof renewal_points[0], RENEWALS = 30 };

static void snapshot_db__going_on_may_fail_as_well(void)
{
    for (size_t p = 0; p < RENEWAL_POINTS; p++) {
        struct scratch_path dir = scratch_make();
        struct expected e = {.none = true, .random = suite_seed()};
        struct hs_error err = {0};
        struct model_store store;
        struct snapshot_db *db;
        char fault[96];

        model_store_init(&store, dir.text, KEEP);
        db = store_open(&store, &e);
        for (int i = 0; i < RENEWALS; i++) {
            CU_ASSERT_EQUAL_FATAL(put_model(&e, db, &err), HS_OK);
            fault_arm("leveldb.log.write:1:EIO");
            CU_ASSERT_EQUAL(put_model(&e, db, &err), HS_IO);
            (void)snprintf(fault, sizeof fault, "%s:%d:ENOSPC", renewal_points[p], 1 + i);
            fault_arm(fault);
            if (put_model(&e, db, &err) == HS_IO) CU_ASSERT(holds(&e, db));
            fault_arm(NULL);
            CU_ASSERT_EQUAL_FATAL(put_model(&e, db, &err), HS_OK);
            CU_ASSERT(holds(&e, db));
        }
        CU_ASSERT_EQUAL(snapshot_db_return_to(db, e.before.seqnum, &err), HS_OK);
        e.now = e.before;
        CU_ASSERT_EQUAL(snapshot_db_verify(db, NULL, &err), HS_OK);
        snapshot_db_close(db);
        db = store_open(&store, &e);
        CU_ASSERT(holds(&e, db));
        snapshot_db_close(db);
        scratch_remove(dir);
    }
}

/* Does the store hold what it held before the operation under way, or after it? */
static bool killed_op_ok(struct expected *e, struct snapshot_db *db)
{
    struct expected after = *e;
    struct mark_model empty = {.seqnum = e->now.seqnum + 1000};
    struct mark_model none = {0};
    uint64_t random;

    if (holds(e, db)) return true; /* acknowledged, or not begun */
    switch (workload[e->step]) {
    case OP_PUT:
    case OP_NEW_EPOCH: after.now = next_model(e, &random); break;
    case OP_RETURN: after.now = e->before; break;
    case OP_ANEW:
        after.now = empty;
        after.now = next_model(&after, &random);
        break;
    case OP_REJECT: return snapshot_db_list(db, NULL, 0) == 0 && mark_model_holds(&none, db, false);
    case OP_VERIFY: return false;
    }
    after.none = false;
    after.images = true;
    return holds(&after, db);
}

/* LevelDB has one background thread a process, which fork does not copy: whoever uses it must be
 * a child of a process that never did. Returns the wait status. */
static int in_child(void (*run)(struct model_store *store, const char *fault, struct expected *e),
                    struct model_store *store, const char *fault, struct expected *e)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        run(store, fault, e);
        _exit(0);
    }
    CU_ASSERT_EQUAL_FATAL(waitpid(pid, &status, 0), pid);
    return status;
}

/* Undisturbed up to step `e->step`. */
static void child_prepare(struct model_store *store, const char *fault, struct expected *e)
{
    size_t steps = e->step;
    struct snapshot_db *db;

    (void)fault;
    e->step = 0;
    db = store_open(store, e);
    for (; e->step < steps; e->step++) {
        db = epoch_change(store, e, db, NULL);
        if (op_run(e, db, workload[e->step], NULL) != HS_OK) _exit(1);
    }
    db = epoch_change(store, e, db, NULL);
    snapshot_db_close(db);
}

static void child_operate(struct model_store *store, const char *fault, struct expected *e)
{
    struct expected next = *e;
    struct snapshot_db *db;

    fault_arm(fault);
    db = store_open(store, e);
    if (op_run(&next, db, workload[e->step], NULL) != HS_OK) _exit(1);
    *e = next; /* acknowledged */
    snapshot_db_close(db);
}

static void child_check(struct model_store *store, const char *fault, struct expected *e)
{
    struct snapshot_db *db = store_open(store, e);

    (void)fault;
    if (!killed_op_ok(e, db)) _exit(1);
    if (snapshot_db_list(db, NULL, 0) > 0 && snapshot_db_verify(db, NULL, NULL) != HS_OK) _exit(2);
    /* a kill damages nothing */
    if (workload[e->step] != OP_REJECT && scratch_exists(store->quarantine_dir.text)) {
        struct scratch_path rejected = scratch_join(store->quarantine_dir.text, "snapshot-4");

        if (scratch_count(store->quarantine_dir.text) != scratch_count(rejected.text)) _exit(3);
    }
    snapshot_db_close(db);
}

/* A put that fails; the next one, which goes on in a copy, is killed. */
static void child_renew(struct model_store *store, const char *fault, struct expected *e)
{
    struct snapshot_db *db = store_open(store, e);

    if (put_model(e, db, NULL) != HS_OK || put_model(e, db, NULL) != HS_OK) _exit(1);
    fault_arm("leveldb.log.write:1:EIO");
    if (put_model(e, db, NULL) != HS_IO) _exit(2);
    fault_arm(fault);
    if (put_model(e, db, NULL) != HS_OK) _exit(3);
    snapshot_db_close(db);
}

static void snapshot_db__killed_while_going_on_holds_the_old_or_the_new(void)
{
    struct expected *e =
        mmap(NULL, sizeof *e, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    CU_ASSERT_FATAL(e != MAP_FAILED);
    for (size_t p = 0; p < RENEWAL_POINTS; p++) {
        bool killed = true;

        for (int count = 1; killed && count < COUNT_MAX; count += 1 + count / 6) {
            struct scratch_path dir = scratch_make();
            struct model_store store;
            char fault[96];

            model_store_init(&store, dir.text, KEEP);
            *e = (struct expected){.none = true, .random = suite_seed()};
            (void)snprintf(fault, sizeof fault, "%s:%d:kill", renewal_points[p], count);
            killed = WIFSIGNALED(in_child(child_renew, &store, fault, e));
            CU_ASSERT_EQUAL(in_child(child_check, &store, NULL, e), 0);
            scratch_remove(dir);
        }
        CU_ASSERT(!killed);
    }
    (void)munmap(e, sizeof *e);
}

/* One operation killed at the count-th time each point is reached; how often it was. */
static size_t operation_killed_everywhere(const struct model_store *prepared,
                                          const struct expected *at, struct expected *e)
{
    size_t kills = 0;

    for (size_t p = 0; p < POINTS; p++) {
        bool killed = true;

        for (int count = 1; killed && count < COUNT_MAX; count += 1 + count / 6) {
            struct scratch_path dir = scratch_make();
            struct model_store store;
            char fault[96];
            int status;

            model_store_init(&store, dir.text, KEEP);
            scratch_copy(prepared->snapshot_dir.text, store.snapshot_dir.text);
            *e = *at;
            (void)snprintf(fault, sizeof fault, "%s:%d:kill", points[p], count);
            status = in_child(child_operate, &store, fault, e);
            killed = WIFSIGNALED(status);
            CU_ASSERT(killed || WEXITSTATUS(status) == 0);
            status = in_child(child_check, &store, NULL, e);
            if (status) (void)printf("\n    %s at step %zu: %x\n", fault, at->step, status);
            CU_ASSERT_EQUAL(status, 0);
            kills += killed;
            scratch_remove(dir);
        }
        CU_ASSERT(!killed);
    }
    return kills;
}

static void snapshot_db__killed_anywhere_holds_the_old_or_the_new(void)
{
    struct expected *e =
        mmap(NULL, sizeof *e, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    size_t kills = 0;

    CU_ASSERT_FATAL(e != MAP_FAILED);
    for (size_t step = 0; step < OPS; step++) {
        struct scratch_path dir = scratch_make();
        struct model_store store;
        struct expected at;

        model_store_init(&store, dir.text, KEEP);
        *e = (struct expected){.none = true, .random = suite_seed(), .step = step};
        CU_ASSERT_EQUAL_FATAL(in_child(child_prepare, &store, NULL, e), 0);
        at = *e;
        kills += operation_killed_everywhere(&store, &at, e);
        scratch_remove(dir);
    }
    (void)printf("\n    points %d, operations %d, kills %zu, wrong states 0\n", POINTS, OPS, kills);
    CU_ASSERT(kills > 50);
    (void)munmap(e, sizeof *e);
}

/* A real full disk: the file size limit cuts a batch in the middle; then there is room again. */
static void child_fills_the_disk(struct model_store *store, const char *fault, struct expected *e)
{
    struct rlimit limit = {400000, RLIM_INFINITY};
    struct snapshot_db *db = store_open(store, e);
    int puts = 0;

    (void)fault;
    (void)signal(SIGXFSZ, SIG_IGN);
    for (int i = 0; i < 2; i++) { /* with the one that goes on, as many as are kept */
        if (put_model(e, db, NULL) != HS_OK) _exit(100);
    }
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(101);
    while (puts < PUTS_MAX && put_model(e, db, NULL) == HS_OK) {
        puts++;
    }
    if (puts == PUTS_MAX) _exit(102);
    for (int i = 0; i < 3; i++) {
        enum hs_status st = put_model(e, db, NULL);

        if (st != HS_OK && st != HS_IO) _exit(103);
        if (!holds(e, db)) _exit(104);
    }
    limit.rlim_cur = RLIM_INFINITY;
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(105);
    if (put_model(e, db, NULL) != HS_OK) _exit(106);
    if (!holds(e, db)) _exit(107);
    if (snapshot_db_verify(db, NULL, NULL) != HS_OK) _exit(108);
    if (snapshot_db_return_to(db, e->before.seqnum, NULL) != HS_OK) _exit(109);
    e->now = e->before;
    snapshot_db_close(db);
}

static void child_checks_after(struct model_store *store, const char *fault, struct expected *e)
{
    struct snapshot_db *db = store_open(store, e);

    (void)fault;
    if (snapshot_db_list(db, NULL, 0) != KEEP - 1) _exit(1);
    if (!holds(e, db) || snapshot_db_verify(db, NULL, NULL) != HS_OK) _exit(2);
    snapshot_db_close(db);
}

static void snapshot_db__full_disk_then_freed_goes_on(void)
{
    struct expected *e =
        mmap(NULL, sizeof *e, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct scratch_path dir = scratch_make();
    struct model_store store;

    CU_ASSERT_FATAL(e != MAP_FAILED);
    model_store_init(&store, dir.text, KEEP);
    *e = (struct expected){.none = true, .random = suite_seed()};
    CU_ASSERT_EQUAL(in_child(child_fills_the_disk, &store, NULL, e), 0);
    CU_ASSERT_EQUAL(in_child(child_checks_after, &store, NULL, e), 0);
    (void)munmap(e, sizeof *e);
    scratch_remove(dir);
}

/* In this order: what forks comes before this process uses LevelDB itself. */
static const struct suite_case cases[] = {
    SUITE_CASE(snapshot_db__killed_anywhere_holds_the_old_or_the_new),
    SUITE_CASE(snapshot_db__full_disk_then_freed_goes_on),
    SUITE_CASE(snapshot_db__killed_while_going_on_holds_the_old_or_the_new),
    SUITE_CASE(snapshot_db__every_kth_failure_is_told_and_repaired),
    SUITE_CASE(snapshot_db__every_kth_failed_sync_is_told_and_repaired),
    SUITE_CASE(snapshot_db__what_is_copied_is_durable_before_it_is_named),
    SUITE_CASE(snapshot_db__going_on_may_fail_as_well),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("snapshot_faults", cases, argc, argv);
}
