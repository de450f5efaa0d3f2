// sleep TICKS: does nothing for so many hundredths of a second.
#include "program.h"

int main(int argument_count, char **arguments)
{
    uint64_t ticks;
    if (argument_count != 2 || !parse_number(arguments[1], INT32_MAX, &ticks)) {
        complain("usage: sleep TICKS\n");
        return 2;
    }
    sys_sleep(ticks);
    return 0;
}
