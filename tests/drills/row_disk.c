/* Row 7: the disk refuses. A small tmpfs of the case's own (it takes root) that is full, has no
 * inodes, is read-only, and is freed again; limits on file size and open files. The sidecar starts,
 * deliveries go on, from memory if need be; when there is room again it heals. */
#include "tests/drills/case.h"
#include "tests/drills/rows.h"
#include "tests/drills/template.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DISK_BLOCKS = 6, FILL_BYTES = 65536 };

enum trouble {
    TROUBLE_FULL,      /* it fills up while blocks go on, and is freed */
    TROUBLE_KILLED,    /* killed while it is full */
    TROUBLE_STARTS,    /* full at the start */
    TROUBLE_EMPTY,     /* full at the start, nothing of ours on it */
    TROUBLE_READ_ONLY, /* at the start */
    TROUBLE_TURNS,     /* read-only while it runs */
    TROUBLE_INODES,    /* none left while it runs */
    TROUBLE_FILE_SIZE, /* RLIMIT_FSIZE */
    TROUBLE_OPEN,      /* RLIMIT_NOFILE */
    TROUBLE_COUNT,
};
static const char *const trouble_names[TROUBLE_COUNT] = {
    "full, then freed", "killed while full",      "full at the start",
    "full and empty",   "read-only at the start", "turns read-only",
    "no inodes",        "limited file size",      "few open files"};

static enum hs_status disk_prepare(struct drill *d, void **plan, uint64_t *total,
                                   struct hs_error *err)
{
    static const char *const arguments[] = {"--snapshot-every", "10", NULL};
    const struct world *w = NULL;
    enum hs_status st = drill_trunk(d, WORLD_DIARY, &w, err);

    if (st == HS_OK) st = drill_template(d, w, "diary-filled", DISK_BLOCKS, arguments, false, err);
    *plan = (void *)(uintptr_t)w; /* read only */
    *total = 0;
    return st;
}

/* --- a disk of the case's own --- */

/* Mounts of this worker are nobody else's, and end with it. */
static bool mounts_apart(void)
{
    static bool apart; /* of this worker's process */

    if (apart) return true;
    if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0) return false;
    apart = mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
    return apart;
}

static bool disk_mount(struct drill_case *c, char *at, size_t size, const char *options)
{
    (void)snprintf(at, size, "%s/disk", c->place);
    if (!mounts_apart() || mkdir(at, 0700) != 0) return false;
    if (mount("tmpfs", at, "tmpfs", 0, options) != 0) return false;
    (void)snprintf(c->daemon.data, sizeof c->daemon.data, "%s/data", at);
    c->small_disk = true;
    return true;
}

static void disk_fill(const char *at)
{
    static const char block[FILL_BYTES] = {1};
    char path[FOLDER_PATH_BYTES + 16];
    int fd;

    (void)snprintf(path, sizeof path, "%s/ballast", at);
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) return;
    for (size_t size = sizeof block; size > 0; size /= 16) {
        while (write(fd, block, size) > 0) {
        }
    }
    (void)close(fd);
}

static void disk_free(const char *at)
{
    char path[FOLDER_PATH_BYTES + 16];

    (void)snprintf(path, sizeof path, "%s/ballast", at);
    (void)unlink(path);
}

static void disk_inodes(const char *at, bool taken)
{
    for (unsigned i = 0; i < 4096; i++) {
        char path[FOLDER_PATH_BYTES + 32];
        int fd;

        (void)snprintf(path, sizeof path, "%s/inode%u", at, i);
        if (!taken) {
            if (unlink(path) != 0) return;
            continue;
        }
        fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0) return;
        (void)close(fd);
    }
}

static bool disk_read_only(const char *at, bool on)
{
    return mount(NULL, at, NULL, MS_REMOUNT | (on ? (unsigned long)MS_RDONLY : 0), NULL) == 0;
}

/* --- lives --- */

static const struct daemon_how disk_how = {.arguments = {"--snapshot-every", "5"}};

/* Something is wrong for `n` blocks, then it is not, and blocks go on. */
static enum case_step disk_run_through(struct drill_case *c, const char *at, enum trouble trouble)
{
    enum case_step step = case_live(c, &disk_how);

    if (step == CASE_ON) step = case_blocks(c, 1 + dice_below(&c->dice, 2));
    if (step != CASE_ON) return step;
    if (trouble == TROUBLE_INODES) disk_inodes(at, true);
    if (trouble == TROUBLE_FULL || trouble == TROUBLE_KILLED) disk_fill(at);
    /* Open files that may be written keep a remount away: then nothing turns. */
    if (trouble == TROUBLE_TURNS && !disk_read_only(at, true)) {
        return case_verdict(c, DRILL_SKIPPED, "the disk is busy");
    }
    step = case_blocks(c, 3);
    if (step == CASE_ON && trouble == TROUBLE_KILLED) {
        case_kill(c);
        step = case_live(c, &disk_how);
        if (step == CASE_ON) step = case_blocks(c, 1);
    }
    if (trouble == TROUBLE_INODES) disk_inodes(at, false);
    if (trouble == TROUBLE_TURNS) (void)disk_read_only(at, false);
    disk_free(at);
    return step == CASE_ON ? case_blocks(c, 2) : step;
}

