/* The vatAdmin device: vats that are made, upgraded, changed and ended while the kernel runs, and
 * meters. It is wrapped by a vat (kernel/vat/js/builtin/vat_admin.js), which gives only data; what
 * comes of it is told to a handler later (vat_handler.h).
 *
 *   registerHandler(object)
 *   hasBundle(hash) → boolean         bundleNamed(name) → hash or undefined
 *   create(options, parameters) → vatID                 options: JSON text, {"bundle":hash} or
 *          {"source":text}, "name", "memory", "reapInterval", "critical", "meter"
 *   upgrade(vatID, options, parameters) → upgradeID     {"bundle" or "source","message":text}
 *   changeOptions(vatID, options)                       {"memory","reapInterval"}
 *   terminate(vatID, reason)
 *   createMeter(remaining, threshold) → meterID         numbers as decimal text
 *   addRemaining(meterID, steps)   setThreshold(meterID, steps)
 *   meter(meterID) → [remaining, threshold]     endMeter(meterID)
 *
 * What is wrong with an argument is thrown in the vat that calls.
 */
#include "kernel/vat_admin.h"
#include "kernel/devices/device_arguments.h"
#include "kernel/devices/device_types.h"
#include "kernel/kernel_core.h"
#include "kernel/state/decimal.h"
#include "kernel/tables/meters.h"
#include "kernel/vat_handler.h"

#include <inttypes.h>
#include <string.h>

enum { ARGUMENTS_MAX = 3 };

/* The arguments of a call: decoded texts, and the raw smallcaps of each. */
struct arguments {
    struct slice raw[ARGUMENTS_MAX];
    struct buffer text[ARGUMENTS_MAX]; /* of those that are strings */
    size_t len;
};

static void arguments_fini(struct arguments *a)
{
    for (size_t i = 0; i < ARGUMENTS_MAX; i++) {
        buffer_fini(&a->text[i]);
    }
}

/* A plain smallcaps string: a '!' guards what begins with a special character. */
static enum hs_status argument_text(struct slice raw, struct buffer *out)
{
    enum hs_status st = json_text_decode(out, raw);

    if (st != HS_OK || out->len == 0 || out->data[0] != '!') return st;
    out->len--;
    memmove(out->data, out->data + 1, out->len);
    out->data[out->len] = '\0';
    return HS_OK;
}

static enum hs_status arguments_read(struct device_arguments *from, struct arguments *a,
                                     struct hs_error *err)
{
    enum hs_status st = HS_OK;

    while (st == HS_OK && a->len < ARGUMENTS_MAX && device_argument_next(from, &a->raw[a->len])) {
        if (a->raw[a->len].data[0] == '"') {
            st = kernel_fail(err, argument_text(a->raw[a->len], &a->text[a->len]));
        }
        a->len++;
    }
    return st;
}

/* A word that needs neither escape nor guard: an id, a hash. */
static enum hs_status answer_word(struct device_call *c, const char *word, struct hs_error *err)
{
    struct buffer text = {0};
    enum hs_status st = kernel_fail(err, buffer_printf(&text, "#\"%s\"", word));

    if (st == HS_OK) st = device_answer_value(c, buffer_slice(&text), err);
    buffer_fini(&text);
    return st;
}

static enum hs_status answer_error(struct device_call *c, const char *words, struct hs_error *err)
{
    return device_answer_error(c, slice_text(words), err);
}

/* --- bundles, the handler --- */

static enum hs_status admin_register(struct device_call *c, struct arguments *a,
                                     struct hs_error *err)
{
    enum hs_status st;

    if (a->len != 1 || c->args->slots.len != 1 ||
        kref_kind(&c->args->slots.items[0]) != REF_OBJECT) {
        return answer_error(c, "the handler must be an object", err);
    }
    st = vat_handler_set(&c->kernel->kv, &c->device, &c->caller, &c->args->slots.items[0], err);
    return st == HS_OK ? device_answer_nothing(c, err) : st;
}

static enum hs_status admin_has_bundle(struct device_call *c, struct arguments *a,
                                       struct hs_error *err)
{
    struct bundle_id id;
    bool found = false;
    enum hs_status st = HS_OK;

    if (bundle_id_make(buffer_slice(&a->text[0]), &id) == HS_OK) {
        st = bundle_has(&c->kernel->kv, &id, &found, err);
    }
    return st == HS_OK ? device_answer_value(c, slice_text(found ? "#true" : "#false"), err) : st;
}

