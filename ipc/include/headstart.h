/* libheadstart: a chain node's side of headstart, in C. Public, self-contained.
 *
 * Blocking and small: one connection, one owner thread, plain sockets; embed it in any runtime.
 * While a delivery runs, headstart may ask for entries of the node's store; the callbacks given
 * at connect answer, on the thread that called headstart_deliver.
 *
 *     struct headstart *h = NULL;
 *     struct headstart_error err;
 *     if (headstart_connect(&options, &h, &err) != HEADSTART_OK) …
 *     // inside the node's transaction, once a message:
 *     struct headstart_result *r = NULL;
 *     if (headstart_deliver(h, &delivery, &r, &err) == HEADSTART_OK) {
 *         for (size_t i = 0; i < r->writes_len; i++) apply(r->writes[i]);
 *     }   // on error: nothing happened, change nothing, send it again later
 *     headstart_result_free(r);
 *
 * docs/protocol.md is the wire contract. All numbers are <= 2^53 - 1.
 */
#ifndef HEADSTART_H
#define HEADSTART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HEADSTART_VERSION "0.1.0"

enum headstart_status {
    HEADSTART_OK = 0,
    HEADSTART_UNREACHABLE, /* nobody listens, or the connection broke: connect again */
    HEADSTART_TIMEOUT,     /* no answer in time: the connection is closed */
    HEADSTART_REFUSED,     /* headstart answered with an error; err->code says which */
    HEADSTART_PROTOCOL,    /* the answer was not well-formed: the connection is closed */
    HEADSTART_INVALID,     /* an argument breaks the contract; nothing was sent */
    HEADSTART_NOMEM,
};

struct headstart_error {
    enum headstart_status status;
    char code[24];  /* protocol code when REFUSED ("busy", "kernel_failed", …), else "" */
    char text[512]; /* words, one line; when REFUSED they begin with the code */
};

struct headstart; /* a connection */

/* Bytes with a length; text is not NUL-terminated by contract. */
struct headstart_bytes {
    const char *data;
    size_t len;
};

/* Answers headstart's own questions about the node's store, as its open transaction sees it. */
struct headstart_store {
    void *data;
    /* 1 found (out valid until the next callback), 0 absent, -1 failed */
    int (*get)(void *data, struct headstart_bytes key, struct headstart_bytes *value);
    /* First entry with key > after (empty: first of all). 1, 0 at the end, -1 failed. */
    int (*next)(void *data, struct headstart_bytes after, struct headstart_bytes *key,
                struct headstart_bytes *value);
};

/* How far the wait for a delivery, or for an attach, has come. */
struct headstart_progress {
    char phase[32];       /* what is done: "catching_up", "full_replay", … */
    uint64_t done, total; /* entries; total 0: not known */
    uint64_t eta_s;       /* seconds that are left, if that is known */
    bool eta_known;
};

struct headstart_options {
    const char *socket_path; /* NULL: HEADSTART_SOCKET, else headstart_default_socket */
    const char *chain_id;    /* NULL: no hello is said, for tools: status and metrics only, and
                              * headstart closes after 10 s of silence */
    const char *client;      /* name and version of the node software, for people */
    bool observer;           /* may look, not deliver: status, metrics and maybe queries */
    struct headstart_store store;
    /* NULL, or is told about once a second while a call waits long. It may not use the connection.
     */
    void (*progress)(void *data, const struct headstart_progress *progress);
    void *progress_data;
    int connect_timeout_ms; /* 0: 5,000. Waits for a socket that is not there yet */
    int answer_timeout_ms;  /* 0: wait for ever: a delivery may wait for a long replay. Counts
                             * from the request to its answer, store questions included */
    unsigned spin_us; /* at most 10,000. 0: who waits for an answer sleeps. Otherwise it asks again
                       * and again for so long before, which takes a processor; what it asks in
                       * vain is a 16th of the time waited, and what spins in time saved. Pays with
                       * headstart's own --spin, and a processor for each of the two */
};

struct headstart_hello {
    char server[64];
    char phase[32];
    uint64_t seqnum;
    char hash[65];
    uint64_t height;
    char genesis[65];   /* hash of its configuration's state vector; "": it does not say */
    char engines[256];  /* identities of its engines, a space between two */
    char features[256]; /* what it can beyond the first version, likewise; see headstart_can */
};

struct headstart_attached {
    char path[16]; /* how the kernel got there */
    uint64_t replayed, wait_us;
};

struct headstart_delivery {
    uint64_t height;
    uint64_t time;                  /* block time, Unix seconds */
    uint64_t seqnum;                /* kernel.seqnum in the real store now; 0 in a new store */
    const char *hash;               /* kernel.hash in the real store now; "" in a new store */
    struct headstart_bytes message; /* empty: a run: timers that are due, and what is queued */
    bool limited;                   /* `ticks` counts: the call's hard limit, a run's budget */
    uint64_t ticks;
    bool control; /* the chain's own: the message may speak to the kernel itself */
};

/* An earlier call that was pending and came to its result. */
struct headstart_settled {
    uint64_t seqnum;
    char status[16];
    struct headstart_bytes value;
};

