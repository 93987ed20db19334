#include "kernel/state/limits.h"
#include "kernel/state/printer.h"
#include "sidecar/commands/command.h"
#include "sidecar/commands/plan_facts.h"
#include "sidecar/commands/readable.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* --- why, in words --- */

/* What is missing between what is kept and the node. */
static void put_gap(const struct plan_account *a, const struct plan_case *c, struct printer *to)
{
    const struct entry_facts *e = &a->facts.entry;
    uint64_t snapshot = e->snapshots_len > 0 ? a->snapshots[0].at.seqnum : 0;

    if (a->facts.log_damaged) {
        printer_text(to, "the log is damaged, so what was executed after it is missing");
    } else if (!c->to_known) {
        printer_format(to, "what the node executed after message %" PRIu64 " is not kept here",
                       e->log_last > snapshot ? e->log_last : snapshot);
    } else if (e->log_first == 0) {
        printer_text(to, "no log is kept");
    } else if (snapshot == 0) {
        printer_format(to,
                       "no snapshot is kept, and the log begins with message %" PRIu64
                       ", not with the first",
                       e->log_first);
    } else {
        printer_format(to,
                       "the newest snapshot is at %" PRIu64 ", and the log begins with message "
                       "%" PRIu64 ": what is between is not kept",
                       snapshot, e->log_first);
    }
}

/* Whoever reads of a gap that is there wants to know what is to be done. */
static void put_gap_end(const struct plan_account *a, const struct plan_case *c, struct printer *to)
{
    if (a->facts.log_damaged || !c->to_known) return;
    printer_text(to, "; nothing is to be done, the first snapshot after that ends the gap");
}

static void put_full_replay(const struct plan_account *a, const struct plan_case *c,
                            struct printer *to)
{
    static const char replayed[] = ", so the node's store is read and every transcript replayed";

    if (a->snapshot_lost) {
        printer_format(to, "the kept snapshot fails its checks%s", replayed);
    } else if (a->facts.log_damaged || c->decision.cause == ENTRY_CAUSE_GAP) {
        put_gap(a, c, to);
        printer_text(to, replayed);
        put_gap_end(a, c, to);
    } else if (c->decision.cause == ENTRY_CAUSE_NO_DATA) {
        printer_format(to, "neither snapshot nor log is kept%s", replayed);
    } else if (c->decision.cause == ENTRY_CAUSE_AHEAD) {
        printer_format(to, "nothing that is kept is old enough%s", replayed);
    } else {
        printer_format(to, "snapshot and log are of different histories%s", replayed);
    }
}

/* How the kernel comes to be there that the node then meets. */
static void put_preload(const struct plan_account *a, uint64_t messages, struct printer *to)
{
    size_t snapshots = a->facts.entry.snapshots_len;

    if (a->from_daemon) {
        printer_text(to, "the daemon keeps a kernel ready; ");
    } else if (snapshots == 0) {
        printer_text(to, "a kernel begins at the log's first message; ");
    } else {
        if (a->snapshots_fallen > 0) {
            printer_format(to, "%zu damaged %s left out (%s); ", a->snapshots_fallen,
                           a->snapshots_fallen == 1 ? "snapshot is" : "snapshots are", a->damage);
        }
        printer_format(to, "the next start loads the snapshot at %" PRIu64 " from %s%s%s; ",
                       a->snapshots[0].at.seqnum,
                       a->facts.has_images ? "its heap images" : "transcripts",
                       a->other_epoch ? ", since the images are another program's" : "",
                       messages > 0 ? " and executes the log from there" : "");
    }
}