static enum hs_status admin_bundle_named(struct device_call *c, struct arguments *a,
                                         struct hs_error *err)
{
    struct bundle_id id;
    bool found;
    enum hs_status st = bundle_named(&c->kernel->kv, buffer_slice(&a->text[0]), &id, &found, err);

    if (st != HS_OK) return st;
    return found ? answer_word(c, id.hex, err) : device_answer_nothing(c, err);
}

/* --- vats --- */

/* A vat that this device made. */
static enum hs_status admin_owns(struct device_call *c, struct slice text, struct ref *vat,
                                 bool *owns, struct hs_error *err)
{
    struct key key;
    struct slice admin;
    enum hs_status st;

    *owns = false;
    if (ref_make(text, vat) != HS_OK || !ref_is_vat(vat)) return HS_OK;
    st = kv_hashed_find(&c->kernel->kv, key_of(&key, vat->text, ".admin", ""), &admin, owns, err);
    if (st == HS_OK && *owns) *owns = slice_equal(admin, ref_slice(&c->device));
    return st;
}

/* Queue the event; parameters: of the call, with all its slots. */
static enum hs_status admin_queue(struct device_call *c, enum event_kind kind,
                                  const struct ref *vat, const struct vat_details *d,
                                  struct slice parameters, struct hs_error *err)
{
    struct buffer details = {0}, body = {0}, raw = {0};
    struct capdata data = {.slots = c->args->slots};
    enum hs_status st = HS_OK;

    if (d) st = vat_details_print(d, &details);
    if (st == HS_OK) st = buffer_append_text(&body, "#");
    if (st == HS_OK) st = buffer_append(&body, parameters);
    if (st == HS_OK) st = json_text_encode(&raw, buffer_slice(&body));
    st = kernel_fail(err, st);
    data.body = buffer_slice(&raw);
    if (st == HS_OK) {
        st = event_of_vat(&c->kernel->kv, kind, vat, buffer_slice(&details),
                          parameters.len > 0 ? &data : NULL, err);
    }
    buffer_fini(&details);
    buffer_fini(&body);
    buffer_fini(&raw);
    return st;
}

static const struct slice undefined = {"\"#undefined\"", 12};

static struct slice argument_or_undefined(const struct arguments *a, size_t i)
{
    return i < a->len ? a->raw[i] : undefined;
}

/* What `program` names; NULL: it is there. */
static enum hs_status program_problem(struct device_call *c, const struct vat_program *program,
                                      const char **problem, struct hs_error *err)
{
    bool found = true;
    enum hs_status st = HS_OK;

    *problem = NULL;
    if (program->bundle.hex[0] != '\0') {
        st = bundle_has(&c->kernel->kv, &program->bundle, &found, err);
    } else if (program->source.len == 0) {
        *problem = "a vat needs a bundle or a source";
    }
    if (!found) *problem = "no such bundle is installed";
    return st;
}

static enum hs_status memory_problem(struct device_call *c, uint64_t memory, uint64_t more,
                                     const struct ref *but, struct buffer *problem,
                                     struct hs_error *err)
{
    struct hs_error why = {.status = HS_OK};
    enum hs_status st = HS_OK;

    if (memory < VAT_MEMORY_LEAST || memory > HS_HEAP_BYTES_MAX) {
        st = buffer_printf(problem, "a vat's memory must be %d to %d bytes", VAT_MEMORY_LEAST,
                           HS_HEAP_BYTES_MAX);
        return kernel_fail(err, st);
    }
    st = vat_admin_check_memory(c->kernel, more, but, &why);
    if (st != HS_VAT_FAILED) return st == HS_OK ? st : hs_fail(err, st, "%s", why.text);
    return kernel_fail(err, buffer_append_text(problem, why.text));
}

/* *found false: there is none, or it has ended. */
static enum hs_status meter_find(struct device_call *c, const struct ref *id, struct vat_meter *m,
                                 bool *found, struct hs_error *err)
{
    bool ended = false;
    enum hs_status st = meter_read(&c->kernel->kv, id, m, found, err);

    if (st == HS_OK && *found) st = meter_has_ended(&c->kernel->kv, id, &ended, err);
    *found = *found && !ended;
    return st;
}

static enum hs_status meter_problem(struct device_call *c, const struct ref *meter,
                                    struct buffer *problem, struct hs_error *err)
{
    struct vat_meter m;
    bool found;
    enum hs_status st;

