// Exceptions and interrupts: what the entry code saves, and where it goes.
#pragma once

// What SYSCALL leaves as the vector in a frame: there is no such vector.
#define VECTOR_SYSCALL_INSTRUCTION 0x100

#ifndef __ASSEMBLER__

#include "types.h"
#include "x86_64/selectors.h"

// Exceptions (Intel SDM vol. 3A, table 6-1).
enum exception {
    EXCEPTION_DE = 0,  // divide error
    EXCEPTION_DB = 1,  // debug
    EXCEPTION_NMI = 2, // non-maskable interrupt
    EXCEPTION_BP = 3,  // breakpoint
    EXCEPTION_OF = 4,  // overflow
    EXCEPTION_BR = 5,  // bound range exceeded
    EXCEPTION_UD = 6,  // invalid opcode
    EXCEPTION_NM = 7,  // device not available
    EXCEPTION_DF = 8,  // double fault
    EXCEPTION_TS = 10, // invalid TSS
    EXCEPTION_NP = 11, // segment not present
    EXCEPTION_SS = 12, // stack-segment fault
    EXCEPTION_GP = 13, // general protection
    EXCEPTION_PF = 14, // page fault
    EXCEPTION_MF = 16, // x87 floating-point error
    EXCEPTION_AC = 17, // alignment check
    EXCEPTION_MC = 18, // machine check
    EXCEPTION_XM = 19, // SIMD floating-point error
    EXCEPTION_VE = 20, // virtualization exception
    EXCEPTION_CP = 21, // control protection
    EXCEPTION_COUNT = 32,
};

// Error code of a page fault (Intel SDM vol. 3A, 4.7).
#define PF_PROTECTION (1 << 0) // the page was present
#define PF_WRITE (1 << 1)
#define PF_USER (1 << 2)
#define PF_RESERVED (1 << 3) // a reserved bit was set in a page-table entry
#define PF_FETCH (1 << 4)

// What trap.S pushes, lowest address first, and above it what the processor pushed (Intel SDM vol. 3A, 6.14.2).
struct trap_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
    uint64_t vector;
    uint64_t error_code; // 0 where the processor pushes none
    uint64_t rip, cs, rflags, rsp, ss;
};

static inline bool trap_is_from_program(const struct trap_frame *frame)
{
    return (frame->cs & RPL_MASK) != 0;
}

// Called by trap.S with interrupts off. Returns the frame to go back from, which may be another task's.
struct trap_frame *trap_dispatch(struct trap_frame *frame);

// The name of a vector, such as "#PF (page fault)", for messages.
struct trap_name {
    const char *mnemonic;
    const char *description;
};

struct trap_name trap_name(uint64_t vector);

// Fills the interrupt descriptor table, which all processors share, and loads it. Every vector has a handler.
void idt_init(void);

// Loads it on another processor.
void idt_load(void);

// Gives the vectors that need one a stack of their own. The task state segment is loaded before.
void idt_use_interrupt_stacks(void);

// Prints a trap: its name, the registers, a backtrace.
void trap_dump(const struct trap_frame *frame);

#endif
