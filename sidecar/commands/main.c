#include "kernel/state/fault.h"
#include "sidecar/commands/command.h"

int main(int argc, char **argv)
{
    fault_init();
    return command_line_run(argc, argv);
}
