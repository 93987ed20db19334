/* Whom the two ends of the socket trust: their own user and root, and a folder that only those two
 * may write, since whoever writes there can put another socket in its place.
 *
 * A node that root runs may use a sidecar that was put under a user of its own (`User=` of its
 * unit): it takes that user for the one meant where the socket's folder is that user's, and nobody
 * but that user and root could have put it there, or anything above it.
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
/** Who that is; false when the kernel cannot say. */
bool trust_peer_user(int fd, uid_t *user);
/** Can only `own` and root put files there, or in the place of theirs (a sticky folder of `own`)?
 */
bool trust_folder(const struct stat *folder, uid_t own);
/** May root use a server of user `server` with its socket in `folder`? Asks for it and for all
 *  folders above it. */
bool trust_server_of(uid_t server, const char *folder);

#endif
