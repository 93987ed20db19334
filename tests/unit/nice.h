/* Nice: whether threads here may give up weight, and take it back. */
#ifndef HEADSTART_TESTS_UNIT_NICE_H
#define HEADSTART_TESTS_UNIT_NICE_H

#include <stdbool.h>

/** Tried by a thread of its own, not by asking the code under test. */
bool nice_may_return(void);
/** A case that needs it, and a nice that shows beside the process's own, is skipped without. */
bool nice_or_skip(void);

#endif
