#include "tests/unit/kernel/machine.h"

#include "kernel/vat/engine.h"

#include <pthread.h>

/* Failures of the rig itself end the program: nothing that follows would mean anything. */
static void must(enum hs_status st, const struct hs_error *err)
{
    if (st == HS_OK) return;
    (void)fprintf(stderr, "\n%s: %s\n", hs_status_text(st), err->text);
    abort();
}

/* --- the program --- */

struct main_job {
    const char *title;
    const struct suite_case *cases;
    size_t count;
    int argc;
    char **argv;
    int code;
};

static struct vat_engine *engine;

struct vat_engine *machine_engine(void)
{
    return engine;
}

static void *main_body(void *data)
{
    struct main_job *job = data;
    struct hs_error err;

    must(vat_engine_open(disk_system(), NULL, &engine, &err), &err);
#ifdef LINES_COMPARED
    vat_engine_watch(engine, false);
#endif
    job->code = suite_run(job->title, job->cases, job->count, job->argc, job->argv);
    vat_engine_close(engine);
    return NULL;
}

int machine_main(const char *title, const struct suite_case *cases, size_t count, int argc,
                 char **argv)
{
    struct main_job job = {title, cases, count, argc, argv, 70};
    pthread_attr_t attr;
    pthread_t thread;

    if (pthread_attr_init(&attr) != 0 ||
        pthread_attr_setstacksize(&attr, HS_VAT_THREAD_STACK_BYTES) != 0 ||
        pthread_create(&thread, &attr, main_body, &job) != 0) {
        return 70;
    }
    (void)pthread_join(thread, NULL);
    (void)pthread_attr_destroy(&attr);
    return job.code;
}

const char *machine_vat_path(const char *name)
{
    static char path[1024];

    (void)snprintf(path, sizeof path, "%s/%s", KERNEL_TEST_VATS, name);
    return path;
}

/* --- stores --- */

void store_copy(struct kv_store *from, struct kv_store *to)
{
    struct buffer key = {0}, value = {0};
    struct hs_error err;
    enum hs_status st = kv_store_next(from, slice_make(NULL, 0), &key, &value, &err);

    while (st == HS_OK) {
        must(kv_store_set(to, buffer_slice(&key), buffer_slice(&value), &err), &err);
        st = kv_store_next(from, buffer_slice(&key), &key, &value, &err);
    }
    if (st != HS_NOT_FOUND) must(st, &err);
    buffer_fini(&key);
    buffer_fini(&value);
}

void store_apply(struct kv_store *to, const struct kv_map *changes)
{
    struct kv_entry entry;
    struct slice after = {NULL, 0};
    struct hs_error err;

    for (; kv_map_next(changes, after, &entry); after = entry.key) {
        if (entry.deleted) {
            must(kv_store_delete(to, entry.key, &err), &err);
        } else {
            must(kv_store_set(to, entry.key, entry.value, &err), &err);
        }
    }
}

static struct kv_memory *store_new(void)
{
    struct kv_memory *store = NULL;
    struct hs_error err;

    must(kv_memory_open(&store, &err), &err);
    return store;
}

/* --- the album --- */

static struct image_keeper *album_find(struct album *a, const char *vat_id)
{
    for (size_t i = 0; i < a->len; i++) {
        if (strcmp(a->vats[i].info.vat_id, vat_id) == 0) return &a->vats[i];
    }
    return NULL;
}

static enum hs_status album_source_find(struct heap_image_source *source, const char *vat_id,
                                        struct heap_image_info *info, struct hs_error *err)
{
    struct image_keeper *keeper = album_find((struct album *)source, vat_id);

    (void)err;
    if (!keeper) return HS_NOT_FOUND;
    *info = keeper->info;
    return HS_OK;
}

static enum hs_status album_source_load(struct heap_image_source *source,
                                        const struct heap_image_info *info, char *memory,
                                        struct hs_error *err)
{
    struct image_keeper *keeper = album_find((struct album *)source, info->vat_id);

    if (!keeper) return hs_fail(err, HS_CORRUPT, "no image of %s", info->vat_id);
    return keeper->source.ops->load(&keeper->source, info, memory, err);
}

static const struct heap_image_source_ops album_ops = {.find = album_source_find,
                                                       .load = album_source_load};

static void album_apply(struct album *a, const struct mark_changes *changes)
{
    for (size_t i = 0; i < changes->heaps_len; i++) {
        struct image_keeper *keeper = album_find(a, changes->heaps[i].info.vat_id);

        if (!keeper) {
            if (a->len == ALBUM_VATS_MAX) abort();
            keeper = &a->vats[a->len++];
            image_keeper_init(keeper);
        }
        image_keeper_apply(keeper, &changes->heaps[i]);
    }
    for (size_t i = 0; i < changes->ended_len; i++) {
        struct image_keeper *keeper = album_find(a, changes->ended[i]);

        if (!keeper) continue;
        image_keeper_fini(keeper);
        *keeper = a->vats[--a->len];
    }
}

