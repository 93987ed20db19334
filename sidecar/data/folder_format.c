#include "sidecar/data/folder_format.h"

#include "kernel/state/position.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { FORMAT_FILE_BYTES_MAX = 4096 };

static const char format_place[] = "data.format";
static const char format_file[] = "FORMAT";

static enum hs_status format_damaged(const char *dir, struct hs_error *err)
{
    return hs_fail(err, HS_CORRUPT, "%s/%s is not what was written", dir, format_file);
}

/* The JSON's bytes, if the line behind them is their checksum. */
static bool format_line(struct slice text, struct slice *out)
{
    const char *end = text.len ? memchr(text.data, '\n', text.len) : NULL;
    char sum[32];
    int sum_len;

    if (!end) return false;
    *out = slice_make(text.data, (size_t)(end - text.data));
    sum_len = snprintf(sum, sizeof sum, "\n%016" PRIx64 "\n", checksum64(*out));
    return slice_equal(slice_make(end, text.len - out->len), slice_make(sum, (size_t)sum_len));
}

/* Bytes from disk: nothing is asserted, all is checked. */
static bool format_decode(struct slice line, struct data_folder_format *out)
{
    json_t *root = json_loadb(line.data, line.len, JSON_REJECT_DUPLICATES, NULL);
    const char *chain_id = json_string_value(json_object_get(root, "chain_id"));
    const char *epoch = json_string_value(json_object_get(root, "epoch"));
    json_int_t version = json_integer_value(json_object_get(root, "version"));
    bool whole = version > 0 && chain_id && chain_id[0] != '\0' &&
                 strlen(chain_id) <= HS_CHAIN_ID_BYTES_MAX && epoch &&
                 (epoch[0] == '\0' || position_valid(1, slice_text(epoch)));

    *out = (struct data_folder_format){.version = version > 0 ? (uint64_t)version : 0};
    if (whole) {
        memcpy(out->chain_id, chain_id, strlen(chain_id) + 1);
        memcpy(out->epoch, epoch, strlen(epoch) + 1);
    }
    json_decref(root);
    return whole || (version > 0 && version != DATA_FOLDER_VERSION);
}

enum hs_status folder_format_read(const struct disk *disk, const char *dir,
                                  struct data_folder_format *out, struct hs_error *err)
{
    struct buffer text = {0};
    struct slice line;
    enum hs_status st =
        disk_read_all(disk, format_place, dir, format_file, FORMAT_FILE_BYTES_MAX, &text, err);

    *out = (struct data_folder_format){0};
    if (st == HS_OK && (!format_line(buffer_slice(&text), &line) || !format_decode(line, out))) {
        st = format_damaged(dir, err);
    }
    buffer_fini(&text);
    return st;
}

enum hs_status folder_format_write(const struct disk *disk, const char *dir,
                                   const struct data_folder_format *format, struct hs_error *err)
{
    json_t *root = json_pack("{s:I,s:s,s:s}", "version", (json_int_t)format->version, "chain_id",
                             format->chain_id, "epoch", format->epoch);
    char *line = root ? json_dumps(root, 0) : NULL;
    struct buffer text = {0};
    enum hs_status st = line ? HS_OK : hs_fail(err, HS_INVALID, "the chain id is not UTF-8 text");

    if (st == HS_OK) {
        st = buffer_printf(&text, "%s\n%016" PRIx64 "\n", line, checksum64(slice_text(line)));
        if (st != HS_OK) st = hs_fail(err, st, "no memory for %s", format_file);
    }
    if (st == HS_OK) {
        st = disk_replace(disk, format_place, dir, format_file, buffer_slice(&text), err);
    }
    buffer_fini(&text);
    free(line);
    json_decref(root);
    return st;
}
