/* Empty: what every start must do, and nothing else: a program with the sidecar's libraries that
 * ends at once, or first reads so many bytes of a file, as many as heap images have:
 * bench_empty [FILE BYTES]. 1: it could not. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    size_t bytes = argc == 3 ? (size_t)strtoull(argv[2], NULL, 10) : 0, len = 0;
    char *memory = bytes > 0 ? malloc(bytes) : NULL;
    int fd = bytes > 0 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;

    while (memory && fd >= 0 && len < bytes) {
        ssize_t got = read(fd, memory + len, bytes - len);

        if (got <= 0) break;
        len += (size_t)got;
    }
    free(memory);
    return len == bytes ? 0 : 1;
}
