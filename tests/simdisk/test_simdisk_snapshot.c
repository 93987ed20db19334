/* The snapshot store, LevelDB's files and all, through hundreds of seeded lives on the simulated
 * disk: whatever is refused, and whenever the power goes, what is found is the last step that
 * succeeded, or the one that was under way, whole. HEADSTART_TEST_ROUNDS=N: N times two hundred. */
#include "tests/simdisk/history.h"
#include "tests/simdisk/simdisk.h"
#include "tests/unit/snapshot/mark_model.h"
#include "tests/unit/suite.h"

#include <errno.h>

enum {
    TWO_HUNDRED = 200,
    KEEP = 3,
    STEPS = 16,
    CALLS_MAX = 700,
    OPENING_CALLS_MAX = 80,
    SEQNUM_GAP = 1000,
    TRIES_MAX = 4
};

enum life_step { STEP_PUT, STEP_RETURN, STEP_ANEW };

/* What the store holds, and all that the next steps are drawn from. */
struct state {
    uint64_t random;
    struct mark_model now, before;
    bool none, can_return;
};

struct life {
    struct simdisk *disk;
    struct snapshot_db *db;
    struct state state;            /* of the last step that succeeded */
    struct state tried[TRIES_MAX]; /* and since then; the last one may be under way */
    size_t tried_len;
    uint64_t random;
    const char *wrong;
    struct hs_error err;
};

/* What the next step does; *s is what it leads to. */
static enum life_step state_advance(struct state *s)
{
    uint64_t dice = suite_random(&s->random) % 8;
    struct mark_model next = s->now;

    if (dice == 0 && s->can_return) {
        s->now = s->before;
        s->can_return = false;
        return STEP_RETURN;
    }
    if (dice == 1 && !s->none) next = (struct mark_model){.seqnum = s->now.seqnum + SEQNUM_GAP};
    do {
        mark_model_step(&next, &s->random);
    } while (!next.vats[0].alive);
    for (size_t i = 0; i < MODEL_VATS; i++) {
        next.vats[i].kept = next.vats[i].alive;
    }
    s->can_return = !s->none && dice != 1;
    s->before = s->now;
    s->now = next;
    if (dice == 1 && !s->none) return STEP_ANEW;
    s->none = false;
    return STEP_PUT;
}

static uint64_t clock_standing_still(void)
{
    return 1700000000;
}

static enum hs_status store_open(struct life *l)
{
    struct snapshot_db_options options = {.disk = simdisk_disk(l->disk),
                                          .dir = "/data/snapshot",
                                          .quarantine_dir = "/data/quarantine",
                                          .epoch = "epoch-1",
                                          .keep = KEEP,
                                          .clock = clock_standing_still};

    l->db = NULL;
    return snapshot_db_open(&options, &l->db, &l->err);
}

/* The power goes while it is opened, which leaves the mark of an opening; once is no damage. */
static void life_open_cut(struct life *l)
{
    history_cut(l->disk, &l->random, OPENING_CALLS_MAX);
    (void)(store_open(l) == HS_OK);
    snapshot_db_close(l->db);
    l->db = NULL;
    simdisk_restart(l->disk);
}

/* Open it, and see which of the states it has that it may have. */
static bool life_open(struct life *l)
{
    if (suite_random(&l->random) % 4 == 0) life_open_cut(l);
    l->wrong = "it does not open";
    if (store_open(l) != HS_OK) return false;
    l->wrong = "its content is of no step";
    for (size_t i = 0; i <= l->tried_len; i++) {
        const struct state *s = i < l->tried_len ? &l->tried[i] : &l->state;

        if (s->none ? snapshot_db_list(l->db, NULL, 0) != 0
                    : !mark_model_holds(&s->now, l->db, true)) {
            continue;
        }
        l->state = *s;
        l->tried_len = 0;
        snapshot_db_proven(l->db);
        snapshot_db_settle(l->db);
        l->wrong = "it cannot be verified";
        if (!s->none && snapshot_db_verify(l->db, NULL, &l->err) != HS_OK) return false;
        l->wrong = NULL;
        return true;
    }
    return false;
}

/* False: it failed, and what the store has open now is not known. */
static bool life_step(struct life *l)
{
    struct state *next = &l->tried[l->tried_len++];
    struct mark_model from = l->state.now, to;
    enum hs_status st = HS_OK;
    enum life_step step;

    *next = l->state;
    next->random += l->random; /* another one than what was tried before */
    step = state_advance(next);
    switch (step) {
    case STEP_RETURN: st = snapshot_db_return_to(l->db, next->now.seqnum, &l->err); break;
    case STEP_ANEW:
        from = (struct mark_model){.seqnum = from.seqnum + SEQNUM_GAP};
        st = snapshot_db_begin_anew(l->db, &l->err);
        if (st == HS_OK) st = snapshot_db_fill_end(l->db, &l->err);
        break;
    case STEP_PUT: break;
    }
    to = next->now;
    if (st == HS_OK && step != STEP_RETURN) st = mark_model_put(&from, &to, l->db, &l->err);
    /* A first put may leave part of what it was to write, which only a kernel would write over. */
    if (st != HS_OK) return step == STEP_PUT && !l->state.none && l->tried_len < TRIES_MAX;
    l->state = *next;
    l->tried_len = 0;
    return true;
}

/* Until the power goes or something fails, then close. */
static void life_live(struct life *l)
{
    history_cut(l->disk, &l->random, CALLS_MAX);
    for (int i = 0; i < STEPS && !simdisk_is_cut(l->disk); i++) {
        if (suite_random(&l->random) % 6 == 0) history_disturb(l->disk, &l->random);
        if (l->tried_len > 0) simdisk_calm(l->disk); /* and the next put goes on in a copy */
        if (!life_step(l)) break;
    }
    snapshot_db_close(l->db);
    l->db = NULL;
}

static bool life_run(uint64_t seed, struct simdisk_facts *facts)
{
    static struct life l;

    memset(&l, 0, sizeof l);
    l.random = seed;
    l.disk = simdisk_open(seed);
    l.state = (struct state){.random = seed, .none = true};
    for (int i = 0; i < 5 && life_open(&l); i++) {
        life_live(&l);
        if (simdisk_is_cut(l.disk) || suite_random(&l.random) % 2) {
            simdisk_restart(l.disk);
        } else {
            simdisk_calm(l.disk); /* the process ends, the machine goes on */
            simdisk_cut_after(l.disk, SIMDISK_CALL_COUNT, UINT64_MAX);
        }
    }
    if (l.wrong) {
        (void)printf("\n    life %llu: %s: %s\n", (unsigned long long)seed, l.wrong, l.err.text);
    }
    snapshot_db_close(l.db);
    *facts = simdisk_facts(l.disk);
    simdisk_close(l.disk);
    return !l.wrong;
}

static void simdisk_snapshot__is_the_last_step_or_the_next(void)
{
    CU_ASSERT_EQUAL(history_many(life_run, TWO_HUNDRED), 0);
}

static const struct suite_case cases[] = {
    SUITE_CASE(simdisk_snapshot__is_the_last_step_or_the_next),
};

int main(int argc, char **argv)
{
    if (argc == 2 && history_again(life_run, argv[1])) return 0;
    return SUITE_RUN("simdisk: snapshot store", cases, argc, argv);
}
