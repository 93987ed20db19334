/* The bridge: a vat's way out to the chain, and the chain's way in.
 *
 *   callOutbound(value)   the value, as plain JSON, is one of the message's outputs; called with
 *                         another number of arguments, the list of them
 *   registerInboundHandler(handler)   it gets what the chain sends by this bridge from now on:
 *                                     inbound(…args) (kernel/inbound.h)
 *   unregisterInboundHandler()        by the vat that registered it
 */
#include "kernel/devices/device_arguments.h"
#include "kernel/devices/device_types.h"
#include "kernel/kernel_core.h"
#include "kernel/tables/device_handler.h"
#include "kernel/tables/routing.h"

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

static enum hs_status bridge_call_outbound(struct device_call *c, struct device_arguments *a,
                                           struct hs_error *err)
{
    struct kernel *k = c->kernel;
    struct buffer json = {0};
    enum hs_status st;

    if (k->outputs.len >= HS_OUTPUTS_MAX) {
        return device_answer_error(c, slice_text("too many outputs"), err);
    }
    st = kernel_fail(err, capdata_to_json(&json, buffer_slice(&a->body)));
    if (st == HS_OK) {
        st = kernel_say(k, &k->outputs, bridge_sole_element(buffer_slice(&json)), err);
    }
    if (st == HS_OK) st = device_answer_nothing(c, err);
    buffer_fini(&json);
    return st;
}

/* Whose vat ended is as good as not registered. */
static enum hs_status bridge_is_taken(struct device_call *c, bool *taken, struct hs_error *err)
{
    struct device_handler now;
    enum hs_status st = device_handler_read(&c->kernel->kv, &c->device, &now, err);

    *taken = st == HS_OK && now.handler.text[0] != '\0';
    if (!*taken) return st;
    return route_is_open(&c->kernel->kv, &now.handler, taken, err);
}

static enum hs_status bridge_register(struct device_call *c, const struct device_handler *next,
                                      struct hs_error *err)
{
    bool taken;
    enum hs_status st = bridge_is_taken(c, &taken, err);

    if (st != HS_OK) return st;
    if (taken) return device_answer_error(c, slice_text("inboundHandler already registered"), err);
    st = device_handler_replace(&c->kernel->kv, &c->device, next, err);
    return st == HS_OK ? device_answer_nothing(c, err) : st;
}

static enum hs_status bridge_register_inbound(struct device_call *c, struct device_arguments *a,
                                              struct hs_error *err)
{
    struct device_handler next = {.vat = c->caller};

    if (!device_argument_object(a, &next.handler) || !device_arguments_end(a)) return HS_OK;
    return bridge_register(c, &next, err);
}

static enum hs_status bridge_unregister_inbound(struct device_call *c, struct device_arguments *a,
                                                struct hs_error *err)
{
    struct device_handler now;
    enum hs_status st = device_handler_read(&c->kernel->kv, &c->device, &now, err);

    (void)a; /* it takes none, and minds none */
    if (st != HS_OK) return st;
    if (now.handler.text[0] != '\0' && !ref_equal(&now.vat, &c->caller)) {
        return device_answer_error(c, slice_text("another vat registered the inboundHandler"), err);
    }
    st = device_handler_replace(&c->kernel->kv, &c->device, NULL, err);
    return st == HS_OK ? device_answer_nothing(c, err) : st;
}

static const struct device_method bridge_methods[] = {
    {"callOutbound", bridge_call_outbound},
    {"registerInboundHandler", bridge_register_inbound},
    {"unregisterInboundHandler", bridge_unregister_inbound},
    {NULL, NULL},
};

const struct device_type device_type_bridge = {
    .name = "bridge",
    .state_first = "{}",
    .methods = bridge_methods,
};
