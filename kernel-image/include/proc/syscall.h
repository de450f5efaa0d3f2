// What the entries by SYSCALL and by INT 0x80 come to: one table of functions by number.
#pragma once

#include "abi/errors.h"
#include "abi/syscall.h"
#include "types.h"
#include "x86_64/trap.h"

// Runs in the task that called, on its kernel stack, with interrupts on; may block. Arguments that are addresses are the program's word
// only: proc/user_memory.h is the way to what they point to.
typedef int64_t (*syscall_function)(const uint64_t argument[SYSCALL_ARGUMENTS]);

// Serves the system call whose arguments the frame holds and puts the result there.
void syscall_dispatch(struct trap_frame *frame);
