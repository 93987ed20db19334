#include "ipc/client_link.h"

#include "ipc/trust.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    LINK_READ_BYTES = 64 << 10,
    LINK_KEPT_BYTES = 1 << 20, /* an input buffer above this is given back */
    LINK_RETRY_MS = 10,        /* between two tries to connect */
};

static int64_t link_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t link_now_ms(void)
{
    return link_now_us() / 1000;
}

client_deadline client_deadline_in(int timeout_ms)
{
    assert(timeout_ms >= 0);
    return timeout_ms == 0 ? CLIENT_NO_DEADLINE : link_now_ms() + timeout_ms;
}

enum headstart_status client_fail(struct headstart_error *err, enum headstart_status status,
                                  const char *format, ...)
{
    va_list args;

    assert(status != HEADSTART_OK);
    if (!err) return status;
    err->status = status;
    err->code[0] = '\0';
    va_start(args, format);
    (void)vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return status;
}

static enum headstart_status link_fail_errno(struct headstart_error *err, int errnum,
                                             const char *text)
{
    char words[128];

    return client_fail(err, HEADSTART_UNREACHABLE, "%s: %s", text,
                       strerror_r(errnum, words, sizeof words));
}

/* --- connecting --- */

static int link_connect_once(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0) return -1;
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 ||
        fcntl(fd, F_SETFL, 0) != 0) {
        int failure = errno;

        close(fd);
        errno = failure;
        return -1;
    }
    return fd;
}

/* Failures that pass when headstart has started, or has taken the peers before us in. */
static bool link_may_pass(int failure)
{
    return failure == ENOENT || failure == ECONNREFUSED || failure == EAGAIN || failure == EINTR;
}

/* Whoever serves here will be told our messages, and what it answers is written to our store. */
static enum headstart_status link_check(int fd, const char *path, struct headstart_error *err)
{
    const char *slash = strrchr(path, '/');
    int folder_len = slash ? (int)(slash - path) + 1 : 1;
    char folder[sizeof(((struct sockaddr_un *)0)->sun_path) + 1];
    struct stat found;
    uid_t server;

    (void)snprintf(folder, sizeof folder, "%.*s", folder_len, slash ? path : ".");
    if (geteuid() == 0 && trust_peer_user(fd, &server) && trust_server_of(server, folder)) {
        return HEADSTART_OK;
    }
    if (!trust_peer(fd)) {
        return client_fail(
            err, HEADSTART_INVALID,
            "another user's process serves %s: it must be our own user's, or root's; "
            "root may use another user's in a folder of that user's, if nobody else "
            "may write there or above",
            path);
    }
    if (stat(folder, &found) != 0 || !trust_folder(&found, geteuid())) {
        return client_fail(err, HEADSTART_INVALID,
                           "others may write the socket's folder %s; take that right away (chmod "
                           "go-w), or let headstart listen elsewhere",
                           folder);
    }
    return HEADSTART_OK;
}

