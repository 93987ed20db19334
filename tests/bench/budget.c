#include "tests/bench/budget.h"

#include "tests/bench/bench.h"

#include <assert.h>
#include <time.h>

enum { DEPTH_MAX = 64, DOOR_SAMPLES = 20000, DOOR_ROUNDS = 10, BLOCK = 20 };

struct tally {
    bool open; /* doors look at the clock */
    enum budget_item within[DEPTH_MAX];
    size_t depth;
    uint64_t since_ns;
    uint64_t ns[BUDGET_ITEMS];
    uint64_t moves[BUDGET_ITEMS]; /* looks at the clock that ended this item's time */
};

/* A door is handed nothing that could carry it. */
static _Thread_local struct tally tally;

const char *budget_item_name(enum budget_item item)
{
    static const char *const names[BUDGET_ITEMS] = {
        [BUDGET_KERNEL] = "kernel",
        [BUDGET_ENGINE] = "engine",
        [BUDGET_JSON] = "json",
        [BUDGET_STORE] = "store",
        [BUDGET_TRANSCRIPT] = "transcript",
        [BUDGET_HASH] = "hash",
        [BUDGET_SAVEPOINTS] = "savepoints",
    };

    return names[item];
}

static uint64_t now_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static enum budget_item present_item(void)
{
    return tally.depth > 0 ? tally.within[tally.depth - 1] : BUDGET_KERNEL;
}

static void move(void)
{
    uint64_t now = now_ns();

    tally.ns[present_item()] += now - tally.since_ns;
    tally.moves[present_item()]++;
    tally.since_ns = now;
}

void budget_enter(enum budget_item item)
{
    if (!tally.open) return;
    assert(tally.depth < DEPTH_MAX);
    if (item != present_item()) move();
    tally.within[tally.depth++] = item;
}

void budget_leave(void)
{
    enum budget_item left = present_item();

    if (!tally.open) return;
    assert(tally.depth > 0);
    tally.depth--;
    if (left != present_item()) {
        tally.depth++;
        move();
        tally.depth--;
    }
}

static void tally_begin(void)
{
    tally = (struct tally){.open = true, .since_ns = now_ns()};
}

static void tally_end(void)
{
    move();
    tally.open = false;
    assert(tally.depth == 0);
}

/* Nanoseconds that one look costs whoever it is behind: at best, since others disturb it. */
static double look_ns(void)
{
    double best = 0;

    for (int round = 0; round < DOOR_ROUNDS; round++) {
        double ns;

        tally_begin();
        for (int i = 0; i < DOOR_SAMPLES; i++) {
            budget_enter(BUDGET_JSON);
            budget_leave();
        }
        tally_end();
        ns = (double)(tally.ns[BUDGET_JSON] + tally.ns[BUDGET_KERNEL]) / (2.0 * DOOR_SAMPLES);
        if (round == 0 || ns < best) best = ns;
    }
    return best;
}

/* Shares of a slice through doors, of the time that the slice without them took: whoever else has
 * the processor meanwhile takes of all items alike. */
static void tally_add(struct budget *out, double whole_us, double door_ns)
{
    double ns[BUDGET_ITEMS], sum = 0;

    for (int i = 0; i < BUDGET_ITEMS; i++) {
        ns[i] = (double)tally.ns[i] - door_ns * (double)tally.moves[i];
        if (ns[i] < 0) ns[i] = 0;
        sum += ns[i];
    }
    for (int i = 0; i < BUDGET_ITEMS; i++) {
        spread_add(&out->items[i], sum > 0 ? whole_us * ns[i] / sum : 0);
    }
}

enum hs_status budget_measure(struct vat_engine *engine, const struct workload *w,
                              uint64_t messages, uint64_t slices, struct budget *out,
                              struct hs_error *err)
{
    struct bench_kernel *k = NULL;
    double door_ns = look_ns(), whole_us;
    uint64_t us = 0;
    enum hs_status st = bench_kernel_open(engine, w, true, &k, err);

    if (st == HS_OK) st = bench_kernel_run(k, messages, BLOCK, FAILING_NONE, &us, err);
    for (uint64_t i = 0; i < slices && st == HS_OK; i++) {
        st = bench_kernel_run(k, messages, BLOCK, FAILING_NONE, &us, err);
        if (st != HS_OK) break;
        whole_us = (double)us / (double)messages;
        spread_add(&out->whole, whole_us);
        tally_begin();
        st = bench_kernel_run(k, messages, BLOCK, FAILING_NONE, &us, err);
        if (st == HS_OK) {
            tally_end();
            tally_add(out, whole_us, door_ns);
        }
        tally.open = false;
    }
    bench_kernel_close(k);
    return st;
}
