/* The sidecar: the daemon that has a kernel ready before the chain node asks for it.
 *
 * `headstart run` fills a struct sidecar_config and calls sidecar_run; everything else of the
 * daemon hangs below struct sidecar, which lives in sidecar.c and is the only root.
 */
#ifndef HEADSTART_SIDECAR_SIDECAR_H
#define HEADSTART_SIDECAR_SIDECAR_H

#include "sidecar/settings/sidecar_config.h"

/** Run the daemon until SIGTERM, SIGINT or a `shutdown` request, then stop in good order: the log
 *  is synced, a snapshot being written is finished.
 *
 *  Returns: HS_OK           stopped in good order
 *           HS_LOCKED       the data folder or the socket belongs to a running process
 *           HS_WRONG_CHAIN  the data folder belongs to another chain
 *           HS_NOT_FOUND    the kernel configuration or a source it names is missing
 *           HS_INVALID      configuration: kernel file, chain id, address, numbers
 *           HS_TOO_LARGE    the socket path does not fit
 *           HS_IO, HS_NOMEM, HS_INTERNAL
 *           err holds one line that says what and what to do; nothing is logged about it */
HS_MUST_CHECK enum hs_status sidecar_run(const struct sidecar_config *config, struct hs_error *err);

#endif
