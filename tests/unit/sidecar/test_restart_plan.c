/* The restart plan: each way that facts can lie, and what a sidecar would do then. */
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#include "sidecar/decide/restart_plan.h"

#include <unistd.h>

enum { SNAPSHOTS_MAX = 2, IMAGE_BYTES = 1 << 20, TRANSCRIPT_ENTRIES = 500, STORE_ENTRIES = 700 };

struct world {
    struct plan_facts facts;
    struct entry_snapshot snapshots[SNAPSHOTS_MAX];
};

/* A log from `first` to `last`, two blocks of which the newest begins behind `floor`. */
static void world_log(struct world *w, uint64_t first, uint64_t last, uint64_t floor)
{
    w->facts.entry.log_first = first;
    w->facts.entry.log_last = last;
    w->facts.log_end = plan_position(last);
    w->facts.floor = plan_position(floor);
}

/* After the log, newest first. */
static void world_snapshot(struct world *w, uint64_t seqnum)
{
    struct entry_facts *e = &w->facts.entry;
    struct entry_snapshot *s = &w->snapshots[e->snapshots_len++];

    s->at = plan_position(seqnum);
    s->log.held = e->log_first > 0 && seqnum >= e->log_first && seqnum <= e->log_last;
    s->log.at = s->at;
    e->snapshots = w->snapshots;
    w->facts.load.of[RATE_IMAGE_BYTES] = IMAGE_BYTES;
    w->facts.rebuild.of[RATE_TRANSCRIPT_ENTRIES] = TRANSCRIPT_ENTRIES;
    w->facts.rebuild.of[RATE_STORE_ENTRIES] = STORE_ENTRIES;
    w->facts.rebuild.more = false;
}

/* A daemon whose kernel stands there. */
static void world_kernel(struct world *w, uint64_t ours, uint64_t mark)
{
    struct entry_facts *e = &w->facts.entry;

    e->kernel_usable = true;
    e->ours = plan_position(ours);
    e->mark = plan_position(mark);
    e->log_ours.held = e->log_first > 0 && ours >= e->log_first && ours <= e->log_last;
    e->log_ours.at = e->ours;
    e->log_mark.held = e->log_first > 0 && mark >= e->log_first && mark <= e->log_last;
    e->log_mark.at = e->mark;
}

static struct world world_empty(void)
{
    struct world w = {.facts.rebuild.more = true};

    w.facts.floor = position_origin();
    w.facts.log_end = position_origin();
    return w;
}

static struct restart_plan plan_of(struct world *w)
{
    w->facts.entry.snapshots = w->snapshots; /* the world may have been copied */
    return restart_plan_make(&w->facts);
}

static void expect(const struct plan_case *c, enum entry_path path, uint64_t from, uint64_t to,
                   uint64_t messages)
{
    CU_ASSERT_EQUAL(c->decision.path, path);
    CU_ASSERT_EQUAL(c->from_seqnum, from);
    CU_ASSERT_TRUE(c->to_known);
    CU_ASSERT_EQUAL(c->to_seqnum, to);
    CU_ASSERT_EQUAL(c->work.of[RATE_MESSAGES], messages);
    CU_ASSERT_FALSE(c->work.more);
}

static void expect_full_replay(const struct plan_case *c, enum entry_cause cause)
{
    CU_ASSERT_EQUAL(c->decision.path, ENTRY_FULL_REPLAY);
    CU_ASSERT_EQUAL(c->decision.cause, cause);
}

/* --- a data folder at rest --- */

static void restart_plan__snapshot_and_log_swap_or_go_back_to_the_floor(void)
{
    struct world w = world_empty();
    struct restart_plan p;

    world_log(&w, 51, 130, 120);
    world_snapshot(&w, 100);
    world_snapshot(&w, 50);
    p = plan_of(&w);
    expect(&p.best, ENTRY_SWAP, 100, 130, 30);
    expect(&p.worst, ENTRY_ROLL_BACK, 100, 120, 30);
    CU_ASSERT_EQUAL(p.worst.decision.base, ENTRY_BASE_MARK);
    CU_ASSERT_EQUAL(p.best.work.of[RATE_IMAGE_BYTES], IMAGE_BYTES);
    CU_ASSERT_EQUAL(p.best.work.of[RATE_TRANSCRIPT_ENTRIES], 0);
}

