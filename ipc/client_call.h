/* One call of a method, from its arguments to its answer: packed, sent, awaited, read. What each
 * method packs and reads is a row; the rows and the public functions are in client.c.
 */
#ifndef HEADSTART_IPC_CLIENT_CALL_H
#define HEADSTART_IPC_CLIENT_CALL_H

#include "ipc/client_internal.h"
#include "ipc/wire.h"

/* The parameters being put together: one map. The first argument that breaks the contract sticks.
 */
struct client_packer {
    struct wire_writer w;
    struct headstart_bytes tail; /* sent behind the rest, where it lies */
    const char *wrong;           /* NULL: nothing so far */
};

void client_put_map(struct client_packer *p, uint32_t pairs);
void client_put_uint(struct client_packer *p, const char *key, uint64_t value);
void client_put_true(struct client_packer *p, const char *key);
void client_put_text(struct client_packer *p, const char *key, const char *value);
void client_put_texts(struct client_packer *p, const char *key, const char *const *texts,
                      size_t texts_len);
/** The map's last pair: a text that is not copied. */
void client_put_tail(struct client_packer *p, const char *key, struct headstart_bytes value);
/** The arguments break the contract: nothing will be sent. */
void client_refuse(struct client_packer *p, const char *why);

struct client_method {
    const char *name;
    bool
        delivery; /* a delivery, or an attach: headstart may ask about the store until it answers */
    void (*pack)(struct client_packer *p, const void *in);
    /* Takes the answer apart; NULL where it holds nothing. HEADSTART_PROTOCOL: it lacks something,
     * HEADSTART_NOMEM. */
    enum headstart_status (*read)(struct packed_value result, const void *in, void *out,
                                  struct headstart_error *err);
};

/** Ask and wait for the answer. An answer that says "error" leaves the connection as it was;
 *  anything that leaves in doubt where the byte stream stands (broken, late, not well-formed)
 *  closes it. HEADSTART_INVALID: nothing was sent. */
enum headstart_status client_call(struct headstart *h, const struct client_method *method,
                                  const void *in, void *out, client_deadline deadline,
                                  struct headstart_error *err);
/** Tell, without an answer. */
enum headstart_status client_notify(struct headstart *h, const struct client_method *method,
                                    const void *in, client_deadline deadline,
                                    struct headstart_error *err);

#endif
