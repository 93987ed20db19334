/* Vat options: what is fixed about a vat, as `v$N.options` has it.
 *
 *   {"name":…,"supervisor":"lite","memory":bytes}    and, where they were given, in this order:
 *   "reapInterval":N|"never"   "builtin":true   "critical":true   "meter":"m1"
 */
#ifndef HEADSTART_KERNEL_TABLES_VAT_OPTIONS_H
#define HEADSTART_KERNEL_TABLES_VAT_OPTIONS_H

#include "kernel/state/limits.h"
#include "kernel/tables/kv_hashed.h"

enum { VAT_MEMORY_LEAST = 4 << 20 }; /* a booted supervisor fits */

/* When a vat is reaped, as "reapInterval" says: N deliveries, or "never"; zeroed: as the rules do.
 */
struct reap_setting {
    bool set, never;
    uint64_t interval;
};

/** False: `raw` is neither. */
bool reap_setting_parse(struct slice raw, struct reap_setting *out);
/** The member of an object; nothing, if it is not set. */
void reap_setting_print(const struct reap_setting *s, struct json_printer *j);

/* Plain value. */
struct vat_options {
    char name[HS_NAME_BYTES_MAX];
    uint64_t memory;
    struct reap_setting reaps;
    bool builtin; /* its program is the kernel's own, and keeps nothing over an upgrade */
    bool critical;
    struct ref meter; /* "": none */
};

/** False: the text is something else. */
bool vat_options_parse(struct slice json, struct vat_options *out);
void vat_options_print(const struct vat_options *o, struct json_printer *j);

/** HS_KERNEL_FAILED: damaged. */
HS_MUST_CHECK enum hs_status vat_options_read(struct kv_store *kv, const struct ref *vat,
                                              struct vat_options *out, struct hs_error *err);
/** The same, of the kernel's own store: asked at each delivery, it takes no memory. */
HS_MUST_CHECK enum hs_status vat_options_find(struct kv_hashed *k, const struct ref *vat,
                                              struct vat_options *out, struct hs_error *err);
HS_MUST_CHECK enum hs_status vat_options_write(struct kv_store *kv, const struct ref *vat,
                                               const struct vat_options *o, struct hs_error *err);

#endif
