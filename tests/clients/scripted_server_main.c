/* The scripted server as a program, for clients in other languages: listens at its one argument
 * until a node asks it to shut down. */
#include "tests/unit/ipc/scripted_server.h"

#include <stdio.h>
#include <time.h>

int main(int argc, char **argv)
{
    struct timespec pause = {.tv_nsec = 10 * 1000000L};
    struct scripted_server *s;

    if (argc != 2) {
        (void)fprintf(stderr, "usage: scripted-server SOCKET\n");
        return 64;
    }
    s = scripted_server_open(argv[1]);
    while (!scripted_server_told_to_stop(s)) {
        nanosleep(&pause, NULL);
    }
    scripted_server_close(s);
    return 0;
}