static enum case_step disk_at_start(struct drill_case *c, const char *at, enum trouble trouble)
{
    enum case_step step;

    if (trouble == TROUBLE_READ_ONLY) {
        (void)disk_read_only(at, true);
    } else {
        disk_fill(at);
    }
    step = case_live(c, &disk_how);
    if (step == CASE_ON) step = case_blocks(c, 2);
    if (trouble == TROUBLE_READ_ONLY && step == CASE_ON) step = case_stop(c, SIGTERM);
    (void)disk_read_only(at, false);
    disk_free(at);
    if (step != CASE_ON || trouble == TROUBLE_READ_ONLY) return step;
    return case_blocks(c, 2);
}

static enum case_step disk_limited(struct drill_case *c, enum trouble trouble)
{
    static const rlim_t sizes[] = {0, 4096, 100000, 700000, 1000000};
    static const rlim_t files[] = {16, 20, 24, 28, 32};
    uint64_t which = dice_below(&c->dice, 5);
    struct daemon_how how = disk_how;
    enum case_step step;

    how.limited = true;
    how.limit = trouble == TROUBLE_FILE_SIZE ? RLIMIT_FSIZE : RLIMIT_NOFILE;
    how.limit_value = trouble == TROUBLE_FILE_SIZE ? sizes[which] : files[which];
    case_say(c, "%llu", (unsigned long long)how.limit_value);
    step = case_live(c, &how);
    if (step == CASE_ON) return case_blocks(c, 4);
    if (trouble != TROUBLE_OPEN || c->result.kind != DRILL_REFUSED) return step;
    c->result.kind = DRILL_RIGHT; /* too few to run on: a code says so, and it runs without limit */
    return CASE_ON;
}

/* The template's folder copied onto the small disk; true when it fits. */
static enum case_step disk_begin(struct drill_case *c, enum trouble trouble, char *at, size_t size)
{
    static const char *const sizes[] = {"size=3m", "size=4m", "size=6m", "size=12m"};
    const char *options = sizes[dice_below(&c->dice, 4)];
    char from[FOLDER_PATH_BYTES + 32];
    struct hs_error err = {0};
    bool filled = trouble != TROUBLE_EMPTY && dice_chance(&c->dice, 70);
    enum case_step step = case_begin(c, c->plan, NULL, filled ? DISK_BLOCKS : 0);

    if (trouble == TROUBLE_INODES) options = "size=32m,nr_inodes=120";
    if (trouble == TROUBLE_READ_ONLY || trouble == TROUBLE_TURNS) options = "size=32m";
    case_say(c, "%s, %s, %s", trouble_names[trouble], options, filled ? "filled" : "empty");
    if (step == CASE_ON && trouble < TROUBLE_FILE_SIZE && !disk_mount(c, at, size, options)) {
        return case_verdict(c, DRILL_SKIPPED, "no disk can be mounted here");
    }
    if (!filled || step != CASE_ON) return step;
    (void)snprintf(from, sizeof from, "%s/diary-filled/data", c->drill->scratch);
    /* What does not fit any more is a folder that a full disk left. */
    if (folder_copy(from, c->daemon.data, &err) == HS_OK || errno == ENOSPC) return CASE_ON;
    return case_broken(c, &err);
}

static void disk_run(struct drill_case *c)
{
    enum trouble trouble = (enum trouble)(c->number % TROUBLE_COUNT);
    char at[FOLDER_PATH_BYTES + 16] = "";
    enum case_step step = disk_begin(c, trouble, at, sizeof at);

    c->may_lose = true;
    if (step == CASE_ON) {
        switch (trouble) {
        case TROUBLE_STARTS:
        case TROUBLE_EMPTY:
        case TROUBLE_READ_ONLY: step = disk_at_start(c, at, trouble); break;
        case TROUBLE_FILE_SIZE:
        case TROUBLE_OPEN: step = disk_limited(c, trouble); break;
        default: step = disk_run_through(c, at, trouble);
        }
    }
    case_kill(c);
    if (step == CASE_ON) step = case_live(c, &disk_how);
    if (step == CASE_ON) step = case_blocks(c, 1);
    if (step == CASE_ON) (void)case_conclude(c);
    daemon_kill(&c->daemon);
    if (at[0]) (void)umount2(at, MNT_DETACH);
}

const struct drill_row row_disk = {
    "7", "disk full, without inodes, read-only, limited", 400, disk_prepare, disk_run, NULL};
