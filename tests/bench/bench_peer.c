/* Peer: the same operations, in blocks that are committed alike, under SwingSet.
 *
 *   ours       headstart-node's chain with its LevelDB, a synced batch a block, and the sidecar
 * with log and snapshots (the defaults), over the socket spinning   the same, with --spin and the
 * node's spin_us: who waits asks again and again peer       SwingSet in one process with its SQLite
 * store, committed at each block's end
 *
 * All execute the ledger vat's operations after the same history, in turns, a slice each.
 */
#include "tests/bench/bench.h"
#include "tests/bench/bench_chain.h"
#include "tests/bench/bench_sidecar.h"
#include "tests/bench/peer_process.h"
#include "tests/bench/spread.h"
#include "tests/bench/work_folder.h"
#include "tests/node/chain.h"

#include <errno.h>

enum {
    OPERATIONS = 3,
    BLOCK = CHAIN_BLOCK_MESSAGES_DEFAULT,
    HISTORY_BLOCKS = 25, /* of transactions, before anything is measured */
    FILE_NAME_BYTES = WORK_FOLDER_BYTES + 16,
};

/* Each with its messages; "apply" are the workload's own. */
static const struct {
    const char *name, *message;
} operations[OPERATIONS] = {
    {"apply", NULL},
    {"balance", "{\"to\":\"ledger\",\"method\":\"balance\","
                "\"args\":[\"83807ac2ff932a946c1c682d0ae67cac605502c3\"]}"},
    {"report", "{\"to\":\"ledger\",\"method\":\"report\",\"args\":[]}"},
};

enum waiting { WAITING_ASLEEP, WAITING_SPINNING, WAITINGS };

static const char *const waiting_suffixes[WAITINGS] = {"", "_spinning"};

/* A chain of ours and the sidecar that serves it. They stay, as SwingSet's process does. */
struct ours {
    char data[FILE_NAME_BYTES];
    struct bench_sidecar *sidecar;
    struct chain_options options;
    struct chain *chain;
    struct spread us[OPERATIONS], ratio[OPERATIONS]; /* a message; the peer's ÷ these */
};

struct peer {
    const struct bench_options *options;
    char dir[WORK_FOLDER_BYTES], messages[FILE_NAME_BYTES], store[FILE_NAME_BYTES];
    struct workload_messages *source;
    uint64_t applied; /* transactions so far */
    FILE *file;       /* what our chains execute, written before they do */
    struct buffer block, message;
    struct ours ours[WAITINGS];
    struct peer_process *process;
    struct spread us[OPERATIONS]; /* a message */
};

/* The next block of that operation, for the peer in p->block and for our chains at the file's end.
 */
static enum hs_status block_make(struct peer *p, int operation, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    buffer_clear(&p->block);
    for (int i = 0; i < BLOCK && st == HS_OK; i++) {
        if (operations[operation].message) {
            st = buffer_assign(&p->message, slice_text(operations[operation].message));
        } else {
            st = workload_message(p->source, p->applied++, &p->message, err);
        }
        if (st == HS_OK) st = buffer_append_byte(&p->block, i ? ',' : '[');
        if (st == HS_OK) st = buffer_append(&p->block, buffer_slice(&p->message));
        if (st == HS_OK && fprintf(p->file, "%s\n", buffer_text(&p->message)) < 0) st = HS_IO;
    }
    if (st == HS_OK) st = buffer_append_byte(&p->block, ']');
    return st == HS_OK ? HS_OK : hs_fail(err, st, "bench: making a block");
}

static enum hs_status peer_blocks(struct peer *p, int operation, uint64_t blocks, double *us,
                                  struct hs_error *err)
{
    enum hs_status st = HS_OK;

    *us = 0;
    for (uint64_t i = 0; i < blocks && st == HS_OK; i++) {
        uint64_t began_us;

        st = block_make(p, operation, err);
        began_us = latency_clock_us();
        if (st == HS_OK) st = peer_process_execute(p->process, buffer_slice(&p->block), err);
        *us += (double)(latency_clock_us() - began_us);
    }
    *us /= (double)(blocks * BLOCK);
    return st;
}

