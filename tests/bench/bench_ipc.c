/* IPC: what the way to the sidecar and back costs, beside the kernel's own work.
 *
 *   node ──frame──► loop ──job──► kernel, kernel_us ──answer──► loop ──frame──► node
 *     └──────────────────── deliver_us, in the library ──────────────────────────┘
 *
 * Against a bare ping-pong of the same sizes over the same kind of socket, in turns, a slice each,
 * and each manner of waiting against its own: `ratio` is (deliver_us - kernel_us) ÷ ping_us where
 * who waits sleeps, `ratio_spinning` the same where both ends spin (--spin, spin_us). Beside the
 * former stands a ping whose other end works as long as the kernel does before it answers: the
 * least that a socket can give there. By medians; log and snapshots off. Processor time is of both
 * processes, a message.
 */
#include "tests/bench/bench.h"
#include "tests/bench/bench_chain.h"
#include "tests/bench/bench_sidecar.h"
#include "tests/bench/ping_pong.h"
#include "tests/bench/process_use.h"
#include "tests/bench/spread.h"

#include <unistd.h>

enum { WARM_UP_MESSAGES = 500 };

/* A node and its sidecar. */
struct ipc_side {
    struct bench_sidecar *sidecar;
    struct bench_chain *chain;
    struct spread deliver_us, kernel_us, way_us; /* medians of slices */
    struct spread per_s, node_cpu_us, sidecar_cpu_us;
};

enum { IPC_SLEEPING, IPC_SPINNING, IPC_SIDES };

struct ipc {
    const struct bench_options *options;
    struct ipc_side sides[IPC_SIDES];
    struct ping_pong pings[PING_MANNERS];
    struct spread ping_us[PING_MANNERS], ratio[PING_MANNERS];
};

/* Which of the two is held against a ping of that manner. */
static const int side_of[PING_MANNERS] = {[PING_SPINNING] = IPC_SPINNING};

struct ipc_samples { /* in nanoseconds */
    struct latency deliver, kernel, way;
};

static double median_us(struct latency *ns)
{
    return (double)latency_quantile(ns, 500) / 1000;
}

static enum hs_status samples_take(struct ipc_side *s, struct ipc_samples *out, uint64_t messages,
                                   struct hs_error *err)
{
    enum hs_status st = HS_OK;

    for (uint64_t i = 0; i < messages && st == HS_OK; i++) {
        struct bench_answer answer;
        uint64_t kernel_ns;

        st = bench_chain_deliver(s->chain, &answer, err);
        if (st != HS_OK) break;
        kernel_ns = (uint64_t)answer.run_us * 1000;
        st = latency_add(&out->deliver, answer.call_ns, err);
        if (st == HS_OK) st = latency_add(&out->kernel, kernel_ns, err);
        if (st == HS_OK) st = latency_add(&out->way, answer.call_ns - kernel_ns, err);
    }
    return st;
}

static enum hs_status uses_read(const struct ipc_side *s, struct process_use *node,
                                struct process_use *sidecar, struct hs_error *err)
{
    enum hs_status st = process_use_read(getpid(), node, err);

    return st == HS_OK ? process_use_read(bench_sidecar_pid(s->sidecar), sidecar, err) : st;
}

static double a_message(uint64_t from_us, uint64_t to_us, uint64_t messages)
{
    return (double)(to_us - from_us) / (double)messages;
}

static enum hs_status deliver_slice(struct ipc_side *s, uint64_t messages, struct hs_error *err)
{
    struct ipc_samples samples = {.deliver = {.samples = {0}}};
    struct process_use node[2], sidecar[2];
    uint64_t begun_ns = 0, took_ns = 0;
    enum hs_status st = uses_read(s, &node[0], &sidecar[0], err);

    if (st == HS_OK) {
        begun_ns = latency_clock_ns();
        st = samples_take(s, &samples, messages, err);
        took_ns = latency_clock_ns() - begun_ns;
    }
    if (st == HS_OK) st = uses_read(s, &node[1], &sidecar[1], err);
    if (st == HS_OK) {
        spread_add(&s->deliver_us, median_us(&samples.deliver));
        spread_add(&s->kernel_us, median_us(&samples.kernel));
        spread_add(&s->way_us, median_us(&samples.way));
        spread_add(&s->per_s, (double)messages * 1e9 / (double)took_ns);
        spread_add(&s->node_cpu_us, a_message(node[0].cpu_us, node[1].cpu_us, messages));
        spread_add(&s->sidecar_cpu_us, a_message(sidecar[0].cpu_us, sidecar[1].cpu_us, messages));
    }
    latency_fini(&samples.deliver);
    latency_fini(&samples.kernel);
    latency_fini(&samples.way);
    return st;
}

