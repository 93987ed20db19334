/* Device types: what a device can do, a type each.
 *
 * A device is what a vat may call at once (callNow) and get an answer from, outside the queue. It
 * keeps no transcript: a replay answers from the vat's. What it remembers is in the store, as
 * d$N.deviceState or under keys of its own, so that it is undone, exported and replayed with it.
 *
 * A type is its row in DEVICE_TYPES and its file, which defines `device_type_<name>`.
 */
#ifndef HEADSTART_KERNEL_DEVICES_DEVICE_TYPES_H
#define HEADSTART_KERNEL_DEVICES_DEVICE_TYPES_H

#include "kernel/text/capdata.h"

struct device_arguments;
struct kernel;

/* One callNow at hand. */
struct device_call {
    struct kernel *kernel;
    struct ref device;          /* d$N */
    struct ref caller;          /* v$N */
    const struct capdata *args; /* smallcaps array; slots are krefs */
    struct buffer *answer;      /* to be appended to, once: device_answer_… */
};

/** A method, with its arguments to be read (device_arguments.h).
 *  HS_OK: *answer has its answer, an error that the vat is thrown among them; or, where an argument
 *  is not what was wanted, nothing: the vat is thrown what was. HS_VAT_FAILED: illegal, the vat
 *  ends. */
typedef enum hs_status (*device_method_fn)(struct device_call *c, struct device_arguments *a,
                                           struct hs_error *err);

struct device_method {
    const char *name; /* NULL ends the list */
    device_method_fn run;
};

struct device_type {
    const char *name;        /* in the configuration, and in d$N.options */
    const char *state_first; /* d$N.deviceState in a state vector */
    const struct device_method *methods;
};

#define DEVICE_TYPES(X)                                                                            \
    X(bridge)   /* to the chain, and from it */                                                    \
    X(timer)    /* wakes objects by block time */                                                  \
    X(vatAdmin) /* makes, upgrades, changes and ends vats; meters */

#define DEVICE_TYPE_DECLARE(name) extern const struct device_type device_type_##name;
DEVICE_TYPES(DEVICE_TYPE_DECLARE)
#undef DEVICE_TYPE_DECLARE

#define DEVICE_TYPE_QUOTED(name) " \"" #name "\""
/* For words: each behind a blank. */
#define DEVICE_TYPE_NAMES DEVICE_TYPES(DEVICE_TYPE_QUOTED)

/** The type of that name; NULL: there is none. */
const struct device_type *device_type_find(struct slice name);

/** The answer undefined. */
HS_MUST_CHECK enum hs_status device_answer_nothing(struct device_call *c, struct hs_error *err);
/** A value without references: `body` is smallcaps, with its '#'. */
HS_MUST_CHECK enum hs_status device_answer_value(struct device_call *c, struct slice body,
                                                 struct hs_error *err);
/** The vat is thrown an error with these words. */
HS_MUST_CHECK enum hs_status device_answer_error(struct device_call *c, struct slice words,
                                                 struct hs_error *err);

#endif
