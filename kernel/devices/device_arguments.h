/* Device arguments: a callNow's arguments one by one, as a device expects them.
 *
 * Reading is sticky like json_text's: after the first argument that is something else every call
 * returns false, and `problem` says what was wanted. A method that answers nothing then leaves it
 * to devices.c to throw that in the vat.
 */
#ifndef HEADSTART_KERNEL_DEVICES_DEVICE_ARGUMENTS_H
#define HEADSTART_KERNEL_DEVICES_DEVICE_ARGUMENTS_H

#include "kernel/devices/device_types.h"

struct device_arguments {
    struct json_text text;
    struct buffer body; /* owned; decoded */
    const struct ref_list *slots;
    bool is_list;        /* else there are none to read */
    const char *problem; /* NULL: none yet */
};

/** Start with the first argument. device_arguments_fini in any case. */
HS_MUST_CHECK enum hs_status
device_arguments_init(struct device_arguments *a, const struct capdata *args, struct hs_error *err);
void device_arguments_fini(struct device_arguments *a);

/** The next argument, whatever it is, as it stands in the text; false: there is none, which is no
 *  problem. */
bool device_argument_next(struct device_arguments *a, struct slice *raw);
/** A whole number, 0..HS_UINT_MAX, as a number or a bigint. */
bool device_argument_uint(struct device_arguments *a, uint64_t *out);
/** An object; no promise, no device. */
bool device_argument_object(struct device_arguments *a, struct ref *kref);
/** No further argument may follow. True if nothing failed. */
bool device_arguments_end(struct device_arguments *a);

#endif
