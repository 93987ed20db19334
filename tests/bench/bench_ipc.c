/* IPC: what the way to the sidecar and back costs, beside the kernel's own work.
 *
 *   node ──frame──► loop ──job──► kernel, kernel_us ──answer──► loop ──frame──► node
 *     └───────────────────────────── deliver_us ────────────────────────────────┘
 *
 * Against a bare ping-pong of the same sizes over the same kind of socket, in turns, a slice each:
 * `ratio` is (deliver_us - kernel_us) ÷ ping_us. A ping's ends sleep while they wait, as ours do;
 * the same with ends that spin is told beside it, by its name. All by medians; log and snapshots
 * off.
 */
#include "tests/bench/bench.h"
#include "tests/bench/bench_chain.h"
#include "tests/bench/bench_sidecar.h"
#include "tests/bench/ping_pong.h"
#include "tests/bench/process_use.h"
#include "tests/bench/spread.h"

enum { WARM_UP_MESSAGES = 500 };

struct ipc {
    const struct bench_options *options;
    struct bench_sidecar *sidecar;
    struct bench_chain *chain;
    struct ping_pong pings[PING_MANNERS];
    struct spread ping_us[PING_MANNERS], ratio[PING_MANNERS]; /* medians of slices */
    struct spread deliver_us, kernel_us;
};

static enum hs_status deliver_slice(struct ipc *c, uint64_t messages, double *way_us,
                                    struct hs_error *err)
{
    struct latency deliver = {0}, kernel = {0};
    enum hs_status st = HS_OK;

    for (uint64_t i = 0; i < messages && st == HS_OK; i++) {
        struct bench_answer answer;
        uint64_t us = latency_clock_us();

        st = bench_chain_deliver(c->chain, &answer, err);
        us = latency_clock_us() - us;
        if (st == HS_OK) st = latency_add(&deliver, us, err);
        if (st == HS_OK) st = latency_add(&kernel, answer.run_us, err);
    }
    if (st == HS_OK) {
        double deliver_us = latency_quantile_us(&deliver, 500);
        double kernel_us = latency_quantile_us(&kernel, 500);

        spread_add(&c->deliver_us, deliver_us);
        spread_add(&c->kernel_us, kernel_us);
        *way_us = deliver_us - kernel_us;
    }
    latency_fini(&deliver);
    latency_fini(&kernel);
    return st;
}

static enum hs_status ipc_slice(struct ipc *c, uint64_t messages, struct hs_error *err)
{
    double way_us = 0;
    enum hs_status st = deliver_slice(c, messages, &way_us, err);

    for (int manner = 0; manner < PING_MANNERS && st == HS_OK; manner++) {
        struct latency pings = {0};
        double us;

        st = ping_pong_run(&c->pings[manner], messages, &pings, err);
        us = latency_quantile_us(&pings, 500);
        if (us < 1) us = 1; /* the clock's step */
        spread_add(&c->ping_us[manner], us);
        spread_add(&c->ratio[manner], way_us / us);
        latency_fini(&pings);
    }
    return st;
}

/* The sidecar is asked how much it read and wrote for so many messages; if its threads wake one
 * another, that is among it, some bytes. */
static enum hs_status sizes_find(struct ipc *c, struct hs_error *err)
{
    struct process_use before, after;
    enum hs_status st = process_use_read(bench_sidecar_pid(c->sidecar), &before, err);

    for (int i = 0; i < WARM_UP_MESSAGES && st == HS_OK; i++) {
        st = bench_chain_deliver(c->chain, NULL, err);
    }
    if (st == HS_OK) st = process_use_read(bench_sidecar_pid(c->sidecar), &after, err);
    for (int manner = 0; manner < PING_MANNERS && st == HS_OK; manner++) {
        c->pings[manner] = (struct ping_pong){
            .manner = (enum ping_manner)manner,
            .question_bytes = (after.read_bytes - before.read_bytes) / WARM_UP_MESSAGES + 1,
            .answer_bytes = (after.written_bytes - before.written_bytes) / WARM_UP_MESSAGES + 1};
    }
    return st;
}

