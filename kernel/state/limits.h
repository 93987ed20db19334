/* Every bound of the project, and why the bounds fit each other.
 *
 * A bound is checked before the allocation it protects. Bounds that belong to the wire are
 * contracts (docs/protocol.md); the others may change with a format version.
 */
#ifndef HEADSTART_KERNEL_STATE_LIMITS_H
#define HEADSTART_KERNEL_STATE_LIMITS_H

#include <stdint.h>

/* 2^53 - 1: the largest integer that every client language holds exactly. */
#define HS_UINT_MAX UINT64_C(9007199254740991)

enum {
    HS_FRAME_BYTES_MAX = 64 << 20,   /* one MessagePack-RPC frame (protocol) */
    HS_FRAME_DEPTH_MAX = 32,         /* nesting inside a frame (protocol) */
    HS_MESSAGE_BYTES_MAX = 32 << 20, /* one message's text; leaves room for its frame */
    HS_KEY_BYTES_MAX = 64 << 10,     /* one store key */
    HS_VALUE_BYTES_MAX = 60 << 20,   /* one store value: must fit a frame */
    HS_BUFFER_BYTES_MAX = 512 << 20, /* one growable buffer */
    HS_ARRAY_BYTES_MAX = 1 << 30,    /* one growable array */
    HS_JSON_DEPTH_MAX = 512,         /* nesting of JSON that the kernel itself parses */
    HS_CHAIN_ID_BYTES_MAX = 128,
    HS_NAME_BYTES_MAX = 256, /* vat, device, method and client names */

    HS_QUARANTINE_NAMES_MAX = 256,     /* what is kept there goes, oldest first, past either … */
    HS_QUARANTINE_BYTES_MAX = 1 << 30, /* … of these; the newest always stays */

    HS_FOLDER_NAMES_MAX = 65536, /* one folder's entries that are read */
    HS_FOLDER_DEPTH_MAX = 16,    /* folders in each other that are made or removed at once */

    HS_HEAP_PAGE_BYTES = 4096,            /* heap pages: stored, restored */
    HS_HEAP_LINE_BYTES = 512,             /* heap lines: compared, undone */
    HS_WASM_PAGE_BYTES = 64 << 10,        /* linear memory grows in these */
    HS_HEAP_BYTES_MAX = 1 << 30,          /* hard ceiling of one vat's linear memory */
    HS_HEAP_BYTES_DEFAULT = 256 << 20,    /* a vat's memory limit unless configured */
    HS_VAT_THREAD_STACK_BYTES = 64 << 20, /* native stack a vat needs to run */
    HS_TICK_STEPS = 10000,                /* steps of the engine that are a tick */
    HS_VAT_COUNT_MAX = 4096,              /* vats of one kernel */
    HS_OUTPUTS_MAX = 65536,               /* bridge outputs of one message */
    HS_HISTORY_HEIGHTS = 1000,            /* newest kernel.history.* entries kept */
    HS_SNAPSHOT_KEEP_MAX = 1024,
    HS_REPLAY_THREADS_MAX = 64,        /* as many as a pool of workers may have */
    HS_SAVEPOINTS_MAX = 64,            /* of the open block */
    HS_SAVEPOINT_BYTES_MIN = 16 << 20, /* of memory that they may take, and the live heaps' */
    HS_OPEN_INPUTS_MAX = 65536, /* messages of the open block kept to be executed again … */
    HS_OPEN_INPUT_BYTES_MAX = 32 << 20, /* … and the bytes of their texts */
    HS_READ_CACHE_BYTES_MAX = 16 << 20, /* what is kept of keys read below a kernel's layers */
    HS_LOG_SEGMENT_BYTES = 1 << 20, /* a replay-log segment is closed past this size: small, since
                                       whole segments are trimmed and all are read at a start */
};

/* A message must fit the frame that carries it, with room for keys and numbers around it. */
_Static_assert(HS_MESSAGE_BYTES_MAX < HS_FRAME_BYTES_MAX, "a message must fit a frame");
_Static_assert(HS_VALUE_BYTES_MAX < HS_FRAME_BYTES_MAX, "a store value must fit a frame");
_Static_assert(HS_BUFFER_BYTES_MAX < HS_ARRAY_BYTES_MAX, "a buffer grows as an array of bytes");
_Static_assert(HS_WASM_PAGE_BYTES % HS_HEAP_PAGE_BYTES == 0, "heap pages tile wasm pages");
_Static_assert(HS_HEAP_PAGE_BYTES % HS_HEAP_LINE_BYTES == 0, "heap lines tile heap pages");

#endif
