/* A real `headstart run` process in a folder of its own, to be measured and killed. */
#ifndef HEADSTART_TESTS_BENCH_BENCH_SIDECAR_H
#define HEADSTART_TESTS_BENCH_BENCH_SIDECAR_H

#include "tests/bench/bench_workload.h"

#include <limits.h>
#include <sys/types.h>

/* How long node and sidecar wait awake, where a benchmark has both spin. */
#define BENCH_SIDECAR_SPIN "50" /* of --spin */
enum { BENCH_NODE_SPIN_US = 500 };

struct bench_sidecar;

/** Make the folder with the workload's program in it. It is removed by close. */
HS_MUST_CHECK enum hs_status bench_sidecar_open(const struct workload *w,
                                                struct bench_sidecar **out, struct hs_error *err);
/** Kills the process if it runs. */
void bench_sidecar_close(struct bench_sidecar *s);

/** Start the program; `extra` is a NULL-terminated list of further arguments, or NULL. Returns as
 *  soon as the process exists. */
HS_MUST_CHECK enum hs_status bench_sidecar_start(struct bench_sidecar *s, const char *const *extra,
                                                 struct hs_error *err);
/** SIGKILL, and wait until it is gone. */
void bench_sidecar_kill(struct bench_sidecar *s);
/** Wait until the kernel stands where its own data lets it (phase past loading and rolling). */
HS_MUST_CHECK enum hs_status bench_sidecar_wait_primed(struct bench_sidecar *s,
                                                       struct hs_error *err);
/** Remove everything the sidecar keeps on disk, as if it had been lost, but keep boot images. */
HS_MUST_CHECK enum hs_status bench_sidecar_forget(struct bench_sidecar *s, struct hs_error *err);
/** Remove the replay log alone. */
HS_MUST_CHECK enum hs_status bench_sidecar_forget_log(struct bench_sidecar *s,
                                                      struct hs_error *err);
/** A number of `status`: `member` of its map `group`, or with "" its own; 0 where it
 *  says null. */
HS_MUST_CHECK enum hs_status bench_sidecar_figure(struct bench_sidecar *s, const char *group,
                                                  const char *member, uint64_t *out,
                                                  struct hs_error *err);
/** Sum of the vats' heap sizes, from `status`. */
HS_MUST_CHECK enum hs_status bench_sidecar_heap_bytes(struct bench_sidecar *s, uint64_t *out,
                                                      struct hs_error *err);

/** The file of heap pages of its snapshots. HS_NOT_FOUND: there is none.
 *  In, out: bytes  how many are wanted, and how many of them the file has */
HS_MUST_CHECK enum hs_status bench_sidecar_pages(struct bench_sidecar *s, char path[PATH_MAX],
                                                 uint64_t *bytes, struct hs_error *err);

const char *bench_sidecar_socket(const struct bench_sidecar *s);
pid_t bench_sidecar_pid(const struct bench_sidecar *s); /* 0: it does not run */

#endif