static void album_fini(struct album *a)
{
    for (size_t i = 0; i < a->len; i++)
        image_keeper_fini(&a->vats[i]);
    a->len = 0;
}

/* --- the machine --- */

static void machine_forget_outcome(struct machine *m)
{
    kernel_outcome_fini(&m->out);
}

enum hs_status machine_restart(struct machine *m, bool with_images)
{
    struct kernel_options options = {.engine = machine_engine(), .config = m->config};

    machine_forget_outcome(m);
    kernel_close(m->kernel);
    m->kernel = NULL;
    kv_memory_close(m->base);
    m->base = store_new();
    store_copy(kv_memory_store(m->real), kv_memory_store(m->base));
    options.base = kv_memory_store(m->base);
    if (with_images) options.images = &m->album.source;
    return kernel_start(&options, &m->kernel, &m->report, &m->err);
}

void machine_open(struct machine *m, const char *config)
{
    *m = (struct machine){.album = {.source = {.ops = &album_ops}}};
    must(kernel_config_load(disk_system(), machine_vat_path(config), &m->config, &m->err), &m->err);
    m->real = store_new();
    m->snapshot = store_new();
    must(machine_restart(m, false), &m->err);
}

void machine_close(struct machine *m)
{
    machine_forget_outcome(m);
    kernel_close(m->kernel);
    kernel_config_close(m->config);
    kv_memory_close(m->base);
    kv_memory_close(m->real);
    kv_memory_close(m->snapshot);
    album_fini(&m->album);
    buffer_fini(&m->text);
}

enum hs_status machine_deliver_message(struct machine *m, const struct message *message)
{
    enum hs_status st;

    machine_forget_outcome(m);
    st = kernel_deliver(m->kernel, message, &m->out, &m->err);
    if (st == HS_OK) store_apply(kv_memory_store(m->real), m->out.writes);
    return st;
}

enum hs_status machine_deliver(struct machine *m, uint64_t height, struct slice text)
{
    struct message message = {.height = height, .time = 1700000000 + height, .text = text};

    return machine_deliver_message(m, &message);
}

/* The text with ' for " becomes the message's. */
static void machine_write(struct machine *m, struct message *in, const char *text)
{
    buffer_clear(&m->text);
    must(buffer_printf(&m->text, "%s", text), &m->err);
    for (size_t i = 0; i < m->text.len; i++) {
        if (m->text.data[i] == '\'') m->text.data[i] = '"';
    }
    in->text = buffer_slice(&m->text);
}

enum hs_status machine_ask(struct machine *m, struct message in, const char *text)
{
    machine_write(m, &in, text);
    machine_forget_outcome(m);
    return kernel_query(m->kernel, &in, &m->out, &m->err);
}

const char *machine_input(struct machine *m, struct message in, const char *text)
{
    machine_write(m, &in, text);
    in.time = 1700000000;
    must(machine_deliver_message(m, &in), &m->err);
    return buffer_text(&m->out.value);
}

void machine_work(struct machine *m, uint64_t height)
{
    do {
        must(machine_deliver(m, height, slice_make("", 0)), &m->err);
    } while (m->out.queued > 0);
}

const char *machine_call_at(struct machine *m, uint64_t height, const char *to, const char *method,
                            const char *args)
{
    buffer_clear(&m->text);
    must(buffer_printf(&m->text, "{'to':'%s','method':'%s','args':[%s]}", to, method, args),
         &m->err);
    for (size_t i = 0; i < m->text.len; i++) {
        if (m->text.data[i] == '\'') m->text.data[i] = '"';
    }
    must(machine_deliver(m, height, buffer_slice(&m->text)), &m->err);
    return buffer_text(&m->out.value);
}

const char *machine_call(struct machine *m, const char *to, const char *method, const char *args)
{
    return machine_call_at(m, 0, to, method, args);
}

void machine_snapshot(struct machine *m)
{
    struct mark_changes changes;

    must(kernel_snapshot_take(m->kernel, true, &changes, &m->err), &m->err);
    /* The base is where a snapshot store writes to: the kernel's layers read it from here on. */
    store_apply(kv_memory_store(m->base), changes.keys);
    store_apply(kv_memory_store(m->snapshot), changes.keys);
    album_apply(&m->album, &changes);
    kernel_snapshot_done(m->kernel, &changes, true);
    mark_changes_fini(&changes);
}

