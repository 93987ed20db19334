#include "tests/unit/kernel/desk.h"

#include "kernel/devices/devices.h"
#include "kernel/metering.h"
#include "kernel/state_vector.h"
#include "kernel/tables/clist.h"
#include "kernel/tables/refcounts.h"

static void must(struct desk *d, enum hs_status st)
{
    if (st == HS_OK) return;
    (void)fprintf(stderr, "\n%s: %s\n", hs_status_text(st), d->err.text);
    abort();
}

static void swap_quotes(struct buffer *b, char from, char to)
{
    for (size_t i = 0; i < b->len; i++) {
        if (b->data[i] == from) b->data[i] = to;
    }
}

struct ref ref_of(const char *text)
{
    struct ref r;

    if (ref_make(slice_text(text), &r) != HS_OK) abort();
    return r;
}

struct kv_hashed *desk_kv(struct desk *d)
{
    return &d->kernel.kv;
}

void desk_open(struct desk *d)
{
    static const struct kernel_config_device bridge = {"bridge", "bridge"};
    const char *const names[] = {"left", "right"};
    struct ref device = ref_of("d7"), node;

    *d = (struct desk){0};
    must(d, kv_memory_open(&d->base, &d->err));
    must(d, kv_layers_open(kv_memory_store(d->base), &d->kernel.layers, &d->err));
    must(d, kv_hashed_init(desk_kv(d), d->kernel.layers, &d->err));
    d->kernel.now.rules = kernel_rules_default();
    meter_begin(&d->kernel);
    kv_hashed_crank_begin(desk_kv(d));
    must(d, state_vector_init(&desk_kv(d)->store, NULL, &d->err));
    for (int i = 0; i < 2; i++) {
        struct kernel_config_vat vat = {
            .name = names[i], .source = slice_text("// none"), .parameters = slice_text("{}")};

        must(d, state_vector_add_vat(&desk_kv(d)->store, &vat, &d->err));
        d->vats[i].kernel = &d->kernel;
        d->vats[i].vat = ref_number("v", (uint64_t)i + 1);
    }
    must(d, state_vector_add_device(&desk_kv(d)->store, &bridge, &d->err));
    must(d, device_export_root(desk_kv(d), &device, &node, &d->err));
    desk_commit(d);
}

void desk_close(struct desk *d)
{
    if (kv_layers_in_crank(d->kernel.layers)) kv_hashed_crank_abort(desk_kv(d));
    for (int i = 0; i < 2; i++)
        delivery_fini(&d->vats[i]);
    ref_list_fini(&d->kernel.resolved);
    outputs_fini(&d->kernel.outputs);
    kv_hashed_fini(desk_kv(d));
    kv_layers_close(d->kernel.layers);
    kv_memory_close(d->base);
    buffer_fini(&d->reply);
}

void desk_commit(struct desk *d)
{
    must(d, refcounts_process(desk_kv(d), &d->err));
    kv_hashed_crank_commit(desk_kv(d));
    kv_hashed_crank_begin(desk_kv(d));
}

enum hs_status desk_syscall(struct desk *d, int vat, const char *request)
{
    struct buffer text = {0};
    enum hs_status st;

    must(d, buffer_printf(&text, "[\"syscall\",%s]", request));
    swap_quotes(&text, '\'', '"');
    d->err = (struct hs_error){.status = HS_OK};
    st = syscall_answer(&d->vats[vat - 1], buffer_slice(&text), &d->reply, &d->err);
    swap_quotes(&d->reply, '"', '\'');
    buffer_fini(&text);
    return st;
}

const char *desk_ok(struct desk *d, int vat, const char *request)
{
    must(d, desk_syscall(d, vat, request));
    return buffer_text(&d->reply);
}

const char *desk_import(struct desk *d, int vat, const char *kref)
{
    static struct ref vref;
    struct ref name = ref_of(kref);

    must(d, clist_to_vat(desk_kv(d), &d->vats[vat - 1].vat, &name, &vref, &d->err));
    return vref.text;
}

const char *desk_get(struct desk *d, const char *key)
{
    enum { TEXTS = 4 };
    static char texts[TEXTS][1024];
    static unsigned next;
    struct slice value;
    bool found;
    char *text = texts[next++ % TEXTS];

    must(d, kv_hashed_find(desk_kv(d), slice_text(key), &value, &found, &d->err));
    if (!found) value = slice_text("(none)");
    (void)snprintf(text, sizeof texts[0], "%.*s", (int)value.len, value.data);
    for (char *p = text; *p; p++) {
        if (*p == '"') *p = '\'';
    }
    return text;
}

size_t desk_count(struct desk *d, const char *prefix)
{
    struct buffer key = {0};
    size_t count = 0;

    while (kv_hashed_next(desk_kv(d), slice_text(prefix), &key, NULL, &d->err) == HS_OK)
        count++;
    buffer_fini(&key);
    return count;
}

void desk_share(struct desk *d)
{
    struct ref promise = ref_of("kp40");
    struct ref_list promises = {.items = &promise, .len = 1};

    (void)desk_ok(d, 1, "['subscribe','p+1']");
    (void)desk_import(d, 2, "kp40");
    (void)desk_ok(d, 1, "['resolve',[['p+1',false,{'body':'#\\'$0\\'','slots':['o+1']}]]]");
    (void)desk_import(d, 2, "ko20");
    must(d, clist_forget(desk_kv(d), &d->vats[1].vat, &promises, &d->err));
    desk_commit(d);
}
