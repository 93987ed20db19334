/* A kernel of its own for a benchmark, and what it has to do: calls, and runs while something is
 * queued. Failures are told in words. */
#ifndef HEADSTART_TESTS_BENCH_BENCH_PROGRAM_H
#define HEADSTART_TESTS_BENCH_BENCH_PROGRAM_H

#include "kernel/kernel.h"
#include "kernel/state/kv_memory.h"

struct bench_program {
    struct kernel_config *config;
    struct kv_memory *base;
    struct kernel *kernel;
    struct buffer message;
    uint64_t height;
    uint64_t ticks;  /* of all messages since it was last set */
    uint64_t cranks; /* likewise */
};

HS_MUST_CHECK enum hs_status bench_program_open(struct bench_program *p, struct vat_engine *engine,
                                                const char *config_file, struct hs_error *err);
void bench_program_close(struct bench_program *p);

/** {"to":to,"method":method,"args":[args]}, which must be fulfilled, in a block of its own. */
HS_MUST_CHECK enum hs_status bench_program_call(struct bench_program *p, const char *to,
                                                const char *method, const char *args,
                                                struct hs_error *err);
/** Runs until nothing is queued. */
HS_MUST_CHECK enum hs_status bench_program_work(struct bench_program *p, struct hs_error *err);

/* What the program has come to, transcripts and the history of heights not counted. */
struct bench_program_size {
    uint64_t keys, bytes; /* of the store */
    uint64_t heap_bytes;  /* of all vats */
};
HS_MUST_CHECK enum hs_status
bench_program_size(struct bench_program *p, struct bench_program_size *out, struct hs_error *err);

#endif
