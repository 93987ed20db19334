/* Rules: the kernel's own limits, prices and run policy. They are part of its state, under
 * `kernel.rules`, so that two releases with other defaults cannot part ways unseen.
 *
 *   {"version":1,"limits":{…},"prices":{…},"policy":{…}}
 *
 * A rule is its row below. A state vector holds the defaults, or what the configuration says; a
 * control message changes them. A version that this program does not know is refused.
 */
#ifndef HEADSTART_KERNEL_TABLES_RULES_H
#define HEADSTART_KERNEL_TABLES_RULES_H

#include "kernel/state/kv_store.h"
#include "kernel/state/limits.h"
#include "kernel/text/json_printer.h"

enum {
    RULES_VERSION = 1,
    RULES_REAP_INTERVAL_MOST = 1000000,
    RULES_PRICES_A_CRANK = 100, /* a crank must be able to pay each price so often */
    RULES_CRANK_BYTES_MOST = 24 << 20,
    RULES_POLICY_BYTES_MOST = 32 << 20,
    /* The policy is looked at between cranks, so that one crank may come on top; the rest is for
     * what the kernel does of its own accord. */
    RULES_OUTCOME_BYTES_MOST = RULES_POLICY_BYTES_MOST + RULES_CRANK_BYTES_MOST + (2 << 20),
};

/* X(member, group, name, default, least, most). Ticks are 10,000 steps of the engine; prices are
 * steps. The bytes of a message and of a crank fit a frame together, with room for the rest. */
#define RULES(X)                                                                                   \
    /* one crank: what ends its own vat */                                                         \
    X(crank_ticks, "limits", "crankTicks", 50000, 100, 1000000)                                    \
    X(crank_bytes, "limits", "crankBytes", 24 << 20, 4 << 20, RULES_CRANK_BYTES_MOST)              \
    /* of a vat that is made from now on; and all vats together */                                 \
    X(memory, "limits", "memory", HS_HEAP_BYTES_DEFAULT, 4 << 20, HS_HEAP_BYTES_MAX)               \
    X(memory_sum, "limits", "memorySum", UINT64_C(1) << 40, 4 << 20, UINT64_C(1) << 42)            \
    /* all bundles that are installed */                                                           \
    X(bundle_bytes, "limits", "bundleBytes", 256 << 20, 1 << 20, UINT64_C(1) << 40)                \
    /* entries; a call over the first is rejected, the oldest calls over the second expire */      \
    X(run_queue, "limits", "runQueue", 100000, 1, 10000000)                                        \
    X(pending, "limits", "pending", 10000, 1, 1000000)                                             \
    /* wake-ups and repeaters of a vat; wake-ups of all: more are refused */                       \
    X(timers, "limits", "timers", 1000, 0, 100000)                                                 \
    X(timers_sum, "limits", "timersSum", 100000, 0, 10000000)                                      \
    /* meters; more are refused */                                                                 \
    X(meters, "limits", "meters", 10000, 0, 1000000)                                               \
    /* what the kernel does on a vat's behalf */                                                   \
    X(price_crank, "prices", "crank", 5000, 0, 1000000000)                                         \
    X(price_syscall, "prices", "syscall", 2000, 0, 1000000000)                                     \
    X(price_kib, "prices", "KiB", 1000, 0, 1000000000)                                             \
    X(price_next_key, "prices", "nextKey", 2000, 0, 1000000000)                                    \
    X(price_reference, "prices", "reference", 500, 0, 1000000000)                                  \
    /* one message: looked at between cranks; nobody ends by it */                                 \
    X(policy_cranks, "policy", "cranks", 20000, 1, 1000000)                                        \
    X(policy_ticks, "policy", "ticks", 10000, 1, 10000000)                                         \
    X(policy_bytes, "policy", "bytes", 32 << 20, 1 << 10, RULES_POLICY_BYTES_MOST)                 \
    X(housekeeping_ticks, "policy", "housekeepingTicks", 1000, 1, 10000000)                        \
    /* when a vat is reaped (reaping.h): deliveries, or bytes of them; but not before it has done  \
     * so many steps for each byte of its memory */                                                \
    X(reap_interval, "policy", "reapInterval", 200, 1, RULES_REAP_INTERVAL_MOST)                   \
    X(reap_bytes, "policy", "reapBytes", 1 << 20, 1 << 10, 1 << 30)                                \
    X(reap_work, "policy", "reapWork", 1, 0, 1000)

/* Plain value. */
struct kernel_rules {
#define RULES_MEMBER(member, group, name, standard, least, most) uint64_t member;
    RULES(RULES_MEMBER)
#undef RULES_MEMBER
};

struct kernel_rules kernel_rules_default(void);

/** Change `rules` by what `json` names of them, each as in `kernel.rules`; the others stay.
 *
 *  Returns: HS_OK
 *           HS_WRONG_EPOCH  of another version; rules are unchanged
 *           HS_INVALID      no such rule, out of its bounds, or a price that a crank cannot pay;
 *                           err says which; unchanged
 */
HS_MUST_CHECK enum hs_status kernel_rules_change(struct kernel_rules *rules, struct slice json,
                                                 struct hs_error *err);
/** Print the whole text of `kernel.rules`. */
void kernel_rules_print(const struct kernel_rules *rules, struct json_printer *j);
HS_MUST_CHECK enum hs_status
kernel_rules_write(struct kv_store *kv, const struct kernel_rules *rules, struct hs_error *err);
/** What a store holds. HS_WRONG_EPOCH: of a version that this program does not know, in words.
 *  HS_KERNEL_FAILED: damaged. */
HS_MUST_CHECK enum hs_status kernel_rules_read(struct kv_store *kv, struct kernel_rules *out,
                                               struct hs_error *err);

#endif
