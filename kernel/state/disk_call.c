#include "kernel/state/disk_call.h"

#include "kernel/state/fault.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

/* Nobody interrupts a call that often; a disk that says so for ever does not hold us. */
enum { INTERRUPTED_MAX = 100 };

static bool faults_armed(void)
{
    return atomic_load_explicit(&fault_armed, memory_order_relaxed);
}

static void point_name(const char *place, const char *operation, char out[FAULT_NAME_BYTES_MAX])
{
    int len = snprintf(out, FAULT_NAME_BYTES_MAX, "%s.%s", place, operation);

    assert(len > 0 && len < FAULT_NAME_BYTES_MAX);
}

/* Half of the call happens; torn: then it fails. */
static int call_half(const struct disk *disk, int fault, disk_call_fn make, struct disk_call *call)
{
    size_t len = call->len;
    int errnum;

    if (len == 0) return fault_errno(fault);
    call->len = (len + 1) / 2;
    errnum = make(disk, call);
    call->len = len;
    return !errnum && fault == FAULT_TORN ? fault_errno(fault) : errnum;
}

static int call_once(const struct disk *disk, const char *place, const char *operation,
                     disk_call_fn make, struct disk_call *call)
{
    char name[FAULT_NAME_BYTES_MAX];
    int fault, errnum;

    if (!faults_armed()) return make(disk, call);
    point_name(place, operation, name);
    fault = fault_reached(name);
    if (fault > 0) return fault;
    errnum = fault ? call_half(disk, fault, make, call) : make(disk, call);
    if (!errnum) fault_passed(name);
    return errnum;
}

int disk_run(const struct disk *disk, const char *place, const char *operation, disk_call_fn make,
             struct disk_call *call)
{
    int errnum = EINTR;

    assert(disk && place && call);
    for (int i = 0; errnum == EINTR && i < INTERRUPTED_MAX; i++) {
        errnum = call_once(disk, place, operation, make, call);
    }
    assert(errnum >= 0 && call->done <= call->len);
    return errnum;
}

int disk_path_join(const char *dir, const char *name, struct disk_path *out)
{
    const char *slash = dir && name ? "/" : "";
    int len =
        snprintf(out->text, sizeof out->text, "%s%s%s", dir ? dir : "", slash, name ? name : "");

    assert(dir || name);
    return len >= 0 && (size_t)len < sizeof out->text ? 0 : ENAMETOOLONG;
}

static enum hs_status status_of(int errnum)
{
    switch (errnum) {
    case ENOENT: return HS_NOT_FOUND;
    case ENOMEM: return HS_NOMEM;
    case EISDIR:
    case ENOTDIR:
    case ELOOP:
    case EBADMSG: /* how file systems with checksums say it */
    case EUCLEAN: return HS_CORRUPT;
    default: return HS_IO;
    }
}

enum hs_status disk_fail(struct hs_error *err, int errnum, const char *what, const char *path)
{
    enum hs_status st = status_of(errnum);

    assert(errnum > 0);
    return hs_fail_errno(err, st, errnum, "cannot %s %s", what, path);
}

enum hs_status disk_run_names(const struct disk *disk, const char *place, const char *operation,
                              disk_call_fn make, const char *from_dir, const char *from_name,
                              const char *to_dir, const char *to_name, struct hs_error *err)
{
    struct disk_path from, to;
    struct disk_call call = {.path = from.text, .other_path = to.text};
    int errnum = disk_path_join(from_dir, from_name, &from);

    if (!errnum) errnum = disk_path_join(to_dir, to_name, &to);
    if (!errnum) errnum = disk_run(disk, place, operation, make, &call);
    return errnum ? disk_fail(err, errnum, operation, from.text) : HS_OK;
}
