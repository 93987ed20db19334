/* Spin: it goes on where it pays, and costs next to nothing where it does not. */
#include "tests/unit/suite.h"

#include "ipc/spin.h"

enum { BOUND_US = 50, SOON_US = 20, LATE_US = 150, WAITS = 100000 };

/* Waits on a clock of their own. */
struct waits {
    struct spin spin;
    uint64_t now_us, waited_us;
    unsigned spun, spun_in_vain;
};

static struct waits waits_none(void)
{
    return (struct waits){.spin = {.bound_us = BOUND_US}};
}

static void waits_one(struct waits *w, uint64_t us)
{
    uint32_t bound_us = spin_begin(&w->spin, w->now_us);

    w->now_us += us;
    w->waited_us += us;
    if (bound_us >= us) {
        spin_paid(&w->spin);
    } else {
        spin_end(&w->spin, w->now_us);
    }
    CU_ASSERT(bound_us == 0 || bound_us == w->spin.bound_us);
    w->spun += bound_us > 0;
    w->spun_in_vain += bound_us > 0 && bound_us < us;
}

/* WAITS of them: `soon` of each `of` short, the others of late_us. Returns how many spun. */
static unsigned waits_many(struct waits *w, unsigned soon, unsigned of, uint64_t late_us)
{
    unsigned before = w->spun;

    for (unsigned i = 0; i < WAITS; i++)
        waits_one(w, i % of < soon ? SOON_US : late_us);
    return w->spun - before;
}

static void spin__without_a_bound_never_spins(void)
{
    struct spin s = {.bound_us = 0};

    for (unsigned i = 0; i < 1000; i++) {
        CU_ASSERT_EQUAL(spin_begin(&s, i), 0);
        spin_end(&s, i + 1000);
    }
}

static void spin__that_pays_goes_on(void)
{
    struct waits w = waits_none();

    CU_ASSERT_EQUAL(waits_many(&w, 1, 1, LATE_US), WAITS);
    CU_ASSERT_EQUAL(waits_many(&w, 19, 20, LATE_US), WAITS); /* a pause at each block's end */
    CU_ASSERT_EQUAL(waits_many(&w, 2, 3, LATE_US), WAITS);
}

/* Blocks of one message, or messages that all work for long. */
static void spin__of_long_waits_goes_on(void)
{
    struct waits w = waits_none();

    CU_ASSERT_EQUAL(waits_many(&w, 0, 1, (uint64_t)BOUND_US * SPIN_SHARE), WAITS);
    CU_ASSERT_EQUAL(waits_many(&w, 1, 1, LATE_US), WAITS);
}

static void spin__that_does_not_pay_is_given_up(void)
{
    for (uint64_t late_us = BOUND_US + 1; late_us < BOUND_US * SPIN_SHARE; late_us += 10) {
        struct waits w = waits_none();

        (void)waits_many(&w, 0, 1, late_us);
        CU_ASSERT_EQUAL(w.spun, w.spun_in_vain);
        CU_ASSERT((uint64_t)w.spun_in_vain * BOUND_US <= w.waited_us / SPIN_SHARE + 2 * BOUND_US);
    }
}

/* Some pay and others do not: in vain is no more than was saved, and a 16th. */
static void spin__in_vain_is_bounded_by_what_is_saved(void)
{
    static const uint32_t bounds[] = {50, 100, 500, 10000};

    for (size_t b = 0; b < sizeof bounds / sizeof *bounds; b++) {
        for (unsigned soon = 0; soon < 12; soon++) {
            struct waits w = {.spin = {.bound_us = bounds[b]}};
            uint64_t in_vain;

            (void)waits_many(&w, soon, 12, bounds[b] + 1);
            in_vain = (uint64_t)w.spun_in_vain * bounds[b];
            CU_ASSERT(in_vain <= w.waited_us / SPIN_SHARE +
                                     (uint64_t)(w.spun - w.spun_in_vain) * SPIN_SAVES_US +
                                     2 * bounds[b]);
        }
    }
}

/* However well it went before, and whatever was saved up in long waits. */
static void spin__that_pays_no_more_is_given_up(void)
{
    struct waits w = waits_none();

    (void)waits_many(&w, 1, 1, LATE_US);
    waits_one(&w, UINT32_MAX);
    for (unsigned i = 0; i < 3; i++)
        waits_one(&w, LATE_US);
    CU_ASSERT_EQUAL(w.spun_in_vain, 3); /* the long one, and two */
}

static void spin__that_pays_again_is_taken_up(void)
{
    struct waits w = waits_none();

    (void)waits_many(&w, 0, 1, LATE_US);
    CU_ASSERT(waits_many(&w, 1, 1, LATE_US) > WAITS - BOUND_US * SPIN_SHARE / SOON_US - 2);
}

int main(int argc, char **argv)
{
    static const struct suite_case cases[] = {
        SUITE_CASE(spin__without_a_bound_never_spins),
        SUITE_CASE(spin__that_pays_goes_on),
        SUITE_CASE(spin__of_long_waits_goes_on),
        SUITE_CASE(spin__in_vain_is_bounded_by_what_is_saved),
        SUITE_CASE(spin__that_does_not_pay_is_given_up),
        SUITE_CASE(spin__that_pays_no_more_is_given_up),
        SUITE_CASE(spin__that_pays_again_is_taken_up),
    };

    return SUITE_RUN("spin", cases, argc, argv);
}
