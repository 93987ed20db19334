/* One row a setting: what it is called, what it may be, which commands take it, what it is for.
 *
 * Flag, environment name, --config member, range, default, help, completion and documentation come
 * from the row, and so does the member of struct sidecar_config, where there is one:
 *
 *   PLAIN(id, of whom, …)               read with settings_text and its like
 *   FIELD(id, of whom, type, member, …) also a member of struct sidecar_config, of that type
 *
 * and then the members of struct setting (settings.h). A choice that is a FIELD is an enum, whose
 * values are the places in the list of choices. */
#ifndef HEADSTART_SIDECAR_SETTINGS_SETTING_ROWS_H
#define HEADSTART_SIDECAR_SETTINGS_SETTING_ROWS_H

#include "kernel/state/limits.h"

#include <sys/un.h>

#define SETTING_FLAG            .kind = SETTING_KIND_FLAG
#define SETTING_UINT(from, to)  .kind = SETTING_KIND_UINT, .min = (from), .max = (to)
#define SETTING_TEXT(from, to)  .kind = SETTING_KIND_TEXT, .min = (from), .max = (to)
#define SETTING_PATH(bytes_max) .kind = SETTING_KIND_PATH, .min = 1, .max = (bytes_max)
#define SETTING_ADDRESS         .kind = SETTING_KIND_ADDRESS
#define SETTING_CHOICE(...)                                                                        \
    .kind = SETTING_KIND_CHOICE, .choices = (const char *const[])                                  \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

enum {
    SETTING_PATH_BYTES_MAX = 4095,
    /* libuv 1.44 cuts a longer path silently, so it is refused here, with the NUL counted. */
    SETTING_SOCKET_BYTES_MAX = sizeof((struct sockaddr_un *)0)->sun_path - 1,
    SETTING_SECONDS_MAX = 86400,
    SETTING_SPIN_US_MAX = 1000 /* to be woken takes less: more can pay for nothing */
};

