#include "kernel/devices/device_types.h"

static const struct device_type *const device_types[] = {
#define DEVICE_TYPE_ROW(name) &device_type_##name,
    DEVICE_TYPES(DEVICE_TYPE_ROW)
#undef DEVICE_TYPE_ROW
};

const struct device_type *device_type_find(struct slice name)
{
    for (size_t i = 0; i < sizeof device_types / sizeof *device_types; i++) {
        if (slice_equal(name, slice_text(device_types[i]->name))) return device_types[i];
    }
    return NULL;
}
