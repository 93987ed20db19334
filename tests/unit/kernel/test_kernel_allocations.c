/* What a small message allocates, once the kernel has executed a few. */
#include "tests/unit/kernel/allocations.h"
#include "tests/unit/kernel/machine.h"

enum { BLOCK = 20, BLOCKS = 10, MESSAGES = BLOCK * BLOCKS };
enum { LAYERS_IN_TURN = 3 }; /* to be the mark, written, and left behind */

/* A block notes its height under keys that nobody read before, and as layers grow their indexes
 * are made anew, each time for twice as many. */
enum { ALLOCATIONS_OF_BLOCKS = 4 * BLOCKS };

/* A block after the other, as a node that keeps savepoints has them. Returns how many allocations
 * the kernel made; nobody applies the writes meanwhile. */
static unsigned long run_blocks(struct machine *m, uint64_t *height)
{
    struct message call = {.text =
                               slice_text("{\"to\":\"left\",\"method\":\"nothing\",\"args\":[]}")};
    unsigned long before = allocations_count();

    for (int i = 0; i < MESSAGES; i++) {
        struct kernel_outcome out = {0};

        if (i % BLOCK == 0) {
            machine_ok(kernel_mark(m->kernel, &m->err), m);
            ++*height;
        }
        call.height = call.time = *height;
        machine_ok(kernel_deliver(m->kernel, &call, &out, &m->err), m);
        kernel_outcome_fini(&out);
    }
    return allocations_count() - before;
}

static void allocations__of_a_small_message_are_its_answer(void)
{
    struct machine m;
    uint64_t height = 1;
    unsigned long made;

    machine_open(&m, "pair.json");
    kernel_keep_savepoints(m.kernel, true);
    (void)machine_call_at(&m, height, "left", "nothing", "");
    for (int i = 0; i < LAYERS_IN_TURN; i++) { /* what each held is spare for the next */
        (void)run_blocks(&m, &height);
        machine_ok(kernel_mark(m.kernel, &m.err), &m);
        machine_snapshot(&m);
    }
    made = run_blocks(&m, &height);
    if (made > MESSAGES + ALLOCATIONS_OF_BLOCKS) {
        (void)printf("\n    %lu allocations in %d messages\n", made, MESSAGES);
    }
    CU_ASSERT(made >= MESSAGES); /* they are counted at all: the answer is the caller's */
    CU_ASSERT(made <= MESSAGES + ALLOCATIONS_OF_BLOCKS);
    machine_close(&m);
}

static const struct suite_case cases[] = {
    SUITE_CASE(allocations__of_a_small_message_are_its_answer),
};

int main(int argc, char **argv)
{
    return MACHINE_MAIN("kernel allocations", cases, argc, argv);
}
