#include "sidecar/waiting_node.h"

#include "ipc/wire.h"
#include "sidecar/report/clock.h"
#include "sidecar/report/waiting.h"

enum { LOOK_EVERY_MS = WAITING_TOLD_EVERY_MS / 4 };

void waiting_node_init(struct waiting_node *w, uv_loop_t *loop)
{
    *w = (struct waiting_node){.told_ms = 0};
    (void)uv_timer_init(loop, &w->timer); /* cannot fail */
    w->timer.data = w;
}

static void put_known(struct wire_writer *w, const char *key, uint64_t value, bool known)
{
    wire_put_text(w, slice_text(key));
    if (known) {
        wire_put_uint(w, value);
    } else {
        wire_put_nil(w);
    }
}

static enum hs_status waiting_node_pack(struct buffer *out, const struct waiting_notice *n)
{
    struct wire_writer w;

    buffer_clear(out);
    wire_begin(&w, out);
    wire_put_map(&w, 4);
    wire_put_text(&w, slice_text("phase"));
    wire_put_text(&w, slice_text(n->phase));
    put_known(&w, "done", n->done, true);
    put_known(&w, "total", n->total, n->total > 0);
    put_known(&w, "eta_s", n->eta_s, n->eta_known);
    return wire_end(&w);
}

/* Without memory nothing is told this time. */
static void waiting_node_tell(struct waiting_node *w)
{
    struct figures *f = figures_acquire(w->board);
    struct waiting_notice notice = waiting_notice(f->phase, &f->replay, clock_us());

    figures_release(w->board);
    if (waiting_node_pack(&w->params, &notice) != HS_OK) return;
    if (ipc_node_notify(w->server, "progress", buffer_slice(&w->params)) != HS_OK) return;
    w->told_ms = uv_now(w->timer.loop);
}

static void waiting_node_look(uv_timer_t *timer)
{
    struct waiting_node *w = timer->data;
    uint64_t since_ms;

    if (!ipc_node_waits(w->server, &since_ms)) {
        (void)uv_timer_stop(timer);
    } else if (waiting_due(since_ms, w->told_ms, uv_now(timer->loop))) {
        waiting_node_tell(w);
    }
}

void waiting_node_watch(struct waiting_node *w, struct ipc_server *server,
                        struct figures_board *board)
{
    if (uv_is_active((uv_handle_t *)&w->timer)) return;
    w->server = server;
    w->board = board;
    (void)uv_timer_start(&w->timer, waiting_node_look, LOOK_EVERY_MS, LOOK_EVERY_MS);
}

void waiting_node_close(struct waiting_node *w)
{
    buffer_fini(&w->params);
    if (!uv_is_closing((uv_handle_t *)&w->timer)) uv_close((uv_handle_t *)&w->timer, NULL);
}
