/* A node as its author would write it: the installed header, the installed library, nothing else.
 * Delivers one message to the socket it is given, then asks for a stop. */
#include <headstart.h>

#include <stdio.h>

int main(int argc, char **argv)
{
    struct headstart_options options = {.chain_id = "test-chain", .client = "installed"};
    struct headstart_delivery delivery = {.height = 1, .hash = "", .message = {"hello", 5}};
    struct headstart_result *result = NULL;
    struct headstart_error err = {.text = ""};
    struct headstart *h = NULL;
    enum headstart_status st;

    options.socket_path = argc > 1 ? argv[1] : NULL;
    st = headstart_connect(&options, &h, &err);
    if (st == HEADSTART_OK) st = headstart_deliver(h, &delivery, &result, &err);
    if (st == HEADSTART_OK) st = headstart_shutdown(h, &err);
    if (st == HEADSTART_OK) {
        printf("%llu %s %lu\n", (unsigned long long)result->seqnum, result->status,
               (unsigned long)result->writes_len);
    } else {
        fprintf(stderr, "%s\n", err.text);
    }
    headstart_result_free(result);
    headstart_close(h);
    return st == HEADSTART_OK ? 0 : 1;
}
