/* Runs a fuzzer's function over the files of a folder, as they are, and with every byte flipped and
 * cut away: what every build can do without libFuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPLAY_BYTES_MAX = 64 << 10 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In memory of exactly that size, so that a sanitizer sees a byte too far. */
static void replay_once(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size ? size : 1);

    if (!exact) abort();
    memcpy(exact, data, size);
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

static unsigned replay_file(const char *path)
{
    static uint8_t bytes[REPLAY_BYTES_MAX];
    FILE *file = fopen(path, "rb");
    unsigned runs = 1;
    size_t size;

    if (!file) return 0;
    size = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    replay_once(bytes, size);
    for (size_t i = 0; i < size; i++, runs += 9) {
        replay_once(bytes, i);
        for (int bit = 0; bit < 8; bit++) {
            bytes[i] = (uint8_t)(bytes[i] ^ (1 << bit));
            replay_once(bytes, size);
            bytes[i] = (uint8_t)(bytes[i] ^ (1 << bit));
        }
    }
    return runs;
}

int main(int argc, char **argv)
{
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    unsigned files = 0, runs = 0;
    struct dirent *entry;
    char path[4096];

    if (!folder) {
        (void)fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 64;
    }
    while ((entry = readdir(folder)) != NULL) {
        unsigned more;

        (void)snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        if (entry->d_name[0] == '.') continue;
        more = replay_file(path);
        files += more > 0;
        runs += more;
    }
    (void)closedir(folder);
    (void)printf("%u files, %u runs\n", files, runs);
    return files > 0 ? 0 : 66;
}
