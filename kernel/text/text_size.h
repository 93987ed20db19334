/* Text size: the bounds of texts that others write, judged where they are written.
 *
 * Whoever reads such a text later can do so at a known cost: reading never ends the reader. A token
 * is a key, a value or an opening bracket. Smallcaps have two bounds more, for what takes more time
 * to read than its length says: digits of a bigint, and names that the engine cannot tell apart by
 * their hash (name_census.h).
 */
#ifndef HEADSTART_KERNEL_TEXT_TEXT_SIZE_H
#define HEADSTART_KERNEL_TEXT_TEXT_SIZE_H

#include "kernel/text/json_text.h"

enum {
    TEXT_BYTES_MAX = 1 << 20,
    TEXT_TOKENS_MAX = 50000, /* of JSON; it may nest HS_JSON_DEPTH_MAX deep */
    TEXT_SLOTS_MAX = 4096,   /* references that go with a body */
    TEXT_DIGITS_MAX = 4096,  /* of a bigint */
};

/** Which bound the text breaks, in words; NULL: none. One that is no JSON is judged as far as it
 *  looks like it: whether it may be none is for others to say. */
const char *text_size_problem(struct slice text);
/** The same of what a raw JSON string holds; behind a '#', if there is one, are smallcaps. HS_NOMEM
 */
HS_MUST_CHECK enum hs_status text_size_problem_raw(struct slice raw, const char **problem);

#endif
