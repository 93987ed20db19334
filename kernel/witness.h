/* Witness: what the kernel does, told to its owner while it does it. The owner knows the time, and
 * has a log.
 *
 *   MESSAGE ─► { [VAT] DELIVERY ─► { SYSCALL | CONSOLE }… ─► DELIVERED }… ─► DONE
 *
 * Nothing is decided by it: a kernel without a witness does the same. What was told and is undone
 * later is not taken back; a message that is executed again begins with another MESSAGE. What comes
 * from a transcript is not executed, so nothing is told of it.
 */
#ifndef HEADSTART_KERNEL_WITNESS_H
#define HEADSTART_KERNEL_WITNESS_H

#include "kernel/outcome.h"
#include "kernel/tables/vat_names.h"

enum witness_kind {
    WITNESS_MESSAGE = 1, /* begins: message, query */
    WITNESS_VAT,         /* its heap is to be made, and its program loaded */
    WITNESS_DELIVERY,    /* begins: number, text */
    WITNESS_SYSCALL,     /* text, answer, status */
    WITNESS_CONSOLE,     /* text: ["sourcedConsole", vatID, level, text…], as the vat sent it */
    WITNESS_DELIVERED,   /* steps, status */
    WITNESS_DONE         /* the message: outcome, status */
};

/* All borrowed for the call. */
struct witnessed {
    enum witness_kind kind;
    uint64_t seqnum;            /* of the message at hand */
    const struct vat_name *vat; /* NULL: of a message */
    const struct message *message;
    bool query;                           /* it will be undone */
    uint64_t number;                      /* the delivery's, in its vat's transcript */
    struct slice text;                    /* JSON; a vat's may be none */
    struct slice answer;                  /* JSON; empty when there is none */
    uint64_t steps;                       /* of the engine */
    enum hs_status status;                /* HS_OK, or what it failed with */
    const char *words;                    /* then: why; else of no meaning */
    const struct kernel_outcome *outcome; /* NULL: nothing of the message applies */
};

/* May not call the kernel. */
typedef void (*kernel_witness_fn)(void *data, const struct witnessed *w);

#endif