    if (meter->text[0] == '\0') return HS_OK;
    st = meter_find(c, meter, &m, &found, err);
    if (st != HS_OK || found) return st;
    return kernel_fail(err, buffer_append_text(problem, "there is no such meter"));
}

/* The options of a vat that is to be made, as the vat gave them and as they are kept. */
static bool create_options(struct slice json, const struct kernel_rules *rules,
                           struct vat_details *d)
{
    struct buffer whole = {0};
    struct json_text t;
    struct slice key, value;
    bool good = true, has_memory = false, has_name = false;
    struct json_printer j = json_printer_on(&whole);

    json_print_open(&j, '{');
    json_text_init(&t, json);
    (void)json_text_open(&t, '{');
    while (good && json_text_more(&t, '}') && json_text_key(&t, &key) &&
           json_text_value(&t, &value)) {
        if (json_text_is(key, "bundle")) {
            good = value.data[0] == '"' &&
                   bundle_id_make(json_text_inner(value), &d->program.bundle) == HS_OK;
            continue;
        }
        if (json_text_is(key, "source")) {
            good = value.data[0] == '"' && json_text_decode(&d->source, value) == HS_OK;
            continue;
        }
        has_memory = has_memory || json_text_is(key, "memory");
        has_name = has_name || json_text_is(key, "name");
        json_print_raw(&j, key);
        json_print_colon(&j);
        json_print_raw(&j, value);
    }
    if (!has_name) {
        json_print_key(&j, "name");
        json_print_word(&j, "unnamed");
    }
    if (!has_memory) {
        json_print_key(&j, "memory");
        json_print_uint(&j, rules->memory);
    }
    json_print_close(&j, '}');
    good = good && json_text_end(&t) && json_print_end(&j) == HS_OK &&
           vat_options_parse(buffer_slice(&whole), &d->options) && !d->options.builtin;
    d->program.source = buffer_slice(&d->source);
    d->has_options = good;
    buffer_fini(&whole);
    return good;
}

static enum hs_status create_problem(struct device_call *c, const struct vat_details *d,
                                     struct buffer *problem, struct hs_error *err)
{
    const char *words;
    enum hs_status st = program_problem(c, &d->program, &words, err);

    if (st == HS_OK && words) return kernel_fail(err, buffer_append_text(problem, words));
    if (st == HS_OK) {
        st = memory_problem(c, d->options.memory, d->options.memory, NULL, problem, err);
    }
    if (st != HS_OK || problem->len > 0) return st;
    return meter_problem(c, &d->options.meter, problem, err);
}

static enum hs_status admin_create(struct device_call *c, struct arguments *a, struct hs_error *err)
{
    struct vat_details d = {.admin = c->device};
    struct buffer problem = {0};
    struct ref vat;
    uint64_t number;
    enum hs_status st;

    if (!create_options(buffer_slice(&a->text[0]), &c->kernel->now.rules, &d)) {
        vat_details_fini(&d);
        return answer_error(c, "a vat cannot have such options", err);
    }
    st = create_problem(c, &d, &problem, err);
    if (st == HS_OK && problem.len > 0) {
        st = device_answer_error(c, buffer_slice(&problem), err);
        goto out;
    }
    if (st == HS_OK) st = kv_hashed_allot(&c->kernel->kv, slice_text("vat.nextID"), &number, err);
    if (st != HS_OK) goto out;
    vat = ref_number("v", number);
    st = admin_queue(c, EVENT_CREATE_VAT, &vat, &d, argument_or_undefined(a, 1), err);
    if (st == HS_OK) st = answer_word(c, vat.text, err);
out:
    vat_details_fini(&d);
    buffer_fini(&problem);
    return st;
}

/* d8.upgrades: counted up from 1. */
static enum hs_status upgrade_allot(struct device_call *c, uint64_t *number, struct hs_error *err)
{
    struct key key;
    enum hs_status st =
        vat_record_count(&c->kernel->kv.store, &c->device, ".upgrades", number, err);

    if (st != HS_OK) return st;
    return kv_hashed_write_uint(&c->kernel->kv, key_of(&key, c->device.text, ".upgrades", ""),
                                ++*number, err);
}

static enum hs_status admin_upgrade(struct device_call *c, struct arguments *a,
                                    struct hs_error *err)
{
    struct vat_details d = {.upgrade = 0};
    struct ref vat;
    const char *problem = NULL;
    char number[UINT_TEXT_BYTES];
    bool owns;
    enum hs_status st = admin_owns(c, buffer_slice(&a->text[0]), &vat, &owns, err);

