#include "sidecar/commands/exported.h"

#include "kernel/state/hex.h"
#include "kernel/state/limits.h"
#include "kernel/state/utf8.h"

#include <jansson.h>
#include <string.h>

/* Of every line. */
static const char exported_begin[] = "{\"seqnum\":";

/* --- printing --- */

static json_t *hex_of(struct slice bytes)
{
    struct buffer text = {0};
    json_t *hex = NULL;

    if (buffer_reserve(&text, 2 * bytes.len + 1) == HS_OK) {
        hex_encode(bytes.data, bytes.len, text.data);
        hex = json_stringn(text.data, 2 * bytes.len);
    }
    buffer_fini(&text);
    return hex;
}

static json_t *exported_make(const struct log_entry *entry)
{
    const struct message *m = &entry->message;
    bool readable = utf8_valid(m->text);
    json_t *text =
        readable ? json_stringn(m->text.len ? m->text.data : "", m->text.len) : hex_of(m->text);
    json_t *ticks = m->limited ? json_integer((json_int_t)m->ticks) : json_null();

    return json_pack("{s:I, s:I, s:I, s:o, s:b, s:b, s:o, s:s}", "seqnum",
                     (json_int_t)entry->after.seqnum, "height", (json_int_t)m->height, "time",
                     (json_int_t)m->time, "ticks", ticks, "control", (int)m->control, "skipped",
                     (int)m->skipped, readable ? "message" : "message_hex", text, "hash",
                     entry->after.hash);
}

static int exported_append(const char *text, size_t len, void *line)
{
    return buffer_append(line, slice_make(text, len)) == HS_OK ? 0 : -1;
}

enum hs_status exported_print(const struct log_entry *entry, struct buffer *line)
{
    json_t *made = exported_make(entry);
    int failed;

    buffer_clear(line);
    if (!made) return HS_NOMEM;
    failed = json_dump_callback(made, exported_append, line, JSON_COMPACT);
    json_decref(made);
    return failed ? HS_NOMEM : HS_OK;
}

/* --- reading --- */

static bool read_uint(const json_t *line, const char *key, uint64_t *out)
{
    const json_t *value = json_object_get(line, key);
    json_int_t number = json_integer_value(value);

    *out = (uint64_t)number;
    return json_is_integer(value) && number >= 0 && *out <= HS_UINT_MAX;
}

static bool read_bool(const json_t *line, const char *key, bool *out)
{
    const json_t *value = json_object_get(line, key);

    *out = json_is_true(value);
    return json_is_boolean(value);
}

static bool read_ticks(const json_t *line, struct message *m)
{
    m->limited = !json_is_null(json_object_get(line, "ticks"));
    return !m->limited || read_uint(line, "ticks", &m->ticks);
}

static enum hs_status read_hex(struct slice digits, struct buffer *out)
{
    enum hs_status st = buffer_reserve(out, digits.len / 2 + 1);

    if (digits.len % 2 != 0 || !hex_is_lower(digits.data, digits.len)) return HS_INVALID;
    if (st != HS_OK) return st;
    out->len = digits.len / 2;
    hex_decode(digits.data, out->len, out->data);
    return HS_OK;
}

static enum hs_status read_text(const json_t *line, struct buffer *out)
{
    const json_t *text = json_object_get(line, "message");
    const json_t *hex = json_object_get(line, "message_hex");
    const json_t *one = text ? text : hex;
    struct slice written;

    buffer_clear(out);
    if (!json_is_string(one) || (text && hex)) return HS_INVALID;
    written = slice_make(json_string_value(one), json_string_length(one));
    return text ? buffer_assign(out, written) : read_hex(written, out);
}

static enum hs_status read_position(const json_t *line, struct position *out)
{
    const json_t *hash = json_object_get(line, "hash");
    uint64_t seqnum;

    if (!read_uint(line, "seqnum", &seqnum) || !json_is_string(hash)) return HS_INVALID;
    return position_make(seqnum, slice_make(json_string_value(hash), json_string_length(hash)), out,
                         NULL);
}

static enum hs_status exported_take(const json_t *line, struct buffer *text, struct log_entry *out)
{
    struct message *m = &out->message;
    enum hs_status st;

    if (json_object_size(line) != 8 || !read_uint(line, "height", &m->height) ||
        !read_uint(line, "time", &m->time) || !read_ticks(line, m) ||
        !read_bool(line, "control", &m->control) || !read_bool(line, "skipped", &m->skipped)) {
        return HS_INVALID;
    }
    st = read_text(line, text);
    m->text = buffer_slice(text);
    return st == HS_OK ? read_position(line, &out->after) : st;
}

enum hs_status exported_read(struct slice line, struct buffer *text, struct log_entry *out)
{
    json_t *read = NULL;
    enum hs_status st = HS_INVALID;

    *out = (struct log_entry){.after = {.seqnum = 0}};
    if (!slice_starts_with(line, slice_text(exported_begin))) return st; /* most lines, at once */
    read = json_loadb(line.data, line.len, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
    if (read) st = exported_take(read, text, out);
    json_decref(read);
    return st;
}
