#include "tests/unit/ipc/scripted_task.h"

#include "ipc/wire.h"
#include "kernel/state/packed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void scripted_must(bool fine, const char *what)
{
    if (fine) return;
    (void)fprintf(stderr, "scripted server: %s\n", what);
    abort();
}

struct position scripted_after(const struct position *before, struct slice text)
{
    struct position after = {.seqnum = before->seqnum + 1};
    struct sha256 *h = NULL;

    scripted_must(sha256_open(&h, NULL) == HS_OK, "no digest");
    sha256_add(h, slice_text(before->hash));
    sha256_add(h, text);
    sha256_finish_hex(h, after.hash);
    sha256_close(h);
    return after;
}

/* --- answering a delivery --- */

static void task_close(struct scripted_task *t)
{
    buffer_fini(&t->text);
    buffer_fini(&t->value);
    buffer_fini(&t->last);
    buffer_fini(&t->params);
    free(t);
}

static void put_text(struct wire_writer *w, const char *key, const char *value)
{
    wire_put_text(w, slice_text(key));
    wire_put_text(w, slice_text(value));
}

static void put_uint(struct wire_writer *w, const char *key, uint64_t value)
{
    wire_put_text(w, slice_text(key));
    wire_put_uint(w, value);
}

static void put_write(struct wire_writer *w, const char *key, const char *value)
{
    wire_put_array(w, 2);
    wire_put_text(w, slice_text(key));
    if (value) {
        wire_put_text(w, slice_text(value));
    } else {
        wire_put_nil(w);
    }
}

static void put_outputs(struct wire_writer *w, uint64_t bytes)
{
    char *output = bytes ? malloc(bytes) : NULL;

    wire_put_text(w, slice_text("outputs"));
    wire_put_array(w, output ? 1 : 0);
    if (!output) return;
    memset(output, '7', bytes);
    wire_put_text(w, slice_make(output, bytes));
    free(output);
}

static void task_met(struct scripted_task *t)
{
    struct buffer packed = {0};
    struct wire_writer w;

    wire_begin(&w, &packed);
    wire_put_map(&w, 3);
    put_text(&w, "path", "swap");
    put_uint(&w, "replayed", t->entries);
    put_uint(&w, "wait_us", 2);
    scripted_must(wire_end(&w) == HS_OK, "an answer cannot be packed");
    ipc_reply(t->request, buffer_slice(&packed));
    buffer_fini(&packed);
    task_close(t);
}

void scripted_task_finish(struct scripted_task *t)
{
    struct position after = scripted_after(&t->real, buffer_slice(&t->text));
    struct buffer packed = {0};
    struct wire_writer w;
    char seqnum[32];

    (void)snprintf(seqnum, sizeof seqnum, "%llu", (unsigned long long)after.seqnum);
    wire_begin(&w, &packed);
    wire_put_map(&w, 10);
    put_uint(&w, "seqnum", after.seqnum);
    put_text(&w, "hash", after.hash);
    put_text(&w, "status", "fulfilled");
    put_text(&w, "value", buffer_text(&t->value));
    put_outputs(&w, t->output_bytes);
    wire_put_text(&w, slice_text("writes"));
    wire_put_array(&w, 3);
    put_write(&w, "kernel.seqnum", seqnum);
    put_write(&w, "kernel.hash", after.hash);
    put_write(&w, "gone", NULL);
    put_text(&w, "path", "live");
    put_uint(&w, "replayed", 0);
    put_uint(&w, "wait_us", 1);
    put_uint(&w, "run_us", 2);
    scripted_must(wire_end(&w) == HS_OK, "an answer cannot be packed");
    ipc_reply(t->request, buffer_slice(&packed));
    buffer_fini(&packed);
    task_close(t);
}

static void task_fail(struct scripted_task *t, enum ipc_code code, const char *text)
{
    ipc_reply_error(t->request, code, text);
    task_close(t);
}

/* --- asking the node --- */

static void task_ask(struct scripted_task *t, const char *method);

/* What went wrong with a question, counted; the delivery fails with it. */
static void task_question_failed(struct scripted_task *t, enum hs_status status, const char *text)
{
    struct scripted_facts *facts = t->facts;

    facts->node_failed += status == HS_NODE_FAILED;
    facts->peer_gone += status == HS_PEER_GONE;
    (void)snprintf(facts->words, sizeof facts->words, "%.100s", text);
    task_fail(t, IPC_NODE_FAILED, text);
}

