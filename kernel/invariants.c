#include "kernel/invariants.h"

#ifdef HS_INVARIANTS

#include "kernel/reference_audit.h"
#include "kernel/tables/run_queue.h"

#include <stdio.h>
#include <stdlib.h>

enum { INVARIANTS_KEYS_A_MESSAGE = 512 };

static void invariants_broken(const struct kernel *k, const char *what)
{
    (void)fprintf(stderr, "invariant broken at seqnum %llu: %s\n",
                  (unsigned long long)k->now.at.seqnum, what);
    abort();
}

static void invariants_must(const struct kernel *k, bool fine, const char *what)
{
    if (!fine) invariants_broken(k, what);
}

/* A store that cannot be read is no proof of anything: whoever reads it next is told. */
static void invariants_references(struct kernel *k, bool must)
{
    struct reference_audit audit;
    struct hs_error err = {0};
    enum hs_status st = reference_audit(&k->kv, &audit, &err);

    if (st != HS_OK) {
        k->checked.judged = k->checked.judged && must;
        return;
    }
    if (must) invariants_must(k, audit.sound, audit.wrong);
    k->checked.judged = audit.sound;
    k->checked.wait = audit.keys / INVARIANTS_KEYS_A_MESSAGE;
}

void invariants_begin(struct kernel *k)
{
    invariants_references(k, false);
}

static void invariants_queue(struct kernel *k, enum run_queue queue)
{
    struct hs_error err = {0};
    bool empty; /* whether it is, is read with the check that its head is not behind its tail */

    if (run_queue_is_empty(&k->kv, queue, &empty, &err) == HS_KERNEL_FAILED) {
        invariants_broken(k, err.text);
    }
}

void invariants_after_crank(struct kernel *k)
{
    invariants_must(k, !kv_layers_in_crank(k->layers), "a crank is open after it ended");
    if (!k->checked.judged || k->checked.through) return;
    invariants_queue(k, QUEUE_ACCEPTANCE);
    invariants_queue(k, QUEUE_RUN);
}

void invariants_outcome(const struct kernel *k, const struct kernel_outcome *o)
{
    invariants_must(k, kernel_outcome_bytes(o) <= RULES_OUTCOME_BYTES_MOST,
                    "what a message gave does not fit an answer");
}

static void invariants_layers(const struct kernel *k)
{
    invariants_must(k, k->mark.at.seqnum <= k->now.at.seqnum, "the mark is ahead");
    invariants_must(k, kv_layers_at_mark(k->layers) == position_equal(&k->now.at, &k->mark.at),
                    "the layers say another distance from the mark than the positions");
}

void invariants_after_mark(const struct kernel *k)
{
    invariants_layers(k);
    invariants_must(k, kv_layers_at_mark(k->layers), "there is something behind the mark");
    for (size_t i = 0; i < k->vats.len; i++) {
        const struct vat_process *p = k->vats.items[i].process;

        invariants_must(k, !p->open && !p->touched && !p->born && !p->ended,
                        "a vat is not at its mark");
        invariants_must(k, p->transcript_len == p->transcript_len_marked,
                        "a vat's transcript is not at its mark");
    }
}

static void invariants_position(struct kernel *k)
{
    struct slice hash;
    uint64_t seqnum;
    bool found;

    if (kv_hashed_read_uint(&k->kv, slice_text("kernel.seqnum"), &seqnum, NULL) != HS_OK) return;
    invariants_must(k, seqnum == k->now.at.seqnum, "kernel.seqnum is not the position's");
    if (kv_hashed_find(&k->kv, slice_text("kernel.hash"), &hash, &found, NULL) != HS_OK) return;
    invariants_must(k, found && slice_equal(hash, slice_text(k->now.at.hash)),
                    "kernel.hash is not the position's");
}

static void invariants_transcript(struct kernel *k, const struct vat_process *p)
{
    const char *vat = p->name.id.text;
    struct key key;
    uint64_t len;
    bool last = true, beyond = false;

    /* Not by transcript_len, which refuses what is to be seen here as it does a damaged store. */
    if (kv_hashed_read_uint(&k->kv, key_of(&key, vat, ".t.endPosition", ""), &len, NULL) != HS_OK) {
        return;
    }
    invariants_must(k, len == p->transcript_len, "a transcript ends elsewhere than its process");
    if (len > 0 &&
        kv_hashed_has(&k->kv, key_of_number(&key, vat, ".t.", len - 1), &last, NULL) != HS_OK) {
        return;
    }
    if (kv_hashed_has(&k->kv, key_of_number(&key, vat, ".t.", len), &beyond, NULL) != HS_OK) return;
    invariants_must(k, last && !beyond, "a transcript's items do not end at its end");
}

/* Marking and going back look at the others alone. */
static void invariants_still(const struct kernel *k, const struct vat_process *p)
{
    if (p->open) return;
    invariants_must(k, !p->touched && !p->born && !p->ended && vat_savepoint_last(p->vat) == 0,
                    "a vat left its mark and is not among those that did");
}

void invariants_after_message(struct kernel *k)
{
    invariants_layers(k);
    for (size_t i = 0; i < k->vats.len; i++) {
        invariants_still(k, k->vats.items[i].process);
    }
    if (!k->checked.judged || k->checked.through) return;
    invariants_position(k);
    for (size_t i = 0; i < k->vats.len; i++) {
        if (!k->vats.items[i].process->ended) invariants_transcript(k, k->vats.items[i].process);
    }
    if (k->checked.wait > 0) {
        k->checked.wait--;
    } else {
        invariants_references(k, true);
    }
}

void invariants_read_through(struct kernel *k, bool through)
{
    k->checked.through = through;
}

#else
typedef int invariants_off; /* a file may not be empty */
#endif
