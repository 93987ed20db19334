/* libheadstart against a headstart that breaks the protocol: whatever comes back, the node gets a
 * status, never a crash, a hang or a half-filled result. */
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#include "ipc/include/headstart.h"
#include "ipc/listen_socket.h"
#include "ipc/rpc.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#define HASH64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* One delivery's answer, packed by hand: msgid 1, from seqnum 4 to 5, one output, two writes. */
static const char answer[] = "\x94\x01\x01\xc0\x8a\xa6seqnum\x05\xa4hash\xd9\x40" HASH64
                             "\xa6status\xa8rejected\xa5value\xa2{}\xa7outputs\x91\xa1o"
                             "\xa6writes\x92\x92\xa1k\xa1v\x92\xa1g\xc0\xa4path\xa4live"
                             "\xa8replayed\x00\xa7wait_us\x01\xa6run_us\x02";

struct impostor { /* answers each connection's first bytes with `bytes` and hangs up */
    pthread_t thread;
    struct scratch_path dir, path;
    struct listen_socket socket;
    pthread_mutex_t lock;
    struct buffer bytes;
    bool stop;
};

static void impostor_serve(struct impostor *s, int fd)
{
    char request[4096];
    ssize_t len = recv(fd, request, sizeof request, 0);

    pthread_mutex_lock(&s->lock);
    if (len > 0) (void)send(fd, s->bytes.data, s->bytes.len, MSG_NOSIGNAL);
    pthread_mutex_unlock(&s->lock);
    close(fd);
}

static void *impostor_run(void *data)
{
    struct impostor *s = data;
    bool stop = false;

    while (!stop) {
        int fd = accept(s->socket.fd, NULL, NULL);

        if (fd < 0) break;
        pthread_mutex_lock(&s->lock);
        stop = s->stop;
        pthread_mutex_unlock(&s->lock);
        if (stop) {
            close(fd);
        } else {
            impostor_serve(s, fd);
        }
    }
    return NULL;
}

static void impostor_open(struct impostor *s)
{
    memset(s, 0, sizeof *s);
    s->dir = scratch_make();
    s->path = scratch_join(s->dir.text, "s");
    CU_ASSERT_EQUAL_FATAL(listen_socket_open(s->path.text, &s->socket, NULL), HS_OK);
    CU_ASSERT_EQUAL_FATAL(fcntl(s->socket.fd, F_SETFL, 0), 0);
    CU_ASSERT_EQUAL_FATAL(pthread_mutex_init(&s->lock, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&s->thread, NULL, impostor_run, s), 0);
}

static void impostor_say(struct impostor *s, struct slice bytes)
{
    pthread_mutex_lock(&s->lock);
    CU_ASSERT_EQUAL_FATAL(buffer_assign(&s->bytes, bytes), HS_OK);
    pthread_mutex_unlock(&s->lock);
}

static enum headstart_status deliver_to(struct impostor *s, struct headstart_result **out,
                                        struct headstart_error *err, bool *connected)
{
    struct headstart_options options = {.socket_path = s->path.text,
                                        .connect_timeout_ms = SUITE_HANG_MS,
                                        .answer_timeout_ms = SUITE_HANG_MS};
    struct headstart_delivery d = {.seqnum = 4, .hash = HASH64, .message = {"{}", 2}};
    struct headstart *h = NULL;
    enum headstart_status st = headstart_connect(&options, &h, err);

    CU_ASSERT_EQUAL_FATAL(st, HEADSTART_OK);
    st = headstart_deliver(h, &d, out, err);
    *connected = headstart_connected(h);
    headstart_close(h);
    return st;
}

static void impostor_close(struct impostor *s)
{
    struct headstart_options options = {.socket_path = s->path.text,
                                        .connect_timeout_ms = SUITE_HANG_MS};
    struct headstart *h = NULL;

    pthread_mutex_lock(&s->lock);
    s->stop = true;
    pthread_mutex_unlock(&s->lock);
    CU_ASSERT_EQUAL(headstart_connect(&options, &h, NULL), HEADSTART_OK); /* wakes the accept */
    headstart_close(h);
    pthread_join(s->thread, NULL);
    pthread_mutex_destroy(&s->lock);
    close(s->socket.fd);
    buffer_fini(&s->bytes);
    scratch_remove(s->dir);
}

static void hostile__answer_itself_is_fine(void)
{
    struct impostor s;
    struct headstart_result *r = NULL;
    struct headstart_error err;
    bool connected = false;

    impostor_open(&s);
    impostor_say(&s, slice_make(answer, sizeof answer - 1));
    CU_ASSERT_EQUAL_FATAL(deliver_to(&s, &r, &err, &connected), HEADSTART_OK);
    CU_ASSERT(connected && r->seqnum == 5 && r->outputs_len == 1 && r->writes_len == 2);
    CU_ASSERT_STRING_EQUAL(r->status, "rejected");
    CU_ASSERT(r->outputs[0].len == 1 && r->outputs[0].data[0] == 'o');
    CU_ASSERT(r->writes[0].value.len == 1 && r->writes[0].value.data[0] == 'v');
    CU_ASSERT_PTR_NULL(r->writes[1].value.data);
    headstart_result_free(r);
    impostor_close(&s);
}

