// kill ID...: ends processes.
#include "program.h"

int main(int argument_count, char **arguments)
{
    int status = 0;
    for (int i = 1; i < argument_count; i++) {
        uint64_t id;
        int64_t error = parse_number(arguments[i], INT32_MAX, &id) ? sys_kill(id) : -ERROR_BAD_ARGUMENT;
        if (error < 0) {
            complain("kill: %s: %s\n", arguments[i], error_text(error));
            status = 1;
        }
    }
    return status;
}
