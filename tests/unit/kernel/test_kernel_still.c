/* Vats that stand still cost nothing: a message, the mark at a block's end, a savepoint and going
 * back look at none of them. Their processes are put where nobody can read while others run. */
#include "tests/unit/kernel/machine.h"

#include "kernel/kernel_core.h"

#include <sys/mman.h>

enum { VATS_MAX = 16, HIDDEN_BYTES = 1 << 16, SAVEPOINTS = 40 };

struct hidden {
    void *nowhere; /* without access: whoever looks there ends the program */
    struct vat_process *processes[VATS_MAX];
    size_t len;
};

static void hide_all_but(struct machine *m, struct hidden *h, const char *name)
{
    struct vat_table *t = &m->kernel->vats;

    *h = (struct hidden){
        .nowhere = mmap(NULL, HIDDEN_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)};
    CU_ASSERT_FATAL(h->nowhere != MAP_FAILED && t->len <= VATS_MAX);
    for (size_t i = 0; i < t->len; i++) {
        h->processes[i] = t->items[i].process;
        if (strcmp(t->items[i].process->name.name, name) == 0) continue;
        t->items[i].process = h->nowhere;
        h->len++;
    }
}

static void show_all(struct machine *m, struct hidden *h)
{
    struct vat_table *t = &m->kernel->vats;

    for (size_t i = 0; i < t->len; i++) {
        t->items[i].process = h->processes[i];
    }
    (void)munmap(h->nowhere, HIDDEN_BYTES);
}

static void open_crowd(struct machine *m)
{
    machine_open(m, "crowd.json");
    kernel_keep_savepoints(m->kernel, true);
    (void)machine_call_at(m, 1, "left", "nothing", "");
    (void)machine_call_at(m, 1, "outer", "nothing", "");
    machine_ok(kernel_mark(m->kernel, &m->err), m);
}

static void still__is_seen_by_no_message_and_no_mark(void)
{
    struct machine m;
    struct hidden h;

    open_crowd(&m);
    hide_all_but(&m, &h, "lower");
    CU_ASSERT(h.len >= 4);
    for (uint64_t height = 2; height < 6; height++) {
        (void)machine_call_at(&m, height, "lower", "nothing", "");
        (void)machine_call_at(&m, height, "lower", "set", "'now','there'");
        machine_ok(kernel_mark(m.kernel, &m.err), &m);
    }
    show_all(&m, &h);
    CU_ASSERT_TRUE(machine_agrees_with_real(&m));
    machine_close(&m);
}

static void still__is_seen_by_no_savepoint_and_no_way_back(void)
{
    struct machine m;
    struct hidden h;
    struct position before;

    open_crowd(&m);
    hide_all_but(&m, &h, "lower");
    before = kernel_position(m.kernel);
    for (int i = 0; i < SAVEPOINTS; i++) { /* from afar first, then from savepoints */
        (void)machine_call_at(&m, 2, "lower", "grow", "900");
        machine_ok(kernel_back_to(m.kernel, &before, &m.err), &m);
        if (i % 2 == 1) continue;
        (void)machine_call_at(&m, 2, "lower", "nothing", "");
        before = kernel_position(m.kernel);
    }
    CU_ASSERT(kernel_savepoint_figures(m.kernel).savepoints > 1);
    machine_ok(kernel_back_to_mark(m.kernel, &m.err), &m);
    show_all(&m, &h);
    CU_ASSERT_TRUE(position_equal(&m.kernel->now.at, &m.kernel->mark.at));
    machine_close(&m);
}

static const struct suite_case cases[] = {
    SUITE_CASE(still__is_seen_by_no_message_and_no_mark),
    SUITE_CASE(still__is_seen_by_no_savepoint_and_no_way_back),
};

int main(int argc, char **argv)
{
    return MACHINE_MAIN("kernel: vats that stand still", cases, argc, argv);
}
