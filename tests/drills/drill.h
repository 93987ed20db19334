/* headstart-drill: what a crash-recovery tool is trusted for, done many times over.
 *
 *   row   a kind of trouble (docs/drills.md has the table), with cases numbered from 0
 *   case  one trouble: a folder of its own, lives of a sidecar, a node, a verdict
 *
 * The oracle is outside the sidecar: the node's store and every acknowledged (seqnum, message, hash
 * after) are the drill's, and a twin that nothing disturbed (world.h) is the measure, heaps too. A
 * case is a function of (seed, row, number): the command printed with a failure runs it again.
 */
#ifndef HEADSTART_TESTS_DRILLS_DRILL_H
#define HEADSTART_TESTS_DRILLS_DRILL_H

#include "tests/drills/dice.h"
#include "tests/drills/world.h"

enum { DRILL_WORDS_BYTES = 400, DRILL_PATHS = 7, DRILL_WORLDS_MAX = 16, DRILL_BLOCKS = 20 };

/* What a case came to; later ones are worse. */
enum drill_kind {
    DRILL_RIGHT,
    DRILL_SKIPPED,  /* this machine cannot do it: no root, no such point */
    DRILL_SLOW,     /* right, but past a deadline of the row's own */
    DRILL_ERRORS,   /* a delivery was refused, though right in the end */
    DRILL_REFUSED,  /* a start was refused */
    DRILL_FAILED,   /* a delivery is refused for ever */
    DRILL_BAD_STOP, /* it did not stop in order, code 0 */
    DRILL_STUCK,    /* no start, answer or stop within the deadline */
    DRILL_CRASHED,  /* it ended by a signal or by itself */
    DRILL_LOST,     /* something acknowledged as kept is gone */
    DRILL_DIVERGED, /* another answer, store or heap than the twin's */
    DRILL_BROKEN,   /* the drill itself failed */
    DRILL_KINDS,
};
const char *drill_kind_name(enum drill_kind kind);

/* Plain values, small enough for one atomic write to a pipe. */
struct drill_result {
    uint32_t row;
    uint64_t number;
    enum drill_kind kind;
    char words[DRILL_WORDS_BYTES]; /* what came out, for people */
    char did[DRILL_WORDS_BYTES];   /* what was done */
    uint32_t kills, deliveries, errors, compared;
    uint32_t paths[DRILL_PATHS]; /* of the first delivery of each life */
    uint64_t worst_us;           /* slowest first delivery */
};
extern const char *const drill_path_names[DRILL_PATHS];

struct drill_options {
    uint64_t rounds; /* cases of a row, at most */
    uint64_t seed;
    const char *points; /* fault points, comma between; NULL: all */
    const char *rows;   /* names, comma between; NULL: all */
    uint64_t jobs;
    uint64_t only; /* this case alone, if `one` */
    bool one, keep, templates, json;
};

/* What rows prepare once, before cases run side by side; then read only. */
struct drill {
    const struct drill_options *options;
    char program[FOLDER_PATH_BYTES];  /* a copy of headstart: the build may go on meanwhile */
    char recorder[FOLDER_PATH_BYTES]; /* a copy of tests/powercut's library */
    char scratch[FOLDER_PATH_BYTES];
    struct world *worlds[DRILL_WORLDS_MAX];
    size_t worlds_len;
};

struct drill_case {
    struct drill *drill;
    void *plan; /* of the row */
    uint64_t number;
    struct dice dice;
    char place[FOLDER_PATH_BYTES]; /* a fresh folder; data is below it */
    const struct world *world;
    struct daemon daemon;
    struct node *node;
    uint64_t block;      /* blocks that the node has committed */
    bool first;          /* the next delivery is the first of a life */
    bool may_die;        /* the daemon may end: a fault kills it */
    bool may_lose;       /* its own data was taken away: tail and full_replay are no loss */
    bool small_disk;     /* no room for a reader's copy beside the data */
    bool damaged;        /* files were harmed: what lies on disk may be, what is said may not */
    unsigned may_refuse; /* deliveries that may be refused before the right answer */
    char did[DRILL_WORDS_BYTES]; /* what was done, for a failure's words */
    struct drill_result result;
};

struct drill_row {
    const char *name, *title;
    uint32_t share; /* of 1,000 rounds: dear rows have few */
    /** Worlds, templates, lists. *total: number of cases, 0 where there is no end. */
    enum hs_status (*prepare)(struct drill *d, void **plan, uint64_t *total, struct hs_error *err);
    void (*run)(struct drill_case *c);
    void (*release)(void *plan);
};

#endif