static enum hs_status ping_slice(struct ipc *c, enum ping_manner manner, uint64_t pings,
                                 struct hs_error *err)
{
    const struct spread *way_us = &c->sides[side_of[manner]].way_us;
    struct latency samples = {.samples = {0}};
    enum hs_status st = ping_pong_run(&c->pings[manner], pings, &samples, err);
    double us = median_us(&samples);

    latency_fini(&samples);
    if (st != HS_OK) return st;
    spread_add(&c->ping_us[manner], us);
    spread_add(&c->ratio[manner], way_us->samples[way_us->len - 1] / us);
    return HS_OK;
}

static enum hs_status ipc_slice(struct ipc *c, uint64_t messages, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    for (int i = 0; i < IPC_SIDES && st == HS_OK; i++) {
        st = deliver_slice(&c->sides[i], messages, err);
    }
    for (int manner = 0; manner < PING_MANNERS && st == HS_OK; manner++) {
        st = ping_slice(c, (enum ping_manner)manner, messages, err);
    }
    return st;
}

/* The sidecar is asked how much it read and wrote for so many messages; if its threads wake one
 * another, that is among it, some bytes. */
static enum hs_status pings_describe(struct ipc *c, struct hs_error *err)
{
    const struct ipc_side *s = &c->sides[IPC_SLEEPING];
    struct process_use before, after;
    struct ipc_samples samples = {.deliver = {.samples = {0}}};
    enum hs_status st = process_use_read(bench_sidecar_pid(s->sidecar), &before, err);

    if (st == HS_OK) {
        st = samples_take(&c->sides[IPC_SLEEPING], &samples, WARM_UP_MESSAGES, err);
    }
    if (st == HS_OK) st = process_use_read(bench_sidecar_pid(s->sidecar), &after, err);
    for (int manner = 0; manner < PING_MANNERS && st == HS_OK; manner++) {
        c->pings[manner] = (struct ping_pong){
            .manner = (enum ping_manner)manner,
            .question_bytes = (after.read_bytes - before.read_bytes) / WARM_UP_MESSAGES + 1,
            .answer_bytes = (after.written_bytes - before.written_bytes) / WARM_UP_MESSAGES + 1};
    }
    c->pings[PING_WORKING].work_us = median_us(&samples.kernel);
    latency_fini(&samples.deliver);
    latency_fini(&samples.kernel);
    latency_fini(&samples.way);
    return st;
}

static enum hs_status side_open(struct ipc_side *s, const struct workload *w, bool spins,
                                struct hs_error *err)
{
    const char *const settings[] = {
        "--snapshot-every", "0", "--no-log", "--spin", spins ? BENCH_SIDECAR_SPIN : "0", NULL};
    enum hs_status st = bench_chain_open(w, &s->chain, err);

    if (st == HS_OK) st = bench_sidecar_open(w, &s->sidecar, err);
    if (st == HS_OK) st = bench_sidecar_start(s->sidecar, settings, err);
    if (st == HS_OK) {
        bench_chain_spin(s->chain, spins ? BENCH_NODE_SPIN_US : 0);
        st = bench_chain_connect(s->chain, bench_sidecar_socket(s->sidecar), err);
    }
    if (st == HS_OK) st = bench_chain_deliver(s->chain, NULL, err); /* makes the vats */
    return st;
}

static enum hs_status ipc_open(struct ipc *c, struct hs_error *err)
{
    const struct workload w = {.heap_mib = c->options->heap_mib};
    enum hs_status st = HS_OK;

    for (int i = 0; i < IPC_SIDES && st == HS_OK; i++) {
        st = side_open(&c->sides[i], &w, i == IPC_SPINNING, err);
    }
    if (st == HS_OK) st = pings_describe(c, err);
    for (int manner = 0; manner < PING_MANNERS && st == HS_OK; manner++) {
        st = ping_pong_open(&c->pings[manner], err);
    }
    return st;
}

