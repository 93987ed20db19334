#include "ipc/notice.h"

#include "ipc/server_internal.h"
#include "ipc/wire.h"

#include <assert.h>

/* What the node waits for: of two, the one that runs is that of a node which went away. */
static const struct ipc_request *notice_request(const struct ipc_server *s)
{
    const struct ipc_request *request = s->held ? s->held : s->delivery;
    const struct ipc_connection *c = request ? request->connection : NULL;

    return c && !c->closing && !c->doomed ? request : NULL;
}

bool ipc_node_waits(const struct ipc_server *s, uint64_t *since_ms)
{
    const struct ipc_request *request = notice_request(s);

    if (request) *since_ms = request->arrived_ms;
    return request != NULL;
}

enum hs_status ipc_node_notify(struct ipc_server *s, const char *method, struct slice params)
{
    const struct ipc_request *request = notice_request(s);
    struct ipc_connection *c;
    struct wire_writer w;
    enum hs_status st;

    assert(params.len > 0);
    if (!request) return HS_OK;
    c = request->connection;
    if (uv_stream_get_write_queue_size((uv_stream_t *)&c->pipe) > 0) return HS_OK;
    buffer_clear(&s->head);
    wire_begin(&w, &s->head);
    rpc_put_notification(&w, method);
    st = wire_end(&w);
    if (st == HS_OK) connection_send(c, buffer_slice(&s->head), params);
    return st;
}
