/* Twins: random histories of a kernel that goes back, each against one that never did.
 *
 * HEADSTART_TEST_ROUNDS=N: N times the histories of a short run. One that fails names its seed, and
 * as HEADSTART_TEST_SEED it is the first to be run. */
#include "tests/unit/kernel/history.h"

#include "tests/unit/suite.h"

#include "tests/unit/kernel/machine.h"

#include <inttypes.h>

#ifdef HS_INVARIANTS
enum { HISTORIES = 40 }; /* the store is walked after each message */
#else
enum { HISTORIES = 200 };
#endif

static void figures_print(const struct history_figures *f)
{
    (void)printf("\n    %" PRIu64 " histories: %" PRIu64 " messages, %" PRIu64 " standing, %" PRIu64
                 " blocks\n    %" PRIu64 " times back, %" PRIu64 " messages undone, %" PRIu64
                 " executed again; %" PRIu64 " commits at a position, %" PRIu64 " stops, %" PRIu64
                 " restarts\n    vats taken away %" PRIu64 " times, brought back %" PRIu64
                 "; at most %" PRIu64 " savepoints\n    ",
                 f->histories, f->messages, f->standing, f->blocks, f->returns, f->undone,
                 f->executed_again, f->commits, f->stops, f->restarts, f->born, f->ended,
                 f->savepoints_most);
}

static void twins__are_equal_whatever_was_undone(void)
{
    const char *rounds = getenv("HEADSTART_TEST_ROUNDS");
    uint64_t histories = HISTORIES * (rounds ? strtoull(rounds, NULL, 10) : 1);
    uint64_t seed = suite_seed();
    struct history_figures figures = {0};

    for (uint64_t i = 0; i < histories; i++) {
        history_run(seed + i, &figures);
        if (CU_get_number_of_failures() == 0) continue;
        (void)printf("\n    this one first: HEADSTART_TEST_SEED=%" PRIu64 "\n", seed + i);
        return;
    }
    figures_print(&figures);
}

int main(int argc, char **argv)
{
    static const struct suite_case cases[] = {SUITE_CASE(twins__are_equal_whatever_was_undone)};

    return MACHINE_MAIN("kernel_twins", cases, argc, argv);
}
