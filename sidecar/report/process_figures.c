#include "sidecar/report/process_figures.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static enum hs_status process_family(struct buffer *out, const char *name, const char *type,
                                     const char *help, double value)
{
    return buffer_printf(out, "# HELP process_%s %s\n# TYPE process_%s %s\nprocess_%s %.17g\n",
                         name, help, name, type, name, value);
}

static double seconds_of(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static enum hs_status process_cpu(struct buffer *out)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) != 0) return HS_OK;
    return process_family(out, "cpu_seconds_total", "counter",
                          "Total user and system CPU time spent in seconds.",
                          seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime));
}

static enum hs_status process_memory(struct buffer *out)
{
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long long virtual_pages = 0, resident_pages = 0;
    double page_bytes = (double)sysconf(_SC_PAGESIZE);
    enum hs_status st;
    int fields;

    if (!file) return HS_OK;
    fields = fscanf(file, "%llu %llu", &virtual_pages, &resident_pages);
    (void)fclose(file);
    if (fields != 2) return HS_OK;
    st = process_family(out, "virtual_memory_bytes", "gauge", "Virtual memory size in bytes.",
                        (double)virtual_pages * page_bytes);
    if (st != HS_OK) return st;
    return process_family(out, "resident_memory_bytes", "gauge", "Resident memory size in bytes.",
                          (double)resident_pages * page_bytes);
}

static enum hs_status process_files(struct buffer *out)
{
    struct rlimit limit;
    double open_files = -3; /* ".", ".." and the listing's own descriptor */
    DIR *dir = opendir("/proc/self/fd");
    enum hs_status st = HS_OK;

    if (dir) {
        while (readdir(dir)) {
            open_files++;
        }
        (void)closedir(dir);
        st = process_family(out, "open_fds", "gauge", "Number of open file descriptors.",
                            open_files);
    }
    if (st != HS_OK || getrlimit(RLIMIT_NOFILE, &limit) != 0) return st;
    return process_family(out, "max_fds", "gauge", "Maximum number of open file descriptors.",
                          (double)limit.rlim_cur);
}

enum hs_status process_figures_render(uint64_t started_unix_s, struct buffer *out)
{
    enum hs_status st = process_cpu(out);

    if (st == HS_OK) st = process_memory(out);
    if (st == HS_OK) st = process_files(out);
    if (st != HS_OK) return st;
    return process_family(out, "start_time_seconds", "gauge",
                          "Start time of the process since unix epoch in seconds.",
                          (double)started_unix_s);
}
