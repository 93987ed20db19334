/* Rig: one engine, vats with a recording host, and programs written so that they can be read.
 *
 * Requests and results are recorded with ' for " and without backslashes, and what the rig is given
 * may use ' for " likewise: JSON inside JSON inside C would hide what a case is about.
 */
#ifndef HEADSTART_TESTS_UNIT_VAT_RIG_H
#define HEADSTART_TESTS_UNIT_VAT_RIG_H

#include "tests/unit/suite.h"

#include "kernel/vat/vat.h"

struct rig {
    struct vat *vat;
    struct buffer requests; /* of the last command, one a line */
    struct buffer result;   /* of the last command, made readable */
    struct buffer bytes;    /* the same, as it came */
    const char *answer;     /* what the host says; NULL: ["ok",null] */
    enum hs_status answer_status;
    uint64_t ticks;
    struct hs_error err;
};

/** The process's engine, without a cache folder. */
struct vat_engine *rig_engine(void);

/** Open a vat; no command yet. */
void rig_open(struct rig *r, struct vat_limits limits);
/** Open a vat and start it with `source`, an ES module's text. */
void rig_start(struct rig *r, const char *source);
void rig_start_limited(struct rig *r, const char *source, struct vat_limits limits);
void rig_close(struct rig *r);

/** A command as it stands. */
enum hs_status rig_command(struct rig *r, struct slice command);
/** ["deliver", <delivery>], with ' for ". */
enum hs_status rig_deliver(struct rig *r, const char *delivery);
/** A message to o+0 with result p-60, in its parts; `body` is the methargs body without "#", with '
 *  for "; `slots` is JSON likewise. */
enum hs_status rig_call(struct rig *r, const char *body, const char *slots);
/** The same for a method without arguments. */
enum hs_status rig_call_plain(struct rig *r, const char *method);

/** Digest of the live heap; static text that the next call but three overwrites. */
const char *rig_heap(const struct rig *r);

/** Hand `source` to a vat that was just opened; the result is in r->result. */
enum hs_status rig_set_bundle(struct rig *r, const char *source);

/** As suite_run, on a thread with a vat's stack. */
int rig_main(const char *title, const struct suite_case *cases, size_t count, int argc,
             char **argv);
#define RIG_MAIN(title, cases, argc, argv)                                                         \
    rig_main(title, cases, sizeof(cases) / sizeof((cases)[0]), argc, argv)

/** Run `body(data)` on `count` threads with vat stacks at once, data a pointer to its index. */
void rig_threads(size_t count, void *(*body)(void *index));

#endif
