/* Row 19: folders of other formats: one of each released version (golden/), a version that is not
 * ours in each place that has one, another epoch, another chain. What is known is read, what is
 * unknown is put aside and replayed; only a whole FORMAT of another chain is refused, with 78. */
#include "kernel/state/crc32c.h"
#include "kernel/state/little_endian.h"
#include "tests/drills/case.h"
#include "tests/drills/rows.h"
#include "tests/drills/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FORMATS_BLOCKS = 6, EXIT_CONFIG = 78, SEGMENT_SUMMED = 28, VERSION_AT = 8 };

enum change {
    CHANGE_VERSION, /* of FORMAT */
    CHANGE_EPOCH,
    CHANGE_SEGMENT, /* of the log's segment, checksum and all */
    CHANGE_PAGES,
    CHANGE_GENERATION, /* CURRENT names one that is not there */
    CHANGE_CHAIN,
    CHANGE_COUNT,
};
static const char *const change_names[CHANGE_COUNT] = {
    "FORMAT's version",   "the epoch",      "the segment's version",
    "the pages' version", "the generation", "the chain"};
static const char versions[] = {0, 2, 3, 99};
enum { VERSIONS = sizeof versions, CHANGES = CHANGE_COUNT * VERSIONS };
enum { GOLDEN_PLACES = 3 };

#define GOLDEN_FOLDER HEADSTART_SOURCE_DIR "/tests/drills/golden"

struct formats_plan {
    const struct world *world;
    struct folder_list golden; /* archives, and the text that says how they are made */
};

static enum hs_status formats_prepare(struct drill *d, void **plan, uint64_t *total,
                                      struct hs_error *err)
{
    static const char *const arguments[] = {"--snapshot-every", "10", NULL};
    struct formats_plan *p = calloc(1, sizeof *p);
    enum hs_status st = p ? HS_OK : hs_fail(err, HS_NOMEM, "a plan");

    if (st == HS_OK) st = drill_trunk(d, WORLD_DIARY, &p->world, err);
    if (st == HS_OK) {
        st = drill_template(d, p->world, "diary-filled", FORMATS_BLOCKS, arguments, false, err);
    }
    if (st == HS_OK) st = folder_files(GOLDEN_FOLDER, &p->golden, err);
    if (st != HS_OK) {
        free(p);
        return st;
    }
    *plan = p;
    *total = CHANGES + p->golden.len * GOLDEN_PLACES;
    return HS_OK;
}

/* The character behind a JSON key's colon is another one. */
static void change_member(struct buffer *file, const char *key, char to)
{
    char *at = strstr(file->data, key);

    if (!at) return;
    at += strlen(key);
    while (*at == ' ' || *at == ':' || *at == '"') {
        at++;
    }
    *at = *at == to ? (char)(to + 1) : to;
}

static void change_bytes(struct buffer *file, enum change change, char version)
{
    switch (change) {
    case CHANGE_VERSION: change_member(file, "\"version\"", (char)('0' + version % 10)); break;
    case CHANGE_EPOCH: change_member(file, "\"epoch\"", '0'); break;
    case CHANGE_CHAIN: break; /* asked for at the start */
    case CHANGE_GENERATION: file->data[strlen("gen-000000000")] = '9'; break;
    case CHANGE_PAGES: file->data[VERSION_AT] = version; break;
    case CHANGE_SEGMENT:
        file->data[VERSION_AT] = version;
        u32_put(file->data + SEGMENT_SUMMED, crc32c(0, slice_make(file->data, SEGMENT_SUMMED)));
        break;
    case CHANGE_COUNT: break;
    }
}

/* In each file of that kind. */
static enum hs_status change_files(struct drill_case *c, enum change change, char version,
                                   struct hs_error *err)
{
    static const char *const files[CHANGE_COUNT] = {
        [CHANGE_VERSION] = "FORMAT",     [CHANGE_EPOCH] = "FORMAT",
        [CHANGE_CHAIN] = "no such file", [CHANGE_GENERATION] = "snapshot/CURRENT",
        [CHANGE_PAGES] = "/pages",       [CHANGE_SEGMENT] = ".seg"};
    struct folder_list *list = calloc(1, sizeof *list);
    struct buffer file = {0};
    char path[FOLDER_PATH_BYTES + 160];
    enum hs_status st = list ? folder_files(c->daemon.data, list, err) : HS_NOMEM;

