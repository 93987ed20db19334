#include "kernel/state/decimal.h"
#include "kernel/vat_admin.h"

void vat_details_fini(struct vat_details *d)
{
    buffer_fini(&d->source);
    buffer_fini(&d->message);
}

static bool details_text(struct slice value, struct buffer *out)
{
    buffer_clear(out);
    return value.data[0] == '"' && json_text_decode(out, value) == HS_OK;
}

static bool details_read(struct slice key, struct slice value, struct vat_details *d)
{
    if (json_text_is(key, "admin")) {
        return value.data[0] == '"' && ref_make(json_text_inner(value), &d->admin) == HS_OK;
    }
    if (json_text_is(key, "bundle")) {
        return value.data[0] == '"' &&
               bundle_id_make(json_text_inner(value), &d->program.bundle) == HS_OK;
    }
    if (json_text_is(key, "source")) return details_text(value, &d->source);
    if (json_text_is(key, "options")) {
        d->has_options = vat_options_parse(value, &d->options);
        return d->has_options;
    }
    if (json_text_is(key, "upgrade")) return uint_parse(value, &d->upgrade) == HS_OK;
    if (json_text_is(key, "message")) return details_text(value, &d->message);
    if (json_text_is(key, "memory")) return uint_parse(value, &d->memory) == HS_OK;
    return json_text_is(key, "reapInterval") && reap_setting_parse(value, &d->reaps);
}

bool vat_details_parse(struct slice json, struct vat_details *out)
{
    struct json_text t;
    struct slice key, value;

    *out = (struct vat_details){.upgrade = 0};
    json_text_init(&t, json);
    (void)json_text_open(&t, '{');
    while (json_text_more(&t, '}') && json_text_key(&t, &key) && json_text_value(&t, &value)) {
        if (!details_read(key, value, out)) return false;
    }
    out->program.source = buffer_slice(&out->source);
    return json_text_end(&t);
}

enum hs_status vat_details_print(const struct vat_details *d, struct buffer *out)
{
    struct json_printer j = json_printer_on(out);

    json_print_open(&j, '{');
    if (d->admin.text[0] != '\0') {
        json_print_key(&j, "admin");
        json_print_word(&j, d->admin.text);
    }
    if (d->program.bundle.hex[0] != '\0') {
        json_print_key(&j, "bundle");
        json_print_word(&j, d->program.bundle.hex);
    } else if (d->has_options || d->upgrade > 0) {
        json_print_key(&j, "source");
        json_print_string(&j, d->program.source);
    }
    if (d->has_options) {
        json_print_key(&j, "options");
        vat_options_print(&d->options, &j);
    }
    if (d->upgrade > 0) {
        json_print_key(&j, "upgrade");
        json_print_uint(&j, d->upgrade);
        json_print_key(&j, "message");
        json_print_string(&j, buffer_slice(&d->message));
    }
    if (d->memory > 0) {
        json_print_key(&j, "memory");
        json_print_uint(&j, d->memory);
    }
    reap_setting_print(&d->reaps, &j);
    json_print_close(&j, '}');
    return json_print_end(&j);
}
