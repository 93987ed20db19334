/* Vat host: who answers what a vat asks. */
#ifndef HEADSTART_KERNEL_VAT_VAT_HOST_H
#define HEADSTART_KERNEL_VAT_VAT_HOST_H

#include "kernel/state/bytes.h"

/** Answers `issueCommand(bytes)` while a command runs. An error ends the command: vat_command
 *  returns that status. The handler may not call the vat. */
typedef enum hs_status (*vat_host_fn)(void *data, struct slice request, struct buffer *reply,
                                      struct hs_error *err);

#endif