static void restart_plan__snapshot_newer_than_the_floor_is_the_floor(void)
{
    struct world w = world_empty();
    struct restart_plan p;

    world_log(&w, 1, 130, 0); /* one block only, as far as the log knows */
    world_snapshot(&w, 125);
    p = plan_of(&w);
    expect(&p.best, ENTRY_SWAP, 125, 130, 5);
    expect(&p.worst, ENTRY_ROLL_BACK, 125, 125, 5);
}

static void restart_plan__log_alone_begins_at_the_origin(void)
{
    struct world w = world_empty();
    struct restart_plan p;

    world_log(&w, 1, 40, 20);
    p = plan_of(&w);
    expect(&p.best, ENTRY_SWAP, 0, 40, 40);
    expect(&p.worst, ENTRY_ROLL_BACK, 0, 20, 40);
    world_log(&w, 1, 15, 0);
    p = plan_of(&w);
    expect(&p.worst, ENTRY_ROLL_BACK, 0, 0, 15);
}

static void restart_plan__log_that_ends_at_the_snapshot_costs_no_message(void)
{
    struct world w = world_empty();
    struct restart_plan p;

    world_log(&w, 1, 100, 100);
    world_snapshot(&w, 100);
    p = plan_of(&w);
    expect(&p.best, ENTRY_SWAP, 100, 100, 0);
    expect(&p.worst, ENTRY_SWAP, 100, 100, 0);
}

static void restart_plan__nothing_kept_is_cold_or_full_replay(void)
{
    struct world w = world_empty();
    struct restart_plan p = plan_of(&w);

    expect(&p.best, ENTRY_COLD, 0, 0, 0);
    expect_full_replay(&p.worst, ENTRY_CAUSE_NO_DATA);
    CU_ASSERT_FALSE(p.worst.to_known);
    CU_ASSERT_TRUE(p.worst.work.more);
}

static void restart_plan__log_that_does_not_reach_back_to_the_snapshot_is_a_gap(void)
{
    struct world w = world_empty();
    struct restart_plan p;

    world_log(&w, 110, 130, 120);
    world_snapshot(&w, 100);
    p = plan_of(&w);
    expect_full_replay(&p.best, ENTRY_CAUSE_GAP);
    expect_full_replay(&p.worst, ENTRY_CAUSE_GAP);
    CU_ASSERT_EQUAL(p.best.work.of[RATE_TRANSCRIPT_ENTRIES], TRANSCRIPT_ENTRIES);
    CU_ASSERT_EQUAL(p.best.work.of[RATE_STORE_ENTRIES], STORE_ENTRIES);
    CU_ASSERT_EQUAL(p.best.work.of[RATE_MESSAGES], 0);
}

static void restart_plan__gap_behind_images_costs_the_transcripts_tail(void)
{
    struct world w = world_empty();
    struct restart_plan p;

    world_log(&w, 110, 130, 120);
    world_snapshot(&w, 100);
    world_snapshot(&w, 50);
    w.facts.has_images = true;
    p = plan_of(&w);
    CU_ASSERT_EQUAL(p.best.decision.path, ENTRY_TAIL);
    CU_ASSERT_EQUAL(p.best.decision.base_at.seqnum, 100);
    CU_ASSERT_EQUAL(p.best.to_seqnum, 130);
    CU_ASSERT_TRUE(p.best.work.more); /* how long the tail is, the node's store knows */
    CU_ASSERT_EQUAL(p.best.work.of[RATE_STORE_ENTRIES], STORE_ENTRIES);
    CU_ASSERT_EQUAL(p.best.work.of[RATE_MESSAGES], 0);
    CU_ASSERT_EQUAL(p.best.work.of[RATE_TRANSCRIPT_ENTRIES], 0);
    CU_ASSERT_EQUAL(p.worst.decision.path, ENTRY_TAIL);
    w.facts.log_damaged = true;
    p = plan_of(&w);
    CU_ASSERT_EQUAL(p.best.decision.path, ENTRY_TAIL);
    CU_ASSERT_FALSE(p.best.to_known);
}

