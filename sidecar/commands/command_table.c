#include "sidecar/commands/command.h"

#include <string.h>

#define COMMAND_ADDRESS(name) &command_##name,
static const struct command *const commands[] = {COMMANDS(COMMAND_ADDRESS) NULL};

const struct command *const *command_table(void)
{
    return commands;
}

const struct command *command_find(const struct command *const *table, const char *name)
{
    for (; table && *table; table++) {
        if (strcmp((*table)->name, name) == 0) return *table;
    }
    return NULL;
}
