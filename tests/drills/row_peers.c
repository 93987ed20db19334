/* Row 13: peers that are no good. Half-open connections, bytes one at a time, a peer that stops
 * reading, one that dies after k bytes, noise, a second node: while the chain's own node is served,
 * and the daemon's memory stays bounded. */
#include "ipc/wire.h"
#include "tests/drills/case.h"
#include "tests/drills/rows.h"
#include "tests/drills/template.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    PEERS_BLOCKS = 8,
    PEERS_MAX = 48,
    CUTS = 120, /* a hello has fewer bytes than that */
    MEMORY_KIB_MAX = 512 * 1024,
    ASKED_MAX = 20000, /* questions of a peer that reads no answer */
};

enum peer {
    PEER_CUT,    /* dies after k bytes of a hello, for every k */
    PEER_HALF,   /* many say nothing, or half a hello, and stay */
    PEER_SLOW,   /* asks and asks, and reads nothing */
    PEER_DRIP,   /* one byte a write */
    PEER_NOISE,  /* bytes that are no MessagePack-RPC, heads that promise gigabytes */
    PEER_SECOND, /* another node */
    PEER_COUNT,
};
static const char *const peer_names[PEER_COUNT] = {"cut",  "half-open", "slow reader",
                                                   "drip", "noise",     "second node"};

static enum hs_status peers_prepare(struct drill *d, void **plan, uint64_t *total,
                                    struct hs_error *err)
{
    static const char *const dense[] = {"--snapshot-every", "1", "--snapshot-keep", "8", NULL};
    const struct world *w = NULL;
    enum hs_status st = drill_trunk(d, WORLD_TOWN, &w, err);

    if (st == HS_OK) st = drill_template(d, w, "town-dense", PEERS_BLOCKS, dense, false, err);
    *plan = (void *)(uintptr_t)w; /* read only */
    *total = (uint64_t)PEER_COUNT * CUTS;
    return st;
}

/* --- a peer's side, by hand --- */

static int peer_connect(const struct drill_case *c)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", c->daemon.socket);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) return fd;
    if (fd >= 0) (void)close(fd);
    return -1;
}

static enum hs_status peer_request(const char *method, const char *role, struct buffer *out)
{
    struct wire_writer w;

    buffer_clear(out);
    wire_begin(&w, out);
    wire_put_array(&w, 4);
    wire_put_uint(&w, 0);
    wire_put_uint(&w, 1);
    wire_put_text(&w, slice_text(method));
    wire_put_array(&w, 1);
    wire_put_map(&w, role ? 4 : 0);
    if (role) {
        wire_put_text(&w, slice_text("protocol"));
        wire_put_uint(&w, 1);
        wire_put_text(&w, slice_text("chain_id"));
        wire_put_text(&w, slice_text(DRILL_CHAIN_ID));
        wire_put_text(&w, slice_text("role"));
        wire_put_text(&w, slice_text(role));
        wire_put_text(&w, slice_text("client"));
        wire_put_text(&w, slice_text("a drill's peer"));
    }
    return wire_end(&w);
}

/* Does not wait: what a full socket does not take is not said. */
static bool peer_say(int fd, const char *data, size_t len)
{
    return send(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)len;
}

static void peer_noise(struct drill_case *c, int fd)
{
    /* str32, array32, map32 and bin32 that promise four gigabytes; nesting; plain noise. */
    static const char heads[4][5] = {"\xdb\xff\xff\xff\xff", "\xdd\xff\xff\xff\xff",
                                     "\xdf\xff\xff\xff\xff", "\xc6\xff\xff\xff\xff"};
    char noise[256];

    for (size_t i = 0; i < sizeof noise; i++) {
        noise[i] = (char)dice_next(&c->dice);
    }
    switch (dice_below(&c->dice, 3)) {
    case 0: (void)peer_say(fd, heads[dice_below(&c->dice, 4)], 5); break;
    case 1:
        memset(noise, 0x91, sizeof noise);
        (void)peer_say(fd, noise, sizeof noise);
        break;
    default: (void)peer_say(fd, noise, 1 + dice_below(&c->dice, sizeof noise)); break;
    }
}

/* What one bad peer does on its connection; what it sends first is `hello`. */
static void peer_act(struct drill_case *c, enum peer peer, int fd, const struct buffer *hello,
                     const struct buffer *status)
{
    size_t k = c->number / PEER_COUNT % (hello->len + 1);

    switch (peer) {
    case PEER_CUT: (void)peer_say(fd, hello->data, k); break;
    case PEER_HALF: (void)peer_say(fd, hello->data, dice_below(&c->dice, hello->len)); break;
    case PEER_SLOW:
        for (unsigned i = 0; i < ASKED_MAX && peer_say(fd, status->data, status->len); i++) {
        }
        break;
    case PEER_DRIP:
        for (size_t i = 0; i < hello->len; i++) {
            (void)peer_say(fd, hello->data + i, 1);
        }
        break;
    case PEER_NOISE: peer_noise(c, fd); break;
    case PEER_SECOND: (void)peer_say(fd, hello->data, hello->len); break;
    case PEER_COUNT: break;
    }
}

/* --- the daemon's memory --- */

static enum case_step peers_judge(struct drill_case *c)
{
    uint64_t kib = daemon_memory_most_kib(&c->daemon);

    if (kib <= MEMORY_KIB_MAX) return CASE_ON;
    return case_verdict(c, DRILL_SLOW, "the daemon grew to %llu MiB",
                        (unsigned long long)kib / 1024);
}

/* --- cases --- */

static void peers_run(struct drill_case *c)
{
    enum peer peer = (enum peer)(c->number % PEER_COUNT);
    unsigned many = peer == PEER_HALF ? 1 + (unsigned)dice_below(&c->dice, PEERS_MAX) : 1;
    struct buffer hello = {0}, status = {0};
    int fds[PEERS_MAX];
    unsigned open = 0;
    bool first = dice_chance(&c->dice, 50); /* before the chain's own node has come */
    enum case_step step = case_begin(c, c->plan, "town-dense", PEERS_BLOCKS);

    case_say(c, "%u × %s, %s the node", many, peer_names[peer], first ? "before" : "after");
    if (step == CASE_ON &&
        (peer_request("hello", peer == PEER_SECOND ? "node" : "observer", &hello) != HS_OK ||
         peer_request("status", NULL, &status) != HS_OK)) {
        step = case_verdict(c, DRILL_BROKEN, "the drill itself: a request");
    }
    if (step == CASE_ON) step = case_live(c, NULL);
    if (step == CASE_ON && first && peer != PEER_SECOND) node_disconnect(c->node);
    for (unsigned i = 0; step == CASE_ON && i < many; i++) {
        int fd = peer_connect(c);

        if (fd < 0) continue; /* as many as it takes */
        peer_act(c, peer, fd, &hello, &status);
        fds[open++] = fd;
    }
    if (peer == PEER_CUT && open > 0) (void)close(fds[--open]);
    if (step == CASE_ON && !node_connected(c->node)) step = case_connect(c);
    if (step == CASE_ON) step = case_blocks(c, 2);
    if (step == CASE_ON) step = peers_judge(c);
    while (open > 0) {
        (void)close(fds[--open]);
    }
    if (step == CASE_ON) step = case_blocks(c, 1);
    if (step == CASE_ON) (void)case_conclude(c);
    buffer_fini(&hello);
    buffer_fini(&status);
}

const struct drill_row row_peers = {
    "13", "peers half-open, slow, cut, noisy, a second node", 300, peers_prepare, peers_run, NULL};
