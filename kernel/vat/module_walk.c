#include "kernel/vat/module_walk.h"

#include "kernel/vat/boot.h"
#include "kernel/vat/engine.h"
#include "kernel/vat/vat_instance.h"

struct walk {
    const struct module_finder *finder;
    const char *name;
    struct slice source;
    struct vat *vat;
    struct hs_error *err;
};

static void walk_body(void *data)
{
    struct walk *w = data;
    engine_instance *m = &w->vat->instance;
    js_handle value;

    engine_begin(m);
    qjs_set_module_loader(m, 1);
    value = js_eval(m, w->source, w->name, JS_EVAL_MODULE_COMPILE);
    if (qjs_is_exception(m, value)) js_leave_with_exception_and_place(m);
}

static enum hs_status walk_in(struct vat_engine *e, struct walk *w)
{
    uint64_t steps_max = vat_limits_steps(vat_limits_default());
    enum hs_status st =
        vat_instance_open(false, vat_engine_stop_switch(e), vat_limits_default(), &w->vat, w->err);

    if (st != HS_OK) return st;
    w->vat->finder = w->finder;
    st = vat_instance_run(w->vat, steps_max, walk_body, w, w->err);
    vat_instance_close(w->vat);
    return st;
}

enum hs_status module_walk(const struct module_finder *finder, const char *name,
                           struct slice source, struct hs_error *err)
{
    struct walk w = {.finder = finder, .name = name, .source = source, .err = err};
    struct vat_engine *engine = NULL;
    enum hs_status st = vat_engine_open(disk_system(), NULL, &engine, err);

    if (st == HS_OK) st = walk_in(engine, &w);
    vat_engine_close(engine);
    /* It is no vat that failed. */
    return st == HS_VAT_FAILED ? hs_fail_prefix(err, HS_INVALID, "%s", name) : st;
}
