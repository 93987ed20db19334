/* Whom the two ends of the socket trust: their own user and root, and a folder that only those two
 * may write, since whoever writes there can put another socket in its place.
 */
#ifndef HEADSTART_IPC_TRUST_H
#define HEADSTART_IPC_TRUST_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/** May a process of user `own` talk to one of user `other`? */
bool trust_user(uid_t other, uid_t own);
/** Asks the kernel who is at the other end of `fd` (SO_PEERCRED); false when it cannot say. Asked
 * by who connected, it says who called listen. */
bool trust_peer(int fd);
/** Can only `own` and root put files there, or in the place of theirs (a sticky folder of `own`)?
 */
bool trust_folder(const struct stat *folder, uid_t own);

#endif