static enum hs_status our_blocks(struct ours *o, uint64_t blocks, double *us, struct hs_error *err)
{
    struct chain_report before = *chain_report(o->chain);
    const struct chain_report *after = chain_report(o->chain);
    uint64_t began_us = latency_clock_us();
    enum hs_status st = chain_advance(o->chain, blocks, err);

    *us = (double)(latency_clock_us() - began_us) / (double)(blocks * BLOCK);
    if (st != HS_OK) return st;
    if (after->delivered - before.delivered == blocks * BLOCK && after->rejected == 0) return HS_OK;
    return hs_fail(err, HS_INTERNAL, "bench: %llu messages were executed and %llu rejected",
                   (unsigned long long)(after->delivered - before.delivered),
                   (unsigned long long)after->rejected);
}

/* The same blocks of one operation on all sides. */
static enum hs_status slice_execute(struct peer *p, int operation, uint64_t blocks, double *peer_us,
                                    double ours_us[WAITINGS], struct hs_error *err)
{
    enum hs_status st = peer_blocks(p, operation, blocks, peer_us, err);

    if (st == HS_OK && fflush(p->file) != 0) {
        st = hs_fail_errno(err, HS_IO, errno, "bench: %s", p->messages);
    }
    for (int i = 0; i < WAITINGS && st == HS_OK; i++) {
        st = our_blocks(&p->ours[i], blocks, &ours_us[i], err);
    }
    return st;
}

static enum hs_status slice_measure(struct peer *p, int operation, uint64_t blocks,
                                    struct hs_error *err)
{
    double peer_us, ours_us[WAITINGS];
    enum hs_status st = slice_execute(p, operation, blocks, &peer_us, ours_us, err);

    if (st != HS_OK) return st;
    spread_add(&p->us[operation], peer_us);
    for (int i = 0; i < WAITINGS; i++) {
        spread_add(&p->ours[i].us[operation], ours_us[i]);
        spread_add(&p->ours[i].ratio[operation], peer_us / ours_us[i]);
    }
    return HS_OK;
}

static enum hs_status our_open(struct peer *p, enum waiting waiting, const struct workload *w,
                               struct hs_error *err)
{
    static const char *const settings[WAITINGS][3] = {{NULL}, {"--spin", BENCH_SIDECAR_SPIN, NULL}};
    struct ours *o = &p->ours[waiting];
    enum hs_status st = bench_sidecar_open(w, &o->sidecar, err);

    if (st == HS_OK) st = bench_sidecar_start(o->sidecar, settings[waiting], err);
    if (st != HS_OK) return st;
    (void)snprintf(o->data, sizeof o->data, "%s/node%s", p->dir, waiting_suffixes[waiting]);
    o->options =
        (struct chain_options){.socket_path = bench_sidecar_socket(o->sidecar),
                               .data_dir = o->data,
                               .messages_path = p->messages,
                               .chain_id = BENCH_CHAIN_ID,
                               .block_messages = BLOCK,
                               .spin_us = waiting == WAITING_SPINNING ? BENCH_NODE_SPIN_US : 0,
                               .commit_notice = true};
    return chain_open(&o->options, &o->chain, err);
}

static enum hs_status peer_open(struct peer *p, struct hs_error *err)
{
    const struct workload w = {.program = WORKLOAD_LEDGER};
    double ignored, ours_ignored[WAITINGS];
    enum hs_status st = work_folder_make(p->dir, err);

