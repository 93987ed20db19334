/* Bundles: installed in pieces by control messages, kept once, whole or not at all. */
#include "tests/unit/kernel/machine.h"

#include "kernel/tables/bundles.h"

#define ASSERT_STATUS(machine, expected) CU_ASSERT_EQUAL((machine)->out.status, expected)

static const struct message control = {.control = true};

enum { PIECE = 10000 };

/* A text of `len` bytes, letters only, and its hash. */
static void text_make(struct buffer *text, char hex[SHA256_HEX_BYTES], size_t len, unsigned seed)
{
    buffer_clear(text);
    for (size_t i = 0; i < len; i++) {
        CU_ASSERT_EQUAL_FATAL(buffer_append_byte(text, (char)('a' + (i * 7 + i / 26 + seed) % 26)),
                              HS_OK);
    }
    CU_ASSERT_EQUAL_FATAL(sha256_hex(buffer_slice(text), hex, NULL), HS_OK);
}

static const char *install(struct machine *m, const char *hex, size_t bytes, size_t offset,
                           struct slice piece)
{
    static struct buffer message;

    buffer_clear(&message);
    CU_ASSERT_EQUAL_FATAL(
        buffer_printf(&message,
                      "{'kernel':'installBundle','bundle':'%s','bytes':%zu,'offset':%zu,"
                      "'piece':'%.*s'}",
                      hex, bytes, offset, (int)piece.len, piece.data),
        HS_OK);
    return machine_input(m, control, buffer_text(&message));
}

static const char *install_piece(struct machine *m, const char *hex, const struct buffer *text,
                                 size_t offset)
{
    size_t len = text->len - offset < PIECE ? text->len - offset : PIECE;

    return install(m, hex, text->len, offset, slice_make(text->data + offset, len));
}

static bool is_installed(struct machine *m, const char *hex, const struct buffer *text)
{
    struct buffer value = {0};
    struct key key;
    bool same = kv_store_get(kernel_store(m->kernel), key_of(&key, "bundle.", hex, ""), &value,
                             NULL) == HS_OK &&
                slice_equal(buffer_slice(&value), buffer_slice(text));

    buffer_fini(&value);
    return same;
}

static void bundle__is_there_once_its_last_piece_came(void)
{
    struct machine m;
    struct buffer text = {0};
    char hex[SHA256_HEX_BYTES];

    machine_open(&m, "pair.json");
    text_make(&text, hex, 3 * PIECE + 17, 0);
    for (size_t at = 0; at < text.len; at += PIECE) {
        CU_ASSERT_FALSE(is_installed(&m, hex, &text));
        (void)install_piece(&m, hex, &text, at);
        ASSERT_STATUS(&m, MESSAGE_FULFILLED);
        (void)install_piece(&m, hex, &text, at); /* again: nothing changes */
        ASSERT_STATUS(&m, MESSAGE_FULFILLED);
        if (at == PIECE) CU_ASSERT_EQUAL(machine_restart(&m, false), HS_OK);
    }
    CU_ASSERT_TRUE(is_installed(&m, hex, &text));
    CU_ASSERT_EQUAL(machine_count(&m, "bundle."), 1);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.bundles"),
                           "{\"bytes\":30017,\"installing\":[]}");
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
    buffer_fini(&text);
}

static void bundle__what_is_not_its_hash_is_dropped(void)
{
    struct machine m;
    struct buffer text = {0}, other = {0};
    char hex[SHA256_HEX_BYTES], other_hex[SHA256_HEX_BYTES];

    machine_open(&m, "pair.json");
    text_make(&text, hex, PIECE + 5, 0);
    text_make(&other, other_hex, PIECE + 5, 1);
    (void)install_piece(&m, hex, &other, 0);
    ASSERT_STATUS(&m, MESSAGE_FULFILLED);
    CU_ASSERT_PTR_NOT_NULL(strstr(install_piece(&m, hex, &other, PIECE), other_hex));
    ASSERT_STATUS(&m, MESSAGE_REJECTED);
    CU_ASSERT_EQUAL(machine_count(&m, "bundle."), 0);
    CU_ASSERT_STRING_EQUAL(machine_get(&m, "kernel.bundles"), "{\"bytes\":0,\"installing\":[]}");
    (void)install_piece(&m, hex, &text, 0); /* and now the right one */
    (void)install_piece(&m, hex, &text, PIECE);
    ASSERT_STATUS(&m, MESSAGE_FULFILLED);
    CU_ASSERT_TRUE(is_installed(&m, hex, &text));
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
    buffer_fini(&text);
    buffer_fini(&other);
}

static void bundle__pieces_that_do_not_fit_are_rejected(void)
{
    struct machine m;
    struct buffer text = {0}, other = {0};
    char hex[SHA256_HEX_BYTES], ignored[SHA256_HEX_BYTES];

    machine_open(&m, "pair.json");
    text_make(&text, hex, 2 * PIECE, 0);
    text_make(&other, ignored, 2 * PIECE, 3);
    CU_ASSERT_PTR_NOT_NULL(strstr(install_piece(&m, hex, &text, PIECE), "begins at offset 0"));
    ASSERT_STATUS(&m, MESSAGE_REJECTED);
    (void)install_piece(&m, hex, &text, 0);
    ASSERT_STATUS(&m, MESSAGE_FULFILLED);
    CU_ASSERT_PTR_NOT_NULL(strstr(install_piece(&m, hex, &other, 0), "another piece came before"));
    (void)install(&m, hex, 7, 0, slice_text("x"));
    ASSERT_STATUS(&m, MESSAGE_REJECTED); /* of another length */
    (void)install(&m, hex, text.len, PIECE, slice_text("short"));
    ASSERT_STATUS(&m, MESSAGE_REJECTED);
    (void)install(&m, hex, text.len, PIECE + 1, slice_make(text.data, PIECE));
    ASSERT_STATUS(&m, MESSAGE_REJECTED); /* past the end */
    (void)install(&m, hex, BUNDLE_BYTES_MAX + 1, 0, slice_make(text.data, PIECE));
    ASSERT_STATUS(&m, MESSAGE_REJECTED);
    (void)install(&m, "ABC", 1, 0, slice_text("x"));
    ASSERT_STATUS(&m, MESSAGE_REJECTED);
    (void)machine_input(&m, (struct message){0}, "{'kernel':'installBundle'}");
    ASSERT_STATUS(&m, MESSAGE_REJECTED); /* no control message */
    (void)install_piece(&m, hex, &text, PIECE);
    ASSERT_STATUS(&m, MESSAGE_FULFILLED);
    machine_close(&m);
    buffer_fini(&text);
    buffer_fini(&other);
}

