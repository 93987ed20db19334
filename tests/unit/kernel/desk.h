/* Desk: the kernel's tables without vats. One crank is open; the test plays the vats by making
 * their syscalls. Two vats, v1 "left" and v2 "right", and a bridge d7 whose node is kd30.
 *
 * Requests may be written with ' for ".
 */
#ifndef HEADSTART_TESTS_UNIT_KERNEL_DESK_H
#define HEADSTART_TESTS_UNIT_KERNEL_DESK_H

#include "tests/unit/suite.h"

#include "kernel/kernel_core.h"
#include "kernel/state/kv_memory.h"
#include "kernel/syscalls.h"

struct desk {
    struct kv_memory *base;
    struct kernel kernel;
    struct delivery vats[2]; /* [0] is v1 */
    struct buffer reply;     /* of the last syscall, with ' for " */
    struct hs_error err;
};

void desk_open(struct desk *d);
void desk_close(struct desk *d);
/** The open crank ends well and a new one begins. */
void desk_commit(struct desk *d);
/** ["syscall", <request>] of v1 or v2. */
enum hs_status desk_syscall(struct desk *d, int vat, const char *request);
/** The same, which must be HS_OK; returns the reply. */
const char *desk_ok(struct desk *d, int vat, const char *request);
/** What the vat calls a thing that it is told of now. */
const char *desk_import(struct desk *d, int vat, const char *kref);
/** Value of a key, "(none)"; ' for ". Static text, overwritten by the next but three. */
const char *desk_get(struct desk *d, const char *key);
size_t desk_count(struct desk *d, const char *prefix);
/** v1 exports o+1 (ko20), v2 imports it as o-50, and nothing else holds it. */
void desk_share(struct desk *d);
struct kv_hashed *desk_kv(struct desk *d);
struct ref ref_of(const char *text);

#define ASSERT_KEY(desk, key, expected) CU_ASSERT_STRING_EQUAL(desk_get(desk, key), expected)

#endif
