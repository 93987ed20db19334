/* Folders that a command needs before anything else can start. */
#ifndef HEADSTART_SIDECAR_COMMANDS_FOLDER_H
#define HEADSTART_SIDECAR_COMMANDS_FOLDER_H

#include "sidecar/commands/failure.h"

/** Make `path` and what is missing above it, mode 0700. What cannot be made is told, as `what`
 *  (NULL: it is not).
 *  *made: how many folders that were (NULL: not wanted).
 *  EXIT_CODE_OK, _CANNOT_CREATE, _PERMISSION */
enum exit_code folder_create(const char *path, const char *what, size_t *made);
/** The same for the folder that `path` lies in. */
enum exit_code folder_create_parent(const char *path, const char *what, size_t *made);

/** Undo folder_create after a start that failed: of the `made` folders those that are empty go. */
void folder_remove_empty(const char *path, size_t made);
void folder_remove_empty_parent(const char *path, size_t made);

#endif