static void bundle__installs_are_bounded_and_the_oldest_goes(void)
{
    struct machine m;
    struct buffer text = {0};
    char hex[SHA256_HEX_BYTES], first[SHA256_HEX_BYTES] = "";

    machine_open(&m, "pair.json");
    for (unsigned i = 0; i <= BUNDLE_INSTALLS_MAX; i++) {
        text_make(&text, hex, 2 * PIECE, i);
        if (i == 0) memcpy(first, hex, sizeof first);
        (void)install_piece(&m, hex, &text, 0);
        ASSERT_STATUS(&m, MESSAGE_FULFILLED);
    }
    CU_ASSERT_EQUAL(machine_count(&m, "bundle."), BUNDLE_INSTALLS_MAX);
    text_make(&text, hex, 2 * PIECE, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(install_piece(&m, first, &text, PIECE), "begins at offset 0"));
    for (unsigned i = 0; i < 5; i++) { /* by what they announce */
        text_make(&text, hex, PIECE, 30 + i);
        hex[0] = hex[0] == '0' ? '1' : '0';
        (void)install(&m, hex, BUNDLE_BYTES_MAX, 0, buffer_slice(&text));
        ASSERT_STATUS(&m, MESSAGE_FULFILLED);
    }
    CU_ASSERT_EQUAL(machine_count(&m, "bundle."), BUNDLE_INSTALL_BYTES_MAX / BUNDLE_BYTES_MAX);
    (void)machine_input(&m, control,
                        "{'kernel':'setRules','rules':{'limits':{'bundleBytes':1048576}}}");
    text_make(&text, hex, PIECE, 99);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(install(&m, hex, BUNDLE_BYTES_MAX, 0, buffer_slice(&text)), "all bundles together"));
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
    buffer_fini(&text);
}

static void bundle__install_can_be_aborted(void)
{
    struct machine m;
    struct buffer text = {0}, message = {0};
    char hex[SHA256_HEX_BYTES];

    machine_open(&m, "pair.json");
    text_make(&text, hex, 3 * PIECE, 0);
    (void)install_piece(&m, hex, &text, 0);
    (void)install_piece(&m, hex, &text, PIECE);
    CU_ASSERT_EQUAL(buffer_printf(&message, "{'kernel':'abortBundle','bundle':'%s'}", hex), HS_OK);
    (void)machine_input(&m, control, buffer_text(&message));
    ASSERT_STATUS(&m, MESSAGE_FULFILLED);
    CU_ASSERT_EQUAL(machine_count(&m, "bundle."), 0);
    (void)machine_input(&m, control, buffer_text(&message));
    ASSERT_STATUS(&m, MESSAGE_REJECTED);
    machine_close(&m);
    buffer_fini(&text);
    buffer_fini(&message);
}

static void bundle__list_that_is_damaged_is_named(void)
{
    static const char *const lists[] = {
        "[]",
        "{\"bytes\":1",
        "{\"bytes\":\"1\",\"installing\":[]}",
        "{\"bytes\":1,\"installing\":[{}]}",
        "{\"bytes\":1,\"installing\":[{\"bundle\":\"00\",\"bytes\":5,\"have\":1}]}",
    };

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct machine m;
        struct message in = control;

        machine_open(&m, "pair.json");
        (void)machine_input(&m, control, "{'kernel':'setRules','rules':{}}");
        CU_ASSERT_EQUAL(kv_store_set(kv_memory_store(m.real), slice_text("kernel.bundles"),
                                     slice_text(lists[i]), NULL),
                        HS_OK);
        CU_ASSERT_EQUAL(machine_restart(&m, false), HS_OK);
        in.text = slice_text("{\"kernel\":\"installBundle\",\"bytes\":1,\"offset\":0,"
                             "\"piece\":\"a\",\"bundle\":\"00000000000000000000000000000000"
                             "00000000000000000000000000000000\"}");
        CU_ASSERT_EQUAL(machine_deliver_message(&m, &in), HS_KERNEL_FAILED);
        CU_ASSERT_PTR_NOT_NULL(strstr(m.err.text, "kernel.bundles"));
        machine_close(&m);
    }
}

int main(int argc, char **argv)
{
    static const struct suite_case cases[] = {
        SUITE_CASE(bundle__is_there_once_its_last_piece_came),
        SUITE_CASE(bundle__what_is_not_its_hash_is_dropped),
        SUITE_CASE(bundle__pieces_that_do_not_fit_are_rejected),
        SUITE_CASE(bundle__installs_are_bounded_and_the_oldest_goes),
        SUITE_CASE(bundle__install_can_be_aborted),
        SUITE_CASE(bundle__list_that_is_damaged_is_named),
    };

    return MACHINE_MAIN("kernel_bundles", cases, argc, argv);
}
