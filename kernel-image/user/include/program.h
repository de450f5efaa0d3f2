// What every program has: a beginning, an end, and words to say.
#pragma once

#include "lib/string.h"
#include "system.h"

// What a program defines. What it returns is its exit status.
int main(int argument_count, char **arguments);

// The value of a variable of the environment; NULL if there is none.
const char *environment_get(const char *name);

// Formatted text to the standard output, as lib/format.h has it.
void print(const char *format, ...) PRINTF(1, 2);

// What an error of abi/errors.h means, with or without its sign.
const char *error_text(int64_t error);
