/* Entry check: how the kernel gets to the node's position, decided from facts alone.
 *
 *   facts ──► decision {path, where to begin, why nothing cheaper was possible}
 *
 * `real` is the position the node sent, `ours` the kernel's. Position means seqnum and hash
 * together: the same number in another history is another place. Nothing is read, written or
 * executed here; the steward collects the facts and carries the decision out. The arms, first
 * that fits:
 *
 *   facts contradict each other               full_replay   (cannot happen; still answered)
 *   real is in the kernel's open block        roll_back     from there, in memory
 *   real = ours, and nothing was executed     cold          as the kernel stands
 *   real = ours                               live or swap  as the kernel stands
 *   the log leads from ours to real           catch_up      as the kernel stands
 *   the mark is real, or the log leads there  roll_back     from the mark
 *   a kept snapshot likewise, newest first    roll_back     from the snapshot
 *     the same, but there is no kernel        catch_up      from the snapshot
 *   nothing was executed at real              cold          from nothing, or the state vector there
 *   a kept snapshot is on real's history      tail          from the snapshot
 *   else                                      full_replay   from the node's store
 *
 * "The log leads from P to real" means: it holds every entry in (P, real], its hash at real is
 * real's, and at P, where it reaches back to P, is P's.
 */
#ifndef HEADSTART_SIDECAR_DECIDE_ENTRY_CHECK_H
#define HEADSTART_SIDECAR_DECIDE_ENTRY_CHECK_H

#include "kernel/state/position.h"

enum entry_path {
    ENTRY_NONE,
    ENTRY_LIVE,
    ENTRY_SWAP,
    ENTRY_CATCH_UP,
    ENTRY_ROLL_BACK,
    ENTRY_TAIL,
    ENTRY_FULL_REPLAY,
    ENTRY_COLD,
    ENTRY_PATH_COUNT,
};

/* Where the way to `real` begins. */
enum entry_base {
    ENTRY_BASE_KERNEL,     /* the kernel as it stands */
    ENTRY_BASE_OPEN_BLOCK, /* what the kernel itself goes back to: real */
    ENTRY_BASE_MARK,       /* the kernel's mark */
    ENTRY_BASE_SNAPSHOT,   /* the kept snapshot at base_at */
    ENTRY_BASE_NOTHING,    /* an empty generation */
};

/* Why only the node's store helps. */
enum entry_cause {
    ENTRY_CAUSE_NONE,
    ENTRY_CAUSE_NO_DATA, /* nothing was kept: first start, or the data folder was lost */
    ENTRY_CAUSE_GAP,     /* the log does not reach, or there is nothing that it leads on from */
    ENTRY_CAUSE_AHEAD,   /* nothing we keep is old enough */
    ENTRY_CAUSE_OTHER_HISTORY, /* same number, other hash */
    ENTRY_CAUSE_DIVERGED,      /* replay gave another result than was recorded */
    ENTRY_CAUSE_DAMAGED,       /* what was kept failed its checks */
    ENTRY_CAUSE_FAILED,        /* a cheaper way was tried and failed */
    ENTRY_CAUSE_KERNEL_FAILED, /* the kernel panicked: only `rejected` says so */
    ENTRY_CAUSE_INCONSISTENT,  /* the facts contradict each other */
    ENTRY_CAUSE_COUNT,
};

/* What the log holds at some seqnum. */
struct entry_witness {
    bool held;
    struct position at; /* meaningful only if held */
};

struct entry_snapshot {
    struct position at;
    struct entry_witness log; /* the log's entry at at.seqnum */
    bool on_real_history;     /* the real store's kernel.history.* names it */
};

struct entry_facts {
    struct position real;
    bool kernel_usable; /* there is a kernel and it did not panic */
    bool undone;        /* the kernel goes back there by itself: the node dropped what came after */
    bool attached;      /* this node's position was met before: equal is `live`, not `swap` */
    enum entry_cause rejected;  /* not NONE: nothing of what we keep may be used, for this reason */
    struct position ours, mark; /* meaningful only if kernel_usable */
    uint64_t log_first, log_last; /* 0, 0: empty */
    struct entry_witness log_ours, log_mark, log_real;
    const struct entry_snapshot *snapshots; /* kept, newest first */
    size_t snapshots_len;
};

struct entry_decision {
    enum entry_path path;
    enum entry_base base;
    struct position base_at; /* of mark or snapshot; else ours or the origin */
    enum entry_cause cause;  /* only of full_replay */
};

struct entry_decision entry_check(const struct entry_facts *facts);

/** The protocol's word: "live", "swap", …; "none". */
const char *entry_path_name(enum entry_path path);
/** "no_data", "gap", …: a label value. */
const char *entry_cause_name(enum entry_cause cause);

#endif
