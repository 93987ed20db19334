/* Reading: what takes more time to read than its length says is refused to its sender, and never
 * ends its reader. */
#include "tests/unit/kernel/machine.h"

#include "kernel/text/name_census.h"

static void must(enum hs_status st)
{
    CU_ASSERT_EQUAL_FATAL(st, HS_OK);
}

/* Name `number` of those whose hash is one (vats/sly.js), with escapes for its characters. */
static void name_append(struct buffer *out, unsigned number)
{
    for (int place = 0; place < 5; place++, number /= 7) {
        must(buffer_printf(out, "\\u%04x\\u%04x", 0x100 + number % 7,
                           0x100 + 263 * (6 - number % 7)));
    }
}

/* A record of such names, each behind `before`. */
static void record_append(struct buffer *out, const char *before, unsigned from, unsigned count)
{
    must(buffer_append_byte(out, '{'));
    for (unsigned i = 0; i < count; i++) {
        must(buffer_printf(out, "%s\"%s", i > 0 ? "," : "", before));
        name_append(out, from + i);
        must(buffer_append_text(out, "\":0"));
    }
    must(buffer_append_byte(out, '}'));
}

static void add(struct name_census *c, const char *text)
{
    must(name_census_add(c, slice_text(text)));
}

static void census__counts_different_names(void)
{
    struct name_census *c;
    struct buffer text = {0};

    must(name_census_open(&c));
    for (unsigned from = 0; from < 3; from++) {
        buffer_clear(&text);
        record_append(&text, "", from, NAMES_TOGETHER_MAX - 2);
        add(c, buffer_text(&text));
        CU_ASSERT_FALSE(name_census_crowded(c));
    }
    for (int i = 0; i < 100; i++) {
        add(c, buffer_text(&text)); /* the same ones */
    }
    CU_ASSERT_FALSE(name_census_crowded(c));
    buffer_clear(&text);
    record_append(&text, "", 1000, 1);
    add(c, buffer_text(&text));
    CU_ASSERT_TRUE(name_census_crowded(c));
    name_census_close(c);
    buffer_fini(&text);
}

/* Names that nobody chose for it are far from any bound, however many and alike they are. */
static void census__leaves_room(void)
{
    static const char *const forms[] = {"user-%05d", "k0x%d", "%d", "agoric1qqqqqqqq%08x",
                                        "%07d,0"};
    struct name_census *c;
    struct buffer text = {0};

    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        must(name_census_open(&c));
        buffer_clear(&text);
        must(buffer_append_byte(&text, '{'));
        for (int i = 0; i < 25000; i++) {
            must(buffer_append_text(&text, i > 0 ? ",\"" : "\""));
            must(buffer_printf(&text, forms[f], i));
            must(buffer_append_text(&text, "\":1"));
        }
        must(buffer_append_byte(&text, '}'));
        add(c, buffer_text(&text));
        CU_ASSERT_FALSE(name_census_crowded(c));
        name_census_close(c);
    }
    buffer_fini(&text);
}

static void census__knows_all_names(void)
{
    static const struct {
        const char *open, *before, *after, *close;
        bool counts;
    } cases[] = {
        {"{", "", "\":[]", "}", true},               /* keys */
        {"[", "%", "\"", "]", true},                 /* symbols */
        {"[", "", "\"", "]", false},                 /* texts */
        {"[[[{\"a\":{", "!", "\":1", "}}]]]", true}, /* escaped keys, deep inside */
    };
    struct name_census *c;
    struct buffer text = {0};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        must(name_census_open(&c));
        buffer_clear(&text);
        must(buffer_append_text(&text, cases[i].open));
        for (unsigned n = 0; n <= NAMES_TOGETHER_MAX; n++) {
            must(buffer_printf(&text, "%s\"%s", n > 0 ? "," : "", cases[i].before));
            name_append(&text, n);
            must(buffer_append_text(&text, cases[i].after));
        }
        must(buffer_append_text(&text, cases[i].close));
        add(c, buffer_text(&text));
        CU_ASSERT_EQUAL(name_census_crowded(c), cases[i].counts);
        name_census_close(c);
    }
    buffer_fini(&text);
}