/* How it goes on from there. */
static void put_way(const struct plan_account *a, const struct plan_case *c, struct printer *to)
{
    const struct entry_decision *d = &c->decision;

    switch (d->path) {
    case ENTRY_SWAP: printer_text(to, "it then stands where the node does"); return;
    case ENTRY_ROLL_BACK:
        printer_format(to, "it is ahead of the node and goes back to its %s at %" PRIu64,
                       d->base == ENTRY_BASE_MARK ? "mark" : "snapshot", d->base_at.seqnum);
        return;
    case ENTRY_TAIL:
        put_gap(a, c, to);
        printer_format(to,
                       ", so the node's store is read; of its transcripts only what came after "
                       "the snapshot at %" PRIu64 " is replayed",
                       d->base_at.seqnum);
        put_gap_end(a, c, to);
        return;
    default: break;
    }
    printer_format(to, "the log leads from %" PRIu64 " to the node", d->base_at.seqnum);
}

static enum hs_status put_why(const struct plan_account *a, const struct plan_case *c,
                              struct buffer *out)
{
    const struct entry_decision *d = &c->decision;
    struct printer to = printer_on(out);

    if (d->path == ENTRY_FULL_REPLAY) {
        put_full_replay(a, c, &to);
    } else if (d->path == ENTRY_COLD) {
        printer_text(&to, "nothing was ever executed, so a kernel that begins at once is right "
                          "for a node whose store is empty too");
    } else {
        put_preload(a, c->work.of[RATE_MESSAGES], &to);
        put_way(a, c, &to);
    }
    return printer_end(&to);
}

/* --- for scripts --- */

static json_t *count_json(uint64_t n)
{
    return json_integer((json_int_t)(n <= HS_UINT_MAX ? n : HS_UINT_MAX));
}

static json_t *case_json(const struct plan_account *a, const struct plan_case *c, const char *why)
{
    const uint64_t *work = c->work.of;
    double ms;
    bool whole = plan_work_estimate(&c->work, &a->rates, &ms);

    return json_pack("{s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:s}", "path",
                     entry_path_name(c->decision.path), "from_seqnum", count_json(c->from_seqnum),
                     "to_seqnum", c->to_known ? count_json(c->to_seqnum) : json_null(), "messages",
                     count_json(work[RATE_MESSAGES]), "image_bytes",
                     count_json(work[RATE_IMAGE_BYTES]), "transcript_entries",
                     count_json(work[RATE_TRANSCRIPT_ENTRIES]), "store_entries",
                     count_json(work[RATE_STORE_ENTRIES]), "estimated_ms",
                     whole ? json_integer((json_int_t)(ms + 0.5)) : json_null(), "why", why);
}

static enum hs_status print_document(const struct plan_account *a, const struct restart_plan *plan,
                                     const char *best_why, const char *worst_why)
{
    json_t *document =
        json_pack("{s:i,s:s}", "schema", 1, "source", a->from_daemon ? "daemon" : "data_folder");
    json_t *best = case_json(a, &plan->best, best_why);
    json_t *worst = case_json(a, &plan->worst, worst_why);
    json_t *rates = rates_json(&a->rates);
    bool ok = best && json_object_update(document, best) == 0;
    char *text = NULL;

    json_decref(best);
    ok = json_object_set_new(document, "worst", worst) == 0 && ok;
    ok = json_object_set_new(document, "rates", rates) == 0 && ok;
    if (!a->from_daemon) {
        json_t *newest =
            a->facts.entry.snapshots_len > 0 ? count_json(a->snapshots[0].at.seqnum) : json_null();

        ok = json_object_set_new(document, "snapshot", newest) == 0 && ok;
        ok = json_object_set_new(document, "snapshots_damaged", count_json(a->snapshots_fallen)) ==
                 0 &&
             ok;
    }
    if (ok) text = json_dumps(document, JSON_COMPACT | JSON_REAL_PRECISION(15));
    if (text) (void)puts(text);
    free(text);
    json_decref(document);
    return text ? HS_OK : HS_NOMEM;
}

/* --- for people --- */

static const char *readable_ms(double ms, char text[READABLE_BYTES_MAX])
{
    if (ms >= 60000) return readable_seconds((uint64_t)(ms / 1000), text);
    if (ms >= 1000) {
        (void)snprintf(text, READABLE_BYTES_MAX, "%.1f s", ms / 1000);
    } else {
        (void)snprintf(text, READABLE_BYTES_MAX, "%.0f ms", ms);
    }
    return text;
}

