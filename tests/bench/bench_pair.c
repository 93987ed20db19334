#include "tests/bench/bench_pair.h"

#include "tests/bench/warm_up.h"

#include <assert.h>

enum { WARM_UP_MESSAGES = 500 };

static const char *const bare_settings[] = {"--snapshot-every", "0", "--no-log", NULL};

static enum hs_status side_open(struct bench_side *s, const struct workload *w,
                                const char *const *settings, struct hs_error *err)
{
    enum hs_status st = warm_up_begin(w, settings, &s->chain, &s->sidecar, err);

    return st == HS_OK ? warm_up_to(s->chain, WARM_UP_MESSAGES, err) : st;
}

/* Both sides get as many messages. */
static enum hs_status sides_warm_up(struct bench_side *bare, struct bench_side *full,
                                    struct hs_error *err)
{
    enum hs_status st = warm_up_first_snapshot(full->chain, full->sidecar, err);

    if (st == HS_OK) st = warm_up_to(bare->chain, bench_chain_seqnum(full->chain), err);
    if (st == HS_OK) st = process_use_read(bench_sidecar_pid(bare->sidecar), &bare->use, err);
    if (st == HS_OK) st = process_use_read(bench_sidecar_pid(full->sidecar), &full->use, err);
    return st;
}

enum hs_status bench_pair_open(struct bench_pair *p, const struct workload *w,
                               const char *const *full, struct hs_error *err)
{
    enum hs_status st = side_open(&p->sides[SIDE_BARE], w, bare_settings, err);

    if (st == HS_OK) st = side_open(&p->sides[SIDE_FULL], w, full, err);
    return st == HS_OK ? sides_warm_up(&p->sides[SIDE_BARE], &p->sides[SIDE_FULL], err) : st;
}

void bench_pair_close(struct bench_pair *p)
{
    for (int i = 0; i < SIDES; i++) {
        bench_sidecar_close(p->sides[i].sidecar);
        bench_chain_close(p->sides[i].chain);
        latency_fini(&p->sides[i].latency);
        latency_fini(&p->sides[i].run);
    }
}

static enum hs_status side_slice(struct bench_side *s, uint64_t messages, struct hs_error *err)
{
    uint64_t started = latency_clock_us(), before = started, now = started;
    enum hs_status st = HS_OK;

    for (uint64_t i = 0; i < messages && st == HS_OK; i++) {
        struct bench_answer answer;

        st = bench_chain_deliver(s->chain, &answer, err);
        now = latency_clock_us();
        if (st == HS_OK) st = latency_add(&s->latency, now - before, err);
        if (st == HS_OK) st = latency_add(&s->run, answer.run_us, err);
        if (st == HS_OK) s->writes_bytes += answer.writes_bytes;
        before = now;
    }
    if (st != HS_OK) return st;
    s->messages += messages;
    if (now > started) spread_add(&s->per_s, (double)messages * 1e6 / (double)(now - started));
    return HS_OK;
}

/* What a side does behind its own slice, it does in the other's: so both are looked at after both.
 */
static enum hs_status side_look(struct bench_side *s, uint64_t messages, struct hs_error *err)
{
    uint64_t before_us = s->use.cpu_us;
    enum hs_status st = process_use_read(bench_sidecar_pid(s->sidecar), &s->use, err);

    if (st == HS_OK) {
        spread_add(&s->cpu_us, (double)(s->use.cpu_us - before_us) / (double)messages);
    }
    return st;
}

static double last_ratio(const struct spread *above, const struct spread *below)
{
    return above->samples[above->len - 1] / below->samples[below->len - 1];
}

enum hs_status bench_pair_slice(struct bench_pair *p, uint64_t messages, struct hs_error *err)
{
    int first = p->slices++ % 2 == 0 ? SIDE_BARE : SIDE_FULL;
    struct bench_side *bare = &p->sides[SIDE_BARE], *full = &p->sides[SIDE_FULL];
    enum hs_status st = side_slice(&p->sides[first], messages, err);

    assert(messages > 0);
    if (st == HS_OK) st = side_slice(&p->sides[SIDES - 1 - first], messages, err);
    if (st == HS_OK) st = side_look(bare, messages, err);
    if (st == HS_OK) st = side_look(full, messages, err);
    if (st != HS_OK) return st;
    spread_add(&p->on_off, last_ratio(&full->per_s, &bare->per_s));
    spread_add(&p->cpu_on_off, last_ratio(&full->cpu_us, &bare->cpu_us));
    return HS_OK;
}

double bench_pair_latency_ratio(struct bench_pair *p, uint32_t permille)
{
    double bare = latency_quantile(&p->sides[SIDE_BARE].latency, permille);
    double full = latency_quantile(&p->sides[SIDE_FULL].latency, permille);

    return bare > 0 ? full / bare : 0;
}
