// Who called whom, by frame pointers.
#pragma once

#include "types.h"

struct trap_frame;

// What the prologue of every function leaves at RBP.
struct frame_record {
    const struct frame_record *caller;
    uint64_t return_address;
};

// Prints the callers of a function from the return address that it was called with and its caller's frame pointer.
void backtrace_print(uint64_t return_address, uint64_t rbp);

// Prints where a trap came from and the callers.
void backtrace_print_trap(const struct trap_frame *frame);