static void print_part(const struct plan_account *a, const struct plan_case *c, enum rate_kind kind,
                       const char *what)
{
    double per_s = rates_per_s(&a->rates, kind);
    uint64_t n = c->work.of[kind];
    char count[READABLE_BYTES_MAX], rate[READABLE_BYTES_MAX];

    if (n == 0) return;
    if (kind == RATE_IMAGE_BYTES) {
        (void)readable_bytes(n, count);
        (void)readable_bytes((uint64_t)per_s, rate);
    } else {
        (void)readable_count(n, count);
        (void)readable_rate(per_s, rate);
    }
    if (per_s > 0) {
        (void)printf("    %s %s, at %s/s\n", count, what, rate);
    } else {
        (void)printf("    %s %s; how fast that goes was never measured here\n", count, what);
    }
}

static void print_case(const struct plan_account *a, const struct plan_case *c, const char *when,
                       const char *why)
{
    char from[READABLE_BYTES_MAX], to[READABLE_BYTES_MAX], time[READABLE_BYTES_MAX];
    double ms;
    bool whole = plan_work_estimate(&c->work, &a->rates, &ms);

    (void)printf("%s\n  %s", when, entry_path_name(c->decision.path));
    if (whole || ms > 0) {
        (void)printf(", %s %s", whole ? "about" : "more than", readable_ms(ms, time));
    } else {
        (void)printf(", time not known");
    }
    if (c->to_known) {
        (void)printf(", from %s to %s\n", readable_count(c->from_seqnum, from),
                     readable_count(c->to_seqnum, to));
    } else {
        (void)printf("\n");
    }
    (void)printf("    %s\n", why);
    print_part(a, c, RATE_IMAGE_BYTES, "of heap images");
    print_part(a, c, RATE_MESSAGES, "messages");
    print_part(a, c, RATE_STORE_ENTRIES, "store entries");
    print_part(a, c, RATE_TRANSCRIPT_ENTRIES, "transcript entries");
    if (c->work.more) (void)printf("    and what only the node's store can tell\n");
}

static void print_cases(const struct plan_account *a, const struct restart_plan *plan,
                        const char *best_why, const char *worst_why)
{
    print_case(a, &plan->best, "If the node has committed all that was executed:", best_why);
    print_case(a, &plan->worst,
               plan->worst.to_known ? "If it has only committed what it must have:"
                                    : "If it has executed more than is kept here:",
               worst_why);
}

static enum exit_code plan_command(const struct command_call *call)
{
    const struct settings *s = &call->settings;
    struct buffer best_why = {0}, worst_why = {0};
    struct plan_account account;
    struct restart_plan plan;
    enum exit_code code = plan_account_take(s, &account);
    enum hs_status st;

    if (code != EXIT_CODE_OK) return code;
    plan = restart_plan_make(&account.facts);
    st = put_why(&account, &plan.best, &best_why);
    if (st == HS_OK) st = put_why(&account, &plan.worst, &worst_why);
    if (st == HS_OK && settings_flag(s, SETTING_JSON)) {
        st = print_document(&account, &plan, buffer_text(&best_why), buffer_text(&worst_why));
    } else if (st == HS_OK) {
        print_cases(&account, &plan, buffer_text(&best_why), buffer_text(&worst_why));
    }
    buffer_fini(&best_why);
    buffer_fini(&worst_why);
    plan_account_fini(&account);
    return st == HS_OK ? EXIT_CODE_OK : failure_report(st, NULL);
}

const struct command command_plan = {
    .name = "plan",
    .arguments = "",
    .summary = "what a restart of the node would cost now, and why",
    .details = "Asks the daemon, or reads the data folder where none runs. Two cases are shown:\n"
               "the node comes back having committed all that was executed, or only what it\n"
               "must have committed. Times are estimated from rates measured on this machine.\n",
    .required = SETTING_BIT(SETTING_DATA) | SETTING_BIT(SETTING_SOCKET),
    .run = plan_command,
};
