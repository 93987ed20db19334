#include "tests/bench/bench_kernel.h"

#include "kernel/state/kv_memory.h"
#include "tests/bench/bench.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct bench_kernel {
    struct kernel_config *config;
    struct kv_memory *base;
    struct kernel *kernel;
    struct workload_messages *messages;
    struct buffer message;
    uint64_t height, number;
};

static enum hs_status config_load(const struct workload *w, struct kernel_config **out,
                                  struct hs_error *err)
{
    char path[] = "/tmp/headstart-bench-XXXXXX";
    int fd = mkstemp(path);
    enum hs_status st;

    if (fd < 0) return hs_fail_errno(err, HS_IO, errno, "bench: making %s", path);
    (void)close(fd);
    st = workload_write_kernel(w, path, err);
    if (st == HS_OK) st = kernel_config_load(disk_system(), path, out, err);
    (void)unlink(path);
    return st;
}

enum hs_status bench_kernel_open(struct vat_engine *engine, const struct workload *w,
                                 bool savepoints, struct bench_kernel **out, struct hs_error *err)
{
    struct bench_kernel *k = calloc(1, sizeof *k);
    struct kernel_options options = {.engine = engine};
    enum hs_status st;

    if (!k) return hs_fail(err, HS_NOMEM, "bench: out of memory");
    st = config_load(w, &k->config, err);
    if (st == HS_OK) st = workload_messages_open(w, &k->messages, err);
    if (st == HS_OK) st = kv_memory_open(&k->base, err);
    if (st == HS_OK) {
        options.base = kv_memory_store(k->base);
        options.config = k->config;
        st = kernel_start(&options, &k->kernel, NULL, err);
    }
    if (st != HS_OK) {
        bench_kernel_close(k);
        return st;
    }
    kernel_keep_savepoints(k->kernel, savepoints);
    *out = k;
    return HS_OK;
}

void bench_kernel_close(struct bench_kernel *k)
{
    if (!k) return;
    kernel_close(k->kernel);
    kv_memory_close(k->base);
    kernel_config_close(k->config);
    workload_messages_close(k->messages);
    buffer_fini(&k->message);
    free(k);
}

static enum hs_status bench_kernel_deliver(struct bench_kernel *k, struct hs_error *err)
{
    struct message m = {.height = k->height, .time = 1700000000 + k->height};
    struct kernel_outcome outcome = {0};
    enum hs_status st = workload_message(k->messages, k->number++, &k->message, err);

    if (st != HS_OK) return st;
    m.text = buffer_slice(&k->message);
    st = kernel_deliver(k->kernel, &m, &outcome, err);
    if (st == HS_OK && outcome.status != MESSAGE_FULFILLED) {
        st = hs_fail(err, HS_INVALID, "bench: a message was %s: %s",
                     message_status_name(outcome.status), buffer_text(&outcome.value));
    }
    kernel_outcome_fini(&outcome);
    return st;
}

static bool fails(enum bench_failing failing, uint64_t place, uint64_t block)
{
    switch (failing) {
    case FAILING_SECOND: return place % 2 == 1;
    case FAILING_FIRST: return place == 0;
    case FAILING_MIDDLE: return place == block / 2;
    case FAILING_LAST: return place == block - 1;
    case FAILING_NONE:
    case FAILING_COUNT: break;
    }
    return false;
}

enum hs_status bench_kernel_run(struct bench_kernel *k, uint64_t messages, uint64_t block,
                                enum bench_failing failing, uint64_t *us, struct hs_error *err)
{
    uint64_t began_us = bench_cpu_us();
    enum hs_status st = HS_OK;

    assert(messages > 0 && block > 0);
    for (uint64_t i = 0; i < messages && st == HS_OK; i++) {
        struct position before;

        if (i % block == 0) {
            st = kernel_mark(k->kernel, err);
            k->height++;
        }
        before = kernel_position(k->kernel);
        if (st == HS_OK) st = bench_kernel_deliver(k, err);
        if (st == HS_OK && fails(failing, i % block, block)) {
            st = kernel_back_to(k->kernel, &before, err);
        }
    }
    *us = bench_cpu_us() - began_us;
    return st;
}
