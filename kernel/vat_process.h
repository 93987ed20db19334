/* Vat process: one vat of the kernel with its heap, and the table of all of them.
 *
 * The store says which vats exist; a process is the heap that goes with one. Heaps move between
 * marks together with the store, so a process remembers what became of it since the mark:
 *
 *   open     may be elsewhere than at its mark, as all that follow: the table lists those, so that
 *            marking, savepoints and going back cost nothing for the vats that stood still
 *   born     made since the mark: closed on going back behind that
 *   ended    terminated since the mark: kept, and alive again on going back behind that; one that
 *            was born since as well only as long as there is a savepoint at which it lived
 *   touched  ran since its heap's newest savepoint, or the mark: its heap may differ from that
 *   unsaved  its mark image changed since the last snapshot was taken
 *
 * A vat that is upgraded is another process under the same id: the one before has ended.
 */
#ifndef HEADSTART_KERNEL_VAT_PROCESS_H
#define HEADSTART_KERNEL_VAT_PROCESS_H

#include "kernel/tables/kv_hashed.h"
#include "kernel/tables/vat_names.h"
#include "kernel/vat/vat.h"

#include <sys/queue.h>

struct vat_process {
    struct vat_name name;
    struct vat *vat;              /* NULL only while it is being opened */
    struct vat_process *replaced; /* the incarnation before, if it ended since the mark */
    uint64_t transcript_from;     /* the item that this incarnation began with */
    uint64_t transcript_len;
    uint64_t transcript_len_marked;
    uint64_t deliveries;
    uint64_t born_after, ended_after; /* ids of the newest savepoints then */
    LIST_ENTRY(vat_process) among_open;
    bool open, born, ended, touched, unsaved;
    bool critical; /* a crank of it that fails is undone (critical.h) */
};
LIST_HEAD(vat_processes, vat_process);

/* Of a process in the table; `number` is that of its id, so that a search looks at no process. */
struct vat_row {
    uint64_t number;
    struct vat_process *process;
};

/* In the order of the numbers. All zero bytes is a valid empty table. */
struct vat_table {
    struct vat_row *items;
    size_t len;
    size_t capacity;
    struct vat_processes open;
};

void vat_table_fini(struct vat_table *t);
/** A new process without a heap, in its place. */
HS_MUST_CHECK enum hs_status vat_table_add(struct vat_table *t, const struct vat_name *name,
                                           struct vat_process **out, struct hs_error *err);
/** The process of `id` that has not ended; NULL: none. */
struct vat_process *vat_table_find(const struct vat_table *t, const struct ref *id);
/** Close and take out. */
void vat_table_remove(struct vat_table *t, struct vat_process *p);

/** The process is about to leave its mark, if it has not. */
void vat_table_open_add(struct vat_table *t, struct vat_process *p);
/** It is at its mark again. */
void vat_table_open_remove(struct vat_process *p);

/* Looks at what a vat says that is no syscall. */
typedef void (*vat_console_fn)(void *data, const struct vat_process *p, struct slice request);

/** Give the process a fresh heap with the vat's own program in it, both as `kv` has them.
 *  In:      ticks_max  what loading the program may take; 0: no limit holds, as in a replay
 *           console    is told what the program says meanwhile; NULL: nobody is
 *  Returns: HS_VAT_FAILED  the program does not load */
HS_MUST_CHECK enum hs_status vat_process_open(struct vat_process *p, struct kv_store *kv,
                                              struct vat_engine *engine, uint64_t ticks_max,
                                              vat_console_fn console, void *console_data,
                                              struct hs_error *err);
/** Hand over one delivery (JSON text); what it takes to say it is in buffers of `room`.
 *  Returns: HS_VAT_FAILED  it failed, or answered with an error: the heap is undefined */
HS_MUST_CHECK enum hs_status vat_process_deliver(struct vat_process *p, struct slice delivery,
                                                 struct buffer_room *room, vat_host_fn host,
                                                 void *host_data, struct hs_error *err);

/** What passes between a vat and its host: *syscall is the inside of ["syscall", …]; false: the
 *  request is something else (console output), which is answered with VAT_ANSWER_NOTHING and leaves
 *  no trace. */
bool vat_request_syscall(struct slice request, struct slice *syscall);
#define VAT_ANSWER_NOTHING "null"

#endif
