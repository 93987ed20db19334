/* What the files of the syscalls share. Nobody else includes this. */
#ifndef HEADSTART_KERNEL_SYSCALLS_PRIVATE_H
#define HEADSTART_KERNEL_SYSCALLS_PRIVATE_H

#include "kernel/delivery.h"
#include "kernel/text/json_text.h"

/* One syscall. `t` stands behind its name and is left behind the closing bracket; the answer is
 * appended to *reply. HS_VAT_FAILED: illegal; err says what about it. */
typedef enum hs_status (*syscall_fn)(struct delivery *d, struct json_text *t, struct buffer *reply,
                                     struct hs_error *err);

/* A syscall is its row here and its function: name on the wire, function. */
#define SYSCALLS(X)                                                                                \
    X(send, syscall_send)                                                                          \
    X(subscribe, syscall_subscribe)                                                                \
    X(resolve, syscall_resolve)                                                                    \
    X(exit, syscall_exit)                                                                          \
    X(callNow, syscall_call_now)                                                                   \
    X(vatstoreGet, syscall_store_get)                                                              \
    X(vatstoreGetNextKey, syscall_store_next)                                                      \
    X(vatstoreSet, syscall_store_set)                                                              \
    X(vatstoreDelete, syscall_store_delete)                                                        \
    X(dropImports, syscall_drop_imports)                                                           \
    X(retireImports, syscall_retire_imports)                                                       \
    X(retireExports, syscall_retire_exports)                                                       \
    X(abandonExports, syscall_abandon_exports)

#define SYSCALL_DECLARE(name, function)                                                            \
    enum hs_status function(struct delivery *d, struct json_text *t, struct buffer *reply,         \
                            struct hs_error *err);
SYSCALLS(SYSCALL_DECLARE)
#undef SYSCALL_DECLARE

struct kv_hashed *syscall_kv(struct delivery *d);
/** HS_VAT_FAILED with what `t` found wrong. */
enum hs_status syscall_malformed(struct json_text *t, struct hs_error *err);
/** Append ["ok",null]. */
HS_MUST_CHECK enum hs_status syscall_answer_ok(struct buffer *reply, struct hs_error *err);
bool syscall_read_ref(struct json_text *t, struct ref *out);

#endif
