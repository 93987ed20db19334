/* Taking over a socket path safely.
 *
 * A socket file outlives a killed process, so "the file is there" means nothing; only connecting
 * tells whether anybody listens. Between looking and binding, another headstart could do the same
 * and one of the two would end up with a socket that no path leads to. So the folder itself is
 * locked (flock) around look, unlink, bind and listen: no extra file, gone with the process.
 *
 * libuv's own bind is not used: it cuts a path that is too long, and succeeds. */
#include "ipc/listen_socket.h"

#include "ipc/trust.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LISTEN_BACKLOG = 64, LISTEN_LOCK_TRIES = 100, LISTEN_LOCK_PAUSE_MS = 10 };

static enum hs_status listen_folder_lock(const char *path, int *out, struct hs_error *err)
{
    struct timespec pause = {.tv_nsec = LISTEN_LOCK_PAUSE_MS * 1000000L};
    char folder[LISTEN_PATH_BYTES + 1];
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) + 1 : 1;
    struct stat found;
    int fd;

    memcpy(folder, slash ? path : ".", len);
    folder[len] = '\0';
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return hs_fail_errno(err, HS_IO, errno, "the socket's folder %s cannot be opened", folder);
    }
    if (fstat(fd, &found) != 0 || !trust_folder(&found, geteuid())) {
        close(fd);
        return hs_fail(err, HS_UNSAFE,
                       "others may write the socket's folder %s, and put a socket of theirs in its "
                       "place; take that right away (chmod go-w), or name another folder",
                       folder);
    }
    for (int tries = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; tries++) {
        if (errno != EWOULDBLOCK || tries == LISTEN_LOCK_TRIES) {
            enum hs_status st = hs_fail_errno(err, HS_LOCKED, errno,
                                              "the socket's folder %s cannot be locked", folder);
            close(fd);
            return st;
        }
        nanosleep(&pause, NULL);
    }
    *out = fd;
    return HS_OK;
}

/* Does anybody answer at `address`? HS_OK: nobody, and no file is there any more. */
static enum hs_status listen_path_clear(const struct sockaddr_un *address, struct hs_error *err)
{
    struct stat found;
    int fd, failure;

    if (lstat(address->sun_path, &found) != 0) {
        if (errno == ENOENT) return HS_OK;
        return hs_fail_errno(err, HS_IO, errno, "%s cannot be looked at", address->sun_path);
    }
    if (!S_ISSOCK(found.st_mode)) {
        return hs_fail(err, HS_EXISTS, "%s is not a socket; move it away or choose another path",
                       address->sun_path);
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return hs_fail_errno(err, HS_IO, errno, "no socket can be made");
    failure = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ? 0 : errno;
    close(fd);
    if (failure == 0 || failure == EAGAIN) {
        return hs_fail(err, HS_LOCKED,
                       "another process listens at %s; stop it, or choose another socket",
                       address->sun_path);
    }
    if (failure != ECONNREFUSED) {
        return hs_fail_errno(err, HS_IO, failure, "%s cannot be tried", address->sun_path);
    }
    if (unlink(address->sun_path) != 0) {
        return hs_fail_errno(err, HS_IO, errno, "the stale %s cannot be removed",
                             address->sun_path);
    }
    return HS_OK;
}

/* Nobody can connect before listen, so the mode is set in time. */
static enum hs_status listen_bind(const struct sockaddr_un *address, struct listen_socket *s,
                                  struct hs_error *err)
{
    const char *path = address->sun_path;
    struct stat made;

    s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->fd < 0) return hs_fail_errno(err, HS_IO, errno, "no socket can be made");
    if (bind(s->fd, (const struct sockaddr *)address, sizeof *address) != 0) {
        return hs_fail_errno(err, HS_IO, errno, "the socket %s cannot be made", path);
    }
    if (chmod(path, S_IRUSR | S_IWUSR) != 0 || lstat(path, &made) != 0 ||
        listen(s->fd, LISTEN_BACKLOG) != 0) {
        enum hs_status st = hs_fail_errno(err, HS_IO, errno, "cannot listen at %s", path);

        (void)unlink(path);
        return st;
    }
    s->device = made.st_dev;
    s->inode = made.st_ino;
    return HS_OK;
}

enum hs_status listen_socket_open(const char *path, struct listen_socket *out, struct hs_error *err)
{
    struct listen_socket s = {.fd = -1};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    int folder_fd = -1;
    enum hs_status st;

    if (len == 0) return hs_fail(err, HS_INVALID, "the socket's path is empty");
    if (len >= sizeof address.sun_path) {
        return hs_fail(err, HS_TOO_LARGE, "the socket's path has %zu bytes, %zu fit: %s", len,
                       sizeof address.sun_path - 1, path);
    }
    memcpy(address.sun_path, path, len + 1);
    memcpy(s.path, path, len + 1);
    st = listen_folder_lock(path, &folder_fd, err);
    if (st != HS_OK) return st;
    st = listen_path_clear(&address, err);
    if (st == HS_OK) st = listen_bind(&address, &s, err);
    close(folder_fd);
    if (st != HS_OK) {
        if (s.fd >= 0) close(s.fd);
        return st;
    }
    assert(s.fd >= 0);
    *out = s;
    return HS_OK;
}

void listen_socket_remove(const struct listen_socket *s)
{
    struct stat found;

    if (lstat(s->path, &found) != 0) return;
    if (found.st_dev == s->device && found.st_ino == s->inode) (void)unlink(s->path);
}
