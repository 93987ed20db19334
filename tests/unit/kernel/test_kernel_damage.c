/* A node's store that no kernel wrote: some key of a real one holds something else, or is gone.
 *
 * What comes of it is an answer, or an error that names a key or the vat whose transcript it is;
 * never the end of the process, or work without an end. A child goes through the cases, so that a
 * case that ends it is told by name and the rest is still run. */
#include "tests/unit/kernel/machine.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    CPU_SECONDS_MAX = 60, /* of one case: it counts steps, so this only ends what never would */
    TICKS_MAX = 500,
    RANDOM_CASES = 300,
    RANDOM_KEYS_MAX = 3, /* damaged at once */
};

/* --- the store --- */

struct entries {
    struct buffer *keys, *values;
    size_t len;
};

/* Two vats that wait for each other, with a message queued at a promise, and a bridge. */
static void store_make(struct machine *m)
{
    machine_open(m, "pair.json");
    (void)machine_call_at(m, 2, "left", "note", "'x'");
    (void)machine_call_at(m, 3, "left", "putLater", "'right','a'");
    (void)machine_call_at(m, 4, "right", "ask", "'left','wait'");
    (void)machine_call_at(m, 4, "right", "set", "'k','v'");
    (void)machine_call_at(m, 5, "left", "announce", "'x'");
}

static void entries_read(struct entries *e, struct kv_store *from)
{
    enum { ENTRIES_MAX = 4096 };
    struct buffer key = {0}, value = {0};
    struct hs_error err;

    e->keys = calloc(ENTRIES_MAX, sizeof *e->keys);
    e->values = calloc(ENTRIES_MAX, sizeof *e->values);
    e->len = 0;
    while (kv_store_next(from, buffer_slice(&key), &key, &value, &err) == HS_OK) {
        if (!e->keys || !e->values || e->len == ENTRIES_MAX ||
            buffer_assign(&e->keys[e->len], buffer_slice(&key)) != HS_OK ||
            buffer_assign(&e->values[e->len], buffer_slice(&value)) != HS_OK) {
            abort();
        }
        e->len++;
    }
    buffer_fini(&key);
    buffer_fini(&value);
}

static void entries_fini(struct entries *e)
{
    for (size_t i = 0; i < e->len; i++) {
        buffer_fini(&e->keys[i]);
        buffer_fini(&e->values[i]);
    }
    free(e->keys);
    free(e->values);
}

/* --- damage --- */

/* The first few are tried on every key, all of them by chance. */
static const char *const other_values[] = {
    "",
    "x",
    "9007199254740991",
    "0",
    "1",
    "-1",
    "01",
    "9007199254740992",
    "18446744073709551615",
    "[]",
    "[1,9007199254740991]",
    "[\"v1\",\"v1\"]",
    "{}",
    "null",
    "\"",
    "v1",
    "v2",
    "v9",
    "ko20",
    "kp40",
    "kd30",
    "o+0",
    "o-50",
    "p-60",
    "R o+0",
    "R o-50",
    "_ o-50",
    "_ p-60",
    "R p-60",
    "1,0",
    "0,0",
    "0,1",
    "9007199254740991,9007199254740991",
    "unresolved",
    "fulfilled",
    "rejected",
    "\xff\xfe",
    "a\nb",
};

enum {
    OTHER_VALUES = sizeof other_values / sizeof *other_values,
    DAMAGE_DELETED = 0,
    DAMAGE_OF_ANOTHER_KEY,
    DAMAGE_OTHER_VALUE,
    DAMAGES_EVERY_KEY = DAMAGE_OTHER_VALUE + 3,
    DAMAGE_CUT = DAMAGE_OTHER_VALUE + OTHER_VALUES,
    DAMAGE_DOUBLED,
    DAMAGES,
};