    for (size_t i = 0; st == HS_OK && i < list->len; i++) {
        const char *name = list->files[i].name, *end = files[change];
        size_t len = strlen(name), end_len = strlen(end);

        if (len < end_len || strcmp(name + len - end_len, end) != 0) continue;
        (void)snprintf(path, sizeof path, "%s/%s", c->daemon.data, name);
        st = file_read(path, &file, err);
        if (st == HS_OK) change_bytes(&file, change, version);
        if (st == HS_OK) st = file_write(path, buffer_slice(&file), err);
    }
    buffer_fini(&file);
    free(list);
    return st;
}

/* A folder of another chain is nothing to put aside: the operator named the wrong one. */
static enum case_step refused(struct drill_case *c)
{
    static const struct daemon_how how = {.arguments = {"--chain-id", "another"}};
    enum case_step step = case_start(c, &how);

    if (step != CASE_ON) return step;
    if (!daemon_wait(&c->daemon, DAEMON_HANG_MS)) {
        return case_verdict(c, DRILL_BAD_STOP, "it serves from another chain's folder");
    }
    if (!daemon_signalled(&c->daemon) && daemon_code(&c->daemon) == EXIT_CONFIG) return CASE_ON;
    return case_ended(c, "another chain's folder");
}

static void change_run(struct drill_case *c)
{
    const struct formats_plan *plan = c->plan;
    enum change change = (enum change)(c->number % CHANGE_COUNT);
    char version = versions[c->number / CHANGE_COUNT % VERSIONS];
    struct hs_error err = {0};
    enum case_step step = case_begin(c, plan->world, "diary-filled", FORMATS_BLOCKS);

    case_say(c, "%s is another, %d", change_names[change], version);
    if (step == CASE_ON && change_files(c, change, version, &err) != HS_OK) {
        step = case_broken(c, &err);
    }
    if (step == CASE_ON && change == CHANGE_CHAIN) step = refused(c);
    if (step == CASE_ON) step = case_live(c, NULL);
    if (step == CASE_ON) step = case_blocks(c, 2);
    if (step == CASE_ON) (void)case_conclude(c);
}

static enum case_step golden_unpack(struct drill_case *c, const char *name)
{
    char path[FOLDER_PATH_BYTES + 160];
    int status = -1;
    pid_t child;

    (void)snprintf(path, sizeof path, GOLDEN_FOLDER "/%s", name);
    if (mkdir(c->daemon.data, 0700) != 0) return case_verdict(c, DRILL_BROKEN, "a folder");
    child = fork();
    if (child == 0) {
        (void)execlp("tar", "tar", "-xJf", path, "-C", c->daemon.data, "--no-same-owner",
                     (char *)NULL);
        _exit(127);
    }
    if (child > 0 && waitpid(child, &status, 0) == child && status == 0) return CASE_ON;
    return case_verdict(c, DRILL_BROKEN, "the drill itself: tar -xJf %s", path);
}

/* The node stands where the folder's head is, a block before, or far behind. */
static void golden_run(struct drill_case *c)
{
    static const uint64_t places[GOLDEN_PLACES] = {FORMATS_BLOCKS, FORMATS_BLOCKS - 1, 1};
    const struct formats_plan *plan = c->plan;
    uint64_t n = c->number - CHANGES;
    const char *name = plan->golden.files[n / GOLDEN_PLACES].name;
    enum case_step step = case_begin(c, plan->world, NULL, places[n % GOLDEN_PLACES]);

    if (!strstr(name, ".tar.xz")) {
        (void)case_verdict(c, DRILL_SKIPPED, "no archive");
        return;
    }
    case_say(c, "%s, node at block %llu", name, (unsigned long long)places[n % GOLDEN_PLACES]);
    if (step == CASE_ON) step = golden_unpack(c, name);
    if (step == CASE_ON) step = case_live(c, NULL);
    if (step == CASE_ON) step = case_blocks(c, 2);
    if (step == CASE_ON) (void)case_conclude(c);
}

static void formats_run(struct drill_case *c)
{
    c->may_lose = c->damaged = true;
    if (c->number < CHANGES) {
        change_run(c);
    } else {
        golden_run(c);
    }
}

const struct drill_row row_formats = {
    "19", "golden folders; another version, epoch, chain", 200, formats_prepare, formats_run, free};