static void ipc_close(struct ipc *c)
{
    for (int manner = 0; manner < PING_MANNERS; manner++) {
        ping_pong_close(&c->pings[manner]);
    }
    for (int i = 0; i < IPC_SIDES; i++) {
        bench_sidecar_close(c->sides[i].sidecar);
        bench_chain_close(c->sides[i].chain);
    }
}

/* --- what is told --- */

struct ipc_row {
    const char *title, *key;
    const struct spread *figures;
    int decimals;
};

static void print_json(const struct ipc *c, const struct ipc_row *rows, size_t rows_len)
{
    (void)printf("{\"schema\":1,\"question_bytes\":%zu,\"answer_bytes\":%zu,",
                 c->pings[0].question_bytes, c->pings[0].answer_bytes);
    for (size_t i = 0; i < rows_len; i++) {
        if (!rows[i].key) continue;
        spread_print_json(rows[i].figures, rows[i].key, rows[i].decimals);
        (void)printf(",");
    }
    machine_print_json(&c->options->machine, stdout);
    (void)printf("}\n");
}

static void print_table(const struct ipc *c, const struct ipc_row *rows, size_t rows_len)
{
    (void)printf("The way to the sidecar and back, us (min, median, max of slices' medians);\n"
                 "pings have %zu bytes there and %zu back\n",
                 c->pings[0].question_bytes, c->pings[0].answer_bytes);
    for (size_t i = 0; i < rows_len; i++) {
        if (rows[i].key) {
            (void)printf("  %-44s ", rows[i].title);
            spread_print(rows[i].figures, 8, rows[i].decimals);
            (void)printf("\n");
        } else {
            (void)printf("\n%s\n", rows[i].title);
        }
    }
}

static void ipc_tell(const struct ipc *c)
{
    const struct ipc_side *sleeping = &c->sides[IPC_SLEEPING], *spinning = &c->sides[IPC_SPINNING];
    const struct ipc_row rows[] = {
        {.title = "idle: who waits sleeps"},
        {"a delivery", "deliver_us", &sleeping->deliver_us, 1},
        {"the kernel in it", "kernel_us", &sleeping->kernel_us, 1},
        {"a bare ping", "ping_us", &c->ping_us[PING_IDLE], 1},
        {"(delivery - kernel) / ping", "ratio", &c->ratio[PING_IDLE], 2},
        {"a ping whose other end works as long", "ping_working_us", &c->ping_us[PING_WORKING], 1},
        {"(delivery - kernel) / that", "ratio_working", &c->ratio[PING_WORKING], 2},
        {"messages a second", "per_s", &sleeping->per_s, 0},
        {"the node's processor time", "node_cpu_us", &sleeping->node_cpu_us, 1},
        {"the sidecar's", "sidecar_cpu_us", &sleeping->sidecar_cpu_us, 1},
        {.title = "spinning: who waits asks again and again"},
        {"a delivery", "deliver_spinning_us", &spinning->deliver_us, 1},
        {"the kernel in it", "kernel_spinning_us", &spinning->kernel_us, 1},
        {"a bare ping", "ping_spinning_us", &c->ping_us[PING_SPINNING], 1},
        {"(delivery - kernel) / ping", "ratio_spinning", &c->ratio[PING_SPINNING], 2},
        {"messages a second", "per_s_spinning", &spinning->per_s, 0},
        {"the node's processor time", "node_cpu_spinning_us", &spinning->node_cpu_us, 1},
        {"the sidecar's", "sidecar_cpu_spinning_us", &spinning->sidecar_cpu_us, 1},
    };

    (c->options->json ? print_json : print_table)(c, rows, sizeof rows / sizeof *rows);
}

enum hs_status bench_ipc(const struct bench_options *options, struct hs_error *err)
{
    struct ipc c = {.options = options};
    struct progress_bar bar;
    uint64_t slice = options->messages[0] / options->repeats + 1;
    enum hs_status st = ipc_open(&c, err);

    progress_bar_start(&bar, "ipc", true);
    for (uint64_t i = 0; i < options->repeats && st == HS_OK; i++) {
        progress_bar_show(&bar, i * slice, i, options->repeats);
        st = ipc_slice(&c, slice, err);
    }
    progress_bar_end(&bar);
    if (st == HS_OK) ipc_tell(&c);
    ipc_close(&c);
    return st;
}