static void task_got(void *data, enum hs_status status, struct slice result, const char *text)
{
    struct scripted_task *t = data;
    struct slice value = slice_text("null");

    if (status != HS_OK) {
        task_question_failed(t, status, text);
        return;
    }
    t->facts->answered++;
    (void)packed_text(packed_member(packed_root(result), "value"), &value);
    scripted_must(buffer_assign(&t->value, value) == HS_OK, "no memory");
    scripted_task_finish(t);
}

static void task_scanned(void *data, enum hs_status status, struct slice result, const char *text)
{
    struct scripted_task *t = data;
    struct packed_value entry, entries = {0};
    struct packed_walk walk;
    struct slice key = {0};
    bool more = false;

    if (status != HS_OK) {
        task_question_failed(t, status, text);
        return;
    }
    t->facts->answered++;
    entries = packed_member(packed_root(result), "entries");
    scripted_must(packed_bool(packed_member(packed_root(result), "more"), &more),
                  "the server checks this");
    packed_walk_begin(entries, &walk);
    while (packed_walk_next(&walk, &entry)) {
        scripted_must(packed_text(packed_at(entry, 0), &key), "the server checks this");
        t->entries++;
    }
    scripted_must(buffer_assign(&t->last, key) == HS_OK, "no memory");
    if (more) {
        task_ask(t, "store.scan");
        return;
    }
    if (t->meets) {
        task_met(t);
        return;
    }
    buffer_clear(&t->value);
    scripted_must(buffer_printf(&t->value, "%llu", (unsigned long long)t->entries) == HS_OK,
                  "no memory");
    scripted_task_finish(t);
}

static void task_ask(struct scripted_task *t, const char *method)
{
    bool scan = strcmp(method, "store.scan") == 0;
    struct hs_error err = {0};
    struct wire_writer w;

    buffer_clear(&t->params);
    wire_begin(&w, &t->params);
    wire_put_map(&w, scan ? 2 : 1);
    wire_put_text(&w, slice_text(scan ? "after" : "key"));
    wire_put_text(&w, buffer_slice(&t->last));
    if (scan) put_uint(&w, "bytes", t->scan_bytes);
    scripted_must(wire_end(&w) == HS_OK, "params cannot be packed");
    t->facts->asked++;
    if (ipc_node_request(t->ipc, method, buffer_slice(&t->params), scan ? task_scanned : task_got,
                         t, &err) != HS_OK) {
        task_question_failed(t, err.status, err.text);
    }
}

/* So many notices, and one that no client knows. */
static void task_tell(struct scripted_task *t, uint64_t count)
{
    static const char nothing[] = {(char)0x80};
    struct buffer params = {0};
    struct wire_writer w;

    for (uint64_t i = 1; i <= count; i++) {
        buffer_clear(&params);
        wire_begin(&w, &params);
        wire_put_map(&w, 4);
        put_text(&w, "phase", "full_replay");
        put_uint(&w, "done", i);
        put_uint(&w, "total", 2 * count);
        wire_put_text(&w, slice_text("eta_s"));
        wire_put_nil(&w);
        scripted_must(wire_end(&w) == HS_OK, "a notice cannot be packed");
        scripted_must(ipc_node_notify(t->ipc, "progress", buffer_slice(&params)) == HS_OK,
                      "a notice cannot be sent");
    }
    scripted_must(ipc_node_notify(t->ipc, "unheard_of", slice_make(nothing, 1)) == HS_OK,
                  "a notice cannot be sent");
    buffer_fini(&params);
}

void scripted_task_meet(struct scripted_task *t)
{
    t->meets = true;
    t->scan_bytes = 1 << 20;
    task_ask(t, "store.scan");
}

bool scripted_task_start(struct scripted_task *t)
{
    const char *text = buffer_text(&t->text);

    scripted_must(buffer_printf(&t->value, "%zu", t->text.len) == HS_OK, "no memory");
    if (strcmp(text, "hold") == 0) return true;
    if (strncmp(text, "get ", 4) == 0) {
        scripted_must(buffer_assign(&t->last, slice_text(text + 4)) == HS_OK, "no memory");
        task_ask(t, "store.get");
    } else if (strncmp(text, "scan ", 5) == 0) {
        t->scan_bytes = strtoull(text + 5, NULL, 10);
        task_ask(t, "store.scan");
    } else if (strncmp(text, "tell ", 5) == 0) {
        task_tell(t, strtoull(text + 5, NULL, 10));
        scripted_task_finish(t);
    } else if (strcmp(text, "fail") == 0) {
        task_fail(t, IPC_KERNEL_FAILED, "told\nto\xff");
    } else {
        if (strncmp(text, "big ", 4) == 0) t->output_bytes = strtoull(text + 4, NULL, 10);
        scripted_task_finish(t);
    }
    return false;
}