static enum hs_status ipc_open(struct ipc *c, struct hs_error *err)
{
    static const char *const off[] = {"--snapshot-every", "0", "--no-log", NULL};
    const struct workload w = {.heap_mib = c->options->heap_mib};
    enum hs_status st = bench_chain_open(&w, &c->chain, err);

    if (st == HS_OK) st = bench_sidecar_open(&w, &c->sidecar, err);
    if (st == HS_OK) st = bench_sidecar_start(c->sidecar, off, err);
    if (st == HS_OK) st = bench_chain_connect(c->chain, bench_sidecar_socket(c->sidecar), err);
    if (st == HS_OK) st = bench_chain_deliver(c->chain, NULL, err); /* makes the vats */
    if (st == HS_OK) st = sizes_find(c, err);
    return st;
}

static void print_json(const struct ipc *c)
{
    (void)printf("{\"schema\":1,\"question_bytes\":%zu,\"answer_bytes\":%zu,",
                 c->pings[0].question_bytes, c->pings[0].answer_bytes);
    spread_print_json(&c->ping_us[PING_IDLE], "ping_us", 1);
    (void)printf(",");
    spread_print_json(&c->deliver_us, "deliver_us", 1);
    (void)printf(",");
    spread_print_json(&c->kernel_us, "kernel_us", 1);
    (void)printf(",");
    spread_print_json(&c->ratio[PING_IDLE], "ratio", 2);
    (void)printf(",");
    spread_print_json(&c->ping_us[PING_SPINNING], "ping_spinning_us", 1);
    (void)printf(",");
    spread_print_json(&c->ratio[PING_SPINNING], "ratio_spinning", 2);
    (void)printf(",");
    machine_print_json(&c->options->machine, stdout);
    (void)printf("}\n");
}

static void line_print(const char *name, const struct spread *s)
{
    (void)printf("  %-42s ", name);
    spread_print(s, 8, 1);
    (void)printf("\n");
}

static void print_table(const struct ipc *c)
{
    (void)printf("The way to the sidecar and back, us (min, median, max of slices' medians)\n\n");
    line_print("a delivery", &c->deliver_us);
    line_print("the kernel in it", &c->kernel_us);
    (void)printf("  a ping of the same sizes, %zu bytes there and %zu back:\n",
                 c->pings[0].question_bytes, c->pings[0].answer_bytes);
    line_print("  idle: who waits sleeps", &c->ping_us[PING_IDLE]);
    line_print("  spinning: who waits asks all the time", &c->ping_us[PING_SPINNING]);
    line_print("(delivery - kernel) / ping, idle", &c->ratio[PING_IDLE]);
    line_print("(delivery - kernel) / ping, spinning", &c->ratio[PING_SPINNING]);
}

enum hs_status bench_ipc(const struct bench_options *options, struct hs_error *err)
{
    struct ipc c = {.options = options};
    struct progress_bar bar;
    uint64_t slice = options->messages[0] / options->repeats + 1;
    enum hs_status st = ipc_open(&c, err);

    for (int manner = 0; manner < PING_MANNERS && st == HS_OK; manner++) {
        st = ping_pong_open(&c.pings[manner], err);
    }
    progress_bar_start(&bar, "ipc", true);
    for (uint64_t i = 0; i < options->repeats && st == HS_OK; i++) {
        progress_bar_show(&bar, i * slice, i, options->repeats);
        st = ipc_slice(&c, slice, err);
    }
    progress_bar_end(&bar);
    if (st == HS_OK) (options->json ? print_json : print_table)(&c);
    for (int manner = 0; manner < PING_MANNERS; manner++) {
        ping_pong_close(&c.pings[manner]);
    }
    bench_sidecar_close(c.sidecar);
    bench_chain_close(c.chain);
    return st;
}
