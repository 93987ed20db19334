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
    const struct {
        const char *what;
        uint64_t count;
    } all[] = {
        {"histories", f->histories},
        {"messages", f->messages},
        {"standing in the end", f->standing},
        {"blocks", f->blocks},
        {"commits at a position", f->commits},
        {"times back", f->returns},
        {"messages undone", f->undone},
        {"executed again", f->executed_again},
        {"calls over their caller's ticks", f->spent},
        {"messages that left a backlog", f->queued},
        {"later answers", f->settled},
        {"stops inside a message", f->stops},
        {"panics inside a crank", f->panics},
        {"queries", f->queries},
        {"blocks executed again from the mark, memory having failed", f->rebuilt},
        {"restarts", f->restarts},
        {"times that vats were taken away", f->born},
        {"and brought back", f->ended},
        {"savepoints at most", f->savepoints_most},
    };

    (void)putchar('\n');
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        (void)printf("    %8" PRIu64 " %s\n", all[i].count, all[i].what);
    }
    (void)printf("    ");
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
