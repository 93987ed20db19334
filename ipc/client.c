/* libheadstart's public functions. A method of the wire is a row: what it packs, what it reads; a
 * function checks what the rows cannot and calls. */
#include "ipc/client_call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CLIENT_CONNECT_TIMEOUT_MS = 5000, CLIENT_SPIN_US_MAX = 10000 };

/* --- connecting --- */

int headstart_default_socket(char *path, size_t size)
{
    const char *folder = getuid() == 0 ? NULL : getenv("XDG_RUNTIME_DIR");

    if (folder && folder[0]) return snprintf(path, size, "%s/headstart.sock", folder);
    return snprintf(path, size, "/run/headstart/headstart.sock");
}

static void hello_pack(struct client_packer *p, const void *in)
{
    static const char *const features[] = {"attach", "run", "ticks", "query"};
    const struct headstart_options *options = in;

    client_put_map(p, 5);
    client_put_uint(p, "protocol", 1);
    client_put_text(p, "chain_id", options->chain_id);
    client_put_text(p, "role", options->observer ? "observer" : "node");
    client_put_text(p, "client", options->client ? options->client : "");
    client_put_texts(p, "features", features, sizeof features / sizeof *features);
}

/* Texts with a space between two; one that finds no room is left out. False: not an array of texts.
 * An older headstart does not send it at all. */
static bool hello_read_texts(struct packed_value texts, char *out, size_t size)
{
    struct packed_walk walk;
    struct packed_value v;
    struct slice text;
    size_t len = 0;

    if (packed_kind_of(texts) == PACKED_ABSENT) return true;
    if (packed_kind_of(texts) != PACKED_ARRAY) return false;
    packed_walk_begin(texts, &walk);
    while (packed_walk_next(&walk, &v)) {
        if (!packed_text(v, &text)) return false;
        if (text.len == 0 || text.len > size - 2 - len) continue;
        if (len > 0) out[len++] = ' ';
        memcpy(out + len, text.data, text.len);
        len += text.len;
        out[len] = '\0';
        if (len + 2 > size) break;
    }
    return true;
}

static bool hello_read_later(struct packed_value map, struct headstart_hello *hello)
{
    struct packed_value genesis = packed_member(map, "genesis");

    return (packed_kind_of(genesis) == PACKED_ABSENT ||
            client_text_copy(hello->genesis, sizeof hello->genesis, genesis)) &&
           hello_read_texts(packed_member(map, "engines"), hello->engines, sizeof hello->engines) &&
           hello_read_texts(packed_member(map, "features"), hello->features,
                            sizeof hello->features);
}

static enum headstart_status hello_read(struct packed_value map, const void *in, void *out,
                                        struct headstart_error *err)
{
    struct headstart_hello *hello = out;

    (void)in;
    if (!client_text_copy(hello->server, sizeof hello->server, packed_member(map, "server")) ||
        !client_text_copy(hello->phase, sizeof hello->phase, packed_member(map, "phase")) ||
        !client_text_copy(hello->hash, sizeof hello->hash, packed_member(map, "hash")) ||
        !packed_uint(packed_member(map, "seqnum"), &hello->seqnum) ||
        !packed_uint(packed_member(map, "height"), &hello->height) ||
        !hello_read_later(map, hello)) {
        return client_fail(err, HEADSTART_PROTOCOL, "headstart's hello lacks something");
    }
    return HEADSTART_OK;
}

static const struct client_method method_hello = {"hello", false, hello_pack, hello_read};

static enum headstart_status client_open(struct headstart *h,
                                         const struct headstart_options *options,
                                         struct headstart_error *err)
{
    int timeout_ms =
        options->connect_timeout_ms ? options->connect_timeout_ms : CLIENT_CONNECT_TIMEOUT_MS;
    const char *path = options->socket_path ? options->socket_path : getenv("HEADSTART_SOCKET");
    client_deadline deadline = client_deadline_in(timeout_ms);
    char default_path[256];
    enum headstart_status st;

    if (!path || !path[0]) {
        (void)headstart_default_socket(default_path, sizeof default_path);
        path = default_path;
    }
    h->store = options->store;
    h->progress = options->progress;
    h->progress_data = options->progress_data;
    h->answer_timeout_ms = options->answer_timeout_ms;
    st = client_link_open(&h->link, path, deadline, err);
    h->link.spin.bound_us = options->spin_us;
    if (st != HEADSTART_OK || !options->chain_id) return st;
    return client_call(h, &method_hello, options, &h->hello, deadline, err);
}

