#include "tests/bench/observers.h"

#include "ipc/include/headstart.h"
#include "tests/bench/bench_chain.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BUSY_PAUSE_MS = 1 }; /* who was told `busy` asks again after that */

/* What the observers share with the bench's own thread. */
struct observers {
    const char *socket;
    struct slice question;
    pthread_t threads[OBSERVERS_COUNT];
    size_t threads_len;
    atomic_bool asking, ended;
    atomic_uint_fast64_t answered, refused;
    atomic_bool broken;
};

static void observer_pause(void)
{
    const struct timespec pause = {.tv_nsec = BUSY_PAUSE_MS * 1000000L};

    (void)nanosleep(&pause, NULL);
}

static bool observer_ask(struct observers *o, struct headstart *link)
{
    const struct headstart_query q = {.message = {o->question.data, o->question.len}};
    struct headstart_query_result *r = NULL;
    struct headstart_error err;
    bool fine = true;

    if (headstart_query(link, &q, &r, &err) == HEADSTART_OK) {
        (void)atomic_fetch_add(&o->answered, 1);
    } else {
        fine = strcmp(err.code, "busy") == 0;
        (void)atomic_fetch_add(&o->refused, 1);
        observer_pause();
    }
    headstart_query_result_free(r);
    return fine;
}

static void *observer_run(void *data)
{
    struct observers *o = data;
    struct headstart_options options = {.socket_path = o->socket,
                                        .chain_id = BENCH_CHAIN_ID,
                                        .client = "headstart-bench observer",
                                        .observer = true,
                                        .connect_timeout_ms = 60000};
    struct headstart *link = NULL;
    struct headstart_error err;
    bool fine = headstart_connect(&options, &link, &err) == HEADSTART_OK;

    while (fine && !atomic_load(&o->ended)) {
        if (atomic_load(&o->asking)) {
            fine = observer_ask(o, link);
        } else {
            observer_pause();
        }
    }
    headstart_close(link);
    if (!fine) atomic_store(&o->broken, true);
    return NULL;
}

enum hs_status observers_open(const char *socket, struct slice question, struct observers **out,
                              struct hs_error *err)
{
    struct observers *o = calloc(1, sizeof *o);

    if (!o) return hs_fail(err, HS_NOMEM, "bench: out of memory");
    o->socket = socket;
    o->question = question;
    while (o->threads_len < OBSERVERS_COUNT) {
        if (pthread_create(&o->threads[o->threads_len], NULL, observer_run, o) != 0) {
            observers_close(o);
            return hs_fail(err, HS_NOMEM, "bench: starting an observer");
        }
        o->threads_len++;
    }
    *out = o;
    return HS_OK;
}

void observers_close(struct observers *o)
{
    if (!o) return;
    atomic_store(&o->ended, true);
    while (o->threads_len > 0) {
        (void)pthread_join(o->threads[--o->threads_len], NULL);
    }
    free(o);
}

void observers_ask(struct observers *o, bool asking)
{
    atomic_store(&o->asking, asking);
}

uint64_t observers_answered(struct observers *o)
{
    return atomic_load(&o->answered);
}

uint64_t observers_refused(struct observers *o)
{
    return atomic_load(&o->refused);
}

enum hs_status observers_check(struct observers *o, struct hs_error *err)
{
    if (!atomic_load(&o->broken)) return HS_OK;
    return hs_fail(err, HS_PROTOCOL, "bench: an observer was refused, and not as busy");
}
