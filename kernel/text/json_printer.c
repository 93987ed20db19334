#include "kernel/text/json_printer.h"

#include "kernel/text/json_text.h"

#include <assert.h>

struct json_printer json_printer_on(struct buffer *out)
{
    return (struct json_printer){printer_on(out), false};
}

void json_print_comma(struct json_printer *j)
{
    if (j->follows) printer_byte(&j->text, ',');
    j->follows = true;
}

void json_print_open(struct json_printer *j, char bracket)
{
    assert(bracket == '[' || bracket == '{');
    json_print_comma(j);
    printer_byte(&j->text, bracket);
    j->follows = false;
}

void json_print_close(struct json_printer *j, char bracket)
{
    assert(bracket == ']' || bracket == '}');
    printer_byte(&j->text, bracket);
    j->follows = true;
}

void json_print_key(struct json_printer *j, const char *key)
{
    json_print_word(j, key);
    json_print_colon(j);
}

void json_print_colon(struct json_printer *j)
{
    printer_byte(&j->text, ':');
    j->follows = false;
}

void json_print_string(struct json_printer *j, struct slice s)
{
    json_print_comma(j);
    if (j->text.status == HS_OK) printer_note(&j->text, json_text_encode(j->text.out, s));
}

void json_print_word(struct json_printer *j, const char *word)
{
    json_print_comma(j);
    printer_byte(&j->text, '"');
    printer_text(&j->text, word);
    printer_byte(&j->text, '"');
}

void json_print_uint(struct json_printer *j, uint64_t number)
{
    json_print_comma(j);
    printer_uint(&j->text, number);
}

void json_print_raw(struct json_printer *j, struct slice json)
{
    if (json.len == 0) return;
    json_print_comma(j);
    printer_bytes(&j->text, json);
}

enum hs_status json_print_end(const struct json_printer *j)
{
    return printer_end(&j->text);
}
