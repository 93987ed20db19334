#include "kernel/state/fault.h"
#include "sidecar/commands/command.h"

#include <signal.h>

int main(int argc, char **argv)
{
    fault_init();
    /* A limit on the size of files is a full disk, told by the write, and no reason to die. */
    (void)signal(SIGXFSZ, SIG_IGN);
    return command_line_run(argc, argv);
}
