/* Prints what must be alike on every machine: for each message of a file its status, ticks and
 * hash, and after every so many the digest of all heaps.
 *
 *   kernel_hashes KERNEL.json MESSAGES.jsonl EVERY
 *
 * The store is in memory and nothing is cached, so that all is computed here. */
#include "kernel/kernel.h"
#include "kernel/state/kv_memory.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_MESSAGES = 20 };

struct work {
    const char *kernel_path, *messages_path;
    uint64_t every;
};

static void must(enum hs_status st, const struct hs_error *err)
{
    if (st == HS_OK) return;
    (void)fprintf(stderr, "kernel_hashes: %s\n", err->text);
    exit(EXIT_FAILURE);
}

static void execute(struct kernel *k, uint64_t line, char *text, size_t len)
{
    const uint64_t height = 1 + line / BLOCK_MESSAGES;
    const struct message m = {
        .height = height, .time = 1700000000 + 5 * height, .text = slice_make(text, len)};
    struct kernel_outcome out = {0};
    struct hs_error err;

    if (line % BLOCK_MESSAGES == 0) must(kernel_mark(k, &err), &err);
    must(kernel_deliver(k, &m, &out, &err), &err);
    (void)printf("%" PRIu64 " %s %" PRIu64 " %s\n", out.after.seqnum,
                 message_status_name(out.status), out.ticks, out.after.hash);
    kernel_outcome_fini(&out);
}

static void show_heaps(struct kernel *k)
{
    char hex[SHA256_HEX_BYTES];
    struct hs_error err;

    must(kernel_heaps_sha256(k, hex, &err), &err);
    (void)printf("heaps %s\n", hex);
}

static void run(const struct work *w, const struct kernel_options *options, FILE *messages)
{
    struct kernel *k = NULL;
    struct hs_error err;
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    uint64_t count = 0;

    must(kernel_start(options, &k, NULL, &err), &err);
    while ((len = getline(&line, &room, messages)) > 0) {
        execute(k, count++, line, (size_t)len - (line[len - 1] == '\n'));
        if (count % w->every == 0) show_heaps(k);
    }
    show_heaps(k);
    free(line);
    kernel_close(k);
}

static void *work_main(void *data)
{
    const struct work *w = data;
    FILE *messages = fopen(w->messages_path, "r");
    struct kernel_config *config = NULL;
    struct vat_engine *engine = NULL;
    struct kv_memory *store = NULL;
    struct kernel_options options = {0};
    struct hs_error err = {.text = "no such messages"};

    must(messages ? HS_OK : HS_NOT_FOUND, &err);
    must(kernel_config_load(disk_system(), w->kernel_path, &config, &err), &err);
    must(vat_engine_open(disk_system(), NULL, &engine, &err), &err);
    must(kv_memory_open(&store, &err), &err);
    (void)printf("engine %s\n", vat_engine_id_at(engine, VAT_ENGINE_FIRST));
    options.base = kv_memory_store(store);
    options.engine = engine;
    options.config = config;
    run(w, &options, messages);
    vat_engine_close(engine);
    kv_memory_close(store);
    kernel_config_close(config);
    (void)fclose(messages);
    return NULL;
}

int main(int argc, char **argv)
{
    struct work w = {0};
    pthread_attr_t attributes;
    pthread_t thread;

    if (argc != 4 || (w.every = strtoull(argv[3], NULL, 10)) == 0) {
        (void)fprintf(stderr, "usage: kernel_hashes KERNEL.json MESSAGES.jsonl EVERY\n");
        return EXIT_FAILURE;
    }
    w.kernel_path = argv[1];
    w.messages_path = argv[2];
    if (pthread_attr_init(&attributes) != 0 ||
        pthread_attr_setstacksize(&attributes, HS_VAT_THREAD_STACK_BYTES) != 0 ||
        pthread_create(&thread, &attributes, work_main, &w) != 0) {
        return EXIT_FAILURE;
    }
    (void)pthread_join(thread, NULL);
    return EXIT_SUCCESS;
}
