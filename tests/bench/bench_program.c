#include "tests/bench/bench_program.h"

#include <stdlib.h>
#include <string.h>

enum { VATS_MAX = 8 };

enum hs_status bench_program_open(struct bench_program *p, struct vat_engine *engine,
                                  const char *config_file, struct hs_error *err)
{
    struct kernel_options options = {0};
    enum hs_status st;

    *p = (struct bench_program){0};
    st = kernel_config_load(disk_system(), config_file, &p->config, err);
    if (st == HS_OK) st = kv_memory_open(&p->base, err);
    if (st != HS_OK) return st;
    options = (struct kernel_options){
        .engine = engine, .config = p->config, .base = kv_memory_store(p->base)};
    return kernel_start(&options, &p->kernel, NULL, err);
}

void bench_program_close(struct bench_program *p)
{
    if (p->kernel) kernel_close(p->kernel);
    kv_memory_close(p->base);
    kernel_config_close(p->config);
    buffer_fini(&p->message);
}

static enum hs_status program_deliver(struct bench_program *p, struct kernel_outcome *out,
                                      struct hs_error *err)
{
    struct message m = {.height = ++p->height, .time = 1700000000 + p->height};
    enum hs_status st = kernel_mark(p->kernel, err);

    m.text = buffer_slice(&p->message);
    if (st == HS_OK) st = kernel_deliver(p->kernel, &m, out, err);
    if (st == HS_OK) {
        p->ticks += out->ticks;
        p->cranks += out->cranks;
    }
    return st;
}

enum hs_status bench_program_call(struct bench_program *p, const char *to, const char *method,
                                  const char *args, struct hs_error *err)
{
    struct kernel_outcome out = {0};
    enum hs_status st;

    buffer_clear(&p->message);
    st = buffer_printf(&p->message, "{\"to\":\"%s\",\"method\":\"%s\",\"args\":[%s]}", to, method,
                       args);
    if (st != HS_OK) return hs_fail(err, st, "bench: making a message");
    st = program_deliver(p, &out, err);
    if (st == HS_OK && out.status == MESSAGE_REJECTED) {
        st = hs_fail(err, HS_INVALID, "bench: %s.%s was rejected: %s", to, method,
                     buffer_text(&out.value));
    }
    kernel_outcome_fini(&out);
    return st;
}

enum hs_status bench_program_work(struct bench_program *p, struct hs_error *err)
{
    uint64_t queued = 1;
    enum hs_status st = HS_OK;

    buffer_clear(&p->message);
    while (st == HS_OK && queued > 0) {
        struct kernel_outcome out = {0};

        st = program_deliver(p, &out, err);
        queued = out.queued;
        kernel_outcome_fini(&out);
    }
    return st;
}

/* Transcripts and the notes of heights grow with history; they are other figures. */
static bool is_history(struct slice key)
{
    const char *dot = key.len > 0 ? memchr(key.data, '.', key.len) : NULL;

    if (slice_starts_with(key, slice_text("kernel.h"))) return true;
    return key.data[0] == 'v' && dot && key.len > (size_t)(dot - key.data) + 2 && dot[1] == 't' &&
           dot[2] == '.';
}

enum hs_status bench_program_size(struct bench_program *p, struct bench_program_size *out,
                                  struct hs_error *err)
{
    struct kernel_vat_info vats[VATS_MAX];
    struct buffer key = {0}, value = {0};
    size_t len = kernel_vats(p->kernel, vats, VATS_MAX);
    enum hs_status st = HS_OK;

    *out = (struct bench_program_size){0};
    while (st == HS_OK) {
        st = kv_store_next(kernel_store(p->kernel), buffer_slice(&key), &key, &value, err);
        if (st != HS_OK || is_history(buffer_slice(&key))) continue;
        out->keys++;
        out->bytes += key.len + value.len;
    }
    for (size_t i = 0; i < len && i < VATS_MAX; i++) {
        out->heap_bytes += vats[i].heap_bytes;
    }
    buffer_fini(&key);
    buffer_fini(&value);
    return st == HS_NOT_FOUND ? HS_OK : st;
}
