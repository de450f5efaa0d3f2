// Who called whom, by frame pointers.
#pragma once

#include "types.h"

// Prints the callers, starting with the code at rip whose frame pointer is rbp.
void backtrace_print(uint64_t rip, uint64_t rbp);
