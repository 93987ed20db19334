#include "sidecar/kernel_file.h"

#include "sidecar/threads/vat_thread.h"

struct kernel_file {
    const char *path;
    struct kernel_config **out;
};

static enum hs_status kernel_file_work(void *data, struct hs_error *err)
{
    const struct kernel_file *file = data;

    return kernel_config_load(disk_system(), file->path, file->out, err);
}

enum hs_status kernel_file_load(const char *path, struct kernel_config **out, struct hs_error *err)
{
    struct kernel_file file = {.path = path, .out = out};

    return vat_thread_run(kernel_file_work, &file, err);
}
