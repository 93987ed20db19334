/* JSON printed value by value: the writing side of json_text.h.
 *
 * Commas come by themselves. What is raw was checked when it was read and is copied as it is, so a
 * body of a megabyte is moved, not parsed. Failures stick, as a printer's do.
 */
#ifndef HEADSTART_KERNEL_TEXT_JSON_PRINTER_H
#define HEADSTART_KERNEL_TEXT_JSON_PRINTER_H

#include "kernel/state/printer.h"

/* Plain value; borrows the buffer. */
struct json_printer {
    struct printer text;
    bool follows; /* a value stands before: the next one needs a comma */
};

/** A printer of one value that is appended to `out`. */
struct json_printer json_printer_on(struct buffer *out);
/** Begin and end an array or object; bracket is '[' or '{', ']' or '}'. */
void json_print_open(struct json_printer *j, char bracket);
void json_print_close(struct json_printer *j, char bracket);
/** `key` needs no escapes. Its value comes next. */
void json_print_key(struct json_printer *j, const char *key);
/** The string that was just printed is a key. Its value comes next. */
void json_print_colon(struct json_printer *j);
/** `s` is UTF-8; it is escaped. */
void json_print_string(struct json_printer *j, struct slice s);
/** A string whose text needs no escapes: a word of ours, a reference. */
void json_print_word(struct json_printer *j, const char *word);
void json_print_uint(struct json_printer *j, uint64_t number);
/** One whole JSON value, already checked; or several with commas between; or, empty, none. */
void json_print_raw(struct json_printer *j, struct slice json);
/** What stands before a value that the caller prints on j->text itself: the comma. */
void json_print_comma(struct json_printer *j);
/** HS_OK: all of it is in the buffer. HS_NOMEM, HS_TOO_LARGE. */
HS_MUST_CHECK enum hs_status json_print_end(const struct json_printer *j);

#endif
