/* Peer: the same operations, in blocks that are committed alike, under SwingSet.
 *
 *   ours   headstart-node's chain with its LevelDB, a synced batch a block, and the sidecar with
 * log and snapshots (the defaults), over the socket peer   SwingSet in one process with its SQLite
 * store, committed at each block's end
 *
 * Both execute the ledger vat's operations after the same history, in turns, a slice each.
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

struct peer {
    const struct bench_options *options;
    char dir[WORK_FOLDER_BYTES], messages[FILE_NAME_BYTES], data[FILE_NAME_BYTES],
        store[FILE_NAME_BYTES];
    struct workload_messages *source;
    uint64_t applied; /* transactions so far */
    FILE *file;       /* what the chain executes, written before it does */
    struct buffer block, message;
    struct bench_sidecar *sidecar;
    struct chain_options chain_options;
    struct chain *chain;
    struct peer_process *process;
    struct spread peer_us[OPERATIONS], ours_us[OPERATIONS], ratio[OPERATIONS]; /* a message */
};

/* The next block of that operation, for the peer in p->block and for the chain at the file's end.
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

static enum hs_status our_blocks(struct peer *p, uint64_t blocks, double *us, struct hs_error *err)
{
    struct chain_report before = *chain_report(p->chain);
    const struct chain_report *after = chain_report(p->chain);
    uint64_t began_us;
    enum hs_status st;

    if (fflush(p->file) != 0) return hs_fail_errno(err, HS_IO, errno, "bench: %s", p->messages);
    began_us = latency_clock_us();
    st = chain_advance(p->chain, blocks, err);
    *us = (double)(latency_clock_us() - began_us) / (double)(blocks * BLOCK);
    if (st != HS_OK) return st;
    if (after->delivered - before.delivered == blocks * BLOCK && after->rejected == 0) return HS_OK;
    return hs_fail(err, HS_INTERNAL, "bench: %llu messages were executed and %llu rejected",
                   (unsigned long long)(after->delivered - before.delivered),
                   (unsigned long long)after->rejected);
}

static enum hs_status slice_measure(struct peer *p, int operation, uint64_t blocks,
                                    struct hs_error *err)
{
    double peer_us = 0, ours_us = 0;
    enum hs_status st = peer_blocks(p, operation, blocks, &peer_us, err);

    if (st == HS_OK) st = our_blocks(p, blocks, &ours_us, err);
    if (st != HS_OK) return st;
    spread_add(&p->peer_us[operation], peer_us);
    spread_add(&p->ours_us[operation], ours_us);
    spread_add(&p->ratio[operation], peer_us / ours_us);
    return HS_OK;
}

/* One that stays, as SwingSet's process does. */
static enum hs_status our_open(struct peer *p, const struct workload *w, struct hs_error *err)
{
    enum hs_status st = bench_sidecar_open(w, &p->sidecar, err);

    if (st == HS_OK) st = bench_sidecar_start(p->sidecar, NULL, err);
    if (st != HS_OK) return st;
    p->chain_options = (struct chain_options){.socket_path = bench_sidecar_socket(p->sidecar),
                                              .data_dir = p->data,
                                              .messages_path = p->messages,
                                              .chain_id = BENCH_CHAIN_ID,
                                              .block_messages = BLOCK,
                                              .commit_notice = true};
    return chain_open(&p->chain_options, &p->chain, err);
}

static enum hs_status peer_open(struct peer *p, struct hs_error *err)
{
    const struct workload w = {.program = WORKLOAD_LEDGER};
    double ignored;
    enum hs_status st = work_folder_make(p->dir, err);

    if (st != HS_OK) return st;
    (void)snprintf(p->messages, sizeof p->messages, "%s/messages", p->dir);
    (void)snprintf(p->data, sizeof p->data, "%s/node", p->dir);
    (void)snprintf(p->store, sizeof p->store, "%s/peer", p->dir);
    p->file = fopen(p->messages, "we");
    if (!p->file) return hs_fail_errno(err, HS_IO, errno, "bench: %s", p->messages);
    st = workload_messages_open(&w, &p->source, err);
    if (st == HS_OK) st = our_open(p, &w, err);
    bench_say("peer: starting SwingSet, which takes minutes the first time");
    if (st == HS_OK) st = peer_process_open(p->store, &p->process, err);
    if (st == HS_OK) st = peer_blocks(p, 0, HISTORY_BLOCKS, &ignored, err);
    if (st == HS_OK) st = our_blocks(p, HISTORY_BLOCKS, &ignored, err);
    return st;
}

static void peer_close(struct peer *p)
{
    peer_process_close(p->process);
    (void)chain_close(p->chain, NULL); /* no answers are written */
    bench_sidecar_close(p->sidecar);
    workload_messages_close(p->source);
    if (p->file) (void)fclose(p->file);
    buffer_fini(&p->block);
    buffer_fini(&p->message);
    if (*p->dir) work_folder_remove(p->dir);
}

static void print_json(const struct peer *p)
{
    (void)printf("{\"schema\":1,\"rows\":[");
    for (int i = 0; i < OPERATIONS; i++) {
        (void)printf("%s{\"operation\":\"%s\",", i ? "," : "", operations[i].name);
        spread_print_json(&p->peer_us[i], "peer_us", 0);
        (void)printf(",");
        spread_print_json(&p->ours_us[i], "ours_us", 0);
        (void)printf(",");
        spread_print_json(&p->ratio[i], "ratio", 2);
        (void)printf("}");
    }
    (void)printf("],");
    machine_print_json(&p->options->machine, stdout);
    (void)printf("}\n");
}

static void print_table(const struct peer *p)
{
    (void)printf("us a message, in blocks of %d, each committed (min, median, max of slices)\n\n"
                 "  operation  SwingSet                    ours                        ratio\n",
                 BLOCK);
    for (int i = 0; i < OPERATIONS; i++) {
        (void)printf("  %-9s", operations[i].name);
        spread_print(&p->peer_us[i], 8, 0);
        (void)printf("  ");
        spread_print(&p->ours_us[i], 8, 0);
        (void)printf("  ");
        spread_print(&p->ratio[i], 7, 2);
        (void)printf("\n");
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
