/* Invariants: what must hold of what the helm holds, wherever it is, as facts. A build with
 * HS_INVARIANTS asks after each move of the phase and each delivery, and ends where one is broken;
 * others never ask. Pure. */
#ifndef HEADSTART_SIDECAR_STEWARD_INVARIANTS_H
#define HEADSTART_SIDECAR_STEWARD_INVARIANTS_H

#include "replaylog/replay_log.h"
#include "sidecar/decide/phase.h"
#include "snapshot/snapshot_db.h"

struct invariant_facts {
    enum phase phase;
    bool delivered;                  /* a message was just executed and logged */
    bool kernel, attached;           /* is there one; was this node's position met */
    bool in_memory;                  /* the kernel does not stand on the snapshots */
    struct position at, mark, floor; /* at and mark are meaningful only with a kernel */
    bool log_kept, log_fenced;
    struct replay_log_summary log;
    const struct snapshot_record *snapshots; /* kept, newest first */
    size_t snapshots_len;
};

/** The first that is broken, in words; NULL: all hold. */
const char *invariant_broken(const struct invariant_facts *f);

/** All of the facts, in one line for people, cut at `room`. */
void invariant_facts_text(const struct invariant_facts *f, char *text, size_t room);

#endif
