/* Kernel configuration: which vats and devices an empty store is initialised with.
 *
 * SwingSet's JSON shape: {"bootstrap": "<vat>" (optional), "vats": {"<name>": {"source": "<file>",
 * "parameters": {…}}}, "bundles": {"<name>": {"source": "<file>"}} (optional),
 * "devices": {"<name>": {"type": "bridge"}}, "rules": {…} (optional; of
 * kernel.rules, what is to differ from the defaults), "engine": id (optional; one that the program
 * holds, by default its first)}. Source paths are relative to the
 * configuration file. The configuration speaks only to an empty store (docs/kernel.md).
 */
#ifndef HEADSTART_KERNEL_CONFIG_H
#define HEADSTART_KERNEL_CONFIG_H

#include "kernel/state/disk.h"
#include "kernel/tables/rules.h"
#include "kernel/tables/vat_options.h"

struct kernel_config;

struct kernel_config_vat {
    const char *name;
    struct slice source;     /* the ES module's text */
    struct slice parameters; /* JSON object text; "{}" when not given */
    struct reap_setting reaps;
    bool builtin;  /* its program is the kernel's own */
    bool critical; /* a crank of it that fails is undone */
};

struct kernel_config_bundle {
    const char *name;
    struct slice text;
};

struct kernel_config_device {
    const char *name;
    const char *type; /* a known one (devices/device_types.h) */
};

/** Read and check the file and every source it names. HS_NOT_FOUND: a file is missing;
 *  HS_INVALID: what is wrong and where; all in one line of err.
 *  Thread: as program_read. */
HS_MUST_CHECK enum hs_status kernel_config_load(const struct disk *disk, const char *path,
                                                struct kernel_config **out, struct hs_error *err);
void kernel_config_close(struct kernel_config *c);

/** Id of the engine that the chain begins on; one that this program holds. */
const char *kernel_config_engine(const struct kernel_config *c);
/** Bootstrap vat's name, NULL if there is none. */
const char *kernel_config_bootstrap(const struct kernel_config *c);
/** The rules that the chain begins with; of NULL, the defaults. */
struct kernel_rules kernel_config_rules(const struct kernel_config *c);
size_t kernel_config_vat_count(const struct kernel_config *c);
struct kernel_config_vat kernel_config_vat_at(const struct kernel_config *c, size_t i);
size_t kernel_config_bundle_count(const struct kernel_config *c);
struct kernel_config_bundle kernel_config_bundle_at(const struct kernel_config *c, size_t i);
size_t kernel_config_device_count(const struct kernel_config *c);
struct kernel_config_device kernel_config_device_at(const struct kernel_config *c, size_t i);

#endif