static void hostile__every_truncation_is_unreachable(void)
{
    struct impostor s;
    struct headstart_error err;
    bool connected = true;

    impostor_open(&s);
    for (size_t cut = 0; cut < sizeof answer - 1; cut++) {
        struct headstart_result *r = NULL;

        impostor_say(&s, slice_make(answer, cut));
        CU_ASSERT_EQUAL(deliver_to(&s, &r, &err, &connected), HEADSTART_UNREACHABLE);
        CU_ASSERT(r == NULL && !connected);
    }
    impostor_close(&s);
}

static void hostile__every_flipped_bit_gives_a_status(void)
{
    struct impostor s;
    unsigned fine = 0, refused = 0;

    impostor_open(&s);
    for (size_t bit = 0; bit < (sizeof answer - 1) * 8; bit++) {
        struct headstart_result *r = NULL;
        struct headstart_error err = {.status = HEADSTART_OK};
        char flipped[sizeof answer];
        enum headstart_status st;
        bool connected = true;

        memcpy(flipped, answer, sizeof answer);
        flipped[bit / 8] = (char)(flipped[bit / 8] ^ (1 << bit % 8));
        impostor_say(&s, slice_make(flipped, sizeof answer - 1));
        st = deliver_to(&s, &r, &err, &connected);
        CU_ASSERT_EQUAL(st == HEADSTART_OK, r != NULL);
        CU_ASSERT_EQUAL(st == HEADSTART_OK || st == HEADSTART_REFUSED, connected);
        if (st != HEADSTART_OK) CU_ASSERT(err.status == st && err.text[0] != '\0');
        fine += st == HEADSTART_OK;
        refused += st == HEADSTART_PROTOCOL;
        headstart_result_free(r);
    }
    CU_ASSERT(fine > 100 && refused > 100);
    impostor_close(&s);
}

static void hostile__wrong_frames_close_the_connection(void)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *words; /* in the error's text */
    } rows[] = {
        {"HTTP/1.1 400 Bad Request\r\n", 26, "not allowed"},
        {"\xc1", 1, "not MessagePack"},
        {"\xdd\xff\xff\xff\xff", 5, "frame of at least"},
        {"\x94\x01\x02\xc0\xc0", 5, "not asked"}, /* another msgid */
        {"\x94\x01\x00\xa9"
         "busy: why\xc0",
         14, "busy: why"},                      /* why we are thrown out */
        {"\x94\x01\x01\xc0\xc0", 5, "outputs"}, /* a result that is nil */
        {"\x94\x01\x01\xc0\x80", 5, "outputs"},
    };
    struct impostor s;

    impostor_open(&s);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct headstart_result *r = NULL;
        struct headstart_error err = {.text = ""};
        bool connected = true;

        impostor_say(&s, slice_make(rows[i].bytes, rows[i].len));
        CU_ASSERT_EQUAL(deliver_to(&s, &r, &err, &connected), HEADSTART_PROTOCOL);
        CU_ASSERT_EQUAL(err.status, HEADSTART_PROTOCOL);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, rows[i].words));
        CU_ASSERT(r == NULL && !connected);
    }
    impostor_close(&s);
}

static void hostile__errors_of_any_shape_are_refusals(void)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *code;
    } rows[] = {
        {"\x94\x01\x01\xab"
         "stale: word\xc0",
         16, "stale"},
        {"\x94\x01\x01\xa4oops\xc0", 9, ""},
        {"\x94\x01\x01\x80\xc0", 5, "internal"}, /* not a string */
        {"\x94\x01\x01\xbe"
         "a code that is much too long: \xc0",
         35, ""},
    };
    struct impostor s;

    impostor_open(&s);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct headstart_result *r = NULL;
        struct headstart_error err = {.text = ""};
        bool connected = false;

        impostor_say(&s, slice_make(rows[i].bytes, rows[i].len));
        CU_ASSERT_EQUAL(deliver_to(&s, &r, &err, &connected), HEADSTART_REFUSED);
        CU_ASSERT_STRING_EQUAL(err.code, rows[i].code);
        CU_ASSERT(r == NULL && connected);
    }
    impostor_close(&s);
}

static const struct suite_case cases[] = {
    SUITE_CASE(hostile__answer_itself_is_fine),
    SUITE_CASE(hostile__every_truncation_is_unreachable),
    SUITE_CASE(hostile__every_flipped_bit_gives_a_status),
    SUITE_CASE(hostile__wrong_frames_close_the_connection),
    SUITE_CASE(hostile__errors_of_any_shape_are_refusals),
};

int main(int argc, char **argv)
{
    return SUITE_RUN("client_hostile", cases, argc, argv);
}
