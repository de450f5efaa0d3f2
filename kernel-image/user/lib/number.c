#include "program.h"

bool parse_number(const char *text, uint64_t limit, uint64_t *number)
{
    uint64_t value = 0;
    for (const char *c = text; *c != '\0'; c++) {
        if (*c < '0' || *c > '9') {
            return false;
        }
        value = value * 10 + (uint64_t)(*c - '0');
        if (value > limit) {
            return false;
        }
    }
    *number = value;
    return *text != '\0';
}
