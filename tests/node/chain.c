#include "tests/node/chain.h"

#include "kernel/genesis_file.h"
#include "kernel/state/decimal.h"
#include "kernel/state/kv_store.h"
#include "sidecar/commands/solo_blocks.h"
#include "tests/node/chain_link.h"
#include "tests/node/message_file.h"
#include "tests/node/node_store.h"
#include "tests/node/progress.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct chain {
    const struct chain_options *options;
    struct node_store *store;
    struct message_file *file;
    struct chain_link *link;
    FILE *answers;             /* NULL: not wanted */
    struct progress *progress; /* NULL: nobody is told */
    uint64_t connected_us;     /* when connecting began */
    uint64_t messages;         /* read from the file in this run */
    struct chain_report report;
};

void chain_report_fini(struct chain_report *r)
{
    latency_fini(&r->latency);
}

/* --- one message --- */

/* Append one line about a committed message: what an oracle outside compares with. */
static enum hs_status chain_answer_write(struct chain *c, uint64_t height,
                                         const struct headstart_result *r, struct hs_error *err)
{
    FILE *f = c->answers;

    if (f == NULL) return HS_OK;
    (void)fprintf(f,
                  "{\"height\":%" PRIu64 ",\"seqnum\":%" PRIu64
                  ",\"hash\":\"%s\",\"status\":\"%s\",\"path\":\"%s\",\"value\":%.*s,\"outputs\":[",
                  height, r->seqnum, r->hash, r->status, r->path, (int)r->value.len, r->value.data);
    for (size_t i = 0; i < r->outputs_len; i++) {
        (void)fprintf(f, "%s%.*s", i == 0 ? "" : ",", (int)r->outputs[i].len, r->outputs[i].data);
    }
    (void)fputs("]}\n", f);
    if (fflush(f) != 0 || ferror(f)) {
        return hs_fail_errno(err, HS_IO, errno, "writing %s", c->options->answers_path);
    }
    return HS_OK;
}

/* Put the answer's writes into the open transaction, and check that they say what it says. */
static enum hs_status chain_apply(struct chain *c, const struct headstart_result *r,
                                  struct hs_error *err)
{
    struct kv_store *kv = node_store_real(c->store);
    struct position after;
    enum hs_status st = HS_OK;

    for (size_t i = 0; st == HS_OK && i < r->writes_len; i++) {
        struct headstart_bytes key = r->writes[i].key;
        struct headstart_bytes value = r->writes[i].value;

        if (value.data == NULL) {
            st = kv_store_delete(kv, slice_make(key.data, key.len), err);
        } else {
            st = kv_store_set(kv, slice_make(key.data, key.len), slice_make(value.data, value.len),
                              err);
        }
    }
    if (st != HS_OK) return st;
    st = node_store_position(c->store, &after, err);
    if (st != HS_OK) return st;
    if (after.seqnum != r->seqnum || strcmp(after.hash, r->hash) != 0) {
        return hs_fail(err, HS_DIVERGED,
                       "headstart answered position %" PRIu64 ", but its writes lead to %" PRIu64,
                       r->seqnum, after.seqnum);
    }
    return HS_OK;
}

/* Keep the figures of one answered delivery. */
static enum hs_status chain_measure(struct chain *c, const struct headstart_result *r,
                                    uint64_t delivery_us, struct hs_error *err)
{
    struct chain_report *report = &c->report;

    if (report->delivered == 0) {
        report->first_delivery_us = latency_clock_us() - c->connected_us;
        report->first_replayed = r->replayed;
        (void)snprintf(report->first_path, sizeof report->first_path, "%s", r->path);
    }
    report->delivered++;
    return latency_add(&report->latency, delivery_us, err);
}

struct chain_input {
    uint64_t height;
    struct slice text; /* empty: a run */
    bool limited;
    uint64_t ticks;
};

/* One delivery inside an open transaction; its result is the caller's. */
static enum hs_status chain_deliver(struct chain *c, const struct chain_input *input,
                                    struct headstart_result **out, struct hs_error *err)
{
    struct position at;
    struct headstart_delivery delivery;
    uint64_t sent_us;
    enum hs_status st = node_store_position(c->store, &at, err);

