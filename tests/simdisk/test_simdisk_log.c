/* The replay log through thousands of seeded histories on the simulated disk: whatever is refused,
 * and whenever the power goes, what is found is what was appended, without a hole, and at least
 * what was synced. HEADSTART_TEST_ROUNDS=N: N thousand histories. */
#include "tests/simdisk/history.h"
#include "tests/unit/replaylog/log_model.h"
#include "tests/unit/suite.h"

enum { THOUSAND = 1000, LIVES_MAX = 4, CALLS_MAX = 90, STEPS_MAX = 60, SEGMENT_BYTES = 3000 };

/* What the log may hold after a power cut: a beginning of any state since the last durable one. */
struct shadow {
    struct log_model states[STEPS_MAX + 2]; /* the last one is the present */
    size_t len;
    uint64_t floor; /* up to here, nothing since the last durable state changed it */
    bool emptied;   /* all was dropped since then */
};

struct history {
    struct simdisk *disk;
    struct replay_log *log;
    struct shadow shadow;
    uint64_t random;
    uint32_t salt;
    bool fenced;
    const char *wrong; /* what was seen on the way and may not be */
};

static struct log_model *present(struct shadow *s)
{
    return &s->states[s->len - 1];
}

/* The present state may or may not reach the disk; what follows begins as a copy of it. */
static struct log_model *shadow_next(struct shadow *s)
{
    if (s->len == STEPS_MAX + 2) abort();
    s->states[s->len] = s->states[s->len - 1];
    s->len++;
    return present(s);
}

static void shadow_durable(struct shadow *s)
{
    s->states[0] = *present(s);
    s->len = 1;
    s->floor = s->states[0].last;
    s->emptied = false;
}

static void shadow_cut(struct shadow *s, uint64_t last_kept)
{
    log_model_cut(shadow_next(s), last_kept);
    if (s->floor > last_kept) s->floor = last_kept;
    if (s->floor < s->states[0].first) s->floor = 0;
}

static bool history_open(struct history *h, struct hs_error *err)
{
    struct replay_log_options options = {.disk = simdisk_disk(h->disk),
                                         .dir = "/data/log",
                                         .quarantine_dir = "/data/quarantine",
                                         .segment_bytes = SEGMENT_BYTES};

    h->log = NULL;
    h->fenced = false;
    if (replay_log_open(&options, &h->log, err) != HS_OK) return false;
    *err = (struct hs_error){0};
    h->fenced = replay_log_summary(h->log).fenced;
    return true;
}

static uint64_t draw(struct history *h, uint64_t below)
{
    return suite_random(&h->random) % below;
}

/* Is `m` a state that the log may be a beginning of? */
static bool log_begins(const struct history *h, const struct log_model *m)
{
    struct replay_log_summary sum = replay_log_summary(h->log);

    if (sum.entries == 0) return h->shadow.floor == 0;
    return sum.first >= h->shadow.states[0].first && sum.last <= m->last &&
           log_model_holds(m, h->log, sum.first, sum.last);
}

/* What the log holds is durable. False: it is no beginning of any state that it had since it was
 * last durable, or it lacks what was synced. */
static bool adopt(struct history *h)
{
    struct replay_log_summary sum = replay_log_summary(h->log);

    for (size_t i = h->shadow.len; i-- > 0 && sum.last >= h->shadow.floor;) {
        struct log_model m = h->shadow.states[i];

        if (!log_begins(h, &m)) continue;
        m.first = sum.first;
        m.last = sum.last;
        *present(&h->shadow) = m;
        shadow_durable(&h->shadow);
        return true;
    }
    return false;
}

static void step_append(struct history *h)
{
    struct log_model *m = present(&h->shadow);
    uint64_t last = m->last, back = draw(h, 12) == 0 && last > m->first ? draw(h, 6) : 0;
    uint64_t seqnum = last - (back < last - m->first ? back : 0) + 1;
    uint32_t salt = h->salt++;
    struct model_entry e;

    if (seqnum <= last) shadow_cut(&h->shadow, seqnum - 1);
    log_model_append(shadow_next(&h->shadow), seqnum, salt);
    model_entry_make(seqnum, salt, &e);
    if (replay_log_append(h->log, &e.entry, NULL) != HS_OK) h->fenced = true;
}

