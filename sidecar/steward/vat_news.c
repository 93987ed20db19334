#include "sidecar/steward/vat_news.h"

#include "kernel/outcome.h"
#include "kernel/state/digest.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { NEWS_WORD_BYTES = 80 };

/* A member that is text, without what would spoil a line; "": none. */
static void news_word(const json_t *map, const char *key, char word[NEWS_WORD_BYTES])
{
    const char *text = json_string_value(json_object_get(map, key));
    size_t len = 0;

    for (; text && text[len] != '\0' && len + 1 < NEWS_WORD_BYTES; len++) {
        word[len] = (unsigned char)text[len] < ' ' ? '?' : text[len];
    }
    word[len] = '\0';
}

/* "a run", "ledger.pay", or "no call". */
static void news_input(const struct message *m, char words[2 * NEWS_WORD_BYTES + 2])
{
    char to[NEWS_WORD_BYTES], method[NEWS_WORD_BYTES];
    json_t *call;

    if (message_is_run(m)) {
        (void)snprintf(words, 2 * NEWS_WORD_BYTES + 2, "a run");
        return;
    }
    call = json_loadb(m->text.data, m->text.len, 0, NULL);
    news_word(call, "to", to);
    news_word(call, "method", method);
    json_decref(call);
    if (to[0] == '\0') {
        (void)snprintf(words, 2 * NEWS_WORD_BYTES + 2, "no call");
    } else {
        (void)snprintf(words, 2 * NEWS_WORD_BYTES + 2, "%s.%s", to, method);
    }
}

void vat_news_log(const struct logger *logger, const struct message *m, struct slice event)
{
    char hex[SHA256_HEX_BYTES] = "", vat[NEWS_WORD_BYTES], handed[NEWS_WORD_BYTES];
    char input[2 * NEWS_WORD_BYTES + 2];
    const bool ended = kernel_event_is_end(event);
    json_t *news = json_loadb(event.data, event.len, 0, NULL);
    const char *reason = json_string_value(json_object_get(news, "reason"));
    struct log_field fields[] = {
        {.name = "vat", .text = vat},
        {.name = "reason", .text = reason ? reason : ""},
        {.name = "seqnum", .number = (uint64_t)json_integer_value(json_object_get(news, "seqnum"))},
        {.name = "delivery", .text = handed},
        {.name = "input", .text = input},
        {.name = "input_sha256", .text = hex},
    };

    news_word(news, "vat", vat);
    news_word(news, "delivery", handed);
    news_input(m, input);
    if (sha256_hex(m->text, hex, NULL) != HS_OK) hex[0] = '\0';
    logger_write_fields(logger, LOG_LEVEL_ERROR, fields, sizeof fields / sizeof *fields,
                        "%s: \"%s\", in seqnum %" PRIu64 "%s%s, by the input %s (SHA-256 %s): %s",
                        ended ? "a vat has ended" : "a critical vat was spared a failed crank", vat,
                        fields[2].number, handed[0] ? ", by " : "", handed, input, hex,
                        reason ? reason : "");
    json_decref(news);
}