    if (st != HS_OK) return st;
    delivery = (struct headstart_delivery){
        .height = input->height,
        .time = solo_block_time(input->height),
        .seqnum = at.seqnum,
        .hash = at.hash,
        .message = {.data = input->text.data, .len = input->text.len},
        .limited = input->limited,
        .ticks = input->ticks,
    };
    sent_us = latency_clock_us();
    st = chain_link_deliver(c->link, &delivery, out, err);
    if (st != HS_OK) return hs_fail_prefix(err, st, "delivering message %" PRIu64, at.seqnum + 1);
    st = chain_measure(c, *out, latency_clock_us() - sent_us, err);
    if (st == HS_OK) st = chain_apply(c, *out, err);
    if (st == HS_OK && c->report.delivered == c->options->crash_after) {
        (void)raise(SIGKILL); /* inside the block: its writes are in memory alone */
    }
    return st;
}

/* One message of the chain: its transaction may be made to fail once before it commits. */
/* The transaction stays, and what it told. */
static void chain_transaction_stays(struct chain *c, const struct headstart_result *result)
{
    node_store_transaction_commit(c->store);
    c->report.late_results += result->settled_len;
    c->report.ticks += result->ticks;
}

static enum hs_status chain_message(struct chain *c, uint64_t height, const struct buffer *text,
                                    struct hs_error *err)
{
    struct headstart_result *result = NULL;
    uint64_t every = c->options->revert_every;
    struct chain_input input = {.height = height, .text = buffer_slice(text)};
    enum hs_status st;

    c->messages++;
    if (every != 0 && c->messages % every == 0) {
        st = chain_deliver(c, &input, &result, err);
        headstart_result_free(result);
        result = NULL;
        if (st != HS_OK) return st;
        node_store_transaction_abort(c->store);
        c->report.reverted++;
    }
    st = chain_deliver(c, &input, &result, err);
    if (st != HS_OK) goto out;
    chain_transaction_stays(c, result);
    if (strcmp(result->status, "rejected") == 0) c->report.rejected++;
    st = chain_answer_write(c, height, result, err);
out:
    headstart_result_free(result);
    return st;
}

/* --- blocks --- */

/* A number that the state holds. HS_NOT_FOUND: it holds none. */
static enum hs_status chain_number(struct chain *c, const char *key, uint64_t *out,
                                   struct hs_error *err)
{
    struct buffer text = {0};
    enum hs_status st = kv_store_get_text(node_store_real(c->store), key, &text, err);

    if (st == HS_OK) st = uint_parse(buffer_slice(&text), out);
    buffer_fini(&text);
    return st;
}

/* Does the state say that something is left for a run: a backlog, or a timer whose time has come?
 */
static enum hs_status chain_run_is_due(struct chain *c, uint64_t height, bool *due,
                                       struct hs_error *err)
{
    uint64_t queued, wake;
    enum hs_status st = chain_number(c, "kernel.queued", &queued, err);

    if (st != HS_OK) return st;
    *due = queued > 0;
    if (*due) return HS_OK;
    st = chain_number(c, "kernel.wake", &wake, err);
    *due = st == HS_OK && wake <= solo_block_time(height);
    return st == HS_NOT_FOUND ? HS_OK : st;
}

/* The block's end: runs, each a transaction, while one has something to do and ticks are left. */
static enum hs_status chain_runs(struct chain *c, uint64_t height, struct hs_error *err)
{
    struct chain_input run = {.height = height, .limited = true, .ticks = c->options->block_ticks};
    struct headstart_result *result = NULL;
    bool due = false;
    enum hs_status st = HS_OK;

    while (run.ticks > 0) {
        st = chain_run_is_due(c, height, &due, err);
        if (st != HS_OK || !due) break;
        st = chain_deliver(c, &run, &result, err);
        if (st != HS_OK) break;
        chain_transaction_stays(c, result);
        c->report.runs++;
        run.ticks = result->ticks < run.ticks ? run.ticks - result->ticks : 0;
        st = chain_answer_write(c, height, result, err);
        headstart_result_free(result);
        result = NULL;
        if (st != HS_OK) break;
    }
    headstart_result_free(result);
    return st;
}

static void chain_pause(uint64_t ms)
{
    struct timespec pause = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};

    if (ms > 0) (void)nanosleep(&pause, NULL);
}

/* What the next block holds. All zero at first. */
struct chain_proposal {
    struct buffer *texts;
    size_t len;
};

static void chain_proposal_fini(struct chain_proposal *p, uint64_t capacity)
{
    for (uint64_t i = 0; p->texts != NULL && i < capacity; i++) {
        buffer_fini(&p->texts[i]);
    }
    free(p->texts);
}

/* Read it; *done when the file has no message left for a whole one. */
static enum hs_status chain_propose(struct chain *c, struct chain_proposal *p, bool *done,
                                    struct hs_error *err)
{
    enum hs_status st = HS_OK;

