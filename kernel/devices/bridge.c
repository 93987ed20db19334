/* The bridge: a vat's way out to the chain.
 *
 *   callOutbound(value)   the value, as plain JSON, is one of the message's outputs; called with
 *                         another number of arguments, the list of them
 */
#include "kernel/devices/device_types.h"
#include "kernel/kernel_core.h"

/* The only element of a list is sent as itself. */
static struct slice bridge_sole_element(struct slice list)
{
    struct json_text t;
    struct slice element;

    json_text_init(&t, list);
    if (json_text_open(&t, '[') && json_text_next(&t, ']') && json_text_value(&t, &element) &&
        json_text_close(&t, ']') && json_text_end(&t)) {
        return element;
    }
    return list;
}

static enum hs_status bridge_call_outbound(struct device_call *c, struct hs_error *err)
{
    struct kernel *k = c->kernel;
    struct buffer body = {0}, json = {0};
    enum hs_status st;

    if (k->outputs.len >= HS_OUTPUTS_MAX) {
        return device_answer_error(c, slice_text("too many outputs"), err);
    }
    st = json_text_decode(&body, c->args->body);
    if (st == HS_OK) st = capdata_to_json(&json, buffer_slice(&body));
    st = kernel_fail(err, st);
    if (st == HS_OK) {
        st = kernel_say(k, &k->outputs, bridge_sole_element(buffer_slice(&json)), err);
    }
    if (st == HS_OK) st = device_answer_nothing(c, err);
    buffer_fini(&body);
    buffer_fini(&json);
    return st;
}

static const struct device_method bridge_methods[] = {
    {"callOutbound", bridge_call_outbound},
    {NULL, NULL},
};

const struct device_type device_type_bridge = {
    .name = "bridge",
    .state_first = "{}",
    .methods = bridge_methods,
};
