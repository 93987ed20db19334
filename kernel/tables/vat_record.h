/* Vat record: the keys that a vat begins with.
 *
 *   v1.source = text, or v1.bundle = hash      its program, its own or shared
 *   v1.options  v1.engine  v1.vatParameters  v1.reapDirt  v1.{o,p,d}.nextID  v1.t.endPosition
 *   v1.admin = d8                              the device that it was made by; absent: static
 *   v1.incarnation = 1   v1.t.startPosition    of one that was upgraded; absent: 0
 */
#ifndef HEADSTART_KERNEL_TABLES_VAT_RECORD_H
#define HEADSTART_KERNEL_TABLES_VAT_RECORD_H

#include "kernel/tables/bundles.h"
#include "kernel/tables/rules.h"
#include "kernel/tables/vat_options.h"

/* What a vat's program is: a bundle, or else a text of its own; and what it runs on. */
struct vat_program {
    struct bundle_id bundle; /* "": none */
    struct slice source;     /* borrowed */
    const char *engine;      /* id of the engine that it runs on; borrowed */
};

/** Neither bundle nor source: in an upgrade, the program that the vat has. */
bool vat_program_is_own(const struct vat_program *program);

/** All but v$N.vatParameters and v$N.admin. */
HS_MUST_CHECK enum hs_status vat_record_write(struct kv_store *kv, const struct ref *vat,
                                              const struct vat_program *program,
                                              const struct vat_options *options,
                                              const struct kernel_rules *rules,
                                              struct hs_error *err);
/** Another program, maybe on another engine; or the same if it has neither bundle nor source. */
HS_MUST_CHECK enum hs_status vat_record_set_program(struct kv_store *kv, const struct ref *vat,
                                                    const struct vat_program *program,
                                                    struct hs_error *err);
/** The text of the vat's program (*out is replaced). */
HS_MUST_CHECK enum hs_status vat_record_source(struct kv_store *kv, const struct ref *vat,
                                               struct buffer *out, struct hs_error *err);
/** Its parameters, capdata as JSON (*out is replaced). */
HS_MUST_CHECK enum hs_status vat_record_parameters(struct kv_store *kv, const struct ref *vat,
                                                   struct buffer *out, struct hs_error *err);
/** `v$N.<name>` counted, 0 where it is absent. */
HS_MUST_CHECK enum hs_status vat_record_count(struct kv_store *kv, const struct ref *vat,
                                              const char *name, uint64_t *out,
                                              struct hs_error *err);

#endif
