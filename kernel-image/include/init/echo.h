// Repeats what is typed: shows that input arrives by interrupts.
#pragma once

#include "types.h"

// Prints "echo: ready", then each line of input as "echo: LINE", until count lines have come.
void echo_lines(uint64_t count);
