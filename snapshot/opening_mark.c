#include "snapshot/opening_mark.h"

#include "kernel/state/decimal.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    MARK_BYTES_MAX = 64,
    OPENING_MS_MAX = 60000, /* longer than any log that LevelDB reads at opening takes */
    CHILD_END = STDERR_FILENO + 1,
};

static const char mark_place[] = "snapshot.file";
static const char mark_name[] = "OPENING";

unsigned opening_mark_read(const struct disk *disk, const char *dir, uint64_t number)
{
    struct buffer text = {0};
    uint64_t named = 0, count = 0;
    size_t number_len, count_len;

    if (disk_read_all(disk, mark_place, dir, mark_name, MARK_BYTES_MAX, &text, NULL) == HS_OK) {
        number_len = strcspn(buffer_text(&text), " ");
        count_len = number_len < text.len ? strcspn(text.data + number_len + 1, "\n") : 0;
        if (count_len == 0 || uint_parse(slice_make(text.data, number_len), &named) != HS_OK ||
            uint_parse(slice_make(text.data + number_len + 1, count_len), &count) != HS_OK) {
            count = 0;
        }
    }
    buffer_fini(&text);
    return named == number && count <= 2 ? (unsigned)count : 0;
}

void opening_mark_write(const struct disk *disk, const char *dir, uint64_t number, unsigned count)
{
    struct disk_file *f = NULL;
    char text[MARK_BYTES_MAX];
    int len = snprintf(text, sizeof text, "%" PRIu64 " %u\n", number, count);

    if (disk_open(disk, mark_place, dir, mark_name, DISK_EMPTY, &f, NULL) != HS_OK) return;
    (void)(disk_write(f, 0, slice_make(text, (size_t)len), NULL) == HS_OK);
    disk_close(f);
}

void opening_mark_remove(const struct disk *disk, const char *dir)
{
    (void)(disk_remove(disk, mark_place, dir, mark_name, NULL) == HS_OK);
}

void opening_mark_settle(const struct disk *disk, const char *dir)
{
    (void)(disk_sync_folder(disk, mark_place, dir, NULL) == HS_OK);
}

/* A parent that is killed must leave nobody behind who holds its locks, its socket or its node's
 * connection: the next start would be refused, and the node wait for an answer. */
static void child_inherit(int end)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (dup2(end, CHILD_END) == CHILD_END) (void)close_range(CHILD_END + 1, ~0U, 0);
}

/* What it says about the generation is found again by the parent; here only the end counts. */
static void child_open(const struct disk *disk, const char *path, uint64_t number,
                       enum generation_mode mode, int end)
{
    struct generation *g = NULL;

    child_inherit(end);
    (void)(generation_open(disk, path, number, mode, &g, NULL) == HS_OK);
    _exit(0);
}

/* The other end closes when the child has ended, however it did. */
static bool child_ended_well(pid_t child, int end)
{
    struct pollfd wait = {.fd = end, .events = POLLIN};
    int status = 0;

    if (poll(&wait, 1, OPENING_MS_MAX) == 0) (void)kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) return true; /* not known */
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool opening_survived(const struct disk *disk, const char *path, uint64_t number,
                      enum generation_mode mode)
{
    bool survived = true; /* where it cannot be asked */
    int ends[2];
    pid_t child;

    if (pipe(ends) != 0) return survived;
    child = fork();
    if (child == 0) child_open(disk, path, number, mode, ends[1]);
    (void)close(ends[1]);
    if (child > 0) survived = child_ended_well(child, ends[0]);
    (void)close(ends[0]);
    return survived;
}
