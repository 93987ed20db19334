#include "kernel/vat/module_names.h"

#include <string.h>

static size_t folder_len(const char *name, size_t len)
{
    while (len > 0 && name[len - 1] != '/') {
        len--;
    }
    return len == 0 ? 0 : len - 1;
}

/* Leave the last folder of name[0..*len); false: there is none that has a name. */
static bool folder_leave(const char *name, size_t *len)
{
    size_t up = folder_len(name, *len);
    struct slice last = slice_make(name + up + 1, *len > up ? *len - up - 1 : 0);

    if (*len == 0 || name[up] != '/') return false; /* "." or ".." or the root */
    if (last.len == 0 || slice_equal(last, slice_text(".."))) return false;
    *len = up;
    return true;
}

static bool segment_append(char *name, size_t *len, struct slice segment)
{
    if (slice_equal(segment, slice_text("."))) return true;
    if (slice_equal(segment, slice_text(".."))) return folder_leave(name, len);
    if (segment.len == 0 || *len + 1 + segment.len > VAT_MODULE_NAME_BYTES_MAX) return false;
    name[(*len)++] = '/';
    memcpy(name + *len, segment.data, segment.len);
    *len += segment.len;
    return true;
}

static bool is_relative(struct slice specifier)
{
    return slice_starts_with(specifier, slice_text("./")) ||
           slice_starts_with(specifier, slice_text("../"));
}

bool module_name_resolve(struct slice base, struct slice specifier,
                         char name[VAT_MODULE_NAME_BYTES_MAX + 1])
{
    size_t len;

    if (base.len > VAT_MODULE_NAME_BYTES_MAX || specifier.len > VAT_MODULE_NAME_BYTES_MAX) {
        return false;
    }
    if (!is_relative(specifier)) {
        if (specifier.len == 0 || strchr("./", specifier.data[0])) return false;
        memcpy(name, specifier.data, specifier.len);
        name[specifier.len] = '\0';
        return true;
    }
    if (base.len == 0 || !strchr("./", base.data[0])) return false;
    len = folder_len(base.data, base.len);
    memcpy(name, base.data, len);
    for (size_t at = 0; at <= specifier.len;) {
        const char *slash = memchr(specifier.data + at, '/', specifier.len - at);
        size_t end = slash ? (size_t)(slash - specifier.data) : specifier.len;

        if (!segment_append(name, &len, slice_make(specifier.data + at, end - at))) return false;
        at = end + 1;
    }
    name[len] = '\0';
    return true;
}