    p->texts = calloc(c->options->block_messages, sizeof *p->texts);
    if (p->texts == NULL) return hs_fail(err, HS_NOMEM, "a block of that many messages");
    while (st == HS_OK && p->len < c->options->block_messages) {
        st = message_file_next(c->file, &p->texts[p->len], err);
        if (st == HS_OK) p->len++;
    }
    *done = st == HS_NOT_FOUND;
    return *done ? HS_OK : st;
}

/* A proposal that is not decided: the same messages from the last to the first, executed and
 * dropped. */
static enum hs_status chain_propose_in_vain(struct chain *c, uint64_t height,
                                            const struct chain_proposal *p, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    for (size_t i = p->len; st == HS_OK && i > 0; i--) {
        struct headstart_result *result = NULL;

        struct chain_input input = {.height = height, .text = buffer_slice(&p->texts[i - 1])};

        st = chain_deliver(c, &input, &result, err);
        headstart_result_free(result);
        if (st == HS_OK) node_store_transaction_commit(c->store);
    }
    node_store_block_abort(c->store);
    c->report.reproposed++;
    return st;
}

static enum hs_status chain_execute(struct chain *c, uint64_t height,
                                    const struct chain_proposal *p, struct hs_error *err)
{
    uint64_t every = c->options->repropose_every;
    enum hs_status st = HS_OK;

    if (every != 0 && height % every == 0) st = chain_propose_in_vain(c, height, p, err);
    for (size_t i = 0; st == HS_OK && i < p->len; i++) {
        st = chain_message(c, height, &p->texts[i], err);
        if (st != HS_OK) break;
        if (c->progress == NULL) continue;
        progress_say(c->progress, message_file_offset(c->file), message_file_bytes(c->file), height,
                     c->report.delivered);
    }
    return st;
}

static enum hs_status chain_commit(struct chain *c, struct node_head head, struct hs_error *err)
{
    struct position at;
    enum hs_status st = node_store_position(c->store, &at, err);

    if (st == HS_OK) st = node_store_block_commit(c->store, head, err);
    if (st == HS_OK && c->options->commit_notice) {
        chain_link_commit_notice(c->link, head.height, &at);
    }
    return st;
}

/* The next block; *done when the file has no message left for one. */
static enum hs_status chain_block(struct chain *c, bool *done, struct hs_error *err)
{
    struct node_head head = {.height = node_store_head(c->store).height + 1};
    struct chain_proposal proposal = {0};
    enum hs_status st = chain_propose(c, &proposal, done, err);

    if (st == HS_OK) st = chain_execute(c, head.height, &proposal, err);
    if (st == HS_OK && proposal.len > 0) st = chain_runs(c, head.height, err);
    if (st == HS_OK && proposal.len > 0) {
        head.file_offset = message_file_offset(c->file);
        st = chain_commit(c, head, err);
    }
    chain_proposal_fini(&proposal, c->options->block_messages);
    return st;
}

enum hs_status chain_advance(struct chain *c, uint64_t blocks, struct hs_error *err)
{
    bool done = false;
    enum hs_status st = HS_OK;

    for (uint64_t i = 0; st == HS_OK && !done && (blocks == 0 || i < blocks); i++) {
        if (i > 0) chain_pause(c->options->interval_ms);
        st = chain_block(c, &done, err);
    }
    return st;
}

/* --- a run --- */

/* Before its first message, so that a full replay, if there must be one, is over before a block
 * waits for it. A line that breaks meanwhile is the first delivery's to mend. */
static enum hs_status chain_attach(struct chain *c, struct hs_error *err)
{
    struct chain_report *report = &c->report;
    struct position at;
    enum hs_status st = node_store_position(c->store, &at, err);

    if (st != HS_OK) return st;
    st = chain_link_attach(c->link, node_store_head(c->store).height, &at, &report->attached, err);
    return st == HS_PEER_GONE ? HS_OK : st;
}

/* A chain that has begun goes on; else the genesis is block 0, all of it or nothing. */
static enum hs_status chain_import(struct chain *c, struct hs_error *err)
{
    const struct node_head nothing = {.height = 0};
    struct position at;
    enum hs_status st = node_store_position(c->store, &at, err);

    if (st != HS_OK || !position_is_origin(&at)) return st;
    st = genesis_file_read(c->options->import_path, node_store_real(c->store), err);
    if (st != HS_OK) return st;
    node_store_transaction_commit(c->store);
    return node_store_block_commit(c->store, nothing, err);
}

/* The store decides; the sidecar's own configuration is told of, where it is another. */
static enum hs_status chain_compare_genesis(struct chain *c, struct hs_error *err)
{
    const char *theirs = chain_link_genesis(c->link);
    struct position at;
    enum hs_status st = node_store_position(c->store, &at, err);