static void damage_apply(const struct entries *e, size_t i, size_t damage, struct kv_store *kv)
{
    struct slice key = buffer_slice(&e->keys[i]), value = buffer_slice(&e->values[i]);
    struct buffer text = {0};
    struct hs_error err;
    enum hs_status st = HS_OK;

    if (damage >= DAMAGE_OTHER_VALUE && damage < DAMAGE_CUT) {
        st = buffer_append_text(&text, other_values[damage - DAMAGE_OTHER_VALUE]);
    } else if (damage == DAMAGE_DOUBLED) {
        st = buffer_append(&text, value);
        if (st == HS_OK) st = buffer_append(&text, value);
    } else if (damage == DAMAGE_CUT) {
        st = buffer_append(&text, slice_make(value.data, value.len - (value.len > 0)));
    } else if (damage != DAMAGE_DELETED) {
        st = buffer_append(&text, buffer_slice(&e->values[(i + 1) % e->len]));
    }
    if (st == HS_OK && damage == DAMAGE_DELETED) st = kv_store_delete(kv, key, &err);
    if (st == HS_OK && damage != DAMAGE_DELETED)
        st = kv_store_set(kv, key, buffer_slice(&text), &err);
    if (st != HS_OK) abort();
    buffer_fini(&text);
}

/* --- one case --- */

/* They resolve what waits, run the queue, call the bridge, go back a block, and end a vat. */
static const struct {
    uint64_t height;
    const char *text;
} messages[] = {
    {6, "{\"to\":\"right\",\"method\":\"openBox\",\"args\":[]}"},
    {7, "{\"to\":\"left\",\"method\":\"go\",\"args\":[1]}"},
    {7, "{\"to\":\"left\",\"method\":\"pipeline\",\"args\":[\"right\"]}"},
    {4, "{\"to\":\"right\",\"method\":\"get\",\"args\":[\"k\"]}"},
    {5, "{\"to\":\"left\",\"method\":\"announce\",\"args\":[\"y\"]}"},
    {6, "{\"to\":\"left\",\"method\":\"ask\",\"args\":[\"right\",\"exit\",1]}"},
    {7, "{\"to\":\"left\",\"method\":\"echo\",\"args\":[1]}"},
};

static enum hs_status case_deliver(struct kernel *kernel, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    for (size_t i = 0; i < sizeof messages / sizeof *messages && st == HS_OK; i++) {
        struct message m = {.height = messages[i].height,
                            .time = 1700000000 + messages[i].height,
                            .text = slice_text(messages[i].text)};
        struct kernel_outcome out = {0};

        st = kernel_deliver(kernel, &m, &out, err);
        if (st == HS_OK && i % 2 == 0) st = kernel_mark(kernel, err);
        kernel_outcome_fini(&out);
    }
    return st;
}

static enum hs_status case_run(const struct machine *m, struct kv_store *base, struct hs_error *err)
{
    struct kernel_options options = {.base = base, .engine = machine_engine(), .config = m->config};
    struct kernel *kernel = NULL;
    enum hs_status st;

    st = kernel_start(&options, &kernel, NULL, err);
    if (st == HS_OK) st = case_deliver(kernel, err);
    kernel_close(kernel);
    return st;
}

static bool case_is_right(enum hs_status st, const struct hs_error *err)
{
    switch (st) {
    case HS_OK: return true;
    case HS_CORRUPT:
    case HS_KERNEL_FAILED: return strstr(err->text, "kernel store: \"") != NULL;
    case HS_WRONG_EPOCH: return strstr(err->text, " on the engine ") != NULL; /* well-formed */
    case HS_DIVERGED: return strncmp(err->text, "vat v", 5) == 0;
    case HS_TOO_LARGE: return strncmp(err->text, "seqnum", 6) == 0; /* the chain's last one */
    default: return false;
    }
}

/* --- all cases --- */

/* What the child at work and its parent both see. */
struct board {
    size_t at; /* the case at hand */
    size_t wrong, errors;
    char words[512]; /* what is damaged in the case at hand */
};

struct course {
    const struct machine *m;
    const struct entries *entries;
    size_t len; /* cases */
    void (*damage)(const struct course *c, size_t i, struct kv_store *kv, char *words, size_t len);
    uint64_t seed;
    struct board *board;
};

static void case_bound(void)
{
    struct rusage used;
    struct rlimit limit;

    if (getrusage(RUSAGE_SELF, &used) != 0 || getrlimit(RLIMIT_CPU, &limit) != 0) abort();
    limit.rlim_cur = (rlim_t)used.ru_utime.tv_sec + (rlim_t)used.ru_stime.tv_sec + CPU_SECONDS_MAX;
    if (setrlimit(RLIMIT_CPU, &limit) != 0) abort();
}