static void restart_plan__log_that_ends_before_the_snapshot_may_lack_the_rest(void)
{
    struct world w = world_empty();
    struct restart_plan p;

    world_log(&w, 1, 90, 80);
    world_snapshot(&w, 100);
    p = plan_of(&w);
    expect(&p.best, ENTRY_SWAP, 100, 100, 0);
    expect_full_replay(&p.worst, ENTRY_CAUSE_GAP);
    CU_ASSERT_FALSE(p.worst.to_known);
}

static void restart_plan__damaged_log_never_promises_a_swap(void)
{
    struct world w = world_empty();
    struct restart_plan p;

    world_log(&w, 1, 130, 120);
    world_snapshot(&w, 100);
    w.facts.log_damaged = true;
    p = plan_of(&w);
    expect_full_replay(&p.best, ENTRY_CAUSE_GAP);
    expect_full_replay(&p.worst, ENTRY_CAUSE_GAP);
    CU_ASSERT_FALSE(p.best.to_known);
}

static void restart_plan__log_of_another_history_is_not_counted_on(void)
{
    struct world w = world_empty();
    struct restart_plan p;

    world_log(&w, 1, 130, 120);
    world_snapshot(&w, 100);
    w.snapshots[0].log.at = plan_position(7);
    w.snapshots[0].log.at.seqnum = 100; /* the log's hash there is another */
    p = plan_of(&w);
    expect_full_replay(&p.best, ENTRY_CAUSE_GAP);
    CU_ASSERT_EQUAL(p.best.work.of[RATE_MESSAGES], 0);
}

static void restart_plan__images_of_another_engine_cost_transcripts(void)
{
    struct world w = world_empty();
    struct restart_plan p;

    world_log(&w, 1, 130, 120);
    world_snapshot(&w, 100);
    w.facts.load = (struct plan_work){.of[RATE_TRANSCRIPT_ENTRIES] = TRANSCRIPT_ENTRIES};
    p = plan_of(&w);
    expect(&p.best, ENTRY_SWAP, 100, 130, 30);
    CU_ASSERT_EQUAL(p.best.work.of[RATE_TRANSCRIPT_ENTRIES], TRANSCRIPT_ENTRIES);
    CU_ASSERT_EQUAL(p.best.work.of[RATE_IMAGE_BYTES], 0);
}

/* --- a daemon --- */

static void restart_plan__waiting_kernel_swaps_or_goes_back_to_its_mark(void)
{
    struct world w = world_empty();
    struct restart_plan p;

    world_log(&w, 51, 130, 120);
    world_snapshot(&w, 100);
    world_kernel(&w, 130, 120);
    p = plan_of(&w);
    expect(&p.best, ENTRY_SWAP, 130, 130, 0);
    expect(&p.worst, ENTRY_ROLL_BACK, 120, 120, 0);
    CU_ASSERT_EQUAL(p.best.work.of[RATE_IMAGE_BYTES], 0); /* they are loaded */
    w.facts.floor = plan_position(110);
    p = plan_of(&w);
    expect(&p.worst, ENTRY_ROLL_BACK, 100, 110, 10);
    CU_ASSERT_EQUAL(p.worst.decision.base, ENTRY_BASE_SNAPSHOT);
    CU_ASSERT_EQUAL(p.worst.work.of[RATE_IMAGE_BYTES], IMAGE_BYTES);
}

static void restart_plan__waiting_kernel_needs_no_log(void)
{
    struct world w = world_empty();
    struct restart_plan p;

    world_kernel(&w, 130, 120);
    w.facts.floor = plan_position(120);
    p = plan_of(&w);
    expect(&p.best, ENTRY_SWAP, 130, 130, 0);
    expect(&p.worst, ENTRY_ROLL_BACK, 120, 120, 0);
    w.facts.floor = plan_position(110);
    p = plan_of(&w);
    expect_full_replay(&p.worst, ENTRY_CAUSE_AHEAD);
}

static void restart_plan__kernel_at_the_origin_is_cold_or_full_replay(void)
{
    struct world w = world_empty();
    struct restart_plan p;

    world_kernel(&w, 0, 0);
    p = plan_of(&w);
    expect(&p.best, ENTRY_COLD, 0, 0, 0);
    expect_full_replay(&p.worst, ENTRY_CAUSE_NO_DATA);
}

