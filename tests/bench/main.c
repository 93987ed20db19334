/* headstart-bench: the command line of the benchmarks. stdout is the result, stderr the rest. */
#include "tests/bench/bench.h"
#include "tests/bench/spread.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { EXIT_IS_OK = 0, EXIT_IS_FAILED = 1, EXIT_IS_USAGE = 64 };

static const char usage_text[] =
    "Usage: headstart-bench restart|decimation|overhead|cost|ipc|replay|peer|growth|undo|\n"
    "                       prices|garbage|sizes [options]\n"
    "\n"
    "  restart     warm start against full replay, by length of history\n"
    "  decimation  a snapshot once in N messages: what that costs, a restart then, the best N\n"
    "  overhead    deliveries with snapshots and synced log against deliveries without\n"
    "  cost        what a message costs, by workload: throughput, processor time, latency,\n"
    "              memory, the kernel's share by item, undoing, observers\n"
    "  ipc         the way to the sidecar and back against a bare ping-pong\n"
    "  replay      messages a second by each way of getting them back\n"
    "  peer        the same operations under SwingSet (scripts/peer installs it)\n"
    "  growth      a message's cost as a chain grows: age, state, vats\n"
    "  undo        messages whose transactions fail at the node against messages that stay\n"
    "  prices      the time of a tick, of every kind of work against the workload's\n"
    "  garbage     heap and store while payments are issued and taken back\n"
    "  sizes       the time of what a vat can collect, by its size\n"
    "\n"
    "  --messages N[,N…]  how many: lengths of history (restart: 1000,10000), ages (growth:\n"
    "                     1000,10000,100000), messages (overhead: 20000; cost, ipc: 10000;\n"
    "                     replay: 5000; decimation: 2000; prices: 1000), of a slice (undo: 2000,\n"
    "                     peer: 200), payments (garbage: 10000,100000,1000000), sizes "
    "(1000,10000,100000)\n"
    "  --every N[,N…]     decimation: these N (1,10,50,100,500,1000)\n"
    "  --vats N[,N…]      replay: vats that take turns (1,2,4); growth: (1,10,100,500)\n"
    "  --out DIR          decimation, growth: a CSV file and SVG plots there (these need gnuplot)\n"
    "  --heap-mib N       extra heap of the vat (default 0; decimation: 0, 14 and 62)\n"
    "  --repeats N        measurements of each figure (default 5)\n"
    "  --no-images        restart: without heap images, for comparison\n"
    "  --json             one JSON document instead of a table\n"
    "  -h, --help    -V, --version\n";

struct bench_command {
    const char *name;
    enum hs_status (*run)(const struct bench_options *options, struct hs_error *err);
    uint64_t messages[BENCH_COUNTS_MAX]; /* default */
    size_t messages_len;
    uint64_t vats[BENCH_COUNTS_MAX]; /* likewise */
    size_t vats_len;
};

static const struct bench_command commands[] = {
    {.name = "restart", .run = bench_restart, .messages = {1000, 10000}, .messages_len = 2},
    {.name = "decimation", .run = bench_decimation, .messages = {2000}, .messages_len = 1},
    {.name = "overhead", .run = bench_overhead, .messages = {20000}, .messages_len = 1},
    {.name = "cost", .run = bench_cost, .messages = {10000}, .messages_len = 1},
    {.name = "ipc", .run = bench_ipc, .messages = {10000}, .messages_len = 1},
    {.name = "replay",
     .run = bench_replay,
     .messages = {5000},
     .messages_len = 1,
     .vats = {1, 2, 4},
     .vats_len = 3},
    {.name = "peer", .run = bench_peer, .messages = {200}, .messages_len = 1},
    {.name = "growth",
     .run = bench_growth,
     .messages = {1000, 10000, 100000},
     .messages_len = 3,
     .vats = {1, 10, 100, 500},
     .vats_len = 4},
    {.name = "undo", .run = bench_undo, .messages = {2000}, .messages_len = 1},
    {.name = "prices", .run = bench_prices, .messages = {1000}, .messages_len = 1},
    {.name = "garbage",
     .run = bench_garbage,
     .messages = {10000, 100000, 1000000},
     .messages_len = 3},
    {.name = "sizes", .run = bench_sizes, .messages = {1000, 10000, 100000}, .messages_len = 3},
};