enum headstart_status client_link_open(struct client_link *link, const char *path,
                                       client_deadline deadline, struct headstart_error *err)
{
    struct timespec pause = {.tv_nsec = LINK_RETRY_MS * 1000000L};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    enum headstart_status st;
    char words[128];
    int failure;

    *link = (struct client_link){.fd = -1};
    if (strlen(path) >= sizeof address.sun_path) {
        return client_fail(err, HEADSTART_INVALID, "the socket's path is too long: %s", path);
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    while ((link->fd = link_connect_once(&address)) < 0) {
        failure = errno;
        if (!link_may_pass(failure) ||
            (deadline != CLIENT_NO_DEADLINE && link_now_ms() >= deadline)) {
            return client_fail(err, HEADSTART_UNREACHABLE, "nobody answers at %s: %s", path,
                               strerror_r(failure, words, sizeof words));
        }
        nanosleep(&pause, NULL);
    }
    st = link_check(link->fd, path, err);
    if (st != HEADSTART_OK) client_link_close(link);
    return st;
}

bool client_link_is_open(const struct client_link *link)
{
    return link->fd >= 0;
}

void client_link_close(struct client_link *link)
{
    if (link->fd >= 0) close(link->fd);
    buffer_fini(&link->in);
    link->fd = -1;
}

/* --- frames --- */

static size_t link_room(const struct client_link *link)
{
    return link->in.capacity - link->in.len - 1;
}

static enum headstart_status link_wait(const struct client_link *link, short events,
                                       client_deadline deadline, struct headstart_error *err)
{
    struct pollfd poll_fd = {.fd = link->fd, .events = events};
    int wait_ms = -1, ready;

    do {
        if (deadline != CLIENT_NO_DEADLINE) {
            int64_t left = deadline - link_now_ms();

            wait_ms = left > 0 ? (int)left : 0; /* a deadline is made from an int */
        }
        ready = poll(&poll_fd, 1, wait_ms);
    } while (ready < 0 && errno == EINTR);
    if (ready < 0) return link_fail_errno(err, errno, "the socket cannot be polled");
    if (ready == 0) return client_fail(err, HEADSTART_TIMEOUT, "headstart did not answer in time");
    return HEADSTART_OK;
}

/* Asks again and again, for a while. 0: nothing came, or something is wrong: the wait that follows
 * says what. */
static ssize_t link_spin(struct client_link *link)
{
    int64_t begun_us = link_now_us();
    uint32_t bound_us = spin_begin(&link->spin, (uint64_t)begun_us);
    ssize_t len;

    if (bound_us == 0) return 0;
    do {
        len = recv(link->fd, link->in.data + link->in.len, link_room(link), MSG_DONTWAIT);
    } while (len < 0 && errno == EAGAIN && link_now_us() - begun_us < bound_us);
    if (len <= 0) return 0;
    spin_paid(&link->spin);
    return len;
}

enum headstart_status client_link_send(struct client_link *link, struct iovec *parts,
                                       size_t parts_len, client_deadline deadline,
                                       struct headstart_error *err)
{
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = parts_len};
    enum headstart_status st;

    assert(link->fd >= 0 && parts_len > 0);
    while (message.msg_iovlen > 0) {
        ssize_t sent = sendmsg(link->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && errno != EAGAIN) {
            return link_fail_errno(err, errno, "the connection broke while sending");
        }
        if (sent < 0) {
            st = link_wait(link, POLLOUT, deadline, err);
            if (st != HEADSTART_OK) return st;
            continue;
        }
        while (message.msg_iovlen > 0 && (size_t)sent >= message.msg_iov->iov_len) {
            sent -= (ssize_t)message.msg_iov->iov_len;
            message.msg_iov++;
            message.msg_iovlen--;
        }
        if (message.msg_iovlen > 0) {
            message.msg_iov->iov_base = (char *)message.msg_iov->iov_base + sent;
            message.msg_iov->iov_len -= (size_t)sent;
        }
    }
    return HEADSTART_OK;
}

static enum headstart_status link_read(struct client_link *link, client_deadline deadline,
                                       struct headstart_error *err)
{
    enum headstart_status st;
    ssize_t len = 0;

    if (buffer_reserve(&link->in, LINK_READ_BYTES) != HS_OK) {
        return client_fail(err, HEADSTART_NOMEM, "no memory for headstart's answer");
    }
    if (link->spin.bound_us > 0) len = link_spin(link);
    while (len <= 0) {
        /* without a deadline the read itself waits: one system call less a delivery */
        st = deadline == CLIENT_NO_DEADLINE ? HEADSTART_OK : link_wait(link, POLLIN, deadline, err);
        if (st != HEADSTART_OK) return st;
        len = recv(link->fd, link->in.data + link->in.len, link_room(link), 0);
        if (len == 0) {
            return client_fail(err, HEADSTART_UNREACHABLE, "headstart closed the connection");
        }
        if (len < 0 && errno != EINTR && errno != EAGAIN) {
            return link_fail_errno(err, errno, "the connection broke");
        }
    }
    if (link->spin.waits) spin_end(&link->spin, (uint64_t)link_now_us());
    link->in.len += (size_t)len;
    return HEADSTART_OK;
}

/* The frame given out last goes. */
static void link_compact(struct client_link *link)
{
    size_t left = link->in.len - link->in_taken;

    if (left > 0 && link->in_taken > 0) {
        memmove(link->in.data, link->in.data + link->in_taken, left);
    }
    link->in.len = left;
    link->in_taken = 0;
    if (left == 0 && link->in.capacity > LINK_KEPT_BYTES) buffer_fini(&link->in);
}

enum headstart_status client_link_receive(struct client_link *link, client_deadline deadline,
                                          struct slice *frame, struct headstart_error *err)
{
    struct hs_error why;
    enum headstart_status st;
    enum hs_status scanned;
    size_t frame_len = 0;

    assert(link->fd >= 0);
    hs_error_clear(&why);
    link_compact(link);
    for (;;) {
        scanned = packed_scan(&link->scanner, buffer_slice(&link->in), &frame_len, NULL, &why);
        if (scanned == HS_OK) break;
        if (scanned != HS_NOT_FOUND) {
            return client_fail(err, HEADSTART_PROTOCOL, "headstart sent %s", why.text);
        }
        st = link_read(link, deadline, err);
        if (st != HEADSTART_OK) return st;
    }
    link->scanner = (struct packed_scanner){0};
    link->in_taken = frame_len;
    *frame = slice_make(link->in.data, frame_len);
    return HEADSTART_OK;
}