/* Whatever is kept, wherever the kernel stands: every case is one that can be carried out. */
static void restart_plan__every_small_world_has_an_answer(void)
{
    enum { END = 5 };

    for (unsigned i = 0; i < END * END * END * END * END * 2; i++) {
        unsigned first = i % END, last = i / END % END, snapshot = i / END / END % END;
        unsigned ours = i / END / END / END % END, floor = i / END / END / END / END % END;
        struct world w = world_empty();
        struct restart_plan p;

        if ((first == 0) != (last == 0) || first > last || floor > last) continue;
        world_log(&w, first, last, floor);
        if (snapshot > 0) world_snapshot(&w, snapshot);
        if (i % 2 && ours >= floor) world_kernel(&w, ours, floor);
        w.facts.has_images = i % 3 == 0;
        p = plan_of(&w);
        for (int k = 0; k < 2; k++) {
            const struct plan_case *c = k ? &p.worst : &p.best;

            CU_ASSERT(c->decision.path != ENTRY_NONE);
            CU_ASSERT(c->decision.cause != ENTRY_CAUSE_INCONSISTENT);
            CU_ASSERT(!c->to_known || c->from_seqnum <= c->to_seqnum ||
                      c->decision.path == ENTRY_ROLL_BACK || c->decision.path == ENTRY_FULL_REPLAY);
            CU_ASSERT(c->work.of[RATE_MESSAGES] <= END);
        }
        CU_ASSERT(p.worst.decision.path == ENTRY_FULL_REPLAY ||
                  p.best.decision.path != ENTRY_FULL_REPLAY);
        CU_ASSERT(w.facts.has_images ||
                  (p.best.decision.path != ENTRY_TAIL && p.worst.decision.path != ENTRY_TAIL));
    }
}

/* --- times --- */

static void plan_estimate__adds_the_parts_and_says_what_it_does_not_know(void)
{
    struct plan_work work = {.of = {[RATE_MESSAGES] = 100, [RATE_IMAGE_BYTES] = 4096}};
    struct rates rates = {0};
    double ms = -1;

    CU_ASSERT_FALSE(plan_work_estimate(&work, &rates, &ms));
    CU_ASSERT_EQUAL(ms, 0);
    rates_add(&rates, RATE_MESSAGES, 1000, 500000);
    CU_ASSERT_FALSE(plan_work_estimate(&work, &rates, &ms));
    CU_ASSERT_DOUBLE_EQUAL(ms, 50, 0.001);
    rates_add(&rates, RATE_IMAGE_BYTES, 4096000, 1000000);
    CU_ASSERT_TRUE(plan_work_estimate(&work, &rates, &ms));
    CU_ASSERT_DOUBLE_EQUAL(ms, 51, 0.001);
    work.more = true;
    CU_ASSERT_FALSE(plan_work_estimate(&work, &rates, &ms));
    work = (struct plan_work){0};
    CU_ASSERT_TRUE(plan_work_estimate(&work, &(struct rates){0}, &ms)); /* nothing to be done */
    CU_ASSERT_EQUAL(ms, 0);
}

static void rates__recent_work_weighs_more(void)
{
    struct rates r = {0};

    rates_add(&r, RATE_MESSAGES, 0, 1000000); /* nothing was done: says nothing */
    CU_ASSERT_EQUAL(rates_per_s(&r, RATE_MESSAGES), 0);
    for (int i = 0; i < 1000; i++) {
        rates_add(&r, RATE_MESSAGES, 1000, 1000000);
    }
    CU_ASSERT_DOUBLE_EQUAL(rates_per_s(&r, RATE_MESSAGES), 1000, 1);
    for (int i = 0; i < 1000; i++) {
        rates_add(&r, RATE_MESSAGES, 10, 1000000);
    }
    CU_ASSERT_DOUBLE_EQUAL(rates_per_s(&r, RATE_MESSAGES), 10, 1);
    CU_ASSERT_EQUAL(rates_per_s(&r, RATE_STORE_ENTRIES), 0);
}