enum headstart_status headstart_connect(const struct headstart_options *options,
                                        struct headstart **out, struct headstart_error *err)
{
    struct headstart *h;
    enum headstart_status st;

    *out = NULL;
    if (options->connect_timeout_ms < 0 || options->answer_timeout_ms < 0) {
        return client_fail(err, HEADSTART_INVALID, "a timeout must not be negative");
    }
    if (options->spin_us > CLIENT_SPIN_US_MAX) {
        return client_fail(err, HEADSTART_INVALID, "a spin ends at %d us", CLIENT_SPIN_US_MAX);
    }
    h = calloc(1, sizeof *h);
    if (!h) return client_fail(err, HEADSTART_NOMEM, "no memory for a connection");
    st = client_open(h, options, err);
    if (st != HEADSTART_OK) {
        headstart_close(h);
        return st;
    }
    *out = h;
    return HEADSTART_OK;
}

const struct headstart_hello *headstart_greeting(const struct headstart *h)
{
    return &h->hello;
}

bool headstart_can(const struct headstart *h, const char *feature)
{
    size_t len = strlen(feature);
    const char *at = h->hello.features;

    while (len > 0 && (at = strstr(at, feature)) != NULL) {
        bool begins = at == h->hello.features || at[-1] == ' ';

        if (begins && (at[len] == ' ' || at[len] == '\0')) return true;
        at += len;
    }
    return false;
}

bool headstart_connected(const struct headstart *h)
{
    return client_link_is_open(&h->link);
}

void headstart_close(struct headstart *h)
{
    if (!h) return;
    client_link_close(&h->link);
    buffer_fini(&h->out);
    buffer_fini(&h->entries);
    free(h);
}

/* --- methods --- */

static client_deadline client_answer_deadline(const struct headstart *h)
{
    return client_deadline_in(h->answer_timeout_ms);
}

struct client_place { /* a block, and where the real store stands at its end */
    uint64_t height, seqnum;
    const char *hash;
};

static void place_pack(struct client_packer *p, const void *in)
{
    const struct client_place *c = in;

    if (!c->hash || strlen(c->hash) > 64) {
        client_refuse(p, "hash must be 64 hex digits, or \"\"");
        return;
    }
    client_put_map(p, 3);
    client_put_uint(p, "height", c->height);
    client_put_uint(p, "seqnum", c->seqnum);
    client_put_text(p, "hash", c->hash);
}

static enum headstart_status attach_read(struct packed_value map, const void *in, void *out,
                                         struct headstart_error *err)
{
    struct headstart_attached *attached = out;

    (void)in;
    if (!client_text_copy(attached->path, sizeof attached->path, packed_member(map, "path")) ||
        !packed_uint(packed_member(map, "replayed"), &attached->replayed) ||
        !packed_uint(packed_member(map, "wait_us"), &attached->wait_us)) {
        return client_fail(err, HEADSTART_PROTOCOL, "an attach's answer lacks something");
    }
    return HEADSTART_OK;
}

enum headstart_status headstart_attach(struct headstart *h, uint64_t height, uint64_t seqnum,
                                       const char *hash, struct headstart_attached *out,
                                       struct headstart_error *err)
{
    static const struct client_method method = {"attach", true, place_pack, attach_read};
    const struct client_place place = {.height = height, .seqnum = seqnum, .hash = hash};

    *out = (struct headstart_attached){.replayed = 0};
    return client_call(h, &method, &place, out, client_answer_deadline(h), err);
}

_Static_assert(HS_MESSAGE_BYTES_MAX == 33554432, "the number in deliver_pack's text");

static void deliver_pack(struct client_packer *p, const void *in)
{
    const struct headstart_delivery *d = in;

    if (!d->hash || strlen(d->hash) > 64) {
        client_refuse(p, "hash must be 64 hex digits, or \"\"");
        return;
    }
    if (d->seqnum == HS_UINT_MAX) client_refuse(p, "no seqnum can follow 2^53-1");
    if (d->message.len > HS_MESSAGE_BYTES_MAX || (!d->message.data && d->message.len > 0)) {
        client_refuse(p, "a message may have 33554432 bytes");
    }
    if (d->limited && d->ticks > HS_UINT_MAX) client_refuse(p, "ticks end at 2^53-1");
    client_put_map(p, 5u + d->limited + d->control);
    client_put_uint(p, "height", d->height);
    client_put_uint(p, "time", d->time);
    client_put_uint(p, "seqnum", d->seqnum);
    client_put_text(p, "hash", d->hash);
    if (d->limited) client_put_uint(p, "ticks", d->ticks);
    if (d->control) client_put_true(p, "control");
    client_put_tail(p, "message", d->message);
}

