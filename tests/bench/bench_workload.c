#include "tests/bench/bench_workload.h"

#include "tests/bench/ledger_rounds.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ACCOUNTS_DEFAULT = 1000, LINES_MAX = 100000 };

struct workload_messages {
    struct workload workload;
    char *text;          /* the real ones' file, lines ended by zero bytes */
    struct slice *lines; /* borrow it */
    size_t lines_len;
    struct ledger_rounds *rounds; /* borrows them */
};

const char *workload_name(const struct workload *w)
{
    return w->program == WORKLOAD_LEDGER ? "ledger" : "transfers";
}

static uint64_t workload_vats(const struct workload *w)
{
    return w->vats > 0 ? w->vats : 1;
}

static uint64_t workload_accounts(const struct workload *w)
{
    return w->accounts > 0 ? w->accounts : ACCOUNTS_DEFAULT;
}

/* --- the program --- */

static bool write_transfers(const struct workload *w, FILE *f)
{
    bool fine = fputs("{\"vats\":{", f) >= 0;

    for (uint64_t i = 0; i < workload_vats(w) && fine; i++) {
        fine =
            fprintf(f,
                    "%s\"bench%llu\":{\"source\":\"" HEADSTART_BENCH_VATS "/bench/bench.js\","
                    "\"parameters\":{\"accounts\":%llu,\"ballast\":%llu}}",
                    i ? "," : "", (unsigned long long)i, (unsigned long long)workload_accounts(w),
                    (unsigned long long)w->heap_mib) > 0;
    }
    return fine && fputs("}}\n", f) >= 0;
}

static bool write_ledger(const struct workload *w, FILE *f)
{
    const char *source = w->heap_mib > 0 ? "bench/heavy_ledger.js" : "ledger/ledger.js";

    return fprintf(f,
                   "{\"vats\":{\"ledger\":{\"source\":\"" HEADSTART_BENCH_VATS "/%s\","
                   "\"parameters\":{\"top\":5,\"ballast\":%llu}}}}\n",
                   source, (unsigned long long)w->heap_mib) > 0;
}

enum hs_status workload_write_kernel(const struct workload *w, const char *path,
                                     struct hs_error *err)
{
    FILE *f = fopen(path, "we");
    bool fine;

    if (!f) return hs_fail_errno(err, HS_IO, errno, "bench: %s", path);
    fine = w->program == WORKLOAD_LEDGER ? write_ledger(w, f) : write_transfers(w, f);
    fine = fclose(f) == 0 && fine;
    return fine ? HS_OK : hs_fail_errno(err, HS_IO, errno, "bench: writing %s", path);
}

/* --- its messages --- */

static enum hs_status read_file(struct workload_messages *m, struct hs_error *err)
{
    FILE *f = fopen(HEADSTART_BENCH_WORKLOAD, "re");
    struct buffer text = {0};
    char part[1 << 16];
    enum hs_status st = HS_OK;

    if (!f) return hs_fail_errno(err, HS_NOT_FOUND, errno, "bench: " HEADSTART_BENCH_WORKLOAD);
    while (st == HS_OK && !feof(f) && !ferror(f)) {
        st = buffer_append(&text, slice_make(part, fread(part, 1, sizeof part, f)));
    }
    if (st == HS_OK && ferror(f)) st = HS_IO;
    (void)fclose(f);
    if (st == HS_OK) m->text = strdup(buffer_text(&text));
    buffer_fini(&text);
    if (st == HS_OK && !m->text) st = HS_NOMEM;
    return st == HS_OK ? HS_OK : hs_fail(err, st, "bench: reading " HEADSTART_BENCH_WORKLOAD);
}

static enum hs_status find_lines(struct workload_messages *m, struct hs_error *err)
{
    char *rest = m->text;

    m->lines = calloc(LINES_MAX, sizeof *m->lines);
    if (!m->lines) return hs_fail(err, HS_NOMEM, "bench: out of memory");
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        if (*line == '\0' || m->lines_len == LINES_MAX) continue;
        m->lines[m->lines_len++] = slice_text(line);
    }
    if (m->lines_len > 0) return HS_OK;
    return hs_fail(err, HS_INVALID, "bench: no messages in " HEADSTART_BENCH_WORKLOAD);
}

enum hs_status workload_messages_open(const struct workload *w, struct workload_messages **out,
                                      struct hs_error *err)
{
    struct workload_messages *m = calloc(1, sizeof *m);
    enum hs_status st = HS_OK;

    assert(w && out);
    if (!m) return hs_fail(err, HS_NOMEM, "bench: out of memory");
    m->workload = *w;
    if (w->program == WORKLOAD_LEDGER) {
        st = read_file(m, err);
        if (st == HS_OK) st = find_lines(m, err);
        if (st == HS_OK) st = ledger_rounds_open(m->lines, m->lines_len, &m->rounds, err);
    }
    if (st != HS_OK) {
        workload_messages_close(m);
        return st;
    }
    *out = m;
    return HS_OK;
}

void workload_messages_close(struct workload_messages *m)
{
    if (!m) return;
    ledger_rounds_close(m->rounds);
    free(m->lines);
    free(m->text);
    free(m);
}

/* Transfers that visit every account and never repeat a pair soon. */
static enum hs_status make_transfer(const struct workload *w, uint64_t n, struct buffer *out)
{
    uint64_t accounts = workload_accounts(w);

    return buffer_printf(
        out,
        "{\"to\":\"bench%llu\",\"method\":\"transfer\","
        "\"args\":[\"account%llu\",\"account%llu\",%llu]}",
        (unsigned long long)(n % workload_vats(w)), (unsigned long long)(n * 7919 % accounts),
        (unsigned long long)((n * 104729 + 1) % accounts), (unsigned long long)(n % 13));
}

enum hs_status workload_message(struct workload_messages *m, uint64_t n, struct buffer *out,
                                struct hs_error *err)
{
    enum hs_status st;

    buffer_clear(out);
    if (m->workload.program == WORKLOAD_TRANSFERS) {
        st = make_transfer(&m->workload, n, out);
    } else {
        st = ledger_rounds_message(m->rounds, n, out);
    }
    return st == HS_OK ? HS_OK : hs_fail(err, st, "bench: making a message");
}

struct slice workload_question(const struct workload *w)
{
    if (w->program == WORKLOAD_LEDGER) {
        return slice_text("{\"to\":\"ledger\",\"method\":\"balance\","
                          "\"args\":[\"83807ac2ff932a946c1c682d0ae67cac605502c3\"]}");
    }
    return slice_text("{\"to\":\"bench0\",\"method\":\"transfer\","
                      "\"args\":[\"account1\",\"account2\",3]}");
}
