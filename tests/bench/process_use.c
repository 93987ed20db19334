#include "tests/bench/process_use.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static enum hs_status cpu_read(pid_t pid, uint64_t *us, struct hs_error *err)
{
    clockid_t clock;
    struct timespec t;
    int failed = clock_getcpuclockid(pid, &clock);

    if (!failed && clock_gettime(clock, &t) != 0) failed = errno;
    if (failed) return hs_fail_errno(err, HS_IO, failed, "bench: processor time of %d", (int)pid);
    *us = (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
    return HS_OK;
}

/* The number behind `name` in a file of lines "name number". */
static enum hs_status number_of(const char *path, const char *name, uint64_t *out,
                                struct hs_error *err)
{
    FILE *f = fopen(path, "re");
    char line[256];
    unsigned long long number = 0;
    bool found = false;

    if (!f) return hs_fail_errno(err, HS_IO, errno, "bench: %s", path);
    while (!found && fgets(line, sizeof line, f)) {
        found = strncmp(line, name, strlen(name)) == 0 &&
                sscanf(line + strlen(name), " %llu", &number) == 1;
    }
    (void)fclose(f);
    *out = number;
    return found ? HS_OK : hs_fail(err, HS_IO, "bench: %s does not say %s", path, name);
}

enum hs_status process_use_read(pid_t pid, struct process_use *out, struct hs_error *err)
{
    char path[64];
    enum hs_status st = cpu_read(pid, &out->cpu_us, err);

    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    if (st == HS_OK) st = number_of(path, "VmRSS:", &out->memory_bytes, err);
    out->memory_bytes *= 1024; /* the file says kB */
    (void)snprintf(path, sizeof path, "/proc/%d/io", (int)pid);
    if (st == HS_OK) st = number_of(path, "rchar:", &out->read_bytes, err);
    if (st == HS_OK) st = number_of(path, "wchar:", &out->written_bytes, err);
    return st;
}
