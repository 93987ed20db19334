#include "tests/bench/ledger_rounds.h"

#include "kernel/state/array.h"
#include "kernel/state/hex.h"
#include "kernel/state/kv_memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* A transaction's name is 64 hex digits; the first of them differ from round to round. */
enum { NAME_BYTES = 64, TURNED_DIGITS = 8 };
#define TURN_FACTOR UINT64_C(0x9e3779b1) /* odd: no two rounds of 2^32 turn a name alike */

struct name_place {
    size_t at;
    bool before; /* it is of the round before */
};

struct round_line {
    struct slice first;       /* as in round 0; borrowed */
    struct buffer later;      /* as in any other, but that its names are not turned yet */
    struct name_place *names; /* where they stand in it */
    size_t names_len, names_capacity;
};

struct ledger_rounds {
    struct round_line *lines;
    size_t lines_len;
};

/* What round 0 does in a ledger. */
struct first_round {
    struct kv_memory *made, *left; /* outputs, as keys; in `left` those not spent in it */
    struct buffer given;           /* of `left`, in its order: what a later round's input spends */
};

/* --- names in a line --- */

/* The next name at `from` or behind it: a transaction's, or an output's, which has ":INDEX" too. */
static bool name_next(struct slice line, size_t from, struct slice *name)
{
    size_t run = 0;

    for (size_t i = from; i < line.len; i++) {
        run = hex_digit(line.data[i]) >= 0 ? run + 1 : 0;
        if (run < NAME_BYTES) continue;
        *name = slice_make(line.data + i + 1 - NAME_BYTES, NAME_BYTES);
        while (name->data + name->len < line.data + line.len && name->data[name->len] != '"') {
            name->len++;
        }
        return true;
    }
    return false;
}

static bool is_output(struct slice name)
{
    return name.len > NAME_BYTES;
}

/* Each is a list behind "out". */
static size_t outputs_count(struct slice line)
{
    static const char word[] = "\"out\":[";
    const char *list = strstr(line.data, word);
    size_t count = 0;

    for (const char *c = list ? list + strlen(word) : ""; *c; c++) {
        count += *c == '[';
    }
    return count;
}

/* --- round 0 --- */

static enum hs_status first_make(struct first_round *f, struct slice transaction, size_t outputs)
{
    struct buffer output = {0};
    enum hs_status st = HS_OK;

    for (size_t i = 0; i < outputs && st == HS_OK; i++) {
        struct slice key, nothing = slice_text("");

        st = buffer_assign(&output, transaction);
        if (st == HS_OK) st = buffer_printf(&output, ":%zu", i);
        key = buffer_slice(&output);
        if (st == HS_OK) st = kv_store_set(kv_memory_store(f->made), key, nothing, NULL);
        if (st == HS_OK) st = kv_store_set(kv_memory_store(f->left), key, nothing, NULL);
    }
    buffer_fini(&output);
    return st;
}

static enum hs_status first_apply(struct first_round *f, struct slice line)
{
    struct slice name, transaction = slice_text("");
    enum hs_status st = HS_OK;

    for (size_t at = 0; st == HS_OK && name_next(line, at, &name);) {
        at = (size_t)(name.data + name.len - line.data);
        if (is_output(name)) {
            st = kv_store_delete(kv_memory_store(f->left), name, NULL);
        } else {
            transaction = name;
        }
    }
    if (st != HS_OK) return st;
    return transaction.len > 0 ? first_make(f, transaction, outputs_count(line)) : HS_INVALID;
}

/* --- the rounds after it --- */

/* What an input of a later round spends: *before, of the round before. */
static enum hs_status later_spends(struct first_round *f, struct slice *output, bool *before)
{
    bool made;
    enum hs_status st = kv_store_has(kv_memory_store(f->made), *output, &made, NULL);

    *before = false;
    if (st != HS_OK || made) return st;
    st = kv_store_next(kv_memory_store(f->left), buffer_slice(&f->given), &f->given, NULL, NULL);
    if (st != HS_OK) return st == HS_NOT_FOUND ? HS_OK : st; /* all of it is spent */
    *output = buffer_slice(&f->given);
    *before = true;
    return HS_OK;
}

