/* The door to msgpack-c: packing into a buffer. */
#include "ipc/wire.h"

#include <assert.h>
#include <msgpack/pack.h>

static int wire_append(void *data, const char *bytes, size_t len)
{
    struct wire_writer *w = data;

    if (w->status == HS_OK) w->status = buffer_append(w->out, slice_make(bytes, len));
    return w->status == HS_OK ? 0 : -1;
}

/* msgpack-c's packer is two pointers; making one for each value keeps its type out of wire.h. */
static msgpack_packer wire_packer(struct wire_writer *w)
{
    return (msgpack_packer){.data = w, .callback = wire_append};
}

void wire_begin(struct wire_writer *w, struct buffer *out)
{
    assert(out != NULL);
    *w = (struct wire_writer){.out = out, .status = HS_OK};
}

void wire_put_nil(struct wire_writer *w)
{
    msgpack_packer packer = wire_packer(w);

    (void)msgpack_pack_nil(&packer); /* a failure is kept in w->status, here and below */
}

void wire_put_bool(struct wire_writer *w, bool v)
{
    msgpack_packer packer = wire_packer(w);

    (void)(v ? msgpack_pack_true(&packer) : msgpack_pack_false(&packer));
}

void wire_put_uint(struct wire_writer *w, uint64_t v)
{
    msgpack_packer packer = wire_packer(w);

    assert(v <= HS_UINT_MAX);
    (void)msgpack_pack_uint64(&packer, v);
}

void wire_put_double(struct wire_writer *w, double v)
{
    msgpack_packer packer = wire_packer(w);

    (void)msgpack_pack_double(&packer, v);
}

void wire_put_text_head(struct wire_writer *w, size_t len)
{
    msgpack_packer packer = wire_packer(w);

    if (len > HS_FRAME_BYTES_MAX && w->status == HS_OK) w->status = HS_TOO_LARGE;
    (void)msgpack_pack_str(&packer, len);
}

void wire_put_text(struct wire_writer *w, struct slice s)
{
    wire_put_text_head(w, s.len);
    wire_put_raw(w, s);
}

void wire_put_array(struct wire_writer *w, uint32_t count)
{
    msgpack_packer packer = wire_packer(w);

    (void)msgpack_pack_array(&packer, count);
}

void wire_put_map(struct wire_writer *w, uint32_t pairs)
{
    msgpack_packer packer = wire_packer(w);

    (void)msgpack_pack_map(&packer, pairs);
}

void wire_put_raw(struct wire_writer *w, struct slice packed)
{
    if (packed.len > 0) (void)wire_append(w, packed.data, packed.len);
}

enum hs_status wire_end(struct wire_writer *w)
{
    return w->status;
}