bool machine_agrees_with_real(struct machine *m)
{
    uint64_t ours, real, ours_len, real_len;

    must(kv_store_digest(kernel_store(m->kernel), &ours, &ours_len, &m->err), &m->err);
    must(kv_store_digest(kv_memory_store(m->real), &real, &real_len, &m->err), &m->err);
    return ours == real && ours_len == real_len;
}

bool machine_equal(struct machine *a, struct machine *b)
{
    struct position at_a = kernel_position(a->kernel), at_b = kernel_position(b->kernel);
    char heaps_a[SHA256_HEX_BYTES], heaps_b[SHA256_HEX_BYTES];
    uint64_t digest_a, digest_b, len_a, len_b;

    must(kernel_heaps_sha256(a->kernel, heaps_a, &a->err), &a->err);
    must(kernel_heaps_sha256(b->kernel, heaps_b, &b->err), &b->err);
    must(kv_store_digest(kernel_store(a->kernel), &digest_a, &len_a, &a->err), &a->err);
    must(kv_store_digest(kernel_store(b->kernel), &digest_b, &len_b, &b->err), &b->err);
    return position_equal(&at_a, &at_b) && digest_a == digest_b && len_a == len_b &&
           strcmp(heaps_a, heaps_b) == 0;
}

const char *machine_get(struct machine *m, const char *key)
{
    enum { TEXTS = 4 };
    static char texts[TEXTS][4096];
    static unsigned next;
    struct buffer value = {0};
    enum hs_status st = kv_store_get_text(kernel_store(m->kernel), key, &value, &m->err);
    char *text = texts[next++ % TEXTS];

    if (st != HS_NOT_FOUND) must(st, &m->err);
    (void)snprintf(text, sizeof texts[0], "%s", st == HS_OK ? buffer_text(&value) : "(none)");
    buffer_fini(&value);
    return text;
}

size_t machine_count(struct machine *m, const char *prefix)
{
    struct buffer key = {0};
    size_t count = 0;
    struct slice after = slice_text(prefix);

    while (kv_store_next(kernel_store(m->kernel), after, &key, NULL, &m->err) == HS_OK &&
           slice_starts_with(buffer_slice(&key), slice_text(prefix))) {
        count++;
        after = buffer_slice(&key);
    }
    buffer_fini(&key);
    return count;
}

void machine_ok(enum hs_status st, const struct machine *m)
{
    if (st != HS_OK) (void)printf("\n    %s: %s\n", hs_status_text(st), m->err.text);
    CU_ASSERT_EQUAL_FATAL(st, HS_OK);
}

void machine_run(struct machine *m, unsigned from, unsigned to)
{
    char args[64];

    for (unsigned i = from; i < to; i++) {
        switch (i % 5) {
        case 0: (void)machine_call(m, "left", "ask", "'right','grow',40"); break;
        case 1: (void)machine_call(m, "left", "askMany", "'right',['x','y']"); break;
        case 2:
            (void)snprintf(args, sizeof args, "'key%u','%u'", i % 7, i);
            (void)machine_call(m, "right", "set", args);
            break;
        case 3: (void)machine_call(m, "left", "pipeline", "'right'"); break;
        default: (void)machine_call(m, "left", "announce", "'x'"); break;
        }
    }
}

void machine_draw(struct machine *m, uint64_t height, uint64_t number, uint64_t seed)
{
    uint64_t state = seed ^ (number * UINT64_C(0x9e3779b97f4a7c15));
    uint64_t r = suite_random(&state);
    const char *to = r & 1 ? "left" : "right", *other = r & 1 ? "'right'" : "'left'";
    char args[128];

    switch (r >> 1 & 7) {
    case 0:
        (void)snprintf(args, sizeof args, "%s,'grow',%u", other, (unsigned)(r >> 8 & 63));
        break;
    case 1:
        (void)snprintf(args, sizeof args, "%s,'set','k%u','v'", other, (unsigned)(r >> 8 & 7));
        break;
    case 2:
        (void)snprintf(args, sizeof args, "%s,'remove','k%u'", other, (unsigned)(r >> 8 & 7));
        break;
    case 3: (void)snprintf(args, sizeof args, "%s,'wait'", other); break;
    case 4: (void)snprintf(args, sizeof args, "%s,'fail','x'", other); break;
    case 5:
        (void)snprintf(args, sizeof args, "%s,'pipeline',%s", other, r & 1 ? "'left'" : "'right'");
        break;
    case 6:
        (void)snprintf(args, sizeof args, "%s,'announce',%u", other, (unsigned)(r >> 8 & 255));
        break;
    default: (void)machine_call_at(m, height, to, "spin", "20000"); return;
    }
    (void)machine_call_at(m, height, to, "ask", args);
}