static void rates__file_keeps_them_and_a_bad_one_is_nothing(void)
{
    static const char golden[] = "{\n"
                                 "  \"version\": 1,\n"
                                 "  \"messages\": {\n    \"count\": 7,\n    \"us\": 9\n  },\n"
                                 "  \"image_bytes\": {\n    \"count\": 0,\n    \"us\": 0\n  },\n"
                                 "  \"transcript_entries\": {\n    \"count\": 0,\n    \"us\": 0\n"
                                 "  },\n"
                                 "  \"store_entries\": {\n    \"count\": 5,\n    \"us\": 6\n  }\n"
                                 "}";
    static const char *const bad[] = {
        "",
        "{",
        "[]",
        "{\"version\":2,\"messages\":{\"count\":7,\"us\":9}}",
        "{\"version\":1,\"messages\":{\"count\":-7,\"us\":9}}",
        "{\"version\":1,\"messages\":{\"count\":7,\"us\":0}}",
        "{\"version\":1,\"messages\":{\"count\":7,\"us\":9007199254740993}}",
        "{\"version\":1,\"messages\":7}",
    };
    struct scratch_path dir = scratch_make();
    struct scratch_path path = scratch_join(dir.text, "RATES");
    struct rates r = rates_load(disk_system(), dir.text), again;
    struct buffer text = {0};

    CU_ASSERT_EQUAL(rates_per_s(&r, RATE_MESSAGES), 0); /* there is none */
    rates_add(&r, RATE_MESSAGES, 7, 9);
    rates_add(&r, RATE_STORE_ENTRIES, 5, 6);
    CU_ASSERT_EQUAL(rates_save(disk_system(), &r, dir.text, NULL), HS_OK);
    again = rates_load(disk_system(), dir.text);
    CU_ASSERT_EQUAL(memcmp(&r, &again, sizeof r), 0);
    scratch_read(path.text, &text);
    CU_ASSERT_STRING_EQUAL(buffer_text(&text), golden);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        scratch_write(path.text, slice_text(bad[i]));
        again = rates_load(disk_system(), dir.text);
        CU_ASSERT_EQUAL(rates_per_s(&again, RATE_MESSAGES), 0);
    }
    buffer_fini(&text);
    scratch_remove(dir);
}

static void rates__json_goes_and_comes_back(void)
{
    struct rates r = {0}, again;
    json_t *map;

    rates_add(&r, RATE_MESSAGES, 1234, 1000000);
    map = rates_json(&r);
    again = rates_of_json(map);
    CU_ASSERT_DOUBLE_EQUAL(rates_per_s(&again, RATE_MESSAGES), 1234, 0.001);
    CU_ASSERT_EQUAL(rates_per_s(&again, RATE_IMAGE_BYTES), 0);
    json_decref(map);
    again = rates_of_json(NULL);
    CU_ASSERT_EQUAL(rates_per_s(&again, RATE_MESSAGES), 0);
}

static const struct suite_case cases[] = {
    SUITE_CASE(restart_plan__snapshot_and_log_swap_or_go_back_to_the_floor),
    SUITE_CASE(restart_plan__snapshot_newer_than_the_floor_is_the_floor),
    SUITE_CASE(restart_plan__log_alone_begins_at_the_origin),
    SUITE_CASE(restart_plan__log_that_ends_at_the_snapshot_costs_no_message),
    SUITE_CASE(restart_plan__nothing_kept_is_cold_or_full_replay),
    SUITE_CASE(restart_plan__log_that_does_not_reach_back_to_the_snapshot_is_a_gap),
    SUITE_CASE(restart_plan__gap_behind_images_costs_the_transcripts_tail),
    SUITE_CASE(restart_plan__log_that_ends_before_the_snapshot_may_lack_the_rest),
    SUITE_CASE(restart_plan__damaged_log_never_promises_a_swap),
    SUITE_CASE(restart_plan__log_of_another_history_is_not_counted_on),
    SUITE_CASE(restart_plan__images_of_another_engine_cost_transcripts),
    SUITE_CASE(restart_plan__waiting_kernel_swaps_or_goes_back_to_its_mark),
    SUITE_CASE(restart_plan__waiting_kernel_needs_no_log),
    SUITE_CASE(restart_plan__kernel_at_the_origin_is_cold_or_full_replay),
    SUITE_CASE(restart_plan__every_small_world_has_an_answer),
    SUITE_CASE(plan_estimate__adds_the_parts_and_says_what_it_does_not_know),
    SUITE_CASE(rates__recent_work_weighs_more),
    SUITE_CASE(rates__file_keeps_them_and_a_bad_one_is_nothing),
    SUITE_CASE(rates__json_goes_and_comes_back),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("restart plan", cases, argc, argv);
}