/* clang-format off */
#define SETTING_ROWS(PLAIN, FIELD)                                                                 \
    PLAIN(CONFIG, SETTING_OF_ALL, .name = "config",                                                \
          SETTING_PATH(SETTING_PATH_BYTES_MAX), .argument = "FILE",                                \
          .help = "JSON object with any of these settings, by the same names")                     \
    FIELD(DATA, SETTING_OF_ALL, const char *, data_dir, .name = "data",                            \
          SETTING_PATH(SETTING_PATH_BYTES_MAX), .argument = "DIR",                                 \
          .help = "data folder (/var/lib/headstart, or $XDG_STATE_HOME/headstart)")                \
    FIELD(SOCKET, SETTING_OF_ALL, const char *, socket_path, .name = "socket",                     \
          SETTING_PATH(SETTING_SOCKET_BYTES_MAX), .argument = "PATH",                              \
          .help = "Unix socket (/run/headstart/headstart.sock, or in $XDG_RUNTIME_DIR)")           \
    PLAIN(JSON, SETTING_OF_ALL, .name = "json", SETTING_FLAG,                                      \
          .help = "print the result as one JSON document")                                         \
    PLAIN(QUIET, SETTING_OF_ALL, .name = "quiet", .letter = 'q', SETTING_FLAG,                     \
          .help = "no progress and no notes; errors only")                                         \
    FIELD(LOG_LEVEL, SETTING_OF_ALL, enum log_level, log_level, .name = "log-level",               \
          SETTING_CHOICE("error", "warn", "info", "debug"), .initial = "info",                     \
          .argument = "LEVEL", .help = "how much the daemon logs")                                 \
    FIELD(LOG_FORMAT, SETTING_OF_ALL, enum log_format, log_format, .name = "log-format",           \
          SETTING_CHOICE("text", "json"), .initial = "text", .argument = "FORMAT",                 \
          .help = "what a log line is")                                                            \
    FIELD(KERNEL, SETTING_OF_RUN, const char *, kernel_path, .name = "kernel",                     \
          SETTING_PATH(SETTING_PATH_BYTES_MAX), .argument = "FILE",                                \
          .help = "kernel configuration: the vats an empty store starts with")                     \
    FIELD(CHAIN_ID, SETTING_OF_RUN, const char *, chain_id, .name = "chain-id",                    \
          SETTING_TEXT(1, HS_CHAIN_ID_BYTES_MAX), .argument = "ID",                                \
          .help = "the chain that this data folder belongs to")                                    \
    FIELD(METRICS, SETTING_OF_RUN, const char *, metrics_address, .name = "metrics",               \
          SETTING_ADDRESS, .initial = "off", .argument = "ADDR:PORT",                              \
          .help = "serve Prometheus metrics there, or off")                                        \
    FIELD(NO_PRELOAD, SETTING_OF_RUN, bool, preload, .name = "no-preload", SETTING_FLAG,           \
          .opposite = true, .help = "do not load a kernel before a node asks")                     \
    FIELD(SNAPSHOT_EVERY, SETTING_OF_RUN, uint64_t, snapshot_every, .name = "snapshot-every",      \
          SETTING_UINT(0, HS_UINT_MAX), .initial = "100", .argument = "N",                         \
          .help = "a snapshot once in N messages; 0: never")                                       \
    FIELD(SNAPSHOT_SECONDS, SETTING_OF_RUN, uint64_t, snapshot_seconds,                            \
          .name = "snapshot-seconds", SETTING_UINT(0, SETTING_SECONDS_MAX), .initial = "10",       \
          .argument = "S",                                                                         \
          .help = "or when they ran for S seconds; 0: however long")                               \
    FIELD(SNAPSHOT_SHARE, SETTING_OF_RUN, uint64_t, snapshot_share, .name = "snapshot-share",      \
          SETTING_UINT(1, 100), .initial = "1", .argument = "P",                                   \
          .help = "percent of a core that they may take; without it: 1")                           \
    FIELD(SNAPSHOT_KEEP, SETTING_OF_RUN, uint32_t, snapshot_keep, .name = "snapshot-keep",         \
          SETTING_UINT(1, HS_SNAPSHOT_KEEP_MAX), .initial = "8", .argument = "K",                  \
          .help = "how many snapshots can be returned to")                                         \
    FIELD(REPLAY_THREADS, SETTING_OF_RUN, uint32_t, replay_threads, .name = "replay-threads",      \
          SETTING_UINT(0, HS_REPLAY_THREADS_MAX), .initial = "0", .argument = "N",                 \
          .help = "on how many threads vats are replayed; 0: one a processor")                     \
    FIELD(SPIN, SETTING_OF_RUN, uint32_t, spin_us, .name = "spin",                                 \
          SETTING_UINT(0, SETTING_SPIN_US_MAX), .initial = "0", .argument = "MICROSECONDS",        \
          .help = "how long a node's next message is asked for without sleeping")                  \
    FIELD(NO_IMAGES, SETTING_OF_RUN, bool, images, .name = "no-images", SETTING_FLAG,              \
          .opposite = true,                                                                        \
          .help = "snapshots without heap images: smaller, slower to start from")                  \
    FIELD(NO_LOG, SETTING_OF_RUN, bool, log, .name = "no-log", SETTING_FLAG, .opposite = true,     \
          .help = "keep no log of messages: a restart catches up from the node")                   \
    FIELD(LOG_SYNC, SETTING_OF_RUN, enum sidecar_log_sync, log_sync, .name = "log-sync",           \
          SETTING_CHOICE("background", "always", "block"), .initial = "background",                \
          .argument = "WHEN", .help = "when the log is synced")                        \
    FIELD(READS, SETTING_OF_RUN, enum sidecar_reads, reads, .name = "reads",                       \
          SETTING_CHOICE("mirror", "node"), .initial = "mirror", .argument = "FROM",               \
          .help = "where the kernel reads from after the swap")                                    \
    FIELD(SKIP, SETTING_OF_RUN, const char *, skip, .name = "skip", SETTING_TEXT(1, 160),          \
          .argument = "SEQNUM:HASH:SHA256",                                                        \
          .help = "a message that panics the kernel, passed over by agreement")                    \
    FIELD(VERIFY_SWAP, SETTING_OF_RUN, bool, verify_swap, .name = "verify-swap", SETTING_FLAG,     \
          .help = "compare the whole store with the node's before a swap")                         \
    FIELD(SLOG, SETTING_OF_RUN, const char *, slog_path, .name = "slog",                           \
          SETTING_PATH(SETTING_PATH_BYTES_MAX), .argument = "FILE",                                \
          .help = "add what vats are given, ask and print, a JSON object a line")                  \
    FIELD(SERVE_QUERIES, SETTING_OF_RUN, bool, serve_queries, .name = "serve-queries",             \
          SETTING_FLAG, .help = "let observers ask queries, too")                                  \
    PLAIN(MESSAGES, SETTING_OF_SOME, .name = "messages",                                           \
          SETTING_PATH(SETTING_PATH_BYTES_MAX), .argument = "FILE",                                \
          .help = "one JSON message a line; - reads standard input")                               \
    PLAIN(BLOCK_SIZE, SETTING_OF_SOME, .name = "block-size", SETTING_UINT(1, HS_UINT_MAX),         \
          .initial = "1", .argument = "N", .help = "messages a block")                             \
    PLAIN(BLOCK_TICKS, SETTING_OF_SOME, .name = "block-ticks", SETTING_UINT(0, HS_UINT_MAX),       \
          .initial = "0", .argument = "T",                                                         \
          .help = "ticks for runs at each block's end; 0: none are sent")                          \
    PLAIN(OUT, SETTING_OF_SOME, .name = "out", SETTING_PATH(SETTING_PATH_BYTES_MAX),               \
          .argument = "FILE", .help = "write there, and print a summary")                          \
    PLAIN(WATCH, SETTING_OF_SOME, .name = "watch", SETTING_UINT(1, SETTING_SECONDS_MAX),           \
          .initial = "2", .argument = "SECONDS", .argument_optional = true,                        \
          .help = "again every SECONDS, until interrupted")                                        \
    PLAIN(WAIT, SETTING_OF_SOME, .name = "wait", SETTING_UINT(0, SETTING_SECONDS_MAX),             \
          .argument = "SECONDS", .argument_optional = true,                                        \
          .help = "wait until ready, at most SECONDS (without: for ever)")                         \
    PLAIN(PREFIX, SETTING_OF_SOME, .name = "prefix", SETTING_TEXT(0, HS_KEY_BYTES_MAX),            \
          .argument = "P", .help = "only keys that begin with P")                                  \
    PLAIN(FROM, SETTING_OF_SOME, .name = "from", SETTING_UINT(0, HS_UINT_MAX), .initial = "0",     \
          .argument = "SEQNUM", .help = "first entry")                                             \
    PLAIN(TO, SETTING_OF_SOME, .name = "to", SETTING_UINT(0, HS_UINT_MAX),                         \
          .initial = "9007199254740991", .argument = "SEQNUM", .help = "last entry")
/* clang-format on */

#endif
