/* Capdata: how values travel between vats, and how JSON goes in and comes out.
 *
 *   {"body": "#" + smallcaps JSON, "slots": [ref…]}
 *
 * Smallcaps is JSON in which a string that begins with a character from '!' to '-' means something
 * special; a plain one that does is written with a '!' before it. Keys likewise. The kernel moves
 * bodies as raw JSON strings and looks into them only here:
 *
 *   in   a message's method and args become the body of a call
 *   out  the value of a result promise, or a bridge output, becomes plain JSON
 *
 * What plain JSON cannot say comes out like this: undefined, NaN and the infinities are null; a
 * bigint is its decimal string; an object reference is {"@ref": iface}, a promise
 * {"@promise": slot}, a symbol {"@symbol": name}, an error {"@error": message, "name": …}, a tagged
 * record {"@tag": …, "payload": …}. Nobody can forge these: a plain record's key that begins with
 * '@' gets another one in front.
 */
#ifndef HEADSTART_KERNEL_TEXT_CAPDATA_H
#define HEADSTART_KERNEL_TEXT_CAPDATA_H

#include "kernel/state/buffer_room.h"
#include "kernel/text/json_printer.h"
#include "kernel/text/json_text.h"
#include "kernel/text/refs.h"

struct capdata {
    struct slice body;     /* raw JSON string, quotes included; borrowed from what was read */
    struct ref_list slots; /* owned */
};

void capdata_fini(struct capdata *c);

/** Read {"body","slots"} where `t` stands. HS_INVALID: it is something else (t->problem). */
HS_MUST_CHECK enum hs_status capdata_read(struct json_text *t, struct capdata *out);
/** Print {"body":…,"slots":[…]}; slots may be NULL: none. */
void capdata_print(struct json_printer *j, struct slice body_raw, const struct ref_list *slots);

/** Append the raw body of a call: `method` is decoded text, `args` a checked raw JSON array. */
HS_MUST_CHECK enum hs_status capdata_call(struct buffer *out, struct slice method,
                                          struct slice args, struct buffer_room *room);
/** Print plain JSON made smallcaps: `json` is one value; HS_INVALID is noted when it is none. */
void capdata_print_json(struct json_printer *j, struct slice json);
/** Print `text` as a smallcaps string. */
void capdata_print_string(struct json_printer *j, struct slice text);
/** Append decoded body text of an error: #{"#error":message,"name":name}. */
HS_MUST_CHECK enum hs_status capdata_error(struct buffer *out, const char *name,
                                           const char *message);

/** Append the plain JSON that decoded body text means. A body that is not smallcaps JSON, which
 *  only a broken vat sends, becomes {"@unreadable": why}. */
HS_MUST_CHECK enum hs_status capdata_to_json(struct buffer *out, struct slice body);
/** Append {"error": text} for a rejection: "<name>: <message>" of an error, else the value. */
HS_MUST_CHECK enum hs_status capdata_rejection_to_json(struct buffer *out, struct slice body);
/** Append that text itself, as words for people. */
HS_MUST_CHECK enum hs_status capdata_rejection_to_text(struct buffer *out, struct slice body);

/** Is the decoded body nothing but slot 0 (an object or promise)? */
bool capdata_is_slot(struct slice body);

#endif
