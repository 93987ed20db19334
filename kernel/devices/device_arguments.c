#include "kernel/devices/device_arguments.h"

#include "kernel/state/decimal.h"
#include "kernel/tables/kv_hashed.h"

#include <string.h>

enum hs_status device_arguments_init(struct device_arguments *a, const struct capdata *args,
                                     struct hs_error *err)
{
    struct slice body;
    enum hs_status st;

    *a = (struct device_arguments){.slots = &args->slots};
    st = kernel_fail(err, json_text_decode(&a->body, args->body));
    if (st != HS_OK) return st;
    body = buffer_slice(&a->body);
    if (body.len > 0 && body.data[0] == '#') body = slice_make(body.data + 1, body.len - 1);
    json_text_init(&a->text, body);
    a->is_list = json_text_open(&a->text, '[');
    return HS_OK;
}

void device_arguments_fini(struct device_arguments *a)
{
    buffer_fini(&a->body);
}

static bool device_arguments_want(struct device_arguments *a, const char *wanted)
{
    if (!a->problem) a->problem = a->is_list ? wanted : "no list of arguments";
    return false;
}

bool device_argument_next(struct device_arguments *a, struct slice *raw)
{
    return a->is_list && !a->problem && json_text_more(&a->text, ']') &&
           json_text_value(&a->text, raw);
}

bool device_argument_uint(struct device_arguments *a, uint64_t *out)
{
    struct slice raw;

    if (!device_argument_next(a, &raw)) {
        return device_arguments_want(a, "a whole number is missing");
    }
    if (raw.data[0] == '"' && json_text_first(raw) == '+') {
        raw = json_text_inner(raw);
        raw = slice_make(raw.data + 1, raw.len - 1);
    }
    if (uint_parse(raw, out) == HS_OK) return true;
    return device_arguments_want(a, "a whole number from 0 to 2^53-1 is wanted");
}

/* "$3.iface" names slot 3. */
static bool device_argument_slot(struct slice raw, uint64_t *slot)
{
    const char *dot;

    if (raw.data[0] != '"') return false;
    raw = json_text_inner(raw);
    if (raw.len < 2 || raw.data[0] != '$') return false;
    raw = slice_make(raw.data + 1, raw.len - 1);
    dot = memchr(raw.data, '.', raw.len);
    if (dot) raw.len = (size_t)(dot - raw.data);
    return uint_parse(raw, slot) == HS_OK;
}

bool device_argument_object(struct device_arguments *a, struct ref *kref)
{
    struct slice raw;
    uint64_t slot;

    if (!device_argument_next(a, &raw)) return device_arguments_want(a, "an object is missing");
    if (!device_argument_slot(raw, &slot) || slot >= a->slots->len ||
        kref_kind(&a->slots->items[slot]) != REF_OBJECT) {
        return device_arguments_want(a, "a remotable object is wanted, not a value or a promise");
    }
    *kref = a->slots->items[slot];
    return true;
}

bool device_arguments_end(struct device_arguments *a)
{
    if (a->problem) return false;
    if (a->is_list && json_text_close(&a->text, ']') && json_text_end(&a->text)) return true;
    return device_arguments_want(a, "there are more arguments than it takes");
}
