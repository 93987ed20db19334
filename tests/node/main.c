/* headstart-node: the command line of the reference chain node. stdout is the result, one JSON
 * document; everything else goes to stderr. */
#include "kernel/state/decimal.h"
#include "tests/node/chain.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The exit codes of docs/operations.md that this program can end with. */
enum {
    NODE_EXIT_OK = 0,
    NODE_EXIT_FAILED = 1,
    NODE_EXIT_UNREACHABLE = 2,
    NODE_EXIT_USAGE = 64,
    NODE_EXIT_DAMAGED = 65,
    NODE_EXIT_NO_INPUT = 66,
    NODE_EXIT_INTERNAL = 70,
    NODE_EXIT_IO = 74,
    NODE_EXIT_LOCKED = 75,
    NODE_EXIT_PERMISSION = 77,
    NODE_EXIT_CONFIG = 78,
};

static const char usage_text[] =
    "Usage: headstart-node --socket PATH --data DIR --messages FILE [options]\n"
    "\n"
    "The reference chain node: commits blocks of messages into its own LevelDB store and has\n"
    "headstart's kernel execute them. Started again, it goes on behind its last block.\n"
    "\n"
    "  --socket PATH         headstart's socket (default: HEADSTART_SOCKET, else the platform's)\n"
    "  --data DIR            the node's own store; created if missing\n"
    "  --messages FILE       the input, one JSON message a line\n"
    "  --chain-id ID         default: headstart\n"
    "  --block-size N        messages a block (default 20)\n"
    "  --block-ticks T       ticks for runs at each block's end (default 0: none are sent)\n"
    "  --blocks N            stop after N blocks (default: at the end of the file)\n"
    "  --interval-ms N       pause between blocks (default 0)\n"
    "  --spin US             ask for an answer so long before sleeping (default 0; at most 10000)\n"
    "  --revert-every K      every Kth message's transaction fails once and is delivered again\n"
    "  --repropose K         every Kth block is executed in vain first, from its last message on\n"
    "  --import FILE         begin an empty store with that genesis (headstart genesis, --export)\n"
    "  --export FILE         in the end write the store there, as a genesis\n"
    "  --rollback BLOCKS     first go back that many blocks\n"
    "  --crash-after K       kill itself after K deliveries, inside a block\n"
    "  --attach              have headstart at our position before the first message is sent\n"
    "  --commit-notice yes|no  tell headstart of each committed block (default yes)\n"
    "  --answers FILE        append every committed message's answer to FILE, a JSON line each\n"
    "  --print-store-hash    add the digest of the real store to the result\n"
    "  --json                the JSON result alone, no summary for people\n"
    "  -h, --help    -V, --version\n";

enum node_flag {
    FLAG_SOCKET = 256,
    FLAG_DATA,
    FLAG_MESSAGES,
    FLAG_CHAIN_ID,
    FLAG_BLOCK_SIZE,
    FLAG_BLOCK_TICKS,
    FLAG_BLOCKS,
    FLAG_INTERVAL_MS,
    FLAG_SPIN,
    FLAG_REVERT_EVERY,
    FLAG_REPROPOSE,
    FLAG_IMPORT,
    FLAG_EXPORT,
    FLAG_ROLLBACK,
    FLAG_CRASH_AFTER,
    FLAG_ATTACH,
    FLAG_COMMIT_NOTICE,
    FLAG_ANSWERS,
    FLAG_STORE_HASH,
    FLAG_JSON,
};

