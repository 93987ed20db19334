#include "ipc/trust.h"

#include <assert.h>
#include <sys/socket.h>
#include <unistd.h>

bool trust_user(uid_t other, uid_t own)
{
    return other == own || other == 0;
}

bool trust_peer(int fd)
{
    struct ucred peer;
    socklen_t len = sizeof peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0) return false;
    assert(len == sizeof peer);
    return trust_user(peer.uid, geteuid());
}

bool trust_folder(const struct stat *folder, uid_t own)
{
    if ((folder->st_mode & S_ISVTX) != 0 && folder->st_uid == own) return true;
    return trust_user(folder->st_uid, own) && (folder->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}