struct headstart_write {
    struct headstart_bytes key;
    struct headstart_bytes value; /* data NULL: delete */
};

struct headstart_result {
    uint64_t seqnum;
    char hash[65];
    char status[16]; /* "fulfilled", "rejected" or "pending" */
    char path[16];   /* how the kernel got there */
    struct headstart_bytes value;
    struct headstart_bytes *outputs;
    size_t outputs_len;
    struct headstart_write *writes;
    size_t writes_len;
    uint64_t replayed, wait_us, run_us;
    uint64_t ticks;  /* what the message cost: the same on every node */
    uint64_t queued; /* kernel.queued. A node decides by the keys in its store, never by this: at a
                      * block's end it sends runs while kernel.queued is not 0 or the block's time
                      * has reached kernel.wake (absent: no timer) */
    struct headstart_settled *settled;
    size_t settled_len;
    struct headstart_bytes *events; /* JSON each */
    size_t events_len;
};

/** Connect and say hello. `*out` is NULL unless HEADSTART_OK. HEADSTART_INVALID also where somebody
 *  else than our own user or root serves the socket, or may write its folder. */
enum headstart_status headstart_connect(const struct headstart_options *options,
                                        struct headstart **out, struct headstart_error *err);
/** Where headstart listens unless told: /run/headstart/headstart.sock, or for users other than root
 *  $XDG_RUNTIME_DIR/headstart.sock where that is set. Returns the length, as snprintf. */
int headstart_default_socket(char *path, size_t size);
/** What headstart said at the hello (empty without one); valid as long as the connection. */
const struct headstart_hello *headstart_greeting(const struct headstart *h);
/** Did headstart say that it can that: "attach", …? */
bool headstart_can(const struct headstart *h, const char *feature);
/** Close and free; NULL is allowed. */
void headstart_close(struct headstart *h);
/** Is the connection still usable? False after UNREACHABLE, TIMEOUT or PROTOCOL. */
bool headstart_connected(const struct headstart *h);

/** Have the kernel brought to where the real store stands (0, "" for a new one), before there is a
 *  message: at a node's start, and after a state-sync. `height`: of the newest committed block.
 *  Optional: without it the first delivery does the same. The store callbacks answer meanwhile, so
 *  the store must be readable. REFUSED, "unknown_method": headstart cannot. */
enum headstart_status headstart_attach(struct headstart *h, uint64_t height, uint64_t seqnum,
                                       const char *hash, struct headstart_attached *out,
                                       struct headstart_error *err);

/** Deliver one message. On any error nothing happened: the real store must not change. The result
 *  belongs to the caller: headstart_result_free. */
enum headstart_status headstart_deliver(struct headstart *h, const struct headstart_delivery *d,
                                        struct headstart_result **out, struct headstart_error *err);
void headstart_result_free(struct headstart_result *r);

/* A call to be executed on the kernel as it stands, and undone. */
struct headstart_query {
    struct headstart_bytes message;
    const char
        *hash; /* where it is to be executed, with seqnum; NULL: wherever the kernel stands */
    uint64_t seqnum;
    bool limited; /* `ticks` counts: more is rejected */
    uint64_t ticks;
};

struct headstart_query_result {
    uint64_t seqnum; /* where it was executed */
    char hash[65];
    char status[16];              /* "fulfilled", "rejected" or "pending" */
    struct headstart_bytes value; /* JSON */
    uint64_t ticks;               /* what it cost */
};

/** Ask; nothing changes. For the node, and for observers where headstart serves them. REFUSED with
 *  "busy" while a delivery runs, or when one came meanwhile: ask again; "not_ready": no kernel
 *  stands at the node's position, or not at the one that was named. The result belongs to the
 *  caller: headstart_query_result_free. */
enum headstart_status headstart_query(struct headstart *h, const struct headstart_query *q,
                                      struct headstart_query_result **out,
                                      struct headstart_error *err);
void headstart_query_result_free(struct headstart_query_result *r);

/** Tell that the node has durably committed block `height`. Not answered. */
enum headstart_status headstart_commit(struct headstart *h, uint64_t height,
                                       struct headstart_error *err);
/** The same, and where the real store stands at its end: what was executed behind that is known to
 *  be undone. */
enum headstart_status headstart_commit_at(struct headstart *h, uint64_t height, uint64_t seqnum,
                                          const char *hash, struct headstart_error *err);
/** Returns once every log entry of that block is on headstart's disk. */
enum headstart_status headstart_prepare_commit(struct headstart *h, uint64_t height,
                                               struct headstart_error *err);
/** Ask headstart to stop in good order. */
enum headstart_status headstart_shutdown(struct headstart *h, struct headstart_error *err);

/** Any method, for tools: `params` is a packed MessagePack map (no bytes: {}); the answer's packed
 *  result is malloc'd into *result, the caller frees it. */
enum headstart_status headstart_call(struct headstart *h, const char *method,
                                     struct headstart_bytes params, char **result,
                                     size_t *result_len, struct headstart_error *err);

#ifdef __cplusplus
}
#endif
#endif
