#include "kernel/vat_end.h"

#include "kernel/state/utf8.h"
#include "kernel/tables/termination.h"
#include "kernel/text/json_printer.h"

#include <string.h>

static enum hs_status vat_end_tell(struct kernel *k, const struct vat_name *vat, const char *reason,
                                   struct hs_error *err)
{
    struct buffer event = {0};
    struct json_printer j = json_printer_on(&event);
    enum hs_status st;

    json_print_open(&j, '{');
    json_print_key(&j, "type");
    json_print_word(&j, "vat_ended");
    json_print_key(&j, "vat");
    json_print_string(&j, slice_text(vat->name));
    json_print_key(&j, "reason");
    json_print_string(&j, slice_make(reason, utf8_cut(slice_text(reason), strlen(reason))));
    json_print_close(&j, '}');
    st = kernel_fail(err, json_print_end(&j));
    if (st == HS_OK) st = kernel_say(k, &k->events, buffer_slice(&event), err);
    buffer_fini(&event);
    return st;
}

enum hs_status vat_end(struct kernel *k, const struct vat_name *vat, const char *reason,
                       const char *message, struct hs_error *err)
{
    enum hs_status st = vat_end_tell(k, vat, reason, err);

    return st == HS_OK ? termination_begin(&k->kv, &vat->id, message, err) : st;
}
