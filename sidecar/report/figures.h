/* Figures: everything that status and metrics show, as one plain value under one lock.
 *
 * The kernel thread and the workers write figures where things happen; the loop thread copies them
 * out to render. So the kernel is never read from another thread, and a status request never waits
 * for a delivery.
 */
#ifndef HEADSTART_SIDECAR_REPORT_FIGURES_H
#define HEADSTART_SIDECAR_REPORT_FIGURES_H

#include "kernel/kernel.h"
#include "sidecar/data/data_folder.h"
#include "sidecar/data/rates.h"
#include "sidecar/decide/entry_check.h"
#include "sidecar/decide/phase.h"

enum { HISTOGRAM_BOUNDS = 16 };
/* Upper bounds in seconds, ascending; one set for every duration. */
extern const double histogram_bounds[HISTOGRAM_BOUNDS];

struct histogram {
    uint64_t counts[HISTOGRAM_BOUNDS + 1]; /* each its own bucket; the last is past all bounds */
    double sum_s;
};
void histogram_add(struct histogram *h, uint64_t duration_us);
uint64_t histogram_count(const struct histogram *h);

enum delivery_result {
    DELIVERY_FULFILLED,
    DELIVERY_REJECTED,
    DELIVERY_PENDING,
    DELIVERY_FAILED,
    DELIVERY_RESULT_COUNT
};
enum snapshot_result { SNAPSHOT_WRITTEN, SNAPSHOT_FAILED, SNAPSHOT_RESULT_COUNT };
/* Why a snapshot that was due was not begun. */
enum snapshot_skip { SNAPSHOT_SKIP_BUSY, SNAPSHOT_SKIP_FAILED, SNAPSHOT_SKIP_COUNT };
const char *delivery_result_name(enum delivery_result result);
const char *snapshot_result_name(enum snapshot_result result);
const char *snapshot_skip_name(enum snapshot_skip reason);

struct figures_replay { /* what takes long right now */
    bool active;
    enum phase phase;
    uint64_t from, at, target; /* entries; target 0: not known yet */
    uint64_t started_us;       /* clock_us */
};

struct figures_node {
    bool connected;
    char client[HS_NAME_BYTES_MAX];
    enum entry_path path; /* of its first delivery; ENTRY_NONE before */
    uint64_t replayed;
    uint64_t attach_us; /* first delivery's arrival to the kernel standing at its position */
};

/* What the disk refuses now, and what is gone without for it. It may heal. */
struct figures_disk {
    bool in_memory; /* the kernel stands on a store in memory: a restart costs a full replay */
    bool log_fenced;
    uint64_t log_fenced_since;          /* lowest seqnum that may be missing from it; 0: none is */
    uint64_t snapshots_failing_since_s; /* Unix; 0: they are not */
    bool without[DATA_FOLDER_PART_COUNT];
};
/** Is there any of it? */
bool figures_disk_refuses(const struct figures_disk *d);

struct figures {
    const char *chain_id; /* borrowed from the configuration */
    uint64_t started_us;  /* clock_us at the start */
    uint64_t started_unix_s;

    enum phase phase;
    char problem[HS_ERROR_TEXT_BYTES_MAX]; /* why a chain cannot begin; "": it can */
    struct position at;
    uint64_t height, mark_seqnum, floor_seqnum, real_seqnum;
    uint64_t queued;  /* kernel.queued */
    bool kernel_lost; /* none waits, though one did; another is loaded while nobody waits */
    struct {
        uint64_t newest, count, bytes, made_at_s; /* made_at_s: Unix; 0: there is none */
    } snapshot;
    struct {
        uint64_t first, last, entries, bytes;
    } log;
    struct {
        uint64_t kept, bytes;     /* now; bytes of heaps and store */
        uint64_t returns, undone; /* times gone back inside the open block, and messages */
    } savepoints;
    struct figures_disk disk;
    struct figures_replay replay;
    struct figures_node node;
    struct kernel_vat_info *vats; /* owned */
    size_t vats_len;
    char *vats_gone; /* owned: JSON, of kernel_vats_ended; NULL: unknown */

    uint64_t deliveries[DELIVERY_RESULT_COUNT];
    uint64_t ticks;         /* of messages that were delivered */
    uint64_t vats_ended;    /* by them */
    uint64_t cranks_undone; /* of critical vats, likewise */
    uint64_t attaches[ENTRY_PATH_COUNT];
    uint64_t full_replays[ENTRY_CAUSE_COUNT];
    uint64_t replayed[PHASE_COUNT]; /* messages, by the phase they were replayed in */
    uint64_t divergences;
    uint64_t snapshot_writes[SNAPSHOT_RESULT_COUNT];
    uint64_t snapshot_skips[SNAPSHOT_SKIP_COUNT];
    uint64_t snapshot_success_unix_s;
    uint64_t snapshot_verifications; /* that found nothing wrong */
    uint64_t log_appends, log_failures;
    uint64_t store_gets, store_scans;
    uint64_t preload_us; /* 0: not done */
    struct histogram attach, delivery, savepoint_return, snapshot_write, log_sync;
    struct rates rates;                       /* of this run and those before it */
    uint64_t moves[PHASE_COUNT][EVENT_COUNT]; /* what happened in which phase, and how often */
};

/** Does a delivery that comes now find a kernel that waits for it, and can execute it? */
bool figures_ready(const struct figures *f);
/** What stands in the way of that, and will until somebody mends it; NULL: nothing. */
const char *figures_problem(const struct figures *f);

struct figures_board;

HS_MUST_CHECK enum hs_status figures_board_open(const char *chain_id, struct figures_board **out,
                                                struct hs_error *err);
void figures_board_close(struct figures_board *b);

/** Between these two the figures are the caller's to read and write: briefly, and nothing else. */
struct figures *figures_acquire(struct figures_board *b);
void figures_release(struct figures_board *b);

/** `count` things of a kind took `us`. */
void figures_measured(struct figures_board *b, enum rate_kind kind, uint64_t count, uint64_t us);

/** Replace the list of vats; takes the memory. */
void figures_take_vats(struct figures_board *b, struct kernel_vat_info *vats, size_t vats_len);

/** Replace the list of those that ended, of kernel_vats_ended; takes the memory, NULL: unknown. */
void figures_take_vats_gone(struct figures_board *b, char *json);

/** A copy of one's own; figures_fini frees what it holds. Without memory: no vats are shown. */
void figures_copy(struct figures_board *b, struct figures *out);
void figures_fini(struct figures *f);

#endif
