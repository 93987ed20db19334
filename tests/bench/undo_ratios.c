#include "tests/bench/undo_ratios.h"

enum { SLICES_WARM = 1 };

struct undo_kernels {
    struct bench_kernel *bare, *ready, *failing;
    uint64_t messages, block; /* of a slice */
};

const char *bench_failing_name(enum bench_failing failing)
{
    static const char *const names[FAILING_COUNT] = {[FAILING_NONE] = "none",
                                                     [FAILING_SECOND] = "second",
                                                     [FAILING_FIRST] = "first",
                                                     [FAILING_MIDDLE] = "middle",
                                                     [FAILING_LAST] = "last"};

    return names[failing];
}

/* The same messages in each kernel. */
static enum hs_status slice_run(struct undo_kernels *k, enum bench_failing failing,
                                struct undo_ratios *out, struct hs_error *err)
{
    uint64_t bare_us = 0, ready_us = 0, failing_us = 0;
    enum hs_status st =
        bench_kernel_run(k->bare, k->messages, k->block, FAILING_NONE, &bare_us, err);

    if (st == HS_OK) {
        st = bench_kernel_run(k->ready, k->messages, k->block, FAILING_NONE, &ready_us, err);
    }
    if (st == HS_OK) {
        st = bench_kernel_run(k->failing, k->messages, k->block, failing, &failing_us, err);
    }
    if (st != HS_OK || !out) return st;
    spread_add(&out->cost, (double)ready_us / (double)bare_us);
    spread_add(&out->ready_per_s, (double)k->messages * 1e6 / (double)ready_us);
    spread_add(&out->ratios[failing], (double)ready_us / (double)failing_us);
    return HS_OK;
}

static enum hs_status slices_run(struct undo_kernels *k, struct undo_ratios *out,
                                 struct hs_error *err)
{
    enum hs_status st = HS_OK;

    for (int f = FAILING_SECOND; f < FAILING_COUNT && st == HS_OK; f++) {
        st = slice_run(k, (enum bench_failing)f, out, err);
    }
    return st;
}

enum hs_status undo_ratios_measure(struct vat_engine *engine, const struct workload *w,
                                   uint64_t messages, uint64_t block, uint64_t slices,
                                   struct undo_ratios *out, struct hs_error *err)
{
    struct undo_kernels k = {.messages = (messages + block - 1) / block * block, .block = block};
    enum hs_status st = bench_kernel_open(engine, w, false, &k.bare, err);

    if (st == HS_OK) st = bench_kernel_open(engine, w, true, &k.ready, err);
    if (st == HS_OK) st = bench_kernel_open(engine, w, true, &k.failing, err);
    for (uint64_t i = 0; i < slices + SLICES_WARM && st == HS_OK; i++) {
        st = slices_run(&k, i < SLICES_WARM ? NULL : out, err);
    }
    bench_kernel_close(k.bare);
    bench_kernel_close(k.ready);
    bench_kernel_close(k.failing);
    return st;
}
