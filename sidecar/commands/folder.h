/* Folders that a command needs before anything else can start. */
#ifndef HEADSTART_SIDECAR_COMMANDS_FOLDER_H
#define HEADSTART_SIDECAR_COMMANDS_FOLDER_H

#include "sidecar/commands/failure.h"

/** Make `path` and what is missing above it, mode 0700. What cannot be made is told, as `what`.
 *  EXIT_CODE_OK, _CANNOT_CREATE, _PERMISSION */
enum exit_code folder_create(const char *path, const char *what);
/** The same for the folder that `path` lies in. */
enum exit_code folder_create_parent(const char *path, const char *what);

#endif