double bench_clock_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

uint64_t bench_cpu_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

void bench_say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputc('\n', stderr);
}

static bool parse_count(const char *text, char **end, uint64_t max, uint64_t *out)
{
    unsigned long long v = strtoull(text, end, 10);

    if (*end == text || *text == '-' || v > max) return false;
    *out = v;
    return true;
}

static bool parse_counts(const char *text, uint64_t counts[BENCH_COUNTS_MAX], size_t *len)
{
    char *end = NULL;

    *len = 0;
    do {
        if (*len == BENCH_COUNTS_MAX) return false;
        if (!parse_count(text, &end, 100000000, &counts[*len])) return false;
        if (counts[(*len)++] == 0) return false;
        text = end + 1;
    } while (*end == ',');
    return *end == '\0';
}

static bool parse_one(const char *text, uint64_t max, uint64_t *out)
{
    char *end = NULL;

    return parse_count(text, &end, max, out) && *end == '\0';
}

static bool parse_options(int argc, char **argv, struct bench_options *o)
{
    static const struct option flags[] = {{"messages", required_argument, NULL, 'm'},
                                          {"heap-mib", required_argument, NULL, 'b'},
                                          {"every", required_argument, NULL, 'e'},
                                          {"out", required_argument, NULL, 'o'},
                                          {"vats", required_argument, NULL, 'v'},
                                          {"repeats", required_argument, NULL, 'r'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"no-images", no_argument, NULL, 'i'},
                                          {"help", no_argument, NULL, 'h'},
                                          {"version", no_argument, NULL, 'V'},
                                          {NULL, 0, NULL, 0}};
    int flag;

    while ((flag = getopt_long(argc, argv, "hV", flags, NULL)) != -1) {
        bool ok = true;

        switch (flag) {
        case 'm': ok = parse_counts(optarg, o->messages, &o->messages_len); break;
        case 'e': ok = parse_counts(optarg, o->every, &o->every_len); break;
        case 'v': ok = parse_counts(optarg, o->vats, &o->vats_len); break;
        case 'o': o->out = optarg; break;
        case 'b': ok = parse_one(optarg, 512, &o->heap_mib); break;
        case 'r': ok = parse_one(optarg, SPREAD_SAMPLES_MAX, &o->repeats) && o->repeats; break;
        case 'i': o->no_images = true; break;
        case 'j': o->json = true; break;
        case 'h': (void)fputs(usage_text, stdout); exit(EXIT_IS_OK);
        case 'V': (void)puts("headstart-bench " HEADSTART_VERSION_TEXT); exit(EXIT_IS_OK);
        default: ok = false;
        }
        if (ok) continue;
        if (flag != '?') (void)fprintf(stderr, "headstart-bench: bad value '%s'\n", optarg);
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct bench_options options = {
        .repeats = 5, .every = {1, 10, 50, 100, 500, 1000}, .every_len = 6};
    struct hs_error err = {0};

    if (!parse_options(argc, argv, &options) || optind + 1 != argc) {
        (void)fputs(usage_text, stderr);
        return EXIT_IS_USAGE;
    }
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(argv[optind], commands[i].name) != 0) continue;
        if (options.messages_len == 0) {
            memcpy(options.messages, commands[i].messages, sizeof options.messages);
            options.messages_len = commands[i].messages_len;
        }
        if (options.vats_len == 0) {
            memcpy(options.vats, commands[i].vats, sizeof options.vats);
            options.vats_len = commands[i].vats_len;
        }
        options.machine = machine_look();
        if (commands[i].run(&options, &err) == HS_OK) {
            if (!options.json) machine_print(&options.machine, stdout);
            return EXIT_IS_OK;
        }
        (void)fprintf(stderr, "headstart-bench: %s\n", err.text);
        return EXIT_IS_FAILED;
    }
    (void)fprintf(stderr, "headstart-bench: unknown benchmark '%s'\n", argv[optind]);
    return EXIT_IS_USAGE;
}