    if (st != HS_OK) return st;
    if (!vat_details_parse(buffer_slice(&a->text[1]), &d)) problem = "bad options of an upgrade";
    if (!problem) st = program_problem(c, &d.program, &problem, err);
    if (!owns) problem = "the vat has ended";
    if (st == HS_OK && problem) st = answer_error(c, problem, err);
    if (st != HS_OK || problem) goto out;
    d.admin = c->device;
    st = upgrade_allot(c, &d.upgrade, err);
    if (st == HS_OK) {
        st = admin_queue(c, EVENT_UPGRADE_VAT, &vat, &d, argument_or_undefined(a, 2), err);
    }
    (void)uint_text(number, d.upgrade);
    if (st == HS_OK) st = answer_word(c, number, err);
out:
    vat_details_fini(&d);
    return st;
}

static enum hs_status admin_change_options(struct device_call *c, struct arguments *a,
                                           struct hs_error *err)
{
    struct vat_details d = {.upgrade = 0};
    struct buffer problem = {0};
    struct ref vat;
    bool owns;
    enum hs_status st = admin_owns(c, buffer_slice(&a->text[0]), &vat, &owns, err);

    if (st == HS_OK && !owns) return device_answer_nothing(c, err);
    if (st == HS_OK && !vat_details_parse(buffer_slice(&a->text[1]), &d)) {
        st = kernel_fail(err, buffer_append_text(&problem, "a vat cannot have such options"));
    }
    if (st == HS_OK && problem.len == 0 && d.memory > 0) {
        st = memory_problem(c, d.memory, d.memory, &vat, &problem, err);
    }
    if (st == HS_OK && problem.len > 0) {
        st = device_answer_error(c, buffer_slice(&problem), err);
    } else if (st == HS_OK) {
        d.admin = c->device;
        st = admin_queue(c, EVENT_CHANGE_OPTIONS, &vat, &d, slice_make(NULL, 0), err);
        if (st == HS_OK) st = device_answer_nothing(c, err);
    }
    vat_details_fini(&d);
    buffer_fini(&problem);
    return st;
}

static enum hs_status admin_terminate(struct device_call *c, struct arguments *a,
                                      struct hs_error *err)
{
    struct ref vat;
    bool owns;
    enum hs_status st = admin_owns(c, buffer_slice(&a->text[0]), &vat, &owns, err);

    if (st == HS_OK && owns) {
        st = admin_queue(c, EVENT_TERMINATE_VAT, &vat, NULL, argument_or_undefined(a, 1), err);
    }
    return st == HS_OK ? device_answer_nothing(c, err) : st;
}

/* --- meters --- */

static bool argument_number(const struct arguments *a, size_t i, uint64_t *out)
{
    return i < a->len && uint_parse(buffer_slice(&a->text[i]), out) == HS_OK;
}

static enum hs_status meters_are_too_many(struct device_call *c, struct hs_error *err)
{
    struct buffer words = {0};
    enum hs_status st =
        kernel_fail(err, buffer_printf(&words,
                                       "there are %" PRIu64 " meters, the most that there may be: "
                                       "end one that nobody needs",
                                       c->kernel->now.rules.meters));

    if (st == HS_OK) st = device_answer_error(c, buffer_slice(&words), err);
    buffer_fini(&words);
    return st;
}

static enum hs_status admin_create_meter(struct device_call *c, struct arguments *a,
                                         struct hs_error *err)
{
    struct kernel *k = c->kernel;
    struct vat_meter m;
    struct ref id;
    uint64_t count;
    enum hs_status st = meter_count(&k->kv, &count, err);

    if (st != HS_OK) return st;
    if (count >= k->now.rules.meters) return meters_are_too_many(c, err);
    if (!argument_number(a, 0, &m.remaining) || !argument_number(a, 1, &m.threshold)) {
        return answer_error(c, "a meter counts from 0 to 2^53 - 1", err);
    }
    st = meter_create(&k->kv, &c->device, m, &id, err);
    return st == HS_OK ? answer_word(c, id.text, err) : st;
}

/* The meter that the first argument names; *found false: there is none. */
static enum hs_status meter_argument(struct device_call *c, struct arguments *a, struct ref *id,
                                     struct vat_meter *m, bool *found, struct hs_error *err)
{
    *found = false;
    if (ref_make(buffer_slice(&a->text[0]), id) != HS_OK || id->text[0] != 'm') return HS_OK;
    return meter_find(c, id, m, found, err);
}