static void message__of_like_names_is_rejected(void)
{
    struct machine m;
    struct buffer args = {0};

    machine_open(&m, "sly.json");
    record_append(&args, "", 0, NAMES_TOGETHER_MAX);
    (void)machine_call(&m, "reader", "echo", buffer_text(&args));
    CU_ASSERT_EQUAL(m.out.status, MESSAGE_FULFILLED);
    buffer_clear(&args);
    record_append(&args, "", 0, 4000);
    CU_ASSERT_PTR_NOT_NULL(strstr(machine_call(&m, "reader", "echo", buffer_text(&args)),
                                  "more than 64 names of like hash"));
    CU_ASSERT_EQUAL(m.out.status, MESSAGE_REJECTED);
    CU_ASSERT_STRING_EQUAL(machine_call(&m, "reader", "echo", "7"), "7");
    machine_close(&m);
    buffer_fini(&args);
}

static void vat__is_refused_what_is_dear_to_read(void)
{
    static const struct {
        const char *args, *words;
    } cases[] = {
        {"'record',64", "taken"},
        {"'record',65", "names of like hash"},
        {"'escaped',65", "names of like hash"},
        {"'symbols',65", "names of like hash"},
        {"'texts',400", "taken"},
        {"'alike',30", "taken"},
        {"'bigint',13600", "taken"}, /* 4,094 digits */
        {"'bigint',13700", "a bigint of more than 4096 digits"},
    };
    struct machine m;

    machine_open(&m, "sly.json");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *said = machine_call(&m, "sly", "give", cases[i].args);

        if (!strstr(said, cases[i].words)) {
            (void)printf("\n    %s: %s", cases[i].args, said);
            CU_FAIL("another answer");
        }
        CU_ASSERT_EQUAL(m.out.events_len, 0);
    }
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

/* Of many promises, settled one by one, the reader hears at once. */
static void notify__is_never_too_dear(void)
{
    static const char *const attacks[] = {"5,'bigint',160000", "12,'record',60", "240,'record',60",
                                          "20,'alike',2", "40,'symbols',60"};
    for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
        struct machine m;

        machine_open(&m, "sly.json");
        (void)machine_call(&m, "sly", "attack", attacks[i]);
        CU_ASSERT_EQUAL(m.out.events_len, 0);
        for (int runs = 0; m.out.queued > 0 && runs < 100; runs++) {
            machine_work(&m, 0);
            CU_ASSERT_EQUAL(m.out.events_len, 0);
        }
        CU_ASSERT_STRING_EQUAL(machine_call(&m, "reader", "echo", "7"), "7");
        CU_ASSERT_EQUAL(machine_restart(&m, false), HS_OK);
        CU_ASSERT_STRING_EQUAL(machine_call(&m, "reader", "echo", "7"), "7");
        CU_ASSERT_TRUE(machine_agrees_with_real(&m));
        machine_close(&m);
    }
}

/* Names of like hash that a vat keeps from many messages are searched in turn: who names another
 * pays for the search, and nobody else does. */
static void kept__like_names_are_searched_at_the_price_of_their_steps(void)
{
    enum { MESSAGES = 200, TOGETHER = 60, STEPS_A_NAME = 2 };
    struct machine m;
    struct buffer args = {0};
    uint64_t other, like;

    machine_open(&m, "reaped.json");
    for (unsigned i = 0; i < MESSAGES; i++) {
        buffer_clear(&args);
        record_append(&args, "", i * TOGETHER, TOGETHER);
        (void)machine_call(&m, "left", "note", buffer_text(&args));
        CU_ASSERT_EQUAL(m.out.status, MESSAGE_FULFILLED);
    }
    (void)machine_call(&m, "left", "echo", "{'not so':0}");
    other = m.out.ticks;
    buffer_clear(&args);
    record_append(&args, "", MESSAGES * TOGETHER, 1);
    (void)machine_call(&m, "left", "echo", buffer_text(&args));
    like = m.out.ticks;
    CU_ASSERT_TRUE(other < 20);
    CU_ASSERT_TRUE(like >= other + MESSAGES * TOGETHER * STEPS_A_NAME / HS_TICK_STEPS);
    machine_close(&m);
    buffer_fini(&args);
}

int main(int argc, char **argv)
{
    static const struct suite_case cases[] = {
        SUITE_CASE(census__counts_different_names),
        SUITE_CASE(census__leaves_room),
        SUITE_CASE(census__knows_all_names),
        SUITE_CASE(message__of_like_names_is_rejected),
        SUITE_CASE(vat__is_refused_what_is_dear_to_read),
        SUITE_CASE(notify__is_never_too_dear),
        SUITE_CASE(kept__like_names_are_searched_at_the_price_of_their_steps),
    };

    return MACHINE_MAIN("kernel_reading", cases, argc, argv);
}
