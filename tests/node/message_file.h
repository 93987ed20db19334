/* The chain's input: a file of messages, one JSON text a line, read in order from a byte offset.
 *
 * The offset is what a node keeps to go on after a restart; it always points behind a whole line.
 * Lines that are empty are passed over. The last line may lack its newline.
 */
#ifndef HEADSTART_TESTS_NODE_MESSAGE_FILE_H
#define HEADSTART_TESTS_NODE_MESSAGE_FILE_H

#include "kernel/state/bytes.h"

struct message_file;

/** HS_NOT_FOUND, HS_IO; HS_INVALID when `offset` lies past the end. */
HS_MUST_CHECK enum hs_status message_file_open(const char *path, uint64_t offset,
                                               struct message_file **out, struct hs_error *err);
void message_file_close(struct message_file *f);

/** The next message into *text (replaced). HS_NOT_FOUND without a text at the end; HS_TOO_LARGE
 *  for a line past HS_MESSAGE_BYTES_MAX. */
HS_MUST_CHECK enum hs_status message_file_next(struct message_file *f, struct buffer *text,
                                               struct hs_error *err);

uint64_t message_file_offset(const struct message_file *f); /* behind the last line returned */
uint64_t message_file_bytes(const struct message_file *f);  /* the whole file, when it was opened */

#endif
