#include "sidecar/report/figures.h"

#include "sidecar/report/clock.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

const double histogram_bounds[HISTOGRAM_BOUNDS] = {
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300,
};

static const char *const delivery_result_names[DELIVERY_RESULT_COUNT] = {
    [DELIVERY_FULFILLED] = "fulfilled",
    [DELIVERY_REJECTED] = "rejected",
    [DELIVERY_PENDING] = "pending",
    [DELIVERY_FAILED] = "failed",
};
static const char *const snapshot_result_names[SNAPSHOT_RESULT_COUNT] = {
    [SNAPSHOT_WRITTEN] = "written",
    [SNAPSHOT_FAILED] = "failed",
};
static const char *const snapshot_skip_names[SNAPSHOT_SKIP_COUNT] = {
    [SNAPSHOT_SKIP_BUSY] = "busy",
    [SNAPSHOT_SKIP_FAILED] = "failed",
};

struct figures_board {
    pthread_mutex_t mutex;
    struct figures figures;
};

const char *delivery_result_name(enum delivery_result result)
{
    assert(result < DELIVERY_RESULT_COUNT);
    return delivery_result_names[result];
}

const char *snapshot_result_name(enum snapshot_result result)
{
    assert(result < SNAPSHOT_RESULT_COUNT);
    return snapshot_result_names[result];
}

const char *snapshot_skip_name(enum snapshot_skip reason)
{
    assert(reason < SNAPSHOT_SKIP_COUNT);
    return snapshot_skip_names[reason];
}

void histogram_add(struct histogram *h, uint64_t duration_us)
{
    double seconds = (double)duration_us / 1e6;
    size_t i = 0;

    while (i < HISTOGRAM_BOUNDS && seconds > histogram_bounds[i]) {
        i++;
    }
    h->counts[i]++;
    h->sum_s += seconds;
}

uint64_t histogram_count(const struct histogram *h)
{
    uint64_t count = 0;

    for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++) {
        count += h->counts[i];
    }
    return count;
}

/* A chain that has begun needs no configuration. */
const char *figures_problem(const struct figures *f)
{
    return f->problem[0] != '\0' && f->at.seqnum == 0 ? f->problem : NULL;
}

bool figures_disk_refuses(const struct figures_disk *d)
{
    bool refuses = d->in_memory || d->log_fenced || d->snapshots_failing_since_s != 0;

    for (int part = 0; part < DATA_FOLDER_PART_COUNT && !refuses; part++) {
        refuses = d->without[part];
    }
    return refuses;
}

bool figures_ready(const struct figures *f)
{
    if (figures_problem(f) || f->kernel_lost) return false;
    return f->phase == PHASE_PRIMED || f->phase == PHASE_LIVE || f->phase == PHASE_DETACHED;
}

enum hs_status figures_board_open(const char *chain_id, struct figures_board **out,
                                  struct hs_error *err)
{
    struct figures_board *b = calloc(1, sizeof *b);

    *out = NULL;
    if (!b) return hs_fail(err, HS_NOMEM, "figures");
    (void)pthread_mutex_init(&b->mutex, NULL);
    b->figures.chain_id = chain_id;
    b->figures.started_us = clock_us();
    b->figures.started_unix_s = clock_unix_s();
    b->figures.phase = PHASE_STARTING;
    *out = b;
    return HS_OK;
}

void figures_board_close(struct figures_board *b)
{
    if (!b) return;
    figures_fini(&b->figures);
    (void)pthread_mutex_destroy(&b->mutex);
    free(b);
}

struct figures *figures_acquire(struct figures_board *b)
{
    (void)pthread_mutex_lock(&b->mutex);
    return &b->figures;
}

void figures_release(struct figures_board *b)
{
    (void)pthread_mutex_unlock(&b->mutex);
}

void figures_measured(struct figures_board *b, enum rate_kind kind, uint64_t count, uint64_t us)
{
    rates_add(&figures_acquire(b)->rates, kind, count, us);
    figures_release(b);
}

void figures_take_vats(struct figures_board *b, struct kernel_vat_info *vats, size_t vats_len)
{
    struct figures *f = figures_acquire(b);
    struct kernel_vat_info *old = f->vats;

    f->vats = vats;
    f->vats_len = vats_len;
    figures_release(b);
    free(old);
}

void figures_take_vats_gone(struct figures_board *b, char *json)
{
    struct figures *f = figures_acquire(b);
    char *old = f->vats_gone;

    f->vats_gone = json;
    figures_release(b);
    free(old);
}

void figures_copy(struct figures_board *b, struct figures *out)
{
    const struct figures *f = figures_acquire(b);

    *out = *f;
    out->vats = f->vats_len > 0 ? calloc(f->vats_len, sizeof *f->vats) : NULL;
    if (out->vats) {
        memcpy(out->vats, f->vats, f->vats_len * sizeof *f->vats);
    } else {
        out->vats_len = 0;
    }
    out->vats_gone = f->vats_gone ? strdup(f->vats_gone) : NULL;
    figures_release(b);
}

void figures_fini(struct figures *f)
{
    free(f->vats_gone);
    f->vats_gone = NULL;
    free(f->vats);
    f->vats = NULL;
    f->vats_len = 0;
}
