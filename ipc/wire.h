/* Putting MessagePack together for the wire: msgpack-c writes, into a buffer.
 *
 * docs/protocol.md is the contract. What comes in is read by kernel/state/packed.h.
 */
#ifndef HEADSTART_IPC_WIRE_H
#define HEADSTART_IPC_WIRE_H

#include "kernel/state/bytes.h"
#include "kernel/state/limits.h"

/* Values are appended to a buffer; the first failure sticks and is told by wire_end. */
struct wire_writer {
    struct buffer *out;
    enum hs_status status;
};
void wire_begin(struct wire_writer *w, struct buffer *out);
void wire_put_nil(struct wire_writer *w);
void wire_put_bool(struct wire_writer *w, bool v);
void wire_put_uint(struct wire_writer *w, uint64_t v); /* at most 2^53-1: asserted */
void wire_put_double(struct wire_writer *w, double v);
void wire_put_text(struct wire_writer *w, struct slice s);
/** The head of a text whose `len` bytes the caller sends right behind the buffer. */
void wire_put_text_head(struct wire_writer *w, size_t len);
void wire_put_array(struct wire_writer *w, uint32_t count);
void wire_put_map(struct wire_writer *w, uint32_t pairs);
void wire_put_raw(struct wire_writer *w, struct slice packed); /* an already packed value */
HS_MUST_CHECK enum hs_status wire_end(struct wire_writer *w);

#endif