    if (st != HS_OK || at.seqnum > 0 || at.hash[0] == '\0') return st;
    if (theirs[0] == '\0' || strcmp(theirs, at.hash) == 0) return HS_OK;
    (void)fprintf(stderr,
                  "headstart-node: this chain's genesis is %s; what headstart is configured with "
                  "would make another, %s, and is not used\n",
                  at.hash, theirs);
    return HS_OK;
}

static enum hs_status chain_begin(struct chain *c, struct hs_error *err)
{
    const struct chain_options *o = c->options;
    enum hs_status st = node_store_open(o->data_dir, o->chain_id, &c->store, err);

    if (st != HS_OK) return st;
    if (o->import_path != NULL) st = chain_import(c, err);
    if (st == HS_OK) st = node_store_roll_back(c->store, o->rollback_blocks, err);
    if (st != HS_OK) return st;
    st = message_file_open(o->messages_path, node_store_head(c->store).file_offset, &c->file, err);
    if (st != HS_OK) return st;
    if (o->answers_path != NULL) {
        c->answers = fopen(o->answers_path, "ae");
        if (c->answers == NULL) {
            return hs_fail_errno(err, HS_IO, errno, "opening %s", o->answers_path);
        }
    }
    c->connected_us = latency_clock_us();
    st = chain_link_open(o->socket_path, o->chain_id, o->spin_us, c->store, &c->link, err);
    if (st == HS_OK) st = chain_compare_genesis(c, err);
    return st == HS_OK && o->attach ? chain_attach(c, err) : st;
}

static enum hs_status chain_conclude(struct chain *c, struct hs_error *err)
{
    enum hs_status st = node_store_position(c->store, &c->report.at, err);

    if (st != HS_OK) return st;
    c->report.height = node_store_head(c->store).height;
    c->report.reconnects = chain_link_reconnects(c->link);
    c->report.progress_notices = chain_link_progress_notices(c->link);
    c->report.spent_us = latency_clock_us() - c->connected_us;
    if (c->options->export_path != NULL) {
        st = genesis_file_write(c->options->export_path, node_store_real(c->store), err);
        if (st != HS_OK) return st;
    }
    if (!c->options->store_hash) return HS_OK;
    return kv_store_sha256(node_store_real(c->store), c->report.store_hash, err);
}

enum hs_status chain_open(const struct chain_options *options, struct chain **out,
                          struct hs_error *err)
{
    struct chain *c = calloc(1, sizeof *c);
    enum hs_status st;

    assert(options->data_dir != NULL && options->messages_path != NULL);
    assert(options->block_messages > 0);
    if (c == NULL) return hs_fail(err, HS_NOMEM, "out of memory for the chain");
    c->options = options;
    st = chain_begin(c, err);
    if (st != HS_OK) {
        (void)chain_close(c, NULL);
        return st;
    }
    *out = c;
    return HS_OK;
}

enum hs_status chain_close(struct chain *c, struct hs_error *err)
{
    enum hs_status st = HS_OK;

    if (c == NULL) return HS_OK;
    chain_link_close(c->link);
    message_file_close(c->file);
    node_store_close(c->store);
    if (c->answers != NULL && fclose(c->answers) != 0) {
        st = hs_fail_errno(err, HS_IO, errno, "writing %s", c->options->answers_path);
    }
    chain_report_fini(&c->report);
    free(c);
    return st;
}

const struct chain_report *chain_report(const struct chain *c)
{
    return &c->report;
}

static enum hs_status chain_watched(struct chain *c, struct hs_error *err)
{
    struct progress progress;
    enum hs_status st;

    progress_init(&progress, message_file_offset(c->file));
    c->progress = &progress;
    st = chain_advance(c, c->options->blocks_max, err);
    c->progress = NULL;
    progress_fini(&progress);
    return st;
}

enum hs_status chain_run(const struct chain_options *options, struct chain_report *out,
                         struct hs_error *err)
{
    struct chain *c = NULL;
    struct chain_report report = {0};
    enum hs_status st = chain_open(options, &c, err), closed;

    if (st != HS_OK) return st;
    st = chain_watched(c, err);
    if (st == HS_OK) st = chain_conclude(c, err);
    if (st == HS_OK) {
        report = c->report;
        c->report = (struct chain_report){0}; /* the latencies are the caller's from here on */
    }
    closed = chain_close(c, st == HS_OK ? err : NULL);
    if (st == HS_OK) st = closed;
    if (st != HS_OK) {
        chain_report_fini(&report);
        return st;
    }
    *out = report;
    return HS_OK;
}
