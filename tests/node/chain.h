/* The reference chain: blocks of messages from a file, executed by headstart's kernel.
 *
 *   for each block: for each message: { transaction: deliver, apply writes } ; one synced batch
 *
 * Everything that another node would also see is a function of the file alone: heights count from
 * 1, and a block's time is a fixed step after the one before it.
 */
#ifndef HEADSTART_TESTS_NODE_CHAIN_H
#define HEADSTART_TESTS_NODE_CHAIN_H

#include "ipc/include/headstart.h"
#include "kernel/state/position.h"
#include "tests/node/latency.h"

enum {
    CHAIN_BLOCK_MESSAGES_DEFAULT = 20,
};

struct chain_options {
    const char *socket_path;   /* NULL: the platform's default */
    const char *data_dir;      /* the node's own LevelDB folder */
    const char *messages_path; /* one JSON message a line */
    const char *chain_id;
    const char *answers_path; /* NULL, or where each committed message's answer is appended */
    const char *import_path;  /* NULL, or a genesis that an empty store begins with */
    const char *export_path;  /* NULL, or where the store is written as one, in the end */
    uint64_t block_messages;  /* messages a block */
    uint64_t block_ticks;     /* for runs at a block's end; 0: none are sent */
    uint64_t blocks_max;      /* blocks of this run; 0: until the file ends */
    uint64_t interval_ms;     /* pause between blocks */
    uint64_t spin_us;         /* how long the library spins for an answer; 0: it sleeps */
    uint64_t revert_every;    /* every Kth message's transaction fails once; 0: none */
    uint64_t
        repropose_every; /* every Kth block is proposed in vain first, in another order; 0: none */
    uint64_t rollback_blocks; /* go back that far first */
    uint64_t crash_after;     /* SIGKILL to self after that many deliveries; 0: never */
    bool attach;              /* before the first message; else that does it */
    bool commit_notice;       /* tell headstart of every committed block */
    bool store_hash;          /* digest the real store at the end */
};

/* What a run did and where the chain stands. */
struct chain_report {
    uint64_t height;
    struct position at;
    uint64_t delivered;    /* deliveries answered, those of failed transactions included */
    uint64_t rejected;     /* committed messages whose call was rejected */
    uint64_t runs;         /* deliveries without a call */
    uint64_t late_results; /* of calls that were pending, in transactions that stayed */
    uint64_t ticks;        /* of those */
    uint64_t reverted;     /* transactions that failed after their delivery */
    uint64_t reproposed;   /* blocks that were proposed in vain first */
    uint64_t reconnects;
    uint64_t progress_notices;          /* that headstart sent while we waited */
    struct headstart_attached attached; /* path "": it did not */
    uint64_t first_delivery_us;         /* from connecting to the first answer */
    uint64_t first_replayed;            /* what headstart replayed before it */
    char first_path[16];                /* "" without a delivery */
    struct latency latency;             /* of every delivery */
    uint64_t spent_us;                  /* from connecting to the end */
    char store_hash[SHA256_HEX_BYTES];  /* "" unless asked for */
};
void chain_report_fini(struct chain_report *r);

struct chain;

/** Open the store, and connect. `options` is borrowed until chain_close. The statuses are those of
 *  the store, the file and the link. */
HS_MUST_CHECK enum hs_status chain_open(const struct chain_options *options, struct chain **out,
                                        struct hs_error *err);
/** The next so many blocks; 0: until the file ends. On an error the open block is dropped, as in a
 *  crash, and the chain is only good to be closed. */
HS_MUST_CHECK enum hs_status chain_advance(struct chain *c, uint64_t blocks, struct hs_error *err);
/** What it did so far: the counters and latencies; borrowed. */
const struct chain_report *chain_report(const struct chain *c);
/** HS_IO: the answers could not be written. */
enum hs_status chain_close(struct chain *c, struct hs_error *err);

/** Open, options->blocks_max blocks with progress on stderr, close. On an error the report is not
 *  written. */
HS_MUST_CHECK enum hs_status chain_run(const struct chain_options *options,
                                       struct chain_report *out, struct hs_error *err);

#endif
