/* The socket file: bound where nobody else is, private, and gone afterwards. No event loop.
 */
#ifndef HEADSTART_IPC_LISTEN_SOCKET_H
#define HEADSTART_IPC_LISTEN_SOCKET_H

#include "kernel/state/bytes.h"

#include <sys/types.h>
#include <sys/un.h>

enum { LISTEN_PATH_BYTES = sizeof(((struct sockaddr_un *)0)->sun_path) };

struct listen_socket { /* plain value; the descriptor belongs to whoever opened it */
    int fd;
    dev_t device; /* which file it is: another process may have replaced it since */
    ino_t inode;
    char path[LISTEN_PATH_BYTES];
};

/** Bind and listen, mode 0600. A socket file that nobody answers on is replaced.
 *
 *  Returns: HS_OK         out->fd listens, non-blocking, close-on-exec
 *           HS_TOO_LARGE  the path does not fit sun_path
 *           HS_LOCKED     another process listens there
 *           HS_EXISTS     the path is something else than a socket
 *           HS_UNSAFE     others may write the folder
 *           HS_IO
 */
HS_MUST_CHECK enum hs_status listen_socket_open(const char *path, struct listen_socket *out,
                                                struct hs_error *err);
/** Remove the file if it still is the one that was made. Does not close the descriptor. */
void listen_socket_remove(const struct listen_socket *s);

#endif
