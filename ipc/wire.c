/* The door to msgpack-c: packing into a buffer. */
#include "ipc/wire.h"

#include <assert.h>
#include <msgpack/pack.h>
#include <string.h>

enum { WIRE_HEAD_BYTES_MAX = 9 }; /* a type byte and eight more */

/* Where the next byte goes, in room for a head and `more` bytes. NULL: nothing is written any more.
 */
static inline char *wire_room(struct wire_writer *w, size_t more)
{
    if (w->status == HS_OK) w->status = buffer_reserve(w->out, WIRE_HEAD_BYTES_MAX + more);
    return w->status == HS_OK ? w->out->data + w->out->len : NULL;
}

/* Everything before `at` was written. */
static inline void wire_written(const struct wire_writer *w, char *at)
{
    w->out->len = (size_t)(at - w->out->data);
    assert(w->out->len < w->out->capacity);
    *at = '\0';
}

/* msgpack-c writes at *data, in that room, so it cannot fail. Inline as its packer is, so that a
 * head becomes a store or two. */
static inline int wire_place(void *data, const char *bytes, size_t len)
{
    char **at = data;

    memcpy(*at, bytes, len);
    *at += len;
    return 0;
}

/* Its packer is two pointers; making one for each value keeps its type out of wire.h. */
static inline msgpack_packer wire_packer(char **at)
{
    return (msgpack_packer){.data = at, .callback = wire_place};
}

void wire_begin(struct wire_writer *w, struct buffer *out)
{
    assert(out != NULL);
    *w = (struct wire_writer){.out = out, .status = HS_OK};
}

void wire_put_nil(struct wire_writer *w)
{
    char *at = wire_room(w, 0);
    msgpack_packer packer = wire_packer(&at);

    if (!at) return;
    (void)msgpack_pack_nil(&packer);
    wire_written(w, at);
}

void wire_put_bool(struct wire_writer *w, bool v)
{
    char *at = wire_room(w, 0);
    msgpack_packer packer = wire_packer(&at);

    if (!at) return;
    (void)(v ? msgpack_pack_true(&packer) : msgpack_pack_false(&packer));
    wire_written(w, at);
}

void wire_put_uint(struct wire_writer *w, uint64_t v)
{
    char *at = wire_room(w, 0);
    msgpack_packer packer = wire_packer(&at);

    assert(v <= HS_UINT_MAX);
    if (!at) return;
    (void)msgpack_pack_uint64(&packer, v);
    wire_written(w, at);
}

void wire_put_double(struct wire_writer *w, double v)
{
    char *at = wire_room(w, 0);
    msgpack_packer packer = wire_packer(&at);

    if (!at) return;
    (void)msgpack_pack_double(&packer, v);
    wire_written(w, at);
}

/* A text's head, and room for `more` bytes behind it: where they go, or NULL. */
static inline char *wire_text_head(struct wire_writer *w, size_t len, size_t more)
{
    msgpack_packer packer;
    char *at;

    if (len > HS_FRAME_BYTES_MAX && w->status == HS_OK) w->status = HS_TOO_LARGE;
    at = wire_room(w, more);
    packer = wire_packer(&at);
    if (at) (void)msgpack_pack_str(&packer, len);
    return at;
}

void wire_put_text_head(struct wire_writer *w, size_t len)
{
    char *at = wire_text_head(w, len, 0);

    if (at) wire_written(w, at);
}

void wire_put_text(struct wire_writer *w, struct slice s)
{
    char *at = wire_text_head(w, s.len, s.len);

    if (!at) return;
    if (s.len > 0) memcpy(at, s.data, s.len);
    wire_written(w, at + s.len);
}

void wire_put_array(struct wire_writer *w, uint32_t count)
{
    char *at = wire_room(w, 0);
    msgpack_packer packer = wire_packer(&at);

    if (!at) return;
    (void)msgpack_pack_array(&packer, count);
    wire_written(w, at);
}

void wire_put_map(struct wire_writer *w, uint32_t pairs)
{
    char *at = wire_room(w, 0);
    msgpack_packer packer = wire_packer(&at);

    if (!at) return;
    (void)msgpack_pack_map(&packer, pairs);
    wire_written(w, at);
}

void wire_put_raw(struct wire_writer *w, struct slice packed)
{
    char *at = wire_room(w, packed.len);

    if (!at) return;
    if (packed.len > 0) memcpy(at, packed.data, packed.len);
    wire_written(w, at + packed.len);
}

enum hs_status wire_end(struct wire_writer *w)
{
    return w->status;
}
