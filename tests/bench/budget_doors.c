/* The doors of the budget (budget.h): the linker calls these where the kernel calls the function of
 * the name behind __wrap_, and the function itself is what is behind __real_. Both are declared to
 * be of its type, so that the compiler sees a door that takes something else. */
#include "kernel/state/digest.h"
#include "kernel/state/kv_store.h"
#include "kernel/tables/transcript.h"
#include "kernel/text/capdata.h"
#include "kernel/text/text_size.h"
#include "kernel/vat/vat.h"
#include "tests/bench/budget.h"

#define DOOR(item, type, name, parameters, arguments)                                              \
    __typeof__(name) __real_##name, __wrap_##name;                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        type came_back;                                                                            \
        budget_enter(item);                                                                        \
        came_back = __real_##name arguments;                                                       \
        budget_leave();                                                                            \
        return came_back;                                                                          \
    }

#define DOOR_VOID(item, name, parameters, arguments)                                               \
    __typeof__(name) __real_##name, __wrap_##name;                                                 \
    void __wrap_##name parameters                                                                  \
    {                                                                                              \
        budget_enter(item);                                                                        \
        __real_##name arguments;                                                                   \
        budget_leave();                                                                            \
    }

DOOR(BUDGET_STORE, enum hs_status, kv_store_get,
     (struct kv_store * kv, struct slice key, struct buffer *value, struct hs_error *err),
     (kv, key, value, err))
DOOR(BUDGET_STORE, enum hs_status, kv_store_has,
     (struct kv_store * kv, struct slice key, bool *found, struct hs_error *err),
     (kv, key, found, err))
DOOR(BUDGET_STORE, enum hs_status, kv_store_next,
     (struct kv_store * kv, struct slice after, struct buffer *key, struct buffer *value,
      struct hs_error *err),
     (kv, after, key, value, err))
DOOR(BUDGET_STORE, enum hs_status, kv_store_set,
     (struct kv_store * kv, struct slice key, struct slice value, struct hs_error *err),
     (kv, key, value, err))
DOOR(BUDGET_STORE, enum hs_status, kv_store_delete,
     (struct kv_store * kv, struct slice key, struct hs_error *err), (kv, key, err))
DOOR(BUDGET_STORE, enum hs_status, kv_store_get_text,
     (struct kv_store * kv, const char *key, struct buffer *value, struct hs_error *err),
     (kv, key, value, err))
DOOR(BUDGET_TRANSCRIPT, enum hs_status, transcript_note_syscall,
     (struct buffer * list, struct slice request, struct slice answer), (list, request, answer))
DOOR(BUDGET_TRANSCRIPT, enum hs_status, transcript_result, (struct buffer * out, uint64_t steps),
     (out, steps))
DOOR(BUDGET_TRANSCRIPT, enum hs_status, transcript_append,
     (struct kv_hashed * k, const struct ref *vat, uint64_t position, struct slice delivery,
      struct slice syscalls, struct slice result, struct hs_error *err),
     (k, vat, position, delivery, syscalls, result, err))
DOOR(BUDGET_JSON, enum hs_status, capdata_read, (struct json_text * t, struct capdata *out),
     (t, out))
DOOR(BUDGET_JSON, enum hs_status, capdata_call,
     (struct buffer * out, struct slice method, struct slice args, struct buffer_room *room),
     (out, method, args, room))
DOOR(BUDGET_JSON, enum hs_status, capdata_to_json, (struct buffer * out, struct slice body),
     (out, body))
DOOR(BUDGET_JSON, enum hs_status, capdata_rejection_to_json,
     (struct buffer * out, struct slice body), (out, body))
DOOR(BUDGET_JSON, enum hs_status, json_text_decode, (struct buffer * out, struct slice raw),
     (out, raw))
DOOR(BUDGET_JSON, enum hs_status, json_text_encode, (struct buffer * out, struct slice s), (out, s))
DOOR(BUDGET_JSON, enum hs_status, text_size_problem_raw, (struct slice raw, const char **problem),
     (raw, problem))
DOOR(BUDGET_JSON, bool, json_text_value, (struct json_text * t, struct slice *raw), (t, raw))
DOOR(BUDGET_JSON, bool, json_text_string, (struct json_text * t, struct slice *raw), (t, raw))
DOOR(BUDGET_JSON, bool, json_text_key, (struct json_text * t, struct slice *raw), (t, raw))
DOOR(BUDGET_JSON, bool, json_text_is_value, (struct slice text), (text))
DOOR(BUDGET_SAVEPOINTS, enum hs_status, vat_savepoint,
     (struct vat * v, uint64_t id, uint64_t transcript_entries, struct hs_error *err),
     (v, id, transcript_entries, err))

DOOR_VOID(BUDGET_JSON, capdata_print,
          (struct json_printer * j, struct slice body_raw, const struct ref_list *slots),
          (j, body_raw, slots))
DOOR_VOID(BUDGET_JSON, json_print_string, (struct json_printer * j, struct slice s), (j, s))
DOOR_VOID(BUDGET_HASH, sha256_reset, (struct sha256 * h), (h))
DOOR_VOID(BUDGET_HASH, sha256_add, (struct sha256 * h, struct slice s), (h, s))
DOOR_VOID(BUDGET_HASH, sha256_finish_hex, (struct sha256 * h, char hex[SHA256_HEX_BYTES]), (h, hex))
DOOR_VOID(BUDGET_SAVEPOINTS, vat_mark, (struct vat * v), (v))

/* --- the engine: what it asks of the kernel is the kernel's --- */

struct asked {
    vat_host_fn host;
    void *data;
};

static enum hs_status answer_outside(void *data, struct slice request, struct buffer *reply,
                                     struct hs_error *err)
{
    const struct asked *a = data;
    enum hs_status st;

    budget_enter(BUDGET_KERNEL);
    st = a->host(a->data, request, reply, err);
    budget_leave();
    return st;
}

enum hs_status __real_vat_command(struct vat *v, struct slice command, vat_host_fn host,
                                  void *host_data, struct buffer *result, uint64_t *ticks,
                                  struct hs_error *err);
enum hs_status __wrap_vat_command(struct vat *v, struct slice command, vat_host_fn host,
                                  void *host_data, struct buffer *result, uint64_t *ticks,
                                  struct hs_error *err);
enum hs_status __wrap_vat_command(struct vat *v, struct slice command, vat_host_fn host,
                                  void *host_data, struct buffer *result, uint64_t *ticks,
                                  struct hs_error *err)
{
    struct asked asked = {host, host_data};
    enum hs_status st;

    budget_enter(BUDGET_ENGINE);
    st = __real_vat_command(v, command, answer_outside, &asked, result, ticks, err);
    budget_leave();
    return st;
}

enum hs_status __real_vat_deliver_message(struct vat *v, const struct vat_message *message,
                                          vat_host_fn host, void *host_data, struct buffer *result,
                                          uint64_t *ticks, struct hs_error *err);
enum hs_status __wrap_vat_deliver_message(struct vat *v, const struct vat_message *message,
                                          vat_host_fn host, void *host_data, struct buffer *result,
                                          uint64_t *ticks, struct hs_error *err);
enum hs_status __wrap_vat_deliver_message(struct vat *v, const struct vat_message *message,
                                          vat_host_fn host, void *host_data, struct buffer *result,
                                          uint64_t *ticks, struct hs_error *err)
{
    struct asked asked = {host, host_data};
    enum hs_status st;

    budget_enter(BUDGET_ENGINE);
    st = __real_vat_deliver_message(v, message, answer_outside, &asked, result, ticks, err);
    budget_leave();
    return st;
}
