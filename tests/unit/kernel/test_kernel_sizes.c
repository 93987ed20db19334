/* Nothing is quadratic in what a vat can collect: eight times as much of it is eight times the
 * work. Work is counted, in ticks and in what is written, so that no clock takes part. */
#include "tests/unit/kernel/machine.h"

enum { FEW = 1024, MANY = 8 * FEW, PIECE = 512, TURNS = 120 };

struct work {
    uint64_t ticks, writes, bytes;
};

static void work_add(struct work *w, const struct machine *m)
{
    struct kv_entry e;

    w->ticks += m->out.ticks;
    for (struct slice after = {NULL, 0}; kv_map_next(m->out.writes, after, &e); after = e.key) {
        w->writes++;
        w->bytes += e.key.len + e.value.len;
    }
}

/* A call, and runs until nothing is queued; to the work. */
static void do_all(struct machine *m, const char *to, const char *method, const char *args,
                   struct work *w)
{
    (void)machine_call(m, to, method, args);
    work_add(w, m);
    while (m->out.queued > 0) {
        (void)machine_input(m, (struct message){0}, "");
        work_add(w, m);
    }
}

static void in_pieces(struct machine *m, const char *method, bool from, uint64_t n)
{
    struct work unwanted = {0};
    char args[64];

    for (uint64_t i = 0; i < n; i += PIECE) {
        if (from) {
            (void)snprintf(args, sizeof args, "%u,%d", (unsigned)i, PIECE);
        } else {
            (void)snprintf(args, sizeof args, "%d", PIECE);
        }
        do_all(m, "holder", method, args, &unwanted);
    }
}

struct size_case {
    const char *collect; /* what `holder` does n times */
    bool from;
    const char *to, *deal; /* what is measured */
    unsigned turns;
};

static struct work work_of(const struct size_case *c, uint64_t n)
{
    struct machine m;
    struct work w = {0};

    machine_open(&m, "../../../vats/sizes/kernel.json");
    in_pieces(&m, c->collect, c->from, n);
    do_all(&m, c->to, c->deal, "", &w);
    for (unsigned i = 0; i < c->turns; i++) {
        do_all(&m, i % 2 == 0 ? "holder" : "maker", "nothing", "", &w);
    }
    machine_close(&m);
    return w;
}

/* What is made and deleted in one message is not written, which a few may be. Were it quadratic, it
 * would be eight times this. */
static void expect_growth(uint64_t few, uint64_t many, const char *what, const char *of)
{
    bool fine = many <= few * (MANY / FEW) * 3;

    CU_ASSERT_TRUE(fine);
    if (!fine) {
        (void)printf("\n    %s of %s: %llu, eight times as much: %llu\n", what, of,
                     (unsigned long long)few, (unsigned long long)many);
    }
}

static void expect_linear(struct size_case c)
{
    const struct work few = work_of(&c, FEW), many = work_of(&c, MANY);

    CU_ASSERT_TRUE(many.writes > few.writes);
    expect_growth(few.ticks, many.ticks, "ticks", c.collect);
    expect_growth(few.writes, many.writes, "writes", c.collect);
    expect_growth(few.bytes, many.bytes, "bytes", c.collect);
}

static void objects__let_go_of(void)
{
    expect_linear((struct size_case){"hold", false, "holder", "letGo", TURNS});
}

static void exports__of_a_vat_that_ends(void)
{
    expect_linear((struct size_case){"hold", false, "maker", "exit", 0});
}

static void imports__of_a_vat_that_ends(void)
{
    expect_linear((struct size_case){"hold", false, "holder", "exit", 0});
}

static void keys__of_a_vat_that_ends(void)
{
    expect_linear((struct size_case){"set", true, "holder", "exit", 0});
}

static void promises__that_are_settled(void)
{
    expect_linear((struct size_case){"await", false, "maker", "openGate", 0});
}

static void promises__whose_decider_ends(void)
{
    expect_linear((struct size_case){"await", false, "maker", "exit", 0});
}

static void messages__that_waited_for_a_promise(void)
{
    expect_linear((struct size_case){"queue", false, "maker", "openGate", 0});
}

int main(int argc, char **argv)
{
    static const struct suite_case cases[] = {
        SUITE_CASE(objects__let_go_of),
        SUITE_CASE(exports__of_a_vat_that_ends),
        SUITE_CASE(imports__of_a_vat_that_ends),
        SUITE_CASE(keys__of_a_vat_that_ends),
        SUITE_CASE(promises__that_are_settled),
        SUITE_CASE(promises__whose_decider_ends),
        SUITE_CASE(messages__that_waited_for_a_promise),
    };

    return MACHINE_MAIN("kernel_sizes", cases, argc, argv);
}
