/* Kernel core: the inside that the kernel's files share. Nobody else includes this. */
#ifndef HEADSTART_KERNEL_KERNEL_CORE_H
#define HEADSTART_KERNEL_KERNEL_CORE_H

#include "kernel/kernel_options.h"
#include "kernel/meter.h"
#include "kernel/outputs.h"
#include "kernel/savepoints.h"
#include "kernel/settlements.h"
#include "kernel/standing.h"
#include "kernel/tables/kv_hashed.h"
#include "kernel/vat_process.h"

enum { KERNEL_HANDED_BYTES = 96 };

/* What the crank at hand may have to give back (critical.h). All zero: nothing. */
struct guarded {
    struct vat_process *process; /* NULL: the vat is not critical */
    uint64_t transcript_len, deliveries;
};

struct kernel {
    struct kernel_options options;
    struct kv_layers *layers;
    struct kv_hashed kv;
    struct vat_table vats;
    struct standing now, mark;
    struct savepoints savepoints; /* of the open block */

    /* Ids of vats that ended before the mark and whose images are still in the snapshot store;
     * the first `ended_taken` of them are in the take that is out. */
    struct ref_list ended;
    size_t ended_taken;
    bool take_out;
    bool someone_ended; /* since it was looked which of their heaps nobody goes back to */

    /* `torn`: a message failed half-way, the heaps are ahead of the store until the kernel goes
     * back to the mark. `failed`: likewise, by a panic. `unmarked`: marking failed half-way, and
     * there is no mark to go back to. */
    bool failed, torn, unmarked;
    struct hs_error failure;

    /* The message layer still holds what the last message changed: its outcome lends it out. */
    bool message_open;

    /* The message at hand. */
    struct outputs outputs, events;
    struct settlements settled;
    struct meter meter;
    struct kernel_rules rules_next; /* from the next message on */
    struct kv_store *through;       /* the node's store answers reads; NULL: our own */
    uint64_t cranks;
    bool starts;            /* the crank at hand is the first of a static vat */
    bool unstarted;         /* one of those failed */
    struct buffer casualty; /* what was said of the first vat that failed; "": none did */
#ifdef HS_INVARIANTS
    struct {
        bool judged;   /* the store was right when we began */
        bool through;  /* the node answers reads: not walked */
        uint64_t wait; /* messages until the references are counted again */
    } checked;         /* invariants.c */
#endif
    char handed[KERNEL_HANDED_BYTES]; /* what a vat was handed when it ended; "": nothing */
    struct buffer exit_reason;        /* body of what it exited with as a failure; "": it did not,
                                         or named what its undone crank made */
    struct ref_list resolved;         /* by the syscall at hand; kept for the next one */
    struct guarded guarded;
    struct vat_process *ran; /* whom the crank at hand delivered to; NULL: nobody yet */
    struct ref vat_meter;    /* what that is to be taken off; "": nothing */
};

/** HS_KERNEL_FAILED after a panic, HS_INVALID while the kernel must go back to its mark. */
HS_MUST_CHECK enum hs_status kernel_check_ready(const struct kernel *k, struct hs_error *err);
/** What the last message changed joins its block; its outcome's `writes` end. */
void kernel_end_message(struct kernel *k);

/** One more text for the answer, outputs or events of `k`; its bytes count against the crank's and
 *  the message's. */
HS_MUST_CHECK enum hs_status kernel_say(struct kernel *k, struct outputs *to, struct slice json,
                                        struct hs_error *err);

/** Tell the witness, if there is one; the message at hand is added. */
void kernel_tell(const struct kernel *k, struct witnessed event);

/** Stand there, but for the store's layers and the heaps. */
void kernel_stand(struct kernel *k, const struct standing *at);

/** The process of a vat, with its heap; opened now if this is its first delivery. HS_VAT_FAILED:
 *  its program does not load. */
HS_MUST_CHECK enum hs_status kernel_process(struct kernel *k, const struct ref *vat,
                                            struct vat_process **out, struct hs_error *err);
/** The vat is upgraded, as its record in the store says already: its process ends, *out is a new
 * one with a heap of its own. HS_VAT_FAILED as above; *out is there all the same, if any was made.
 */
HS_MUST_CHECK enum hs_status kernel_process_replace(struct kernel *k, const struct ref *vat,
                                                    struct vat_process **out, struct hs_error *err);
/** A process made in the crank that failed is closed; the one that it replaced lives on. */
void kernel_process_give_up(struct kernel *k, struct vat_process *p);
/** The vat has ended, in the message at hand. */
void kernel_process_ended(struct kernel *k, struct vat_process *p);

#endif
