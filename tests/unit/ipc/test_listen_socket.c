/* The socket file: whose it is, who may connect, what is left. */
#include "tests/unit/ipc/stage.h"
#include "tests/unit/suite.h"

#include "ipc/include/headstart.h"
#include "ipc/listen_socket.h"
#include "ipc/trust.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
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

static void trust__own_user_and_root_only(void)
{
    CU_ASSERT(trust_user(1000, 1000));
    CU_ASSERT(trust_user(0, 1000));
    CU_ASSERT_FALSE(trust_user(1001, 1000));
    CU_ASSERT_FALSE(trust_user(1000, 0));
}

static void trust__folders_that_only_those_may_write(void)
{
    static const struct {
        uid_t owner;
        mode_t mode;
        bool fine;
    } rows[] = {
        {1000, 0755, true},  {0, 0755, true},     {1001, 0755, false},  {1000, 0775, false},
        {1000, 0757, false}, {1000, 0777, false}, {0, 01777, false},    {1001, 0700, false},
        {1000, 0700, true},  {1000, 01777, true}, {1001, 01777, false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct stat folder = {.st_uid = rows[i].owner, .st_mode = S_IFDIR | rows[i].mode};

        CU_ASSERT_EQUAL(trust_folder(&folder, 1000), rows[i].fine);
    }
}

/* A node of root's and a sidecar of another user's: never where a third could have put a folder of
 * that name. Who we are is its owner, and the one that is asked for. */
static void trust__root_takes_a_server_whose_folder_nobody_else_could_make(void)
{
    struct scratch_path dir = scratch_make(), inner = scratch_join(dir.text, "run");

    CU_ASSERT_EQUAL(mkdir(inner.text, 0700), 0);
    CU_ASSERT_FALSE(trust_server_of(geteuid(), inner.text)); /* below a folder for everybody */
    CU_ASSERT_FALSE(trust_server_of(geteuid() + 1, inner.text));
    CU_ASSERT_FALSE(trust_server_of(geteuid(), scratch_join(dir.text, "none").text));
    CU_ASSERT_TRUE(trust_server_of(0, "/"));
    CU_ASSERT_TRUE(trust_server_of(0, "/proc/self/../1"));
    CU_ASSERT_FALSE(trust_server_of(1001, "/"));
    scratch_remove(dir);
}

static void socket__folder_that_others_may_write_is_refused(void)
{
    struct scratch_path dir = scratch_make(), path = scratch_join(dir.text, "s");
    struct hs_error err = {0};
    enum hs_status st;
    static const mode_t others[] = {S_IWOTH, S_IWGRP};

    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        CU_ASSERT_EQUAL(chmod(dir.text, 0700 | others[i]), 0);
        CU_ASSERT_PTR_NULL(start_at(path.text, &st, &err));
        CU_ASSERT_EQUAL(st, HS_UNSAFE);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, dir.text));
        CU_ASSERT_FALSE(scratch_exists(path.text));
    }
    CU_ASSERT_EQUAL(chmod(dir.text, 0755), 0);
    CU_ASSERT_PTR_NOT_NULL(start_at(path.text, &st, &err));
    scratch_remove(dir);
}

static enum headstart_status connect_to(const char *path, struct headstart_error *err)
{
    struct headstart_options options = {.socket_path = path, .chain_id = SCRIPTED_CHAIN};
    struct headstart *h = NULL;
    enum headstart_status st = headstart_connect(&options, &h, err);

    CU_ASSERT_EQUAL(st == HEADSTART_OK, h != NULL);
    headstart_close(h);
    return st;
}

static void client__folder_that_others_may_write_is_refused(void)
{
    struct headstart_error err = {.text = ""};
    struct stage g;

    stage_open(&g);
    CU_ASSERT_EQUAL(chmod(g.dir.text, 0777), 0);
    CU_ASSERT_EQUAL(connect_to(g.socket.text, &err), HEADSTART_INVALID);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, g.dir.text));
    CU_ASSERT_EQUAL(scripted_server_facts(g.server).attached, 0);
    CU_ASSERT_EQUAL(chmod(g.dir.text, 0755), 0);
    CU_ASSERT_EQUAL(connect_to(g.socket.text, &err), HEADSTART_OK);
    stage_close(&g);
}

/* With root's powers another user's process is tried. */
static void client__another_users_server_is_refused(void)
{
    struct scratch_path dir = scratch_make(), path = scratch_join(dir.text, "s");
    struct headstart_error err = {.text = ""};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int ready[2], fd;
    pid_t child;
    char byte;

    if (geteuid() != 0) {
        (void)printf("(needs root: the rule alone was tested) ");
        scratch_remove(dir);
        return;
    }
    memcpy(address.sun_path, path.text, strlen(path.text) + 1);
    CU_ASSERT_EQUAL_FATAL(pipe(ready), 0);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    child = fork();
    if (child == 0) { /* whoever calls listen is who serves */
        if (setgid(65534) != 0 || setuid(65534) != 0 || listen(fd, 4) != 0) _exit(2);
        if (write(ready[1], "x", 1) != 1) _exit(3);
        pause();
    }
    CU_ASSERT_EQUAL(read(ready[0], &byte, 1), 1);
    CU_ASSERT_EQUAL(connect_to(path.text, &err), HEADSTART_INVALID);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "another user's process"));
    CU_ASSERT_EQUAL(kill(child, SIGKILL), 0);
    CU_ASSERT_EQUAL(waitpid(child, &(int){0}, 0), child);
    close(fd);
    close(ready[0]);
    close(ready[1]);
    scratch_remove(dir);
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
    CU_ASSERT_EQUAL(chmod(g.dir.text, 0755), 0);
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
    SUITE_CASE(trust__own_user_and_root_only),
    SUITE_CASE(trust__folders_that_only_those_may_write),
    SUITE_CASE(trust__root_takes_a_server_whose_folder_nobody_else_could_make),
    SUITE_CASE(socket__folder_that_others_may_write_is_refused),
    SUITE_CASE(client__folder_that_others_may_write_is_refused),
    SUITE_CASE(client__another_users_server_is_refused),
    SUITE_CASE(socket__stranger_is_turned_away),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("listen_socket", cases, argc, argv);
}
