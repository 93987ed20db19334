/* Machine: where figures were measured, and how busy it was. */
#ifndef HEADSTART_TESTS_BENCH_MACHINE_H
#define HEADSTART_TESTS_BENCH_MACHINE_H

#include <stdio.h>

enum { MACHINE_NAME_BYTES = 96 };

struct machine {
    char cpu[MACHINE_NAME_BYTES]; /* its model */
    char system[MACHINE_NAME_BYTES];
    long cores;
    double load; /* of the last minute, before anything was measured */
};

/** Look, and say so on stderr where others keep it busy: figures would be theirs, too. */
struct machine machine_look(void);
/** `"machine":{…}`, the load now included. */
void machine_print_json(const struct machine *m, FILE *to);
/** One line for people, below their table. */
void machine_print(const struct machine *m, FILE *to);

#endif
