/* Exported: a delivery of the replay log as one line of text, every input and the hash after it.
 *
 *   {"seqnum":7,"height":1,"time":1700000005,"ticks":null,"control":false,"skipped":false,
 *    "message":"{\"to\":…}","hash":"…"}                                        (on one line)
 *
 * `log export` prints them, `solo` executes them. A message that is not UTF-8 stands under
 * "message_hex" instead, two hex digits a byte.
 */
#ifndef HEADSTART_SIDECAR_COMMANDS_EXPORTED_H
#define HEADSTART_SIDECAR_COMMANDS_EXPORTED_H

#include "kernel/state/message.h"

/** Replace *line, without a newline at its end. HS_NOMEM, HS_TOO_LARGE. */
HS_MUST_CHECK enum hs_status exported_print(const struct log_entry *entry, struct buffer *line);

/** Read what exported_print wrote: a line that begins with seqnum and holds those members.
 *
 *  In:      text   replaced; out->message borrows it
 *  Returns: HS_OK
 *           HS_INVALID  the line is something else
 *           HS_NOMEM, HS_TOO_LARGE */
HS_MUST_CHECK enum hs_status exported_read(struct slice line, struct buffer *text,
                                           struct log_entry *out);

#endif
