#include "kernel/control.h"

#include "kernel/chain_upgrade.h"
#include "kernel/state/decimal.h"
#include "kernel/state/utf8.h"
#include "kernel/tables/bundles.h"
#include "kernel/tables/vat_options.h"
#include "kernel/text/json_text.h"
#include "kernel/vat_end.h"
#include "kernel/vat_engines.h"

#include <stdio.h>
#include <string.h>

enum { CONTROL_REASON_BYTES = 400 };

struct control {
    struct slice kernel, rules, bytes, offset; /* raw values; empty: not there */
    struct buffer vat, reason, bundle, piece;  /* decoded */
    struct buffer engine, upgrade_message;
};

static void control_fini(struct control *c)
{
    buffer_fini(&c->vat);
    buffer_fini(&c->reason);
    buffer_fini(&c->bundle);
    buffer_fini(&c->piece);
    buffer_fini(&c->engine);
    buffer_fini(&c->upgrade_message);
}

typedef enum hs_status (*control_fn)(struct kernel *k, const struct control *c,
                                     struct hs_error *err);

static enum hs_status control_set_rules(struct kernel *k, const struct control *c,
                                        struct hs_error *err)
{
    struct kernel_rules rules = k->now.rules;
    enum hs_status st;

    if (c->rules.len == 0) return hs_fail(err, HS_INVALID, "\"rules\" is missing");
    st = kernel_rules_change(&rules, c->rules, err);
    if (st == HS_OK) st = kernel_rules_write(&k->kv.store, &rules, err);
    if (st == HS_OK) k->rules_next = rules;
    return st;
}

static enum hs_status control_find_vat(struct kernel *k, struct slice name, struct vat_name *out,
                                       struct hs_error *err)
{
    bool found;
    enum hs_status st = vat_names_find(&k->kv, name, &out->id, &found, err);

    if (st != HS_OK) return st;
    if (!found) return hs_fail(err, HS_INVALID, "there is no vat of that name");
    memcpy(out->name, name.data, name.len); /* it was found: it fits */
    out->name[name.len] = '\0';
    return HS_OK;
}

static enum hs_status control_terminate_vat(struct kernel *k, const struct control *c,
                                            struct hs_error *err)
{
    char reason[CONTROL_REASON_BYTES], message[CONTROL_REASON_BYTES + 64];
    struct vat_name vat = {0};
    struct vat_process *process;
    struct vat_fate fate;
    enum hs_status st = control_find_vat(k, buffer_slice(&c->vat), &vat, err);

    if (st != HS_OK) return st;
    (void)snprintf(reason, sizeof reason, "by the chain: %.*s",
                   (int)utf8_cut(buffer_slice(&c->reason), CONTROL_REASON_BYTES - 32),
                   c->reason.len ? buffer_text((struct buffer *)&c->reason) : "");
    (void)snprintf(message, sizeof message, "the vat was terminated %s", reason);
    fate = (struct vat_fate){&vat, reason, message, "terminateVat", NULL};
    st = vat_end(k, &fate, err);
    process = vat_table_find(&k->vats, &vat.id);
    if (st == HS_OK && process) kernel_process_ended(k, process);
    return st;
}

static enum hs_status control_bundle(const struct control *c, struct bundle_id *out,
                                     struct hs_error *err)
{
    if (bundle_id_make(buffer_slice(&c->bundle), out) == HS_OK) return HS_OK;
    return hs_fail(err, HS_INVALID, "\"bundle\" must be the SHA-256 of the text, 64 hex digits");
}

static enum hs_status control_install_bundle(struct kernel *k, const struct control *c,
                                             struct hs_error *err)
{
    struct bundle_piece piece = {.text = buffer_slice(&c->piece)};
    enum hs_status st = control_bundle(c, &piece.bundle, err);

    if (st != HS_OK) return st;
    if (uint_parse(c->bytes, &piece.bytes) != HS_OK ||
        uint_parse(c->offset, &piece.offset) != HS_OK) {
        return hs_fail(err, HS_INVALID, "\"bytes\" and \"offset\" must be numbers");
    }
    return bundle_install_piece(&k->kv, &piece, k->now.rules.bundle_bytes, err);
}

/* The kernel's own programs keep what they know in the heap alone: their services would be gone,
 * and with them every timer and every vat's admin node. */
static enum hs_status control_check_upgradable(struct kernel *k, const struct ref *vat,
                                               struct hs_error *err)
{
    struct vat_options options;
    enum hs_status st = vat_options_read(&k->kv.store, vat, &options, err);

    if (st != HS_OK || !options.builtin) return st;
    return hs_fail(err, HS_INVALID,
                   "the vat is built in: it cannot be upgraded, it would lose all "
                   "that it holds");
}

