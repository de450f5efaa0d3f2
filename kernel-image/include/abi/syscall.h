// System calls: their numbers. The number is in RAX, the arguments are in RDI, RSI, RDX, R10, R8 and R9, and the result comes in RAX, negative
// for an error of abi/errors.h. SYSCALL and INT 0x80 lead to the same calls; SYSCALL itself overwrites RCX and R11, everything else stays.
// Included by the kernel, by user programs, and by the assembler.
#pragma once

#define SYSCALL_VECTOR 0x80

#ifndef __ASSEMBLER__

#define SYSCALL_ARGUMENTS 6

enum syscall_number {
    SYS_EXIT,          // (status): ends the process, all of its tasks
    SYS_YIELD,         // (): lets the other ready tasks run first
    SYS_SLEEP,         // (ticks)
    SYS_TICKS,         // (): timer ticks since the start
    SYS_PROCESS_ID,    // (): the caller's
    SYS_CONSOLE_WRITE, // (text, size): how many bytes were written
    SYSCALL_COUNT,
};

#endif