static void course_child(const struct course *c)
{
    struct board *b = c->board;

    for (; b->at < c->len; b->at++) {
        struct kv_memory *base = NULL;
        struct hs_error err = {0};
        enum hs_status st;

        if (kv_memory_open(&base, &err) != HS_OK) abort();
        store_copy(kv_memory_store(c->m->real), kv_memory_store(base));
        c->damage(c, b->at, kv_memory_store(base), b->words, sizeof b->words);
        case_bound();
        st = case_run(c->m, kv_memory_store(base), &err);
        kv_memory_close(base);
        b->errors += st != HS_OK;
        if (case_is_right(st, &err)) continue;
        b->wrong++;
        (void)printf("\n    %s: %s: %s\n", b->words, hs_status_text(st), err.text);
    }
    (void)fflush(stdout);
    _exit(0);
}

static void course_run(const struct course *c)
{
    struct board *b = c->board;

    while (b->at < c->len) {
        pid_t child = fork();
        int ended = 0;

        if (child == 0) course_child(c);
        CU_ASSERT_TRUE_FATAL(child > 0);
        while (waitpid(child, &ended, 0) < 0 && errno == EINTR)
            ;
        if (WIFEXITED(ended) && WEXITSTATUS(ended) == 0) continue;
        b->wrong++;
        (void)printf("\n    %s: the process ended, status %x\n", b->words, (unsigned)ended);
        b->at++;
    }
    CU_ASSERT_EQUAL(b->wrong, 0);
    CU_ASSERT_TRUE(b->errors > 0);
    (void)printf("%zu cases, %zu errors ", c->len, b->errors);
}

static void course_begin(struct course *c, struct machine *m, struct entries *e)
{
    store_make(m);
    entries_read(e, kv_memory_store(m->real));
    CU_ASSERT_TRUE_FATAL(e->len > 100);
    c->m = m;
    c->entries = e;
    c->board =
        mmap(NULL, sizeof *c->board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CU_ASSERT_TRUE_FATAL(c->board != MAP_FAILED);
    (void)fflush(stdout); /* or the child writes it once more */
}

static void course_end(struct course *c, struct machine *m, struct entries *e)
{
    (void)munmap(c->board, sizeof *c->board);
    entries_fini(e);
    machine_close(m);
}

static void damage_one(const struct course *c, size_t i, struct kv_store *kv, char *words,
                       size_t len)
{
    size_t key = i / DAMAGES_EVERY_KEY, damage = i % DAMAGES_EVERY_KEY;

    (void)snprintf(words, len, "\"%s\", damage %zu", buffer_text(&c->entries->keys[key]), damage);
    damage_apply(c->entries, key, damage, kv);
}

static void store__any_key_that_holds_something_else(void)
{
    struct course c = {.damage = damage_one};
    struct machine m;
    struct entries e;

    course_begin(&c, &m, &e);
    c.len = e.len * DAMAGES_EVERY_KEY;
    course_run(&c);
    course_end(&c, &m, &e);
}

static void damage_some(const struct course *c, size_t i, struct kv_store *kv, char *words,
                        size_t len)
{
    uint64_t state = c->seed + i;
    size_t keys = 1 + suite_random(&state) % RANDOM_KEYS_MAX, used = 0;

    words[0] = '\0';
    for (size_t n = 0; n < keys; n++) {
        size_t key = suite_random(&state) % c->entries->len;
        size_t damage = suite_random(&state) % DAMAGES;

        damage_apply(c->entries, key, damage, kv);
        used += (size_t)snprintf(words + used, len - used, "\"%.60s\", damage %zu; ",
                                 buffer_text(&c->entries->keys[key]), damage);
    }
}

static void store__some_keys_at_once(void)
{
    struct course c = {.damage = damage_some, .len = RANDOM_CASES, .seed = suite_seed()};
    struct machine m;
    struct entries e;

    course_begin(&c, &m, &e);
    course_run(&c);
    course_end(&c, &m, &e);
}

int main(int argc, char **argv)
{
    static const struct suite_case cases[] = {
        SUITE_CASE(store__any_key_that_holds_something_else),
        SUITE_CASE(store__some_keys_at_once),
    };

    return MACHINE_MAIN("kernel_damage", cases, argc, argv);
}
