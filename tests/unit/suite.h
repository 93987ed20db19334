/* One CUnit program a module: a table of cases, run, counted, exit code for ctest.
 *
 *     static const struct suite_case cases[] = {SUITE_CASE(replay_log__torn_tail_is_cut), …};
 *     int main(int argc, char **argv) { return SUITE_RUN("replay_log", cases, argc, argv); }
 *
 * An argument runs only the cases whose name contains it. Random tests take their seed from
 * suite_seed: HEADSTART_TEST_SEED, or one that is drawn anew by every run. A run that fails prints
 * the command that repeats it. A case that cannot be asked on this machine says SUITE_SKIP and
 * returns; the program then ends with SUITE_SKIPPED, which ctest reports as skipped, not as passed.
 */
#ifndef HEADSTART_TESTS_UNIT_SUITE_H
#define HEADSTART_TESTS_UNIT_SUITE_H

#include <CUnit/Basic.h>
#include <CUnit/CUnit.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum {
    SUITE_SKIPPED = 77,
    SUITE_HANG_MS = 120000, /* who waits so long waits for ever: no machine is that slow */
};

struct suite_case {
    const char *name;
    void (*run)(void);
};

#define SUITE_CASE(function)                                                                       \
    {                                                                                              \
#function, function                                                                        \
    }
#define SUITE_RUN(title, cases, argc, argv)                                                        \
    suite_run(title, cases, sizeof(cases) / sizeof((cases)[0]), argc, argv)

/* Not in the environment: drawn, and put there, so that every file and child sees the same. */
static inline uint64_t suite_seed(void)
{
    static bool told;
    const char *text = getenv("HEADSTART_TEST_SEED");
    uint32_t drawn = 0;
    char name[16];

    if (!text) {
        if (getrandom(&drawn, sizeof drawn, 0) != (ssize_t)sizeof drawn) abort();
        (void)snprintf(name, sizeof name, "%lu", (unsigned long)drawn);
        if (setenv("HEADSTART_TEST_SEED", name, 1) != 0) abort();
        text = name;
    }
    if (!told) {
        (void)printf("\n    seed: HEADSTART_TEST_SEED=%s\n", text);
        (void)fflush(stdout); /* an assertion in the code under test ends us without a flush */
    }
    told = true;
    return strtoull(text, NULL, 0);
}

/* splitmix64 (Steele, Lea, Flood 2014): small, and the same everywhere. */
static inline uint64_t suite_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* How many cases have said that they cannot be asked here. */
static inline unsigned *suite_skips(void)
{
    static unsigned skips;

    return &skips;
}

#define SUITE_SKIP(why)                                                                            \
    do {                                                                                           \
        (void)printf("\n    SKIPPED: %s\n", why);                                                  \
        (*suite_skips())++;                                                                        \
    } while (0)

static inline void suite_tell_repeat(const char *program)
{
    const char *seed = getenv("HEADSTART_TEST_SEED");
    CU_pFailureRecord failure = CU_get_failure_list();

    for (const char *last = NULL; failure; failure = failure->pNext) {
        const char *name = failure->pTest ? failure->pTest->pName : "";

        if (last && strcmp(last, name) == 0) continue;
        (void)printf("repeat with: HEADSTART_TEST_SEED=%s %s %s\n", seed ? seed : "0", program,
                     name);
        last = name;
    }
}

static inline int suite_run(const char *title, const struct suite_case *cases, size_t count,
                            int argc, char **argv)
{
    CU_pSuite suite;
    unsigned failures;

    if (CU_initialize_registry() != CUE_SUCCESS) return 70;
    suite = CU_add_suite(title, NULL, NULL);
    for (size_t i = 0; suite && i < count; i++) {
        if (argc > 1 && !strstr(cases[i].name, argv[1])) continue;
        if (!CU_add_test(suite, cases[i].name, cases[i].run)) return 70;
    }
    CU_basic_set_mode(CU_BRM_VERBOSE);
    (void)CU_basic_run_tests();
    failures = CU_get_number_of_failures() + (CU_get_number_of_tests_run() == 0);
    suite_tell_repeat(argv[0]);
    CU_cleanup_registry();
    if (failures) return 1;
    return *suite_skips() > 0 ? SUITE_SKIPPED : 0;
}

#endif
