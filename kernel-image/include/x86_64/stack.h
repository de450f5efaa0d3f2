// Kernel stacks. Each has unmapped pages below it, so that running over the end faults instead of changing somebody else's data.
#pragma once

#include "types.h"

#define STACK_SIZE (16 * KIB)

struct stack {
    const char *name;
    virt_addr bottom; // the lowest mapped byte
    virt_addr top;    // the byte after the last: where RSP starts
};

// Maps a new stack; the name stays with the caller. NULL if there is no memory or no room.
const struct stack *stack_create(const char *name);

// Unmaps a stack that nobody is on, and gives its memory back.
void stack_destroy(const struct stack *stack);

// The stack that an address belongs to, its guard pages included; NULL if to none.
const struct stack *stack_at(virt_addr address);

// Whether bytes from address on all lie in one stack.
bool stack_contains(virt_addr address, size_t bytes);

// Leaves the current stack for good and calls function, which does not return, on the stack whose top is given.
_Noreturn void stack_enter(virt_addr top, void (*function)(void));
