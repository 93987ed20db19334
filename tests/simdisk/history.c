#include "tests/simdisk/history.h"

#include "tests/unit/suite.h"

#include <errno.h>
#include <inttypes.h>

uint64_t history_many(history_fn run, uint64_t unit)
{
    const char *rounds = getenv("HEADSTART_TEST_ROUNDS");
    uint64_t count = (rounds ? strtoull(rounds, NULL, 10) : 3) * unit, wrong = 0;
    uint64_t random = suite_seed();
    struct simdisk_facts all = {0};

    for (uint64_t i = 0; i < count; i++) {
        struct simdisk_facts facts;

        wrong += !run(suite_random(&random), &facts);
        all.calls += facts.calls;
        all.crashes += facts.crashes;
        all.refusals += facts.refusals;
        all.changes_lost += facts.changes_lost;
        all.pages_torn += facts.pages_torn;
    }
    (void)printf("\n    %" PRIu64 " histories, %" PRIu64 " calls, %" PRIu64 " power cuts, %" PRIu64
                 " refusals, %" PRIu64 " changes lost, %" PRIu64 " pages torn, %" PRIu64 " wrong\n",
                 count, all.calls, all.crashes, all.refusals, all.changes_lost, all.pages_torn,
                 wrong);
    return wrong;
}

bool history_again(history_fn run, const char *seed)
{
    uint64_t number = strtoull(seed, NULL, 10);
    struct simdisk_facts facts;

    if (number == 0) return false;
    (void)printf("history %" PRIu64 ": %s\n", number, run(number, &facts) ? "right" : "wrong");
    return true;
}

void history_cut(struct simdisk *s, uint64_t *random, uint64_t calls_max)
{
    static const enum simdisk_call calls[] = {SIMDISK_CALL_COUNT,  SIMDISK_CALL_COUNT,
                                              SIMDISK_SYNC,        SIMDISK_SYNC,
                                              SIMDISK_SYNC_FOLDER, SIMDISK_RENAME};
    enum simdisk_call call = calls[suite_random(random) % (sizeof calls / sizeof *calls)];

    if (call != SIMDISK_CALL_COUNT) calls_max = calls_max / 30 + 1;
    simdisk_cut_after(s, call, suite_random(random) % calls_max);
}

void history_disturb(struct simdisk *s, uint64_t *random)
{
    static const int errnums[] = {EIO, ENOSPC, EDQUOT, EROFS, EACCES, EMFILE, EFBIG};
    enum simdisk_call call = (enum simdisk_call)(suite_random(random) % SIMDISK_CALL_COUNT);
    int errnum = errnums[suite_random(random) % (sizeof errnums / sizeof *errnums)];
    uint64_t dice = suite_random(random) % 5;

    /* A folder that we may not read, or not write to, has no names of ours to be synced. */
    if (call == SIMDISK_SYNC_FOLDER && (errnum == EROFS || errnum == EACCES)) errnum = EIO;
    if (dice < 2) {
        simdisk_calm(s);
    } else if (dice == 2) {
        simdisk_fill(s, suite_random(random) % 40000);
    } else {
        simdisk_refuse(s, call, errnum, suite_random(random) % 4, suite_random(random) % 3 == 0);
    }
}
