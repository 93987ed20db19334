/* What a recorder writes down: every change of the files below one folder, in order.
 *
 * A record is a struct trace_op, then `name_len` bytes of a name (for a rename two, a NUL between
 * them), then `data_len` bytes that were written. Files and folders are told apart by inode: on a
 * tmpfs none is given twice. Records lie in the byte order of the machine: nobody keeps them.
 */
#ifndef HEADSTART_TESTS_POWERCUT_TRACE_FORMAT_H
#define HEADSTART_TESTS_POWERCUT_TRACE_FORMAT_H

#include <stdint.h>

enum trace_kind {
    TRACE_CREATE = 1, /* dir, name: inode is a new, empty file */
    TRACE_MKDIR,      /* dir, name: inode is a new folder */
    TRACE_LINK,       /* dir, name: inode has one name more */
    TRACE_UNLINK,     /* dir, name; of a folder as well */
    TRACE_RENAME,     /* dir, two names: from dir to to_dir */
    TRACE_WRITE,      /* inode, offset, data */
    TRACE_TRUNCATE,   /* inode, offset: its new length */
    TRACE_SYNC,       /* inode, of a file or a folder: all of it before this is durable */
};

struct trace_op {
    uint32_t kind;
    uint32_t name_len;
    uint64_t inode, dir, to_dir;
    uint64_t offset, data_len;
};

#endif
