#include "tests/bench/machine.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* A share of the cores that others may have. */
static const double load_quiet = 0.25;

static double load_now(void)
{
    double load = 0;

    return getloadavg(&load, 1) == 1 ? load : 0;
}

/* Without what JSON and tables trip over. */
static void name_take(char name[MACHINE_NAME_BYTES], const char *text)
{
    size_t len = 0;

    for (; *text != '\0' && *text != '\n' && len < MACHINE_NAME_BYTES - 1; text++) {
        if (*text >= ' ' && *text <= '~' && *text != '"' && *text != '\\') name[len++] = *text;
    }
    name[len] = '\0';
}

static void cpu_look(char name[MACHINE_NAME_BYTES])
{
    FILE *f = fopen("/proc/cpuinfo", "re");
    char line[256];

    name_take(name, "unknown");
    while (f && fgets(line, sizeof line, f)) {
        const char *colon = strchr(line, ':');

        if (strncmp(line, "model name", 10) != 0 || !colon || colon[1] == '\0') continue;
        name_take(name, colon + 2);
        break;
    }
    if (f) (void)fclose(f);
}

struct machine machine_look(void)
{
    struct machine m = {.cores = sysconf(_SC_NPROCESSORS_ONLN), .load = load_now()};
    struct utsname system;

    cpu_look(m.cpu);
    name_take(m.system, "unknown");
    if (uname(&system) == 0) {
        char text[sizeof system.sysname + sizeof system.release + sizeof system.machine + 3];

        (void)snprintf(text, sizeof text, "%s %s %s", system.sysname, system.release,
                       system.machine);
        name_take(m.system, text);
    }
    if (m.load > load_quiet * (double)m.cores) {
        (void)fprintf(
            stderr,
            "warning: the load of this machine is %.1f on %ld cores: read the ratios, and "
            "how they vary, not the figures\n",
            m.load, m.cores);
    }
    return m;
}

void machine_print_json(const struct machine *m, FILE *to)
{
    (void)fprintf(to,
                  "\"machine\":{\"cpu\":\"%s\",\"system\":\"%s\",\"cores\":%ld,"
                  "\"load_before\":%.2f,\"load_after\":%.2f}",
                  m->cpu, m->system, m->cores, m->load, load_now());
}

void machine_print(const struct machine *m, FILE *to)
{
    (void)fprintf(to, "%ld cores of %s, %s, load %.1f before and %.1f after\n", m->cores, m->cpu,
                  m->system, m->load, load_now());
}
