/* What the files of the syscalls share. Nobody else includes this. */
#ifndef HEADSTART_KERNEL_SYSCALLS_PRIVATE_H
#define HEADSTART_KERNEL_SYSCALLS_PRIVATE_H

#include "kernel/delivery.h"
#include "kernel/text/json_text.h"

/* One syscall. `t` stands behind its name and is left behind the closing bracket; the answer is
 * appended to *reply. HS_VAT_FAILED: illegal; err says what about it. */
typedef enum hs_status (*syscall_fn)(struct delivery *d, struct json_text *t, struct buffer *reply,
                                     struct hs_error *err);

enum hs_status syscall_send(struct delivery *d, struct json_text *t, struct buffer *reply,
                            struct hs_error *err);
enum hs_status syscall_subscribe(struct delivery *d, struct json_text *t, struct buffer *reply,
                                 struct hs_error *err);
enum hs_status syscall_resolve(struct delivery *d, struct json_text *t, struct buffer *reply,
                               struct hs_error *err);
enum hs_status syscall_exit(struct delivery *d, struct json_text *t, struct buffer *reply,
                            struct hs_error *err);
enum hs_status syscall_call_now(struct delivery *d, struct json_text *t, struct buffer *reply,
                                struct hs_error *err);

enum hs_status syscall_store_get(struct delivery *d, struct json_text *t, struct buffer *reply,
                                 struct hs_error *err);
enum hs_status syscall_store_next(struct delivery *d, struct json_text *t, struct buffer *reply,
                                  struct hs_error *err);
enum hs_status syscall_store_set(struct delivery *d, struct json_text *t, struct buffer *reply,
                                 struct hs_error *err);
enum hs_status syscall_store_delete(struct delivery *d, struct json_text *t, struct buffer *reply,
                                    struct hs_error *err);

enum hs_status syscall_drop_imports(struct delivery *d, struct json_text *t, struct buffer *reply,
                                    struct hs_error *err);
enum hs_status syscall_retire_imports(struct delivery *d, struct json_text *t, struct buffer *reply,
                                      struct hs_error *err);
enum hs_status syscall_retire_exports(struct delivery *d, struct json_text *t, struct buffer *reply,
                                      struct hs_error *err);
enum hs_status syscall_abandon_exports(struct delivery *d, struct json_text *t,
                                       struct buffer *reply, struct hs_error *err);

struct kv_hashed *syscall_kv(struct delivery *d);
/** HS_VAT_FAILED with what `t` found wrong. */
enum hs_status syscall_malformed(struct json_text *t, struct hs_error *err);
/** Append ["ok",null]. */
HS_MUST_CHECK enum hs_status syscall_answer_ok(struct buffer *reply, struct hs_error *err);
bool syscall_read_ref(struct json_text *t, struct ref *out);

#endif