static enum hs_status line_add_name(struct round_line *l, struct slice name, bool before)
{
    enum hs_status st =
        array_reserve(&l->names, &l->names_capacity, l->names_len + 1, sizeof *l->names);

    if (st != HS_OK) return st;
    l->names[l->names_len++] = (struct name_place){.at = l->later.len, .before = before};
    return buffer_append(&l->later, name);
}

static enum hs_status line_make(struct round_line *l, struct first_round *f)
{
    const char *at = l->first.data, *end = at + l->first.len;
    enum hs_status st = HS_OK;
    struct slice name;

    while (st == HS_OK && name_next(l->first, (size_t)(at - l->first.data), &name)) {
        bool before = false;

        st = buffer_append(&l->later, slice_make(at, (size_t)(name.data - at)));
        at = name.data + name.len;
        if (st == HS_OK && is_output(name)) st = later_spends(f, &name, &before);
        if (st == HS_OK) st = line_add_name(l, name, before);
    }
    return st == HS_OK ? buffer_append(&l->later, slice_make(at, (size_t)(end - at))) : st;
}

static enum hs_status rounds_make(struct ledger_rounds *r, struct first_round *f)
{
    enum hs_status st = kv_memory_open(&f->made, NULL);

    if (st == HS_OK) st = kv_memory_open(&f->left, NULL);
    for (size_t i = 0; i < r->lines_len && st == HS_OK; i++) {
        st = first_apply(f, r->lines[i].first);
    }
    for (size_t i = 0; i < r->lines_len && st == HS_OK; i++) {
        st = line_make(&r->lines[i], f);
    }
    return st;
}

enum hs_status ledger_rounds_open(const struct slice *lines, size_t len, struct ledger_rounds **out,
                                  struct hs_error *err)
{
    struct ledger_rounds *r = calloc(1, sizeof *r);
    struct first_round f = {.made = NULL};
    enum hs_status st = HS_NOMEM;

    assert(len > 0);
    if (r) r->lines = calloc(len, sizeof *r->lines);
    for (size_t i = 0; r && r->lines && i < len; i++) {
        r->lines[r->lines_len++].first = lines[i];
    }
    if (r && r->lines) st = rounds_make(r, &f);
    kv_memory_close(f.made);
    kv_memory_close(f.left);
    buffer_fini(&f.given);
    if (st == HS_OK) {
        *out = r;
        return HS_OK;
    }
    ledger_rounds_close(r);
    return hs_fail(err, st, "bench: making the ledger's rounds: %s", hs_status_text(st));
}

void ledger_rounds_close(struct ledger_rounds *r)
{
    if (!r) return;
    for (size_t i = 0; i < r->lines_len; i++) {
        buffer_fini(&r->lines[i].later);
        free(r->lines[i].names);
    }
    free(r->lines);
    free(r);
}

static void name_turn(char *name, uint64_t round)
{
    char digits[TURNED_DIGITS + 1], turned[TURNED_DIGITS + 1];

    memcpy(digits, name, TURNED_DIGITS);
    digits[TURNED_DIGITS] = '\0';
    (void)snprintf(turned, sizeof turned, "%08" PRIx32,
                   (uint32_t)(strtoul(digits, NULL, 16) ^ round * TURN_FACTOR));
    memcpy(name, turned, TURNED_DIGITS);
}

enum hs_status ledger_rounds_message(const struct ledger_rounds *r, uint64_t n, struct buffer *out)
{
    const struct round_line *l = &r->lines[n % r->lines_len];
    uint64_t round = n / r->lines_len;
    size_t begin = out->len;
    enum hs_status st = buffer_append(out, round > 0 ? buffer_slice(&l->later) : l->first);

    for (size_t i = 0; i < l->names_len && round > 0 && st == HS_OK; i++) {
        name_turn(out->data + begin + l->names[i].at, round - l->names[i].before);
    }
    return st;
}
