/* Solo: messages from a file, executed by a kernel on a LevelDB store of its own.
 *
 *   line ─► kernel_deliver ─► result kept ─┐  many times
 *                                          ├─ group ends ─► mark ─► one synced batch ─► print
 *
 * A result is printed once its message is durable, and a group is one atomic batch: killed
 * anywhere, the store stands after a whole message, and what was printed is never lost. Started
 * again on the same file, as many lines are skipped as the store says were executed
 * (local.solo.lines: runs are messages without a line).
 */
#ifndef HEADSTART_SIDECAR_COMMANDS_SOLO_RUN_H
#define HEADSTART_SIDECAR_COMMANDS_SOLO_RUN_H

#include "kernel/kernel.h"
#include "sidecar/commands/interrupt.h"
#include "sidecar/commands/line_reader.h"
#include "sidecar/report/kernel_watch.h"
#include "snapshot/kv_leveldb.h"

enum solo_print { SOLO_PRINT_NOTHING, SOLO_PRINT_TEXT, SOLO_PRINT_JSON };

/* Filled in by the owner, all borrowed for solo_run. */
struct solo {
    struct kv_leveldb *store;
    struct vat_engine *engine;
    const struct kernel_config *config;
    struct line_reader *lines;
    struct interrupt *interrupt;
    uint64_t block_messages; /* a block's, at least 1 */
    uint64_t block_ticks;    /* for runs at its end; 0: none */
    bool skip_executed;      /* the lines are those of the run that the store holds */
    enum solo_print print;
    bool show_progress;
    struct kernel_watch *watch; /* of what the kernel does; its own file and log */
};

struct solo_report {
    uint64_t skipped; /* lines, executed before */
    uint64_t lines;   /* of the input, executed now or before */
    uint64_t executed, fulfilled, rejected, pending;
    struct position at;
    uint64_t elapsed_ms; /* executing, without the start */
};

/** Execute until the lines end.
 *
 *  Out:     report    what became durable; valid whatever is returned
 *  Returns: HS_OK
 *           HS_CANCELLED  interrupted; the group was finished
 *           HS_STALE      the store has executed more messages than there are lines
 *           HS_DIVERGED   a chain's delivery led elsewhere here: err names it and both hashes
 *           HS_INVALID    a chain's delivery is not the one that comes next
 *           other         of the store, the kernel, the lines or stdout; err says which
 *  Thread:  needs a stack of HS_VAT_THREAD_STACK_BYTES */
HS_MUST_CHECK enum hs_status solo_run(const struct solo *s, struct solo_report *report,
                                      struct hs_error *err);

#endif
