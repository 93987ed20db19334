/* Ledger rounds: the real transactions, round after round for ever.
 *
 *   round 0   as they are: they spend some of each other's outputs, most of blocks not here
 *   round n   the same under other names; what they spent of blocks that are not here, they spend
 * of what the round before left
 *
 * So a ledger knows no transaction twice, and stays as large as the first round made it. A message
 * depends on its number alone.
 */
#ifndef HEADSTART_TESTS_BENCH_LEDGER_ROUNDS_H
#define HEADSTART_TESTS_BENCH_LEDGER_ROUNDS_H

#include "kernel/state/bytes.h"

struct ledger_rounds;

/** `lines`: the real messages; borrowed until the close. HS_INVALID: one is no transaction. */
HS_MUST_CHECK enum hs_status ledger_rounds_open(const struct slice *lines, size_t len,
                                                struct ledger_rounds **out, struct hs_error *err);
void ledger_rounds_close(struct ledger_rounds *r);
/** Message number `n` (from 0) behind what is in *out. */
HS_MUST_CHECK enum hs_status ledger_rounds_message(const struct ledger_rounds *r, uint64_t n,
                                                   struct buffer *out);

#endif
