/* The protocol's rules as tables: every (state, event), every (state, who, kind), every parameter.
 */
#include "tests/unit/suite.h"

#include "ipc/session.h"
#include "ipc/wire.h"

#define HASH64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void session__every_state_and_event(void)
{
    static const struct {
        enum session_state from;
        enum session_event event;
        enum session_state to;
    } moves[] = {
        {SESSION_NEW, SESSION_HELLO_OBSERVER, SESSION_OBSERVER},
        {SESSION_NEW, SESSION_HELLO_NODE, SESSION_NODE},
        {SESSION_NEW, SESSION_END, SESSION_OVER},
        {SESSION_OBSERVER, SESSION_END, SESSION_OVER},
        {SESSION_NODE, SESSION_DELIVER, SESSION_DELIVERING},
        {SESSION_NODE, SESSION_END, SESSION_OVER},
        {SESSION_DELIVERING, SESSION_ANSWERED, SESSION_NODE},
        {SESSION_DELIVERING, SESSION_END, SESSION_OVER},
    };

    for (int from = SESSION_NEW; from < SESSION_STATE_COUNT; from++) {
        for (int event = 0; event < SESSION_EVENT_COUNT; event++) {
            enum session_state expected = SESSION_NONE;

            for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
                if ((int)moves[i].from == from && (int)moves[i].event == event) {
                    expected = moves[i].to;
                }
            }
            CU_ASSERT_EQUAL(session_next((enum session_state)from, (enum session_event)event),
                            expected);
        }
    }
}

static void session__every_state_and_who_and_kind(void)
{
    /* columns: before hello, anyone, after hello, node */
    static const struct {
        enum session_state state;
        enum ipc_code codes[IPC_WHO_COUNT];
    } rows[] = {
        {SESSION_NEW, {IPC_FINE, IPC_FINE, IPC_BAD_REQUEST, IPC_BAD_REQUEST}},
        {SESSION_OBSERVER, {IPC_BAD_REQUEST, IPC_FINE, IPC_FINE, IPC_BAD_REQUEST}},
        {SESSION_NODE, {IPC_BAD_REQUEST, IPC_FINE, IPC_FINE, IPC_FINE}},
        {SESSION_DELIVERING, {IPC_BAD_REQUEST, IPC_FINE, IPC_FINE, IPC_FINE}},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int who = 0; who < IPC_WHO_COUNT; who++) {
            for (int kind = 0; kind < IPC_KIND_COUNT; kind++) {
                struct ipc_verdict verdict =
                    session_rule(rows[i].state, (enum ipc_who)who, (enum ipc_kind)kind);
                enum ipc_code expected = rows[i].codes[who];

                if (expected == IPC_FINE && kind == IPC_DELIVERY &&
                    rows[i].state == SESSION_DELIVERING) {
                    expected = IPC_BUSY;
                }
                CU_ASSERT_EQUAL(verdict.code, expected);
                CU_ASSERT_EQUAL(verdict.text == NULL, verdict.code == IPC_FINE);
            }
        }
    }
}

static void code__every_one_has_a_name_of_its_own(void)
{
    for (int a = 0; a < IPC_CODE_COUNT; a++) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(ipc_code_name((enum ipc_code)a));
        for (int b = 0; b < a; b++) {
            CU_ASSERT_STRING_NOT_EQUAL(ipc_code_name((enum ipc_code)a),
                                       ipc_code_name((enum ipc_code)b));
        }
    }
    CU_ASSERT_STRING_EQUAL(ipc_code_name(IPC_BAD_REQUEST), "bad_request");
    CU_ASSERT_STRING_EQUAL(ipc_code_name(IPC_SHUTTING_DOWN), "shutting_down");
}

/* --- parameters: a map built from text, one pair left out or replaced --- */

struct field {
    const char *key;
    enum packed_kind kind; /* PACKED_UINT, PACKED_TEXT; PACKED_ABSENT ends the list */
    uint64_t number;
    const char *text;
};

static struct packed_value pack_fields(struct buffer *out, const struct field *fields,
                                       const struct field *instead, size_t at)
{
    struct wire_writer w;
    uint32_t count = 0;

    while (fields[count].kind != PACKED_ABSENT)
        count++;
    buffer_clear(out);
    wire_begin(&w, out);
    wire_put_map(&w, instead || at == SIZE_MAX ? count : count - 1);
    for (size_t i = 0; i < count; i++) {
        const struct field *f = i == at ? instead : &fields[i];

        if (!f) continue;
        wire_put_text(&w, slice_text(fields[i].key));
        if (f->kind == PACKED_UINT) wire_put_uint(&w, f->number);
        if (f->kind == PACKED_TEXT) wire_put_text(&w, slice_text(f->text));
        if (f->kind == PACKED_NIL) wire_put_nil(&w);
    }
    CU_ASSERT_EQUAL_FATAL(wire_end(&w), HS_OK);
    return packed_root(buffer_slice(out));
}