/* Behind what waits; the run that does it says what came of it. */
static enum hs_status control_upgrade_vat(struct kernel *k, const struct control *c,
                                          struct hs_error *err)
{
    struct vat_name vat = {0};
    struct bundle_id bundle;
    bool other = c->bundle.len > 0, found = true;
    struct slice message = buffer_slice(&c->upgrade_message);
    enum hs_status st = control_find_vat(k, buffer_slice(&c->vat), &vat, err);

    if (st == HS_OK) st = control_check_upgradable(k, &vat.id, err);
    if (st == HS_OK && other) st = control_bundle(c, &bundle, err);
    if (st == HS_OK && other) st = bundle_has(&k->kv, &bundle, &found, err);
    if (st != HS_OK) return st;
    if (!found) return hs_fail(err, HS_INVALID, "there is no bundle %s", bundle.hex);
    if (message.len == 0) message = slice_text("vat upgraded");
    return chain_upgrade_queue(k, &vat.id, other ? &bundle : NULL, message, err);
}

static enum hs_status control_abort_bundle(struct kernel *k, const struct control *c,
                                           struct hs_error *err)
{
    struct bundle_id bundle;
    enum hs_status st = control_bundle(c, &bundle, err);

    return st == HS_OK ? bundle_install_abort(&k->kv, &bundle, err) : st;
}

/* Vats stay on theirs until they are upgraded. A program that does not hold the engine could do
 * neither: its node stops here, and goes on with one that does. */
static enum hs_status control_use_engine(struct kernel *k, const struct control *c,
                                         struct hs_error *err)
{
    struct slice id = buffer_slice(&c->engine);
    size_t number;
    enum hs_status st =
        vat_engines_find(k->options.engine, id, "the chain goes over to", &number, err);

    if (st == HS_INVALID) {
        return hs_fail(err, st, "\"engine\" must be an engine's id, 64 hex digits");
    }
    return st == HS_OK ? kv_hashed_write(&k->kv, slice_text("kernel.engine"), id, err) : st;
}

static const struct {
    const char *name;
    control_fn run;
} controls[] = {
    {"setRules", control_set_rules},       {"terminateVat", control_terminate_vat},
    {"upgradeVat", control_upgrade_vat},   {"installBundle", control_install_bundle},
    {"abortBundle", control_abort_bundle}, {"useEngine", control_use_engine},
};

/* Where the value of `key` goes: as it stands, or decoded. */
static enum hs_status control_read_member(struct control *c, struct slice key, struct slice value)
{
    const struct {
        const char *name;
        struct slice *raw;
        struct buffer *text;
    } members[] = {
        {"kernel", &c->kernel, NULL}, {"rules", &c->rules, NULL},
        {"bytes", &c->bytes, NULL},   {"offset", &c->offset, NULL},
        {"vat", NULL, &c->vat},       {"reason", NULL, &c->reason},
        {"bundle", NULL, &c->bundle}, {"piece", NULL, &c->piece},
        {"engine", NULL, &c->engine}, {"upgradeMessage", NULL, &c->upgrade_message},
    };

    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        if (!json_text_is(key, members[i].name)) continue;
        if (members[i].raw) *members[i].raw = value;
        if (!members[i].text || value.data[0] != '"') return HS_OK;
        buffer_clear(members[i].text);
        return json_text_decode(members[i].text, value);
    }
    return HS_OK;
}

static enum hs_status control_read(struct control *c, struct slice message)
{
    struct json_text t;
    struct slice key, value;
    enum hs_status st = HS_OK;

    json_text_init(&t, message);
    (void)json_text_open(&t, '{');
    while (st == HS_OK && json_text_more(&t, '}') && json_text_key(&t, &key) &&
           json_text_value(&t, &value)) {
        st = control_read_member(c, key, value);
    }
    return st;
}

static enum hs_status control_do(struct kernel *k, const struct control *c, struct hs_error *err)
{
    for (size_t i = 0; i < sizeof controls / sizeof *controls; i++) {
        if (c->kernel.len >= 2 && c->kernel.data[0] == '"' &&
            json_text_is(c->kernel, controls[i].name)) {
            return controls[i].run(k, c, err);
        }
    }
    return hs_fail(err, HS_INVALID, "the kernel knows no control message of that name");
}

enum hs_status control_run(struct kernel *k, struct slice message, struct hs_error *err)
{
    struct control c = {0};
    enum hs_status st = kernel_fail(err, control_read(&c, message));

    if (st == HS_OK) st = control_do(k, &c, err);
    control_fini(&c);
    return st;
}
