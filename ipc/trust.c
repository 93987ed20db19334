#include "ipc/trust.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

bool trust_user(uid_t other, uid_t own)
{
    return other == own || other == 0;
}

bool trust_peer_user(int fd, uid_t *user)
{
    struct ucred peer;
    socklen_t len = sizeof peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0) return false;
    assert(len == sizeof peer);
    *user = peer.uid;
    return true;
}

bool trust_peer(int fd)
{
    uid_t user;

    return trust_peer_user(fd, &user) && trust_user(user, geteuid());
}

bool trust_folder(const struct stat *folder, uid_t own)
{
    if ((folder->st_mode & S_ISVTX) != 0 && folder->st_uid == own) return true;
    return trust_user(folder->st_uid, own) && (folder->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* A sticky folder is no excuse here: before the server made its own in it, anybody could. */
static bool trust_only(const char *path, uid_t server)
{
    struct stat found;

    return stat(path, &found) == 0 && trust_user(found.st_uid, server) &&
           (found.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

bool trust_server_of(uid_t server, const char *folder)
{
    char *path = realpath(folder, NULL);
    struct stat found;
    bool fine = path && stat(path, &found) == 0 && found.st_uid == server;

    while (fine && strcmp(path, "/") != 0) {
        char *slash = strrchr(path, '/');

        fine = trust_only(path, server);
        slash[slash == path] = '\0'; /* the folder above it; "/" is its own */
    }
    fine = fine && trust_only("/", server);
    free(path);
    return fine;
}
