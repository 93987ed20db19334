/* Evidence: what is kept for people when something that must not happen happened. */
#ifndef HEADSTART_SIDECAR_STEWARD_EVIDENCE_H
#define HEADSTART_SIDECAR_STEWARD_EVIDENCE_H

#include "replaylog/replay_log.h"
#include "sidecar/steward/divergence.h"
#include "snapshot/snapshot_db.h"

struct evidence {
    const char *cause;
    const char *words;
    struct position kernel_at;            /* where the kernel stood */
    const struct snapshot_record *newest; /* NULL: there was none */
    struct replay_log_summary log;
    const struct divergence *divergence; /* NULL: it was something else */
    uint64_t unix_s;                     /* when, as the machine believes */
};

/** Write it as a JSON file of its own into `dir`; its path replaces *path.
 *  HS_IO, HS_NOMEM: nothing may depend on it. */
HS_MUST_CHECK enum hs_status evidence_write(const char *dir, const struct evidence *e,
                                            struct buffer *path, struct hs_error *err);

/** What was found out about the divergence since, into the file at `path`. Likewise. */
HS_MUST_CHECK enum hs_status evidence_amend(const char *path, const struct divergence *divergence,
                                            struct hs_error *err);

#endif
