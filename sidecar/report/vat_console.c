#include "sidecar/report/vat_console.h"

#include "kernel/state/utf8.h"
#include "kernel/text/json_text.h"

#include <string.h>

static const char *const levels[] = {"debug", "log", "info", "warn", "error"};

static void console_level(struct vat_console *c, struct slice raw)
{
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        if (json_text_is(raw, levels[i])) memcpy(c->level, levels[i], strlen(levels[i]) + 1);
    }
}

/* A text that is far too long is not decoded first: its beginning is shown with its escapes. */
static enum hs_status console_add(struct vat_console *c, struct slice raw)
{
    struct slice inner = json_text_inner(raw);
    enum hs_status st = c->text.len > 0 ? buffer_append_byte(&c->text, ' ') : HS_OK;

    if (st != HS_OK) return st;
    if (inner.len <= 2 * VAT_CONSOLE_BYTES_MAX) return json_text_decode(&c->text, raw);
    return buffer_append(&c->text, slice_make(inner.data, utf8_cut(inner, VAT_CONSOLE_BYTES_MAX)));
}

/* Within its bound, and without what would end it for a reader in C. */
static void console_finish(struct vat_console *c)
{
    struct buffer *text = &c->text;

    if (text->len > VAT_CONSOLE_BYTES_MAX) {
        text->len = utf8_cut(buffer_slice(text), VAT_CONSOLE_BYTES_MAX);
        text->data[text->len] = '\0';
    }
    for (size_t i = 0; i < text->len; i++) {
        if (text->data[i] == '\0') text->data[i] = ' ';
    }
}

enum hs_status vat_console_read(struct slice request, struct vat_console *out)
{
    struct json_text t;
    struct slice raw;
    enum hs_status st = HS_OK;

    *out = (struct vat_console){0};
    json_text_init(&t, request);
    if (!json_text_open(&t, '[') || !json_text_next(&t, ']') || !json_text_string(&t, &raw) ||
        !json_text_is(raw, "sourcedConsole") || !json_text_next(&t, ']') ||
        !json_text_string(&t, &raw) || !json_text_next(&t, ']') || !json_text_string(&t, &raw)) {
        return HS_INVALID;
    }
    console_level(out, raw);
    while (st == HS_OK && out->text.len < VAT_CONSOLE_BYTES_MAX && json_text_more(&t, ']') &&
           json_text_string(&t, &raw)) {
        st = console_add(out, raw);
    }
    if (st == HS_OK) console_finish(out);
    if (st != HS_OK) vat_console_fini(out);
    return st;
}

void vat_console_fini(struct vat_console *c)
{
    buffer_fini(&c->text);
}
