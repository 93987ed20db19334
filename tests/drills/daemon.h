/* The sidecar under test: a real `headstart run`, seen from outside. Nothing waits for it without a
 * deadline. It dies with the process that started it. */
#ifndef HEADSTART_TESTS_DRILLS_DAEMON_H
#define HEADSTART_TESTS_DRILLS_DAEMON_H

#include "tests/drills/folder.h"

#include <sys/resource.h>
#include <sys/types.h>

#define DRILL_CHAIN_ID "drill"

enum {
    DAEMON_HANG_MS = 20000, /* longer than this is a hang, not slowness */
    DAEMON_WORDS_MAX = 8,
};

/* How one life of it is started. All borrowed for the call. */
struct daemon_how {
    const char *arguments[DAEMON_WORDS_MAX];   /* further ones, up to a NULL */
    const char *environment[DAEMON_WORDS_MAX]; /* NAME=value, up to a NULL */
    int limit;                                 /* a resource of setrlimit, where limited */
    rlim_t limit_value;
    bool limited;
};

struct daemon {
    char program[FOLDER_PATH_BYTES];
    char kernel[FOLDER_PATH_BYTES];
    char data[FOLDER_PATH_BYTES];
    char socket[FOLDER_PATH_BYTES];
    char words[FOLDER_PATH_BYTES]; /* file of its stderr */
    off_t words_from;              /* where this life's begin */
    pid_t pid;                     /* 0: it does not run */
    int pidfd;
    int status; /* of waitpid, once it ended */
};

/** Names in `place`; nothing is started. `program` and `kernel` are copied. */
void daemon_init(struct daemon *d, const char *place, const char *program, const char *kernel);
/** Returns as soon as the process exists. HS_UNAVAILABLE: it cannot be started. */
HS_MUST_CHECK enum hs_status daemon_start(struct daemon *d, const struct daemon_how *how,
                                          struct hs_error *err);
bool daemon_runs(struct daemon *d);
/** Wait for its end; false when the deadline passes first. */
bool daemon_wait(struct daemon *d, int timeout_ms);
void daemon_signal(struct daemon *d, int signal);
/** Wait until it holds or handles SIGTERM itself: before its main runs, a process of anybody's ends
 *  by the signal, and there is nothing to put in order. Ends when the daemon does; gives up after
 *  DAEMON_HANG_MS. */
void daemon_wait_handlers(struct daemon *d);
/** SIGKILL, and wait until it is gone. Harmless when it does not run. */
void daemon_kill(struct daemon *d);

uint64_t daemon_memory_kib(const struct daemon *d);      /* now; 0: it does not run */
uint64_t daemon_memory_most_kib(const struct daemon *d); /* since it was started */

bool daemon_signalled(const struct daemon *d); /* it ended by a signal */
int daemon_code(const struct daemon *d);       /* exit code, or the signal's number */
/** The last line of this life that is no `info`, or "without a word". */
void daemon_last_words(const struct daemon *d, char *out, size_t size);

#endif
