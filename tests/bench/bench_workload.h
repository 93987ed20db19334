/* Workload: a program, and the messages that a chain sends it, one after the other for ever. */
#ifndef HEADSTART_TESTS_BENCH_BENCH_WORKLOAD_H
#define HEADSTART_TESTS_BENCH_BENCH_WORKLOAD_H

#include "kernel/state/bytes.h"

enum workload_program {
    WORKLOAD_TRANSFERS, /* small messages: between two accounts of a heap that does not grow */
    WORKLOAD_LEDGER,    /* the real one: transactions of Bitcoin's blocks into the ledger vat */
    WORKLOAD_COUNT
};

/* A plain value; all zero bytes is the transfers between 1,000 accounts of one vat. */
struct workload {
    enum workload_program program;
    uint64_t heap_mib; /* extra heap of each vat, which only is there */
    uint64_t vats;     /* transfers: they take turns; 0: one */
    uint64_t accounts; /* transfers: of each vat; 0: 1,000 */
};

/** As it stands in rows: "transfers", "ledger". */
const char *workload_name(const struct workload *w);
/** Write the kernel configuration that the workload begins with. */
HS_MUST_CHECK enum hs_status workload_write_kernel(const struct workload *w, const char *path,
                                                   struct hs_error *err);

struct workload_messages;

HS_MUST_CHECK enum hs_status workload_messages_open(const struct workload *w,
                                                    struct workload_messages **out,
                                                    struct hs_error *err);
void workload_messages_close(struct workload_messages *m);
/** Message number `n` (from 0) into *out (replaced). Where the real ones end they begin again, as
 *  other transactions (ledger_rounds.h). */
HS_MUST_CHECK enum hs_status workload_message(struct workload_messages *m, uint64_t n,
                                              struct buffer *out, struct hs_error *err);
/** What observers ask the workload's vat. */
struct slice workload_question(const struct workload *w);

#endif
