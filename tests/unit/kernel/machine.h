/* Machine: a kernel and the store of the node it works for, played by the test.
 *
 * `real` is that store: every message's writes are applied to it, as a node would. The kernel
 * itself runs on `base`, a copy of what real held when it was started, so that what it writes and
 * what it says it writes are two things that a test can compare. Snapshots are taken into `album`
 * and `snapshot`.
 *
 * Messages may be written with ' for ".
 */
#ifndef HEADSTART_TESTS_UNIT_KERNEL_MACHINE_H
#define HEADSTART_TESTS_UNIT_KERNEL_MACHINE_H

#include "tests/unit/suite.h"

#include "kernel/kernel.h"
#include "kernel/state/kv_memory.h"
#include "tests/unit/vat/image_keeper.h"

enum { ALBUM_VATS_MAX = 64 };

/* Heap images of several vats. */
struct album {
    struct heap_image_source source; /* first: the album is one */
    struct image_keeper vats[ALBUM_VATS_MAX];
    size_t len;
};

struct machine {
    struct kernel_config *config;
    struct kv_memory *real;
    struct kv_memory *base;
    struct kernel *kernel;
    struct kernel_start_report report;
    struct kernel_outcome out;
    struct buffer text; /* the last message, as it was sent */
    struct album album;
    struct kv_memory *snapshot;
    struct hs_error err;
};

/** Run the program's cases on a thread with a vat's stack. */
int machine_main(const char *title, const struct suite_case *cases, size_t count, int argc,
                 char **argv);
#define MACHINE_MAIN(title, cases, argc, argv)                                                     \
    machine_main(title, cases, sizeof(cases) / sizeof((cases)[0]), argc, argv)

struct vat_engine *machine_engine(void);
/** Path of a file beside the test vats; static text that the next call overwrites. */
const char *machine_vat_path(const char *name);

/** An empty real store and a kernel on it. `config`: a file beside the test vats. */
void machine_open(struct machine *m, const char *config);
void machine_close(struct machine *m);

/** Close the kernel and start one on a copy of the real store; images: from the album. */
enum hs_status machine_restart(struct machine *m, bool with_images);

/** Deliver; the writes are applied to real. Returns what kernel_deliver did; m->out holds it. */
enum hs_status machine_deliver(struct machine *m, uint64_t height, struct slice text);
/** The same of any message. */
enum hs_status machine_deliver_message(struct machine *m, const struct message *message);
/** Deliver `in`, text included (' for "), in block 0; it must be HS_OK; returns the value. */
const char *machine_input(struct machine *m, struct message in, const char *text);
/** Ask the same (kernel_query); m->out holds what came of it. */
enum hs_status machine_ask(struct machine *m, struct message in, const char *text);
/** Runs, until nothing is queued; they must be HS_OK. */
void machine_work(struct machine *m, uint64_t height);
/** Deliver {"to": to, "method": method, "args": [args]}, which must be HS_OK; returns the value. */
const char *machine_call(struct machine *m, const char *to, const char *method, const char *args);
/** The same in a block of `height`. */
const char *machine_call_at(struct machine *m, uint64_t height, const char *to, const char *method,
                            const char *args);

/** End the case unless `st` is HS_OK. */
void machine_ok(enum hs_status st, const struct machine *m);
/** Messages `from` up to `to` of a fixed row: some of everything. */
void machine_run(struct machine *m, unsigned from, unsigned to);

/** Message `number` of the row that `seed` stands for, in a block of `height`: of anything that
 *  vats do to one another and to their stores. */
void machine_draw(struct machine *m, uint64_t height, uint64_t number, uint64_t seed);

/** Take a snapshot of the mark into album and snapshot, as a snapshot store would. */
void machine_snapshot(struct machine *m);

/** Does the kernel's store hold exactly what real holds? */
bool machine_agrees_with_real(struct machine *m);
/** Same position, store contents and heap bytes? */
bool machine_equal(struct machine *a, struct machine *b);

/** The value of a key of the kernel's store; "(none)". Static text, overwritten by the next but
 *  three. */
const char *machine_get(struct machine *m, const char *key);
/** How many keys of the kernel's store begin with `prefix`. */
size_t machine_count(struct machine *m, const char *prefix);

void store_copy(struct kv_store *from, struct kv_store *to);
void store_apply(struct kv_store *to, const struct kv_map *changes);

#endif
