#include "program.h"

static char **environment;

// start.S
_Noreturn void start(uint64_t *stack);

const char *environment_get(const char *name)
{
    size_t length = strlen(name);
    for (char **variable = environment; *variable != NULL; variable++) {
        if (strlen(*variable) > length && memcmp(*variable, name, length) == 0 && (*variable)[length] == '=') {
            return *variable + length + 1;
        }
    }
    return NULL;
}

void start(uint64_t *stack)
{
    int count = (int)stack[0];
    char **arguments = (char **)(stack + 1);
    environment = arguments + count + 1;
    sys_exit(main(count, arguments));
}
