/* Invariants: each check of a kernel ends the process, with words, when what it checks is broken.
 * Built where the program checks itself (scripts/build invariants, asan, tsan). */
#include "tests/unit/kernel/machine.h"

#include "kernel/invariants.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

typedef void (*machine_fn)(struct machine *m);

/* `breaks` in a process of its own, on a kernel that has run; what it said on stderr before it
 * ended, up to the first NUL. True: by SIGABRT. */
static bool aborts(machine_fn breaks, char said[512])
{
    size_t len = 0;
    int ends[2], status = 0;
    ssize_t got;
    pid_t child;

    if (pipe(ends) != 0) abort();
    child = fork();
    if (child < 0) abort();
    if (child == 0) {
        struct machine m;

        (void)signal(SIGABRT, SIG_DFL);
        if (dup2(ends[1], STDERR_FILENO) < 0) _exit(70);
        machine_open(&m, "pair.json");
        machine_run(&m, 0, 8);
        machine_ok(machine_restart(&m, false), &m);
        (void)machine_call(&m, "left", "set", "'now','there'");
        breaks(&m);
        _exit(0);
    }
    (void)close(ends[1]);
    while (len < 511) {
        got = read(ends[0], said + len, 511 - len);
        if (got <= 0 && !(got < 0 && errno == EINTR)) break;
        if (got > 0) len += (size_t)got;
    }
    said[len] = '\0';
    (void)close(ends[0]);
    if (waitpid(child, &status, 0) != child) abort();
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void expect_abort(machine_fn breaks, const char *words)
{
    char said[512];
    bool aborted = aborts(breaks, said);

    CU_ASSERT_TRUE(aborted);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "invariant broken at seqnum "));
    CU_ASSERT_PTR_NOT_NULL(strstr(said, words));
    if (!aborted || !strstr(said, words)) (void)printf("\n    not \"%s\": %s\n", words, said);
}

static void message(struct machine *m)
{
    (void)machine_call(m, "left", "set", "'more','of it'");
}

/* A change between messages that is not the kernel's. */
static void store_set(struct machine *m, const char *key, const char *value)
{
    struct kv_layers *layers = m->kernel->layers;

    kv_layers_crank_begin(layers);
    machine_ok(kv_store_set(kv_layers_store(layers), slice_text(key), slice_text(value), &m->err),
               m);
    kv_layers_crank_commit(layers);
    kv_layers_message_commit(layers);
}

/* --- one break each --- */

static void breaks_nothing(struct machine *m)
{
    for (int i = 0; i < 3; i++) {
        message(m);
    }
    machine_ok(kernel_mark(m->kernel, &m->err), m);
    message(m);
    machine_ok(kernel_back_to_mark(m->kernel, &m->err), m);
    message(m);
}

static void breaks_mark(struct machine *m)
{
    m->kernel->mark.at.seqnum = m->kernel->now.at.seqnum + 2;
    message(m);
}

static void breaks_layers(struct machine *m)
{
    m->kernel->mark.at = m->kernel->now.at;
    invariants_after_message(m->kernel);
}

static void breaks_marking(struct machine *m)
{
    invariants_after_mark(m->kernel);
}

static void breaks_marked_vat(struct machine *m)
{
    machine_ok(kernel_mark(m->kernel, &m->err), m);
    m->kernel->vats.items[0].process->transcript_len_marked++;
    invariants_after_mark(m->kernel);
}

static void breaks_still_vat(struct machine *m)
{
    machine_ok(kernel_mark(m->kernel, &m->err), m);
    m->kernel->vats.items[0].process->touched = true;
    invariants_after_message(m->kernel);
}

static void breaks_crank(struct machine *m)
{
    kv_hashed_crank_begin(&m->kernel->kv);
    invariants_after_crank(m->kernel);
}

static void breaks_queue(struct machine *m)
{
    store_set(m, "runQueue", "[9,2]");
    invariants_after_crank(m->kernel);
}

static void breaks_seqnum(struct machine *m)
{
    store_set(m, "kernel.seqnum", "77");
    invariants_after_message(m->kernel);
}

static void breaks_hash(struct machine *m)
{
    store_set(m, "kernel.hash", "77");
    invariants_after_message(m->kernel);
}

static void breaks_transcript(struct machine *m)
{
    for (size_t i = 0; i < m->kernel->vats.len; i++) {
        m->kernel->vats.items[i].process->transcript_len++;
    }
    message(m);
}

static void breaks_transcript_item(struct machine *m)
{
    char key[64];

    (void)snprintf(key, sizeof key, "v1.t.%s", machine_get(m, "v1.t.endPosition"));
    store_set(m, key, "{}");
    invariants_after_message(m->kernel);
}

/* Found by the next message, whatever it is about. */
static void breaks_reference(struct machine *m)
{
    store_set(m, "ko21.refCount", "1,1");
    message(m);
}

static void breaks_outcome(struct machine *m)
{
    struct kernel_outcome o = {0};

    machine_ok(buffer_reserve(&o.value, RULES_OUTCOME_BYTES_MOST + 1), m);
    o.value.len = RULES_OUTCOME_BYTES_MOST + 1;
    invariants_outcome(m->kernel, &o);
}

static void invariants__a_whole_kernel_goes_on(void)
{
    char said[512];

    CU_ASSERT_FALSE(aborts(breaks_nothing, said));
    CU_ASSERT_STRING_EQUAL(said, "");
}

static void invariants__each_break_ends_the_process_with_words(void)
{
    expect_abort(breaks_mark, "the mark is ahead");
    expect_abort(breaks_layers, "the layers say another distance");
    expect_abort(breaks_marking, "there is something behind the mark");
    expect_abort(breaks_marked_vat, "a vat's transcript is not at its mark");
    expect_abort(breaks_still_vat, "a vat left its mark and is not among those that did");
    expect_abort(breaks_crank, "a crank is open after it ended");
    expect_abort(breaks_queue, "runQueue");
    expect_abort(breaks_seqnum, "kernel.seqnum is not the position's");
    expect_abort(breaks_hash, "kernel.hash is not the position's");
    expect_abort(breaks_transcript, "a transcript ends elsewhere than its process");
    expect_abort(breaks_transcript_item, "a transcript's items do not end at its end");
    expect_abort(breaks_reference, "ko21");
    expect_abort(breaks_outcome, "does not fit an answer");
}

static const struct suite_case cases[] = {
    SUITE_CASE(invariants__a_whole_kernel_goes_on),
    SUITE_CASE(invariants__each_break_ends_the_process_with_words),
};

int main(int argc, char **argv)
{
    return MACHINE_MAIN("kernel: invariants", cases, argc, argv);
}