    if (st != HS_OK) return st;
    (void)snprintf(p->messages, sizeof p->messages, "%s/messages", p->dir);
    (void)snprintf(p->store, sizeof p->store, "%s/peer", p->dir);
    p->file = fopen(p->messages, "we");
    if (!p->file) return hs_fail_errno(err, HS_IO, errno, "bench: %s", p->messages);
    st = workload_messages_open(&w, &p->source, err);
    for (int i = 0; i < WAITINGS && st == HS_OK; i++)
        st = our_open(p, (enum waiting)i, &w, err);
    bench_say("peer: starting SwingSet, which takes minutes the first time");
    if (st == HS_OK) st = peer_process_open(p->store, &p->process, err);
    return st == HS_OK ? slice_execute(p, 0, HISTORY_BLOCKS, &ignored, ours_ignored, err) : st;
}

static void peer_close(struct peer *p)
{
    peer_process_close(p->process);
    for (int i = 0; i < WAITINGS; i++) {
        (void)chain_close(p->ours[i].chain, NULL); /* no answers are written */
        bench_sidecar_close(p->ours[i].sidecar);
    }
    workload_messages_close(p->source);
    if (p->file) (void)fclose(p->file);
    buffer_fini(&p->block);
    buffer_fini(&p->message);
    if (*p->dir) work_folder_remove(p->dir);
}

static void our_print_json(const struct ours *o, const char *suffix, int operation)
{
    char key[32];

    (void)snprintf(key, sizeof key, "ours%s_us", suffix);
    (void)printf(",");
    spread_print_json(&o->us[operation], key, 0);
    (void)snprintf(key, sizeof key, "ratio%s", suffix);
    (void)printf(",");
    spread_print_json(&o->ratio[operation], key, 2);
}

static void print_json(const struct peer *p)
{
    (void)printf("{\"schema\":1,\"rows\":[");
    for (int i = 0; i < OPERATIONS; i++) {
        (void)printf("%s{\"operation\":\"%s\",", i ? "," : "", operations[i].name);
        spread_print_json(&p->us[i], "peer_us", 0);
        for (int j = 0; j < WAITINGS; j++)
            our_print_json(&p->ours[j], waiting_suffixes[j], i);
        (void)printf("}");
    }
    (void)printf("],");
    machine_print_json(&p->options->machine, stdout);
    (void)printf("}\n");
}

static void print_table(const struct peer *p)
{
    static const char *const titles[WAITINGS] = {"who waits for an answer sleeps",
                                                 "who waits for an answer spins"};

    (void)printf("us a message, in blocks of %d, each committed (min, median, max of slices)\n",
                 BLOCK);
    for (int j = 0; j < WAITINGS; j++) {
        (void)printf("\n%s\n  operation  SwingSet                    ours                        "
                     "ratio\n",
                     titles[j]);
        for (int i = 0; i < OPERATIONS; i++) {
            (void)printf("  %-9s", operations[i].name);
            spread_print(&p->us[i], 8, 0);
            (void)printf("  ");
            spread_print(&p->ours[j].us[i], 8, 0);
            (void)printf("  ");
            spread_print(&p->ours[j].ratio[i], 7, 2);
            (void)printf("\n");
        }
    }
}

static enum hs_status measure(struct peer *p, struct hs_error *err)
{
    uint64_t repeats = p->options->repeats, blocks = p->options->messages[0] / BLOCK;
    struct progress_bar bar;
    enum hs_status st = HS_OK;

    if (blocks == 0) blocks = 1;
    progress_bar_start(&bar, "peer", true);
    for (uint64_t i = 0; i < repeats * OPERATIONS && st == HS_OK; i++) {
        progress_bar_show(&bar, i * blocks * BLOCK, i, repeats * OPERATIONS);
        st = slice_measure(p, (int)(i % OPERATIONS), blocks, err);
    }
    progress_bar_end(&bar);
    return st;
}

enum hs_status bench_peer(const struct bench_options *options, struct hs_error *err)
{
    struct peer p = {.options = options};
    enum hs_status st = peer_open(&p, err);

    if (st == HS_OK) st = measure(&p, err);
    if (st == HS_OK) (options->json ? print_json : print_table)(&p);
    peer_close(&p);
    return st;
}
