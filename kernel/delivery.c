#include "kernel/delivery.h"

#include "kernel/state/utf8.h"
#include "kernel/text/json_text.h"

#include <stdio.h>

void delivery_fini(struct delivery *d)
{
    buffer_fini(&d->syscalls);
    buffer_fini(&d->exit_why);
    ref_list_fini(&d->exit_slots);
}

/* "message", target, {"methargs":{"body":"#[\"method\",…" */
static bool delivery_read_body(struct json_text *t, struct slice *body)
{
    struct slice key, target;

    return json_text_next(t, ']') && json_text_string(t, &target) && json_text_next(t, ']') &&
           json_text_open(t, '{') && json_text_more(t, '}') && json_text_key(t, &key) &&
           json_text_open(t, '{') && json_text_more(t, '}') && json_text_key(t, &key) &&
           json_text_string(t, body);
}

static void delivery_words_of_body(struct slice raw, char words[KERNEL_HANDED_BYTES])
{
    enum { METHOD_BYTES = 64 };
    struct buffer body = {0}, method = {0};
    struct json_text t;

    if (json_text_decode(&body, raw) == HS_OK && body.len > 1) {
        json_text_init(&t, slice_make(body.data + 1, body.len - 1));
        if (json_text_open(&t, '[') && json_text_more(&t, ']') && json_text_string(&t, &raw) &&
            json_text_decode(&method, raw) == HS_OK) {
            (void)snprintf(words, KERNEL_HANDED_BYTES, "message %.*s",
                           (int)utf8_cut(buffer_slice(&method), METHOD_BYTES),
                           buffer_text(&method));
        }
    }
    buffer_fini(&body);
    buffer_fini(&method);
}

void delivery_words(struct slice text, char words[KERNEL_HANDED_BYTES])
{
    enum { KIND_BYTES = 24 };
    struct json_text t;
    struct slice raw;

    words[0] = '\0';
    json_text_init(&t, text);
    if (!json_text_open(&t, '[') || !json_text_more(&t, ']') || !json_text_string(&t, &raw)) {
        return;
    }
    (void)snprintf(words, KERNEL_HANDED_BYTES, "%.*s",
                   (int)utf8_cut(json_text_inner(raw), KIND_BYTES), json_text_inner(raw).data);
    if (!json_text_is(raw, "message") || !delivery_read_body(&t, &raw)) return;
    delivery_words_of_body(raw, words);
}
