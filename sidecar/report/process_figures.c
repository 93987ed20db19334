#include "sidecar/report/process_figures.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static double seconds_of(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void read_memory(struct process_figures *p)
{
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long long virtual_pages = 0, resident_pages = 0;
    double page_bytes = (double)sysconf(_SC_PAGESIZE);
    int fields;

    if (!file) return;
    fields = fscanf(file, "%llu %llu", &virtual_pages, &resident_pages);
    (void)fclose(file);
    if (fields != 2) return;
    p->virtual_bytes = (double)virtual_pages * page_bytes;
    p->resident_bytes = (double)resident_pages * page_bytes;
}

static double count_open_files(void)
{
    double open_files = -3; /* ".", ".." and the listing's own descriptor */
    DIR *dir = opendir("/proc/self/fd");

    if (!dir) return -1;
    while (readdir(dir)) {
        open_files++;
    }
    (void)closedir(dir);
    return open_files;
}

struct process_figures process_figures_read(void)
{
    struct process_figures p = {-1, -1, -1, -1, -1};
    struct rusage usage;
    struct rlimit limit;

    if (getrusage(RUSAGE_SELF, &usage) == 0) {
        p.cpu_s = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
    }
    read_memory(&p);
    p.open_files = count_open_files();
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) p.open_files_max = (double)limit.rlim_cur;
    return p;
}
