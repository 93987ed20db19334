/* Kernel file: the configuration that a setting names, read on a thread that may compile. */
#ifndef HEADSTART_SIDECAR_KERNEL_FILE_H
#define HEADSTART_SIDECAR_KERNEL_FILE_H

#include "kernel/config.h"

/** As kernel_config_load, from any thread. */
HS_MUST_CHECK enum hs_status kernel_file_load(const char *path, struct kernel_config **out,
                                              struct hs_error *err);

#endif