static const struct field hello_fields[] = {{"protocol", PACKED_UINT, 1, NULL},
                                            {"chain_id", PACKED_TEXT, 0, "chain"},
                                            {"role", PACKED_TEXT, 0, "node"},
                                            {"client", PACKED_TEXT, 0, "me"},
                                            {NULL, PACKED_ABSENT, 0, NULL}};

static enum ipc_code hello_code(const struct field *instead, size_t at, bool node_held,
                                bool observers_full)
{
    struct buffer packed = {0};
    struct session_hello hello = {0};
    struct packed_value params = pack_fields(&packed, hello_fields, instead, at);
    struct ipc_params p;
    enum ipc_code code;

    ipc_params_begin(&p, params);
    session_hello_read(&p, &hello);
    code = p.code ? p.code : session_hello_rule(&hello, "chain", node_held, observers_full).code;
    CU_ASSERT_EQUAL(p.code == IPC_FINE, p.words[0] == '\0');
    buffer_fini(&packed);
    return code;
}

static void hello__every_field_is_needed_and_checked(void)
{
    static const struct field nil = {NULL, PACKED_NIL, 0, NULL};
    char longer[HS_NAME_BYTES_MAX + 2];
    struct field f = {NULL, PACKED_UINT, 2, NULL};

    CU_ASSERT_EQUAL(hello_code(NULL, SIZE_MAX, false, false), 0);
    for (size_t at = 0; at < 4; at++) {
        CU_ASSERT_EQUAL(hello_code(NULL, at, false, false), IPC_BAD_REQUEST);
        CU_ASSERT_EQUAL(hello_code(&nil, at, false, false), IPC_BAD_REQUEST);
    }
    CU_ASSERT_EQUAL(hello_code(&f, 0, false, false), IPC_BAD_REQUEST); /* protocol 2 */
    f = (struct field){NULL, PACKED_TEXT, 0, "chai"};
    CU_ASSERT_EQUAL(hello_code(&f, 1, false, false), IPC_WRONG_CHAIN);
    CU_ASSERT_EQUAL(hello_code(&f, 1, true, false), IPC_WRONG_CHAIN); /* rather than busy */
    f.text = "admin";
    CU_ASSERT_EQUAL(hello_code(&f, 2, false, false), IPC_BAD_REQUEST);
    CU_ASSERT_EQUAL(hello_code(NULL, SIZE_MAX, true, false), IPC_BUSY);
    CU_ASSERT_EQUAL(hello_code(NULL, SIZE_MAX, false, true), IPC_FINE);
    f.text = "observer";
    CU_ASSERT_EQUAL(hello_code(&f, 2, true, false), 0);
    CU_ASSERT_EQUAL(hello_code(&f, 2, false, true), IPC_BUSY);
    f.text = "\xff";
    CU_ASSERT_EQUAL(hello_code(&f, 3, false, false), IPC_BAD_REQUEST);
    memset(longer, 'c', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    f.text = longer;
    CU_ASSERT_EQUAL(hello_code(&f, 3, false, false), IPC_BAD_REQUEST);
    longer[sizeof longer - 2] = '\0';
    CU_ASSERT_EQUAL(hello_code(&f, 3, false, false), 0);
}

static const struct field deliver_fields[] = {
    {"height", PACKED_UINT, 10, NULL}, {"time", PACKED_UINT, 11, NULL},
    {"seqnum", PACKED_UINT, 12, NULL}, {"hash", PACKED_TEXT, 0, HASH64},
    {"message", PACKED_TEXT, 0, "{}"}, {NULL, PACKED_ABSENT, 0, NULL}};

static enum ipc_code deliver_code(const struct field *instead, size_t at,
                                  struct ipc_delivery *delivery)
{
    struct buffer packed = {0};
    struct packed_value params = pack_fields(&packed, deliver_fields, instead, at);
    struct ipc_params p;

    ipc_params_begin(&p, params);
    ipc_delivery_read(&p, delivery);
    CU_ASSERT_EQUAL(p.code == IPC_FINE, p.words[0] == '\0');
    buffer_fini(&packed); /* what delivery->message.text points to is gone */
    return p.code;
}

static void deliver__every_field_is_needed_and_checked(void)
{
    static const struct field nil = {NULL, PACKED_NIL, 0, NULL};
    struct ipc_delivery d = {0};
    struct field f = {NULL, PACKED_TEXT, 0, ""};

    CU_ASSERT_EQUAL(deliver_code(NULL, SIZE_MAX, &d), 0);
    CU_ASSERT(d.message.height == 10 && d.message.time == 11 && d.real.seqnum == 12);
    CU_ASSERT_STRING_EQUAL(d.real.hash, HASH64);
    CU_ASSERT_EQUAL(d.message.text.len, 2);
    for (size_t at = 0; at < 5; at++) {
        CU_ASSERT_EQUAL(deliver_code(NULL, at, &d), IPC_BAD_REQUEST);
        CU_ASSERT_EQUAL(deliver_code(&nil, at, &d), IPC_BAD_REQUEST);
    }
    CU_ASSERT_EQUAL(deliver_code(&f, 3, &d), IPC_BAD_REQUEST); /* no hash at seqnum 12 */
    f.text = "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef";
    CU_ASSERT_EQUAL(deliver_code(&f, 3, &d), IPC_BAD_REQUEST);
    f.text = HASH64 "0";
    CU_ASSERT_EQUAL(deliver_code(&f, 3, &d), IPC_BAD_REQUEST);
    f = (struct field){NULL, PACKED_UINT, HS_UINT_MAX, NULL};
    CU_ASSERT_EQUAL(deliver_code(&f, 2, &d), IPC_BAD_REQUEST); /* nothing can follow it */
    CU_ASSERT_EQUAL(deliver_code(&f, 0, &d), 0);
}

static void deliver__message_has_a_bound(void)
{
    struct ipc_delivery d = {0};
    char *text = malloc(HS_MESSAGE_BYTES_MAX + 2);
    struct field f = {NULL, PACKED_TEXT, 0, text};

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    memset(text, 'x', HS_MESSAGE_BYTES_MAX + 1);
    text[HS_MESSAGE_BYTES_MAX + 1] = '\0';
    CU_ASSERT_EQUAL(deliver_code(&f, 4, &d), IPC_TOO_LARGE);
    text[HS_MESSAGE_BYTES_MAX] = '\0';
    CU_ASSERT_EQUAL(deliver_code(&f, 4, &d), IPC_FINE);
    free(text);
}

static void params__first_that_is_wrong_sticks(void)
{
    struct buffer packed = {0};
    struct ipc_params p;

    ipc_params_begin(&p, pack_fields(&packed, deliver_fields, NULL, SIZE_MAX));
    CU_ASSERT_EQUAL(ipc_params_uint(&p, "height", 10), 10);
    CU_ASSERT_EQUAL(p.code, IPC_FINE);
    CU_ASSERT_EQUAL(ipc_params_uint(&p, "time", 10), 0); /* is 11 */
    CU_ASSERT_EQUAL(ipc_params_text(&p, "none").len, 0);
    ipc_params_refuse(&p, IPC_TOO_LARGE, "later");
    CU_ASSERT_EQUAL(p.code, IPC_BAD_REQUEST);
    CU_ASSERT_STRING_EQUAL(p.words, "time must be an unsigned integer up to 10");
    buffer_fini(&packed);
}

static void params__of_a_large_map_are_found_and_the_first_of_two_counts(void)
{
    enum { PAIRS = 3 * IPC_PARAMS_KEPT };
    struct buffer packed = {0};
    struct wire_writer w;
    struct ipc_params p;
    char key[8];

    wire_begin(&w, &packed);
    wire_put_map(&w, 2 * PAIRS + 1);
    wire_put_nil(&w); /* no key that could be asked for */
    wire_put_nil(&w);
    for (unsigned i = 0; i < 2 * PAIRS; i++) {
        (void)snprintf(key, sizeof key, "k%u", i % PAIRS);
        wire_put_text(&w, slice_text(key));
        wire_put_uint(&w, i);
    }
    CU_ASSERT_EQUAL_FATAL(wire_end(&w), HS_OK);
    ipc_params_begin(&p, packed_root(buffer_slice(&packed)));
    for (unsigned i = 0; i < PAIRS; i++) {
        (void)snprintf(key, sizeof key, "k%u", i);
        CU_ASSERT_TRUE(ipc_params_has(&p, key));
        CU_ASSERT_EQUAL(ipc_params_uint(&p, key, HS_UINT_MAX), i);
    }
    CU_ASSERT_FALSE(ipc_params_has(&p, "k"));
    CU_ASSERT_FALSE(ipc_params_has(&p, ""));
    CU_ASSERT_EQUAL(p.code, IPC_FINE);
    buffer_fini(&packed);
}

/* --- the node's answers --- */

static const char *answer_wrong(const char *method, const char *bytes, size_t len)
{
    size_t frame_len = 0;

    CU_ASSERT_EQUAL_FATAL(packed_scan_whole(slice_make(bytes, len), &frame_len, NULL, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(frame_len, len);
    return session_question(method)->check(packed_root(slice_make(bytes, len)));
}

#define ANSWER_WRONG(method, text) answer_wrong(method, text, sizeof(text) - 1)

static void answer__store_get_is_checked(void)
{
    CU_ASSERT_PTR_NULL(ANSWER_WRONG("store.get", "\x81\xa5value\xc0"));
    CU_ASSERT_PTR_NULL(ANSWER_WRONG("store.get", "\x81\xa5value\xa1x"));
    CU_ASSERT_PTR_NULL(ANSWER_WRONG("store.get", "\x82\xa1?\x01\xa5value\xc4\x01x"));
    CU_ASSERT_PTR_NOT_NULL(ANSWER_WRONG("store.get", "\x81\xa5value\x01"));
    CU_ASSERT_PTR_NOT_NULL(ANSWER_WRONG("store.get", "\x80"));
    CU_ASSERT_PTR_NOT_NULL(ANSWER_WRONG("store.get", "\xc0"));
    CU_ASSERT_PTR_NOT_NULL(ANSWER_WRONG("store.get", "\xa1x"));
}

#define SCAN(more, entries)                                                                        \
    "\x82\xa4more" more "\xa7"                                                                     \
    "entries" entries

static void answer__store_scan_is_checked(void)
{
    CU_ASSERT_PTR_NULL(ANSWER_WRONG("store.scan", SCAN("\xc2", "\x90")));
    CU_ASSERT_PTR_NULL(ANSWER_WRONG("store.scan", SCAN("\xc3", "\x91\x92\xa1k\xa1v")));
    CU_ASSERT_PTR_NULL(ANSWER_WRONG("store.scan", SCAN("\xc2", "\x92\x92\xa0\xa0\x92\xa1k\xa1v")));
    CU_ASSERT_PTR_NOT_NULL(ANSWER_WRONG("store.scan", SCAN("\xc3", "\x90"))); /* no end to that */
    CU_ASSERT_PTR_NOT_NULL(ANSWER_WRONG("store.scan", SCAN("\xc0", "\x90")));
    CU_ASSERT_PTR_NOT_NULL(ANSWER_WRONG("store.scan", SCAN("\xc2", "\x91\x91\xa1k")));
    CU_ASSERT_PTR_NOT_NULL(ANSWER_WRONG("store.scan", SCAN("\xc2", "\x91\x92\xa1k\xc0")));
    CU_ASSERT_PTR_NOT_NULL(ANSWER_WRONG("store.scan", SCAN("\xc2", "\x91\xa1k")));
    CU_ASSERT_PTR_NOT_NULL(ANSWER_WRONG("store.scan", SCAN("\xc2", "\x80")));
    CU_ASSERT_PTR_NOT_NULL(/* equal keys, then falling ones */
                           ANSWER_WRONG("store.scan",
                                        SCAN("\xc2", "\x92\x92\xa1k\xa1v\x92\xa1k\xa1v")));
    CU_ASSERT_PTR_NOT_NULL(
        ANSWER_WRONG("store.scan", SCAN("\xc2", "\x92\x92\xa1k\xa1v\x92\xa1j\xa1v")));
    CU_ASSERT_PTR_NOT_NULL(ANSWER_WRONG("store.scan", "\x80"));
}

static const struct suite_case cases[] = {
    SUITE_CASE(session__every_state_and_event),
    SUITE_CASE(session__every_state_and_who_and_kind),
    SUITE_CASE(code__every_one_has_a_name_of_its_own),
    SUITE_CASE(hello__every_field_is_needed_and_checked),
    SUITE_CASE(deliver__every_field_is_needed_and_checked),
    SUITE_CASE(deliver__message_has_a_bound),
    SUITE_CASE(params__first_that_is_wrong_sticks),
    SUITE_CASE(params__of_a_large_map_are_found_and_the_first_of_two_counts),
    SUITE_CASE(answer__store_get_is_checked),
    SUITE_CASE(answer__store_scan_is_checked),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("session", cases, argc, argv);
}
