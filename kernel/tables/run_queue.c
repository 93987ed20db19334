#include "kernel/tables/run_queue.h"

#include "kernel/state/decimal.h"
#include "kernel/state/position.h"

#include <assert.h>
#include <string.h>

static const char *const run_queue_keys[] = {
    [QUEUE_ACCEPTANCE] = "acceptanceQueue",
    [QUEUE_RUN] = "runQueue",
};

struct run_queue_ends {
    uint64_t head, tail; /* the first event, and where the next one goes */
};

static enum hs_status run_queue_damaged(enum run_queue queue, const char *problem,
                                        struct hs_error *err)
{
    return kernel_store_damaged(slice_text(run_queue_keys[queue]), problem, err);
}

static bool run_queue_parse(struct slice s, struct run_queue_ends *ends)
{
    const char *comma;

    if (s.len < 5 || s.data[0] != '[' || s.data[s.len - 1] != ']') return false;
    s = slice_make(s.data + 1, s.len - 2);
    comma = memchr(s.data, ',', s.len);
    return comma &&
           uint_parse(slice_make(s.data, (size_t)(comma - s.data)), &ends->head) == HS_OK &&
           uint_parse(slice_make(comma + 1, s.len - (size_t)(comma + 1 - s.data)), &ends->tail) ==
               HS_OK &&
           ends->head <= ends->tail;
}

static enum hs_status run_queue_read(struct kv_hashed *k, enum run_queue queue,
                                     struct run_queue_ends *ends, struct hs_error *err)
{
    struct slice value;
    enum hs_status st = kv_hashed_read(k, slice_text(run_queue_keys[queue]), &value, err);

    if (st != HS_OK) return st;
    return run_queue_parse(value, ends) ? HS_OK : run_queue_damaged(queue, "no ends", err);
}

static enum hs_status run_queue_write(struct kv_hashed *k, enum run_queue queue,
                                      const struct run_queue_ends *ends, struct hs_error *err)
{
    char text[2 * UINT_TEXT_BYTES + 3] = "[";
    size_t len = 1;

    assert(ends->head <= ends->tail);
    len += uint_text(text + len, ends->head);
    text[len++] = ',';
    len += uint_text(text + len, ends->tail);
    text[len++] = ']';
    return kv_hashed_write(k, slice_text(run_queue_keys[queue]), slice_make(text, len), err);
}

enum hs_status run_queue_add(struct kv_hashed *k, enum run_queue queue, struct slice event,
                             struct hs_error *err)
{
    struct run_queue_ends ends;
    struct key key;
    enum hs_status st = run_queue_read(k, queue, &ends, err);

    if (st != HS_OK) return st;
    if (ends.tail >= HS_UINT_MAX) return run_queue_damaged(queue, "counted to its end", err);
    st =
        kv_hashed_create(k, key_of_number(&key, run_queue_keys[queue], ".", ends.tail), event, err);
    if (st != HS_OK) return st;
    ends.tail++;
    return run_queue_write(k, queue, &ends, err);
}

enum hs_status run_queue_is_empty(struct kv_hashed *k, enum run_queue queue, bool *empty,
                                  struct hs_error *err)
{
    struct run_queue_ends ends;
    enum hs_status st = run_queue_read(k, queue, &ends, err);

    if (st == HS_OK) *empty = ends.head == ends.tail;
    return st;
}

enum hs_status run_queues_len(struct kv_hashed *k, uint64_t *len, struct hs_error *err)
{
    struct run_queue_ends accepted, routed;
    enum hs_status st = run_queue_read(k, QUEUE_ACCEPTANCE, &accepted, err);

    if (st == HS_OK) st = run_queue_read(k, QUEUE_RUN, &routed, err);
    if (st == HS_OK) *len = (accepted.tail - accepted.head) + (routed.tail - routed.head);
    return st;
}

static enum hs_status run_queue_first(struct kv_hashed *k, enum run_queue queue,
                                      const struct run_queue_ends *ends, struct key *key,
                                      struct buffer *event, struct hs_error *err)
{
    struct slice at = key_of_number(key, run_queue_keys[queue], ".", ends->head);
    enum hs_status st;

    if (ends->head == ends->tail) return run_queue_damaged(queue, "nothing waits there", err);
    st = kv_store_get(&k->store, at, event, err);
    return st == HS_NOT_FOUND ? kernel_store_damaged(at, "missing", err) : st;
}

enum hs_status run_queue_take(struct kv_hashed *k, enum run_queue queue, struct key *key,
                              struct buffer *event, struct hs_error *err)
{
    struct run_queue_ends ends;
    enum hs_status st = run_queue_read(k, queue, &ends, err);

    if (st == HS_OK) st = run_queue_first(k, queue, &ends, key, event, err);
    if (st != HS_OK) return st;
    st = kv_hashed_delete(k, key_slice(key), err);
    if (st != HS_OK) return st;
    ends.head++;
    return run_queue_write(k, queue, &ends, err);
}

enum hs_status run_queue_pass_over(struct kv_hashed *k, enum run_queue queue, struct hs_error *err)
{
    struct run_queue_ends ends;
    enum hs_status st = run_queue_read(k, queue, &ends, err);

    if (st != HS_OK || ends.head == ends.tail) return st;
    ends.head = ends.tail;
    return run_queue_write(k, queue, &ends, err);
}

enum hs_status run_queue_give_back(struct kv_hashed *k, enum run_queue queue, struct slice event,
                                   struct hs_error *err)
{
    struct run_queue_ends ends;
    struct key key;
    enum hs_status st = run_queue_read(k, queue, &ends, err);

    if (st != HS_OK) return st;
    assert(ends.head > 0); /* it was counted when the event was taken */
    ends.head--;
    st = kv_hashed_write(k, key_of_number(&key, run_queue_keys[queue], ".", ends.head), event, err);
    return st == HS_OK ? run_queue_write(k, queue, &ends, err) : st;
}
