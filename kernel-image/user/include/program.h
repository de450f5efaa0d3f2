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

// The same to the console, wherever the standard output goes: for what went wrong.
void complain(const char *format, ...) PRINTF(1, 2);

// A decimal number, up to a limit; false if the text is none.
bool parse_number(const char *text, uint64_t limit, uint64_t *number);

// What an error of abi/errors.h means, with or without its sign.
const char *error_text(int64_t error);