static enum hs_status admin_end_meter(struct device_call *c, struct arguments *a,
                                      struct hs_error *err)
{
    struct vat_meter m;
    struct ref id;
    bool found;
    enum hs_status st = meter_argument(c, a, &id, &m, &found, err);

    if (st == HS_OK && found) st = meter_end(&c->kernel->kv, &id, err);
    return st == HS_OK ? device_answer_nothing(c, err) : st;
}

static enum hs_status admin_add_remaining(struct device_call *c, struct arguments *a,
                                          struct hs_error *err)
{
    struct vat_meter m = {0};
    struct ref id;
    uint64_t more;
    bool found;
    enum hs_status st = meter_argument(c, a, &id, &m, &found, err);

    if (st != HS_OK) return st;
    if (!found || !argument_number(a, 1, &more) || more > HS_UINT_MAX - m.remaining) {
        return answer_error(c, "a meter counts from 0 to 2^53 - 1", err);
    }
    st = meter_set_remaining(&c->kernel->kv, &id, m.remaining + more, err);
    return st == HS_OK ? device_answer_nothing(c, err) : st;
}

static enum hs_status admin_set_threshold(struct device_call *c, struct arguments *a,
                                          struct hs_error *err)
{
    struct vat_meter m = {0};
    struct ref id;
    uint64_t threshold;
    bool found;
    enum hs_status st = meter_argument(c, a, &id, &m, &found, err);

    if (st != HS_OK) return st;
    if (!found || !argument_number(a, 1, &threshold)) {
        return answer_error(c, "a meter counts from 0 to 2^53 - 1", err);
    }
    st = meter_set_threshold(&c->kernel->kv, &id, threshold, err);
    return st == HS_OK ? device_answer_nothing(c, err) : st;
}

static enum hs_status admin_meter(struct device_call *c, struct arguments *a, struct hs_error *err)
{
    struct vat_meter m = {0};
    struct buffer text = {0};
    struct ref id;
    bool found;
    enum hs_status st = meter_argument(c, a, &id, &m, &found, err);

    if (st != HS_OK) return st;
    if (!found) return answer_error(c, "there is no such meter", err);
    st = kernel_fail(err, buffer_printf(&text, "#[\"+%" PRIu64 "\",\"+%" PRIu64 "\"]", m.remaining,
                                        m.threshold));
    if (st == HS_OK) st = device_answer_value(c, buffer_slice(&text), err);
    buffer_fini(&text);
    return st;
}

/* --- the type --- */

typedef enum hs_status (*admin_fn)(struct device_call *c, struct arguments *a,
                                   struct hs_error *err);

static enum hs_status admin_method(struct device_call *c, admin_fn run,
                                   struct device_arguments *from, struct hs_error *err)
{
    struct arguments a = {.len = 0};
    enum hs_status st = arguments_read(from, &a, err);

    if (st == HS_OK) st = run(c, &a, err);
    arguments_fini(&a);
    return st;
}

#define VAT_ADMIN_METHODS(X)                                                                       \
    X(registerHandler, admin_register)                                                             \
    X(hasBundle, admin_has_bundle)                                                                 \
    X(bundleNamed, admin_bundle_named)                                                             \
    X(create, admin_create)                                                                        \
    X(upgrade, admin_upgrade)                                                                      \
    X(changeOptions, admin_change_options)                                                         \
    X(terminate, admin_terminate)                                                                  \
    X(createMeter, admin_create_meter)                                                             \
    X(addRemaining, admin_add_remaining)                                                           \
    X(setThreshold, admin_set_threshold)                                                           \
    X(meter, admin_meter)                                                                          \
    X(endMeter, admin_end_meter)

#define VAT_ADMIN_CALL(name, function)                                                             \
    static enum hs_status call_##name(struct device_call *c, struct device_arguments *from,        \
                                      struct hs_error *err)                                        \
    {                                                                                              \
        return admin_method(c, function, from, err);                                               \
    }
VAT_ADMIN_METHODS(VAT_ADMIN_CALL)
#undef VAT_ADMIN_CALL

static const struct device_method vat_admin_methods[] = {
#define VAT_ADMIN_ROW(name, function) {#name, call_##name},
    VAT_ADMIN_METHODS(VAT_ADMIN_ROW)
#undef VAT_ADMIN_ROW
        {NULL, NULL},
};

const struct device_type device_type_vatAdmin = {
    .name = "vatAdmin",
    .state_first = "{}",
    .methods = vat_admin_methods,
};
