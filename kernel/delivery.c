#include "kernel/delivery.h"

void delivery_fini(struct delivery *d)
{
    buffer_fini(&d->syscalls);
    buffer_fini(&d->exit_why);
}
