/* Spin: it goes on where it pays, and costs next to nothing where it does not. */
#include "tests/unit/suite.h"

#include "ipc/spin.h"

enum { BOUND_US = 50, WAITS = 100000 };

/* How many of WAITS waits spun, where `come` of each `of` come in time. */
static unsigned spun(struct spin *s, unsigned come, unsigned of)
{
    unsigned count = 0;

    for (unsigned i = 0; i < WAITS; i++) {
        uint32_t us = spin_begin(s);

        if (us == 0) continue;
        CU_ASSERT_EQUAL(us, BOUND_US);
        spin_end(s, count % of < come);
        count++;
    }
    return count;
}

static void spin__without_a_bound_never_spins(void)
{
    struct spin s = {.bound_us = 0};

    for (unsigned i = 0; i < 1000; i++) {
        CU_ASSERT_EQUAL(spin_begin(&s), 0);
    }
}

static void spin__that_pays_goes_on(void)
{
    struct spin s = {.bound_us = BOUND_US};

    CU_ASSERT_EQUAL(spun(&s, 1, 1), WAITS);
    CU_ASSERT(spun(&s, 19, 20) > WAITS / 10 * 8); /* a pause at each block's end */
}

static void spin__that_does_not_pay_is_given_up(void)
{
    struct spin s = {.bound_us = BOUND_US};
    unsigned most = WAITS / (1 << SPIN_MISSES_MAX) + SPIN_MISSES_MAX;

    CU_ASSERT(spun(&s, 0, 1) <= most);
    CU_ASSERT(spun(&s, 1, 3) <= 4 * most);
}

static void spin__that_pays_again_is_taken_up(void)
{
    struct spin s = {.bound_us = BOUND_US};

    (void)spun(&s, 0, 1);
    CU_ASSERT(spun(&s, 1, 1) > WAITS / 10 * 9);
}

int main(int argc, char **argv)
{
    static const struct suite_case cases[] = {
        SUITE_CASE(spin__without_a_bound_never_spins),
        SUITE_CASE(spin__that_pays_goes_on),
        SUITE_CASE(spin__that_does_not_pay_is_given_up),
        SUITE_CASE(spin__that_pays_again_is_taken_up),
    };

    return SUITE_RUN("spin", cases, argc, argv);
}