static enum headstart_status deliver_read(struct packed_value result, const void *in, void *out,
                                          struct headstart_error *err)
{
    const struct headstart_delivery *d = in;

    return client_result_read(result, d->seqnum, out, err);
}

enum headstart_status headstart_deliver(struct headstart *h, const struct headstart_delivery *d,
                                        struct headstart_result **out, struct headstart_error *err)
{
    static const struct client_method method = {"deliver", true, deliver_pack, deliver_read};

    *out = NULL;
    return client_call(h, &method, d, out, client_answer_deadline(h), err);
}

static void height_pack(struct client_packer *p, const void *in)
{
    client_put_map(p, 1);
    client_put_uint(p, "height", *(const uint64_t *)in);
}

enum headstart_status headstart_commit(struct headstart *h, uint64_t height,
                                       struct headstart_error *err)
{
    static const struct client_method method = {"commit", false, height_pack, NULL};

    return client_notify(h, &method, &height, client_answer_deadline(h), err);
}

enum headstart_status headstart_commit_at(struct headstart *h, uint64_t height, uint64_t seqnum,
                                          const char *hash, struct headstart_error *err)
{
    static const struct client_method method = {"commit", false, place_pack, NULL};
    const struct client_place place = {.height = height, .seqnum = seqnum, .hash = hash};

    return client_notify(h, &method, &place, client_answer_deadline(h), err);
}

enum headstart_status headstart_prepare_commit(struct headstart *h, uint64_t height,
                                               struct headstart_error *err)
{
    static const struct client_method method = {"prepare_commit", false, height_pack, NULL};

    return client_call(h, &method, &height, NULL, client_answer_deadline(h), err);
}

static void empty_pack(struct client_packer *p, const void *in)
{
    (void)in;
    client_put_map(p, 0);
}

enum headstart_status headstart_shutdown(struct headstart *h, struct headstart_error *err)
{
    static const struct client_method method = {"shutdown", false, empty_pack, NULL};

    return client_call(h, &method, NULL, NULL, client_answer_deadline(h), err);
}

/* --- any method, as it is packed already --- */

/* One packed map that fits a frame; where there is none, the empty one. */
static void raw_pack(struct client_packer *p, const void *in)
{
    const struct headstart_bytes *params = in;
    struct slice s = slice_make(params->data, params->len);
    size_t len = 0;

    if (s.len == 0) {
        client_put_map(p, 0);
        return;
    }
    if (s.len + HS_NAME_BYTES_MAX + 32 > HS_FRAME_BYTES_MAX ||
        packed_scan_whole(s, &len, NULL, NULL) != HS_OK || len != s.len ||
        packed_kind_of(packed_root(s)) != PACKED_MAP) {
        client_refuse(p, "params must be one packed MessagePack map");
    }
    p->tail = *params;
}

static enum headstart_status raw_read(struct packed_value result, const void *in, void *out,
                                      struct headstart_error *err)
{
    struct slice packed = packed_bytes(result);
    struct headstart_bytes *copy = out;
    char *data = malloc(packed.len);

    (void)in;
    if (!data) return client_fail(err, HEADSTART_NOMEM, "no memory for an answer");
    memcpy(data, packed.data, packed.len);
    *copy = (struct headstart_bytes){data, packed.len};
    return HEADSTART_OK;
}

enum headstart_status headstart_call(struct headstart *h, const char *method,
                                     struct headstart_bytes params, char **result,
                                     size_t *result_len, struct headstart_error *err)
{
    struct client_method raw = {method, false, raw_pack, raw_read};
    struct headstart_bytes copy = {NULL, 0};
    enum headstart_status st;

    if (strlen(method) > HS_NAME_BYTES_MAX) {
        return client_fail(err, HEADSTART_INVALID, "a method's name may have %d bytes",
                           HS_NAME_BYTES_MAX);
    }
    st = client_call(h, &raw, &params, &copy, client_answer_deadline(h), err);
    if (st != HEADSTART_OK) return st;
    *result = (char *)(uintptr_t)copy.data;
    *result_len = copy.len;
    return HEADSTART_OK;
}
