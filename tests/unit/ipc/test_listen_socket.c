/* The socket file: whose it is, who may connect, what is left. */
#include "tests/unit/ipc/stage.h"
#include "tests/unit/suite.h"

#include "ipc/listen_socket.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- the socket file --- */

static void *start_at(const char *path, enum hs_status *st, struct hs_error *err)
{
    static struct listen_socket s;

    *st = listen_socket_open(path, &s, err);
    return *st == HS_OK ? &s : NULL;
}

static void socket__is_private_and_removed(void)
{
    struct stage g;
    struct stat found;

    stage_open(&g);
    CU_ASSERT_EQUAL_FATAL(lstat(g.socket.text, &found), 0);
    CU_ASSERT(S_ISSOCK(found.st_mode));
    CU_ASSERT_EQUAL(found.st_mode & 0777, 0600);
    stage_close(&g);
}

static void socket__live_one_is_locked_and_stale_one_replaced(void)
{
    struct stage g;
    struct hs_error err = {0};
    struct listen_socket *made;
    enum hs_status st;
    pid_t child;

    stage_open(&g);
    CU_ASSERT_PTR_NULL(start_at(g.socket.text, &st, &err));
    CU_ASSERT_EQUAL(st, HS_LOCKED);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, g.socket.text));
    CU_ASSERT(scratch_exists(g.socket.text));
    scripted_server_close(g.server);
    child = fork();
    if (child == 0) { /* a process that is killed leaves its socket file */
        _exit(start_at(g.socket.text, &st, &err) ? 0 : 1);
    }
    CU_ASSERT_EQUAL(waitpid(child, &(int){0}, 0), child);
    CU_ASSERT(scratch_exists(g.socket.text));
    made = start_at(g.socket.text, &st, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(made);
    close(made->fd);
    listen_socket_remove(made);
    g.server = NULL;
    stage_close(&g);
}

static void socket__is_not_removed_when_another_took_its_place(void)
{
    struct scratch_path dir = scratch_make(), path = scratch_join(dir.text, "s");
    struct listen_socket first, second;

    CU_ASSERT_EQUAL_FATAL(listen_socket_open(path.text, &first, NULL), HS_OK);
    close(first.fd);
    /* keeps the first inode in use, as file systems give free ones out again at once */
    CU_ASSERT_EQUAL(link(path.text, scratch_join(dir.text, "kept").text), 0);
    CU_ASSERT_EQUAL_FATAL(listen_socket_open(path.text, &second, NULL), HS_OK);
    listen_socket_remove(&first);
    CU_ASSERT(scratch_exists(path.text));
    listen_socket_remove(&second);
    CU_ASSERT_FALSE(scratch_exists(path.text));
    close(second.fd);
    scratch_remove(dir);
}

static void socket__bad_paths_are_told(void)
{
    struct scratch_path dir = scratch_make(), path = scratch_join(dir.text, "file");
    struct hs_error err = {0};
    char longer[200];
    enum hs_status st;

    scratch_write(path.text, slice_text("precious"));
    CU_ASSERT_PTR_NULL(start_at(path.text, &st, &err));
    CU_ASSERT_EQUAL(st, HS_EXISTS);
    CU_ASSERT(scratch_exists(path.text));
    memset(longer, 'x', sizeof longer);
    longer[0] = '/';
    longer[108] = '\0';
    CU_ASSERT_PTR_NULL(start_at(longer, &st, &err));
    CU_ASSERT_EQUAL(st, HS_TOO_LARGE);
    CU_ASSERT_PTR_NULL(start_at("", &st, &err));
    CU_ASSERT_EQUAL(st, HS_INVALID);
    CU_ASSERT_PTR_NULL(start_at(scratch_join(dir.text, "no/such/s").text, &st, &err));
    CU_ASSERT_EQUAL(st, HS_IO);
    scratch_remove(dir);
}

static void socket__other_users_are_refused(void)
{
    CU_ASSERT(listen_peer_allowed(1000, 1000));
    CU_ASSERT(listen_peer_allowed(0, 1000));
    CU_ASSERT_FALSE(listen_peer_allowed(1001, 1000));
    CU_ASSERT_FALSE(listen_peer_allowed(1000, 0));
}

/* With root's powers a real stranger is tried: the file's mode alone would stop others. */
static void socket__stranger_is_turned_away(void)
{
    struct stage g;
    struct raw_peer p;
    pid_t child;
    int status = -1;

    if (geteuid() != 0) {
        (void)printf("(needs root: the rule alone was tested) ");
        return;
    }
    stage_open(&g);
    CU_ASSERT_EQUAL(chmod(g.socket.text, 0777), 0);
    CU_ASSERT_EQUAL(chmod(g.dir.text, 0777), 0);
    child = fork();
    if (child == 0) {
        if (setgid(65534) != 0 || setuid(65534) != 0) _exit(2);
        raw_peer_open(&p, g.socket.text);
        raw_request(&g.frame, 1, "status", slice_make(NULL, 0));
        _exit(raw_peer_ask(&p, &g.frame) == RAW_END ? 0 : 1);
    }
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    stage_close(&g);
}

static const struct suite_case cases[] = {
    SUITE_CASE(socket__is_private_and_removed),
    SUITE_CASE(socket__live_one_is_locked_and_stale_one_replaced),
    SUITE_CASE(socket__is_not_removed_when_another_took_its_place),
    SUITE_CASE(socket__bad_paths_are_told),
    SUITE_CASE(socket__other_users_are_refused),
    SUITE_CASE(socket__stranger_is_turned_away),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("listen_socket", cases, argc, argv);
}