static void step_settle(struct history *h)
{
    if (!h->fenced) {
        if (replay_log_sync(h->log, NULL) == HS_OK) {
            shadow_durable(&h->shadow);
        } else {
            h->fenced = true;
        }
        return;
    }
    if (replay_log_reopen(h->log, NULL) != HS_OK) return;
    h->fenced = false;
    /* What survived the failure, and is durable now. */
    simdisk_look_aside(h->disk, true);
    if (!adopt(h)) h->wrong = "a reopened log that is none which it was";
    simdisk_look_aside(h->disk, false);
}

static void step_drop(struct history *h)
{
    struct log_model *m = present(&h->shadow);
    uint64_t count = m->last - m->first + 1, at = m->first + (m->first ? draw(h, count) : 0);

    if (h->fenced || m->first == 0) return;
    if (draw(h, 2) == 0) {
        shadow_cut(&h->shadow, at);
        if (replay_log_cut(h->log, at, NULL) != HS_OK) h->fenced = true;
    } else {
        /* What cannot be removed stays, and is still there. */
        enum hs_status st = replay_log_trim(h->log, at, NULL);

        if (st != HS_OK && st != HS_IO) h->wrong = "a trim that failed oddly";
        shadow_next(&h->shadow)->first = replay_log_summary(h->log).first;
        if (h->shadow.floor < present(&h->shadow)->first) h->shadow.floor = 0; /* dropped, all */
        /* Nobody knows whether what could not be removed is gone after a power cut. */
        if (st != HS_OK && h->shadow.floor <= at) h->shadow.floor = 0;
    }
}

static void step_reopen(struct history *h)
{
    struct hs_error err = {0};

    if (h->fenced) return;
    replay_log_close(h->log);
    if (!history_open(h, &err)) h->fenced = true;
}

static void step(struct history *h)
{
    uint64_t dice = draw(h, 40);

    if (dice < 5) {
        history_disturb(h->disk, &h->random);
    } else if (dice < 8) {
        step_drop(h);
    } else if (dice == 8) {
        step_reopen(h);
    } else if (dice < 14 || h->fenced) {
        step_settle(h);
    } else {
        step_append(h);
    }
}

static bool history_run(uint64_t seed, struct simdisk_facts *facts)
{
    static struct history h;
    struct hs_error err;
    bool fine = true;

    h.random = seed;
    h.salt = 1;
    h.wrong = NULL;
    h.shadow.len = 1;
    h.shadow.floor = 0;
    h.shadow.states[0] = (struct log_model){0};
    h.disk = simdisk_open(seed);
    for (int life = 0; fine && life < LIVES_MAX; life++) {
        fine = history_open(&h, &err) && adopt(&h);
        if (!fine) break;
        history_cut(h.disk, &h.random, CALLS_MAX);
        for (int i = 0; i < STEPS_MAX / 2 && h.log && !simdisk_is_cut(h.disk); i++) {
            step(&h);
        }
        fine = !h.wrong;
        replay_log_close(h.log);
        h.log = NULL;
        simdisk_restart(h.disk);
    }
    if (fine) fine = history_open(&h, &err) && adopt(&h);
    if (!fine) {
        struct replay_log_summary sum = {0};

        if (h.log) sum = replay_log_summary(h.log);
        (void)printf("\n    history %llu: %s %s; found %llu..%llu, floor %llu, states %zu, last "
                     "%llu..%llu\n",
                     (unsigned long long)seed, h.wrong ? h.wrong : "", err.text,
                     (unsigned long long)sum.first, (unsigned long long)sum.last,
                     (unsigned long long)h.shadow.floor, h.shadow.len,
                     (unsigned long long)present(&h.shadow)->first,
                     (unsigned long long)present(&h.shadow)->last);
    }
    replay_log_close(h.log);
    *facts = simdisk_facts(h.disk);
    simdisk_close(h.disk);
    return fine;
}

static void simdisk_log__holds_what_was_synced_and_nothing_else(void)
{
    CU_ASSERT_EQUAL(history_many(history_run, THOUSAND), 0);
}

static const struct suite_case cases[] = {
    SUITE_CASE(simdisk_log__holds_what_was_synced_and_nothing_else),
};

int main(int argc, char **argv)
{
    if (argc == 2 && history_again(history_run, argv[1])) return 0;
    return SUITE_RUN("simdisk: log", cases, argc, argv);
}
