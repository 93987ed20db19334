/* Row 19: folders of other formats: a version that is not ours in each place that has one, another
 * epoch, another chain. What is unknown is put aside and replayed; only a whole FORMAT of another
 * chain is refused, with 78. */
#include "kernel/state/little_endian.h"
#include "replaylog/crc32c.h"
#include "tests/drills/case.h"
#include "tests/drills/rows.h"
#include "tests/drills/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
enum { VERSIONS = sizeof versions };

static enum hs_status formats_prepare(struct drill *d, void **plan, uint64_t *total,
                                      struct hs_error *err)
{
    static const char *const arguments[] = {"--snapshot-every", "10", NULL};
    const struct world *w = NULL;
    enum hs_status st = drill_trunk(d, WORLD_DIARY, &w, err);

    if (st == HS_OK)
        st = drill_template(d, w, "diary-filled", FORMATS_BLOCKS, arguments, false, err);
    *plan = (void *)(uintptr_t)w; /* read only */
    *total = CHANGE_COUNT * VERSIONS;
    return st;
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

static void formats_run(struct drill_case *c)
{
    enum change change = (enum change)(c->number % CHANGE_COUNT);
    char version = versions[c->number / CHANGE_COUNT % VERSIONS];
    struct hs_error err = {0};
    enum case_step step = case_begin(c, c->plan, "diary-filled", FORMATS_BLOCKS);

    c->may_lose = c->damaged = true;
    case_say(c, "%s is another, %d", change_names[change], version);
    if (step == CASE_ON && change_files(c, change, version, &err) != HS_OK) {
        step = case_broken(c, &err);
    }
    if (step == CASE_ON && change == CHANGE_CHAIN) step = refused(c);
    if (step == CASE_ON) step = case_live(c, NULL);
    if (step == CASE_ON) step = case_blocks(c, 2);
    if (step == CASE_ON) (void)case_conclude(c);
}

const struct drill_row row_formats = {
    "19", "versions, epoch, chain of another format", 100, formats_prepare, formats_run, NULL};
