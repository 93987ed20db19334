/* Work folder: a folder of a benchmark's own, under TMPDIR or /tmp, gone afterwards. */
#ifndef HEADSTART_TESTS_BENCH_WORK_FOLDER_H
#define HEADSTART_TESTS_BENCH_WORK_FOLDER_H

#include "kernel/state/errors.h"

enum { WORK_FOLDER_BYTES = 256 };

HS_MUST_CHECK enum hs_status work_folder_make(char path[WORK_FOLDER_BYTES], struct hs_error *err);
/** Any folder with all that is in it; missing: nothing. */
void work_folder_remove(const char *path);

#endif
