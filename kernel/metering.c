#include "kernel/metering.h"

#include <inttypes.h>

void meter_begin(struct kernel *k)
{
    k->meter = (struct meter){.allowed = UINT64_MAX, .policy_ticks = k->now.rules.policy_ticks};
}

void meter_limit(struct kernel *k, uint64_t ticks)
{
    k->meter.allowed = ticks >= UINT64_MAX / HS_TICK_STEPS / 2
                           ? UINT64_MAX
                           : k->meter.steps + ticks * HS_TICK_STEPS;
}

void meter_crank_begin(struct kernel *k)
{
    struct meter *m = &k->meter;

    m->unbounded = false;
    m->vat_steps = m->loading_steps = m->syscalls = m->moved_bytes = m->answer_bytes =
        m->noted_bytes = 0;
}

/* What the kernel did in this crank, in steps. Counts and prices are bounded: it cannot overflow.
 */
static uint64_t meter_kernel_steps(const struct kernel *k)
{
    const struct kernel_rules *r = &k->now.rules;
    const struct kv_work *work = &k->kv.work;

    return r->price_crank + k->meter.loading_steps + k->meter.syscalls * r->price_syscall +
           (work->bytes + k->meter.moved_bytes) / 1024 * r->price_kib +
           work->next_keys * r->price_next_key + work->references * r->price_reference;
}

static uint64_t meter_crank_steps(const struct kernel *k)
{
    return meter_kernel_steps(k) + k->meter.vat_steps;
}

static uint64_t meter_crank_bytes(const struct kernel *k)
{
    return k->kv.work.bytes + k->meter.answer_bytes;
}

void meter_crank_end(struct kernel *k, bool committed)
{
    k->meter.steps += meter_crank_steps(k);
    if (committed) k->meter.bytes += meter_crank_bytes(k);
}

/* What the crank may cost. */
static uint64_t meter_crank_most(const struct kernel *k)
{
    return k->meter.unbounded ? HS_UINT_MAX : k->now.rules.crank_ticks * HS_TICK_STEPS;
}

uint64_t meter_grant(const struct kernel *k)
{
    uint64_t most = meter_crank_most(k);
    uint64_t spent = meter_kernel_steps(k);
    uint64_t left = k->meter.allowed - k->meter.steps;

    if (k->meter.allowed == UINT64_MAX || left > most) left = most;
    return left > spent ? left - spent : 1;
}

enum hs_status meter_check(const struct kernel *k, struct hs_error *err)
{
    const struct kernel_rules *r = &k->now.rules;
    uint64_t steps = meter_crank_steps(k);

    if (k->meter.steps + steps > k->meter.allowed) {
        return hs_fail(err, HS_SPENT, "the call needs more ticks than its caller allows");
    }
    if (!k->ran) return HS_OK;
    if (steps > meter_crank_most(k)) {
        return hs_fail(err, HS_VAT_FAILED, "meter spent: more than %" PRIu64 " ticks",
                       r->crank_ticks);
    }
    if (meter_crank_bytes(k) + k->meter.noted_bytes <= r->crank_bytes) return HS_OK;
    return hs_fail(err, HS_VAT_FAILED, "it wrote more than %" PRIu64 " bytes at once",
                   r->crank_bytes);
}

bool meter_policy_is_spent(const struct kernel *k)
{
    const struct kernel_rules *r = &k->now.rules;

    return k->meter.cranks >= r->policy_cranks || meter_ticks(k) >= k->meter.policy_ticks ||
           k->meter.bytes >= r->policy_bytes;
}

uint64_t meter_ticks(const struct kernel *k)
{
    return (k->meter.steps + HS_TICK_STEPS - 1) / HS_TICK_STEPS;
}
