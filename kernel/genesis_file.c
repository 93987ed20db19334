#include "kernel/genesis_file.h"

#include "kernel/genesis_text.h"
#include "kernel/state/disk.h"
#include "kernel/state/limits.h"

enum hs_status genesis_file_read(const char *path, struct kv_store *into, struct hs_error *err)
{
    struct buffer text = {0};
    enum hs_status st =
        disk_read_all(disk_system(), "genesis", NULL, path, HS_BUFFER_BYTES_MAX - 1, &text, err);

    if (st == HS_OK) {
        st = genesis_parse(buffer_slice(&text), into, err);
        if (st != HS_OK) (void)hs_fail_prefix(err, st, "%s", path);
    }
    buffer_fini(&text);
    return st;
}

enum hs_status genesis_file_write(const char *path, struct kv_store *from, struct hs_error *err)
{
    struct buffer text = {0};
    enum hs_status st = genesis_print(from, &text, err);

    if (st == HS_OK)
        st = disk_replace(disk_system(), "genesis", NULL, path, buffer_slice(&text), err);
    buffer_fini(&text);
    return st;
}
