#include "ipc/question.h"

#include "ipc/printable.h"
#include "ipc/server_internal.h"
#include "ipc/wire.h"

#include <assert.h>
#include <stdlib.h>

struct ipc_question {
    LIST_ENTRY(ipc_question) link;
    uint64_t msgid;
    const struct session_question *asked;
    ipc_answer_fn done;
    void *data;
};

/* The connection that waits for the running delivery, or NULL. */
static struct ipc_connection *question_peer(const struct ipc_server *s)
{
    struct ipc_connection *c = s->delivery ? s->delivery->connection : NULL;

    return c && !c->closing && !c->doomed ? c : NULL;
}

enum hs_status ipc_node_request(struct ipc_server *s, const char *method, struct slice params,
                                ipc_answer_fn done, void *data, struct hs_error *err)
{
    struct ipc_connection *c = question_peer(s);
    struct ipc_question *q;
    struct wire_writer w;
    enum hs_status st;

    assert(session_question(method) != NULL && done != NULL);
    if (!c) return hs_fail(err, HS_PEER_GONE, "no node waits for a delivery");
    if (c->questions_len >= IPC_QUESTIONS_MAX) {
        return hs_fail(err, HS_BUSY, "%d requests to the node are unanswered", IPC_QUESTIONS_MAX);
    }
    q = malloc(sizeof *q);
    if (!q) return hs_fail(err, HS_NOMEM, "no memory for a request to the node");
    *q = (struct ipc_question){.msgid = ++c->question_msgid, .done = done, .data = data};
    q->asked = session_question(method);
    buffer_clear(&s->head);
    wire_begin(&w, &s->head);
    rpc_put_request(&w, q->msgid, method);
    st = wire_end(&w);
    if (st == HS_OK && s->head.len + params.len > HS_FRAME_BYTES_MAX) st = HS_TOO_LARGE;
    if (st != HS_OK) {
        free(q);
        return hs_fail(err, st, "a request to the node cannot be packed");
    }
    LIST_INSERT_HEAD(&c->questions, q, link);
    c->questions_len++;
    connection_send(c, buffer_slice(&s->head), params);
    return HS_OK;
}

static struct ipc_question *question_take(struct ipc_connection *c, uint64_t msgid)
{
    struct ipc_question *q;

    LIST_FOREACH(q, &c->questions, link)
    {
        if (q->msgid == msgid) {
            LIST_REMOVE(q, link);
            c->questions_len--;
            return q;
        }
    }
    return NULL;
}

const char *question_answered(struct ipc_connection *c, const struct rpc_frame *response)
{
    struct ipc_question *q;
    struct slice words = {0};
    char text[HS_ERROR_TEXT_BYTES_MAX];
    const char *why;

    LIST_FOREACH(q, &c->questions, link)
    {
        if (q->msgid == response->msgid) break;
    }
    if (!q) return "a response to nothing that was asked";
    if (packed_kind_of(response->error) != PACKED_NIL) {
        q = question_take(c, response->msgid);
        if (!packed_text(response->error, &words)) words = slice_text("an error that is not text");
        (void)printable_copy(text, sizeof text, words);
        q->done(q->data, HS_NODE_FAILED, slice_make(NULL, 0), text);
        free(q);
        return NULL;
    }
    why = q->asked->check(response->result);
    if (why) return why; /* the connection ends, and with it the question */
    q = question_take(c, response->msgid);
    q->done(q->data, HS_OK, packed_bytes(response->result), "");
    free(q);
    return NULL;
}

void question_end(struct ipc_connection *c)
{
    struct ipc_question *q;

    while ((q = LIST_FIRST(&c->questions)) != NULL) {
        (void)question_take(c, q->msgid);
        q->done(q->data, HS_PEER_GONE, slice_make(NULL, 0), "the node went away");
        free(q);
    }
}