static const struct option node_flags[] = {
    {"socket", required_argument, NULL, FLAG_SOCKET},
    {"data", required_argument, NULL, FLAG_DATA},
    {"messages", required_argument, NULL, FLAG_MESSAGES},
    {"chain-id", required_argument, NULL, FLAG_CHAIN_ID},
    {"block-size", required_argument, NULL, FLAG_BLOCK_SIZE},
    {"block-ticks", required_argument, NULL, FLAG_BLOCK_TICKS},
    {"blocks", required_argument, NULL, FLAG_BLOCKS},
    {"interval-ms", required_argument, NULL, FLAG_INTERVAL_MS},
    {"spin", required_argument, NULL, FLAG_SPIN},
    {"revert-every", required_argument, NULL, FLAG_REVERT_EVERY},
    {"repropose", required_argument, NULL, FLAG_REPROPOSE},
    {"import", required_argument, NULL, FLAG_IMPORT},
    {"export", required_argument, NULL, FLAG_EXPORT},
    {"rollback", required_argument, NULL, FLAG_ROLLBACK},
    {"crash-after", required_argument, NULL, FLAG_CRASH_AFTER},
    {"attach", no_argument, NULL, FLAG_ATTACH},
    {"commit-notice", required_argument, NULL, FLAG_COMMIT_NOTICE},
    {"answers", required_argument, NULL, FLAG_ANSWERS},
    {"print-store-hash", no_argument, NULL, FLAG_STORE_HASH},
    {"json", no_argument, NULL, FLAG_JSON},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static int node_usage(const char *what, const char *value)
{
    (void)fprintf(stderr, "headstart-node: %s%s; see headstart-node --help\n", what, value);
    return NODE_EXIT_USAGE;
}

/* The flags that take a number; NULL for the others. */
static uint64_t *node_number_of(struct chain_options *o, int flag)
{
    switch (flag) {
    case FLAG_BLOCK_SIZE: return &o->block_messages;
    case FLAG_BLOCK_TICKS: return &o->block_ticks;
    case FLAG_BLOCKS: return &o->blocks_max;
    case FLAG_INTERVAL_MS: return &o->interval_ms;
    case FLAG_SPIN: return &o->spin_us;
    case FLAG_REVERT_EVERY: return &o->revert_every;
    case FLAG_REPROPOSE: return &o->repropose_every;
    case FLAG_ROLLBACK: return &o->rollback_blocks;
    case FLAG_CRASH_AFTER: return &o->crash_after;
    default: return NULL;
    }
}

/* The flags that take a text; NULL for the others. */
static const char **node_text_of(struct chain_options *o, int flag)
{
    switch (flag) {
    case FLAG_SOCKET: return &o->socket_path;
    case FLAG_DATA: return &o->data_dir;
    case FLAG_MESSAGES: return &o->messages_path;
    case FLAG_CHAIN_ID: return &o->chain_id;
    case FLAG_ANSWERS: return &o->answers_path;
    case FLAG_IMPORT: return &o->import_path;
    case FLAG_EXPORT: return &o->export_path;
    default: return NULL;
    }
}

/* One flag into the options; an exit code when it is no good, else -1. */
static int node_flag_set(struct chain_options *o, bool *json, int flag, const char *value)
{
    uint64_t *number = node_number_of(o, flag);
    const char **text = node_text_of(o, flag);

    if (number != NULL) {
        if (uint_parse(slice_text(value), number) == HS_OK) return -1;
        return node_usage("a whole number was expected, not ", value);
    }
    if (text != NULL) {
        *text = value;
    } else if (flag == FLAG_COMMIT_NOTICE) {
        o->commit_notice = strcmp(value, "yes") == 0;
        if (!o->commit_notice && strcmp(value, "no") != 0) {
            return node_usage("--commit-notice takes yes or no, not ", value);
        }
    } else if (flag == FLAG_ATTACH) {
        o->attach = true;
    } else if (flag == FLAG_STORE_HASH) {
        o->store_hash = true;
    } else {
        assert(flag == FLAG_JSON);
        *json = true;
    }
    return -1;
}

/* Read the command line; an exit code when there is nothing to run, else -1. */
static int node_options_read(int argc, char **argv, struct chain_options *o, bool *json)
{
    int flag;

    while ((flag = getopt_long(argc, argv, "hV", node_flags, NULL)) != -1) {
        if (flag == 'h') {
            (void)fputs(usage_text, stdout);
            return NODE_EXIT_OK;
        }
        if (flag == 'V') {
            (void)puts("headstart-node " HEADSTART_VERSION_TEXT);
            return NODE_EXIT_OK;
        }
        if (flag == '?') return node_usage("the command line was not understood", "");
        int code = node_flag_set(o, json, flag, optarg);
        if (code >= 0) return code;
    }
    if (optind < argc) return node_usage("unexpected word: ", argv[optind]);
    if (o->data_dir == NULL) return node_usage("--data is missing", "");
    if (o->messages_path == NULL) return node_usage("--messages is missing", "");
    if (o->block_messages == 0) return node_usage("--block-size must be at least 1", "");
    return -1;
}

static int node_exit_code(enum hs_status st, const struct hs_error *err)
{
    if (st == HS_IO && err->errnum == EACCES) return NODE_EXIT_PERMISSION;
    switch (st) {
    case HS_OK: return NODE_EXIT_OK;
    case HS_PEER_GONE: return NODE_EXIT_UNREACHABLE;
    case HS_CORRUPT: return NODE_EXIT_DAMAGED;
    case HS_NOT_FOUND:
    case HS_INVALID: return NODE_EXIT_NO_INPUT;
    case HS_IO: return NODE_EXIT_IO;
    case HS_BUSY:
    case HS_LOCKED: return NODE_EXIT_LOCKED;
    case HS_UNSAFE: return NODE_EXIT_PERMISSION;
    case HS_WRONG_CHAIN: return NODE_EXIT_CONFIG;
    case HS_INTERNAL:
    case HS_NOMEM: return NODE_EXIT_INTERNAL;
    default: return NODE_EXIT_FAILED;
    }
}

static double node_per_second(const struct chain_report *r)
{
    return r->spent_us == 0 ? 0.0 : (double)r->delivered * 1e6 / (double)r->spent_us;
}

static void node_report_print(struct chain_report *r)
{
    (void)printf("{\"schema\":1,\"height\":%" PRIu64 ",\"seqnum\":%" PRIu64
                 ",\"hash\":\"%s\",\"delivered\":%" PRIu64 ",\"rejected\":%" PRIu64
                 ",\"reverted\":%" PRIu64 ",\"reproposed\":%" PRIu64 ",\"runs\":%" PRIu64
                 ",\"late_results\":%" PRIu64 ",\"first_delivery_ms\":%.3f,\"first_path\":\"%s\""
                 ",\"first_replayed\":%" PRIu64 ",\"reconnects\":%" PRIu64,
                 r->height, r->at.seqnum, r->at.hash, r->delivered, r->rejected, r->reverted,
                 r->reproposed, r->runs, r->late_results, (double)r->first_delivery_us / 1e3,
                 r->first_path, r->first_replayed, r->reconnects);
    (void)printf(",\"p50_us\":%" PRIu32 ",\"p99_us\":%" PRIu32 ",\"p999_us\":%" PRIu32
                 ",\"messages_per_s\":%.1f",
                 latency_quantile(&r->latency, 500), latency_quantile(&r->latency, 990),
                 latency_quantile(&r->latency, 999), node_per_second(r));
    (void)printf(",\"ticks\":%" PRIu64 ",\"progress_notices\":%" PRIu64, r->ticks,
                 r->progress_notices);
    if (r->attached.path[0] != '\0') {
        (void)printf(",\"attach_path\":\"%s\",\"attach_replayed\":%" PRIu64 ",\"attach_ms\":%.3f",
                     r->attached.path, r->attached.replayed, (double)r->attached.wait_us / 1e3);
    }
    if (r->store_hash[0] != '\0') (void)printf(",\"store_hash\":\"%s\"", r->store_hash);
    (void)puts("}");
}

static void node_summary_print(const struct chain_report *r)
{
    (void)fprintf(stderr,
                  "headstart-node: block %" PRIu64 ", message %" PRIu64 "; %" PRIu64
                  " delivered, %" PRIu64 " rejected, %" PRIu64 " reverted\n",
                  r->height, r->at.seqnum, r->delivered, r->rejected, r->reverted);
    if (r->delivered == 0) return;
    (void)fprintf(
        stderr,
        "headstart-node: first answer after %.1f ms (%s, %" PRIu64 " replayed); %.0f messages/s\n",
        (double)r->first_delivery_us / 1e3, r->first_path, r->first_replayed, node_per_second(r));
}

int main(int argc, char **argv)
{
    struct chain_options options = {
        .chain_id = "headstart",
        .block_messages = CHAIN_BLOCK_MESSAGES_DEFAULT,
        .commit_notice = true,
    };
    struct chain_report report = {0};
    struct hs_error err = {0};
    bool json = false;
    int code = node_options_read(argc, argv, &options, &json);
    enum hs_status st;

    if (code >= 0) return code;
    (void)signal(SIGPIPE, SIG_IGN); /* a reader that went away is an error of the write */
    st = chain_run(&options, &report, &err);
    if (st != HS_OK) {
        (void)fprintf(stderr, "headstart-node: %s\n", err.text);
        return node_exit_code(st, &err);
    }
    if (!json) node_summary_print(&report);
    node_report_print(&report);
    chain_report_fini(&report);
    return fflush(stdout) == 0 ? NODE_EXIT_OK : NODE_EXIT_IO;
}
