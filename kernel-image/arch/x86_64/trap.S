// Where the processor enters the kernel: 256 stubs, one per vector, and the entry of SYSCALL. All make the same frame, and all ways out go from
// such a frame. In the kernel GS leads to the processor's own data, in programs it is theirs: whoever crosses the border swaps them.
#include "abi/syscall.h"
#include "x86_64/percpu.h"
#include "x86_64/registers.h"
#include "x86_64/selectors.h"
#include "x86_64/trap.h"

// Vectors 8, 10-14, 17 and 21 push an error code (Intel SDM vol. 3A, table 6-1).
#define ERROR_CODE_VECTORS 0x00227d00
// #DB, NMI, #DF and #MC have stacks of their own, because they can come where neither the stack nor GS are the kernel's yet.
#define OWN_STACK_VECTORS 0x00040106

#define TRAP_FRAME_SIZE 176
// Of a frame, from its lowest address, and of what is above the registers.
#define FRAME_VECTOR 120
#define FRAME_RIP 136
#define PUSHED_CS 24

    .macro PUSH_REGISTERS
    .irp name, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
    pushq %\name
    .cfi_adjust_cfa_offset 8
    .endr
    .endm

// What is known of the caller before the registers are pushed: the processor has pushed its RIP, RSP and flags.
    .macro FRAME_BEGUN
    .cfi_def_cfa rsp, 56
    .cfi_offset rip, -40
    .cfi_offset rsp, -16
    .endm

// Where the registers are in the frame, of which CFA is the end.
    .macro REGISTERS_IN_FRAME
    .cfi_offset rax, -64
    .cfi_offset rbx, -72
    .cfi_offset rcx, -80
    .cfi_offset rdx, -88
    .cfi_offset rsi, -96
    .cfi_offset rdi, -104
    .cfi_offset rbp, -112
    .cfi_offset r8, -120
    .cfi_offset r9, -128
    .cfi_offset r10, -136
    .cfi_offset r11, -144
    .cfi_offset r12, -152
    .cfi_offset r13, -160
    .cfi_offset r14, -168
    .cfi_offset r15, -176
    .endm

// The flags that the ABI wants: the direction flag may be set in the interrupted code, and AC there would switch SMAP off here.
    .macro RESET_FLAGS
    pushq $RFLAGS_ALWAYS_1
    .cfi_adjust_cfa_offset 8
    popfq
    .cfi_adjust_cfa_offset -8
    .endm

// Calls trap_dispatch with the frame, and has RSP at the frame that it returns.
    .macro DISPATCH
    movq %rsp, %rdi
    // A frame record as a call from the interrupted instruction would make it, so that backtraces go through.
    pushq FRAME_RIP(%rdi)
    .cfi_adjust_cfa_offset 8
    pushq %rbp
    .cfi_adjust_cfa_offset 8
    movq %rsp, %rbp
    .cfi_def_cfa rbp, TRAP_FRAME_SIZE + 16
    REGISTERS_IN_FRAME
    call trap_dispatch
    subq $16, %rax                      // a frame record is below every frame
    cmpq %rax, %rsp
    je 1000f
    movq %rax, %rsp                     // another task's frame, on its stack: it is that one's turn
    movq %rax, %rbp
    call sched_finish_switch
1000:
    addq $16, %rsp
    .cfi_def_cfa rsp, TRAP_FRAME_SIZE
    .endm

// The frame stays in memory below RSP while it is popped, and nothing overwrites it with interrupts off: the rules for the registers hold.
    .macro POP_REGISTERS
    .irp name, r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax
    popq %\name
    .cfi_adjust_cfa_offset -8
    .endr
    addq $16, %rsp                      // vector and error code
    .cfi_adjust_cfa_offset -16
    .endm

    .text
    .cfi_sections .debug_frame
    .globl trap_stubs
    .type trap_stubs, @function
    .balign 16
trap_stubs:
    vector = 0
    .rept 256
    .balign 16
    .if vector > 31
    pushq $0
    .elseif ((ERROR_CODE_VECTORS >> vector) & 1) == 0
    pushq $0
    .endif
    pushq $vector
    .if vector > 31
    jmp trap_common
    .elseif ((OWN_STACK_VECTORS >> vector) & 1) == 0
    jmp trap_common
    .else
    jmp trap_on_own_stack
    .endif
    vector = vector + 1
    .endr
    .size trap_stubs, . - trap_stubs

    .type trap_common, @function
trap_common:
    .cfi_startproc simple
    .cfi_signal_frame
    FRAME_BEGUN
    testb $RPL_MASK, PUSHED_CS(%rsp)
    jz 1f
    swapgs
1:
trap_with_kernel_gs:
    PUSH_REGISTERS
    RESET_FLAGS
    DISPATCH
    cmpq $VECTOR_SYSCALL_INSTRUCTION, FRAME_VECTOR(%rsp)
    je 3f
    .cfi_remember_state
    POP_REGISTERS
    testb $RPL_MASK, 8(%rsp)
    jz 2f
    swapgs
2:  iretq

    // SYSRET takes RIP from RCX and the flags from R11, and leaves the stack to others. RIP is below USER_LIMIT: program_trap() saw to it.
    .cfi_restore_state
3:  POP_REGISTERS
    movq (%rsp), %rcx
    movq 16(%rsp), %r11
    .cfi_register rip, rcx
    movq 24(%rsp), %rsp
    .cfi_def_cfa rsp, 0
    .irp name, rsp, rax, rbx, rdx, rsi, rdi, rbp, r8, r9, r10, r12, r13, r14, r15
    .cfi_same_value \name
    .endr
    swapgs
    sysretq
    .cfi_endproc
    .size trap_common, . - trap_common

    // From a program these go on on the kernel stack of its task, because they end the program, which takes a switch.
    .type trap_on_own_stack, @function
trap_on_own_stack:
    .cfi_startproc simple
    .cfi_signal_frame
    FRAME_BEGUN
    testb $RPL_MASK, PUSHED_CS(%rsp)
    jz 1f
    swapgs
    .cfi_remember_state
    movq %rax, %gs:CPU_SCRATCH
    .cfi_undefined rax
    movq %rsp, %rax
    .cfi_def_cfa rax, 56
    movq %gs:CPU_KERNEL_STACK, %rsp
    .irp offset, 48, 40, 32, 24, 16, 8, 0
    pushq \offset(%rax)
    .endr
    .cfi_def_cfa rsp, 56
    movq %gs:CPU_SCRATCH, %rax
    .cfi_same_value rax
    jmp trap_with_kernel_gs
    .cfi_restore_state

    // From the kernel they may come before its entry has swapped GS, or after its exit has: the kernel's own base is negative, a program's is not.
1:  PUSH_REGISTERS
    REGISTERS_IN_FRAME
    RESET_FLAGS
    movl $MSR_GS_BASE, %ecx
    rdmsr
    movl %edx, %ebx
    testl %ebx, %ebx
    js 2f
    swapgs
2:  DISPATCH
    testl %ebx, %ebx
    js 3f
    swapgs
3:  POP_REGISTERS
    iretq
    .cfi_endproc
    .size trap_on_own_stack, . - trap_on_own_stack

    // SYSCALL leaves RIP in RCX, the flags in R11, and RSP the program's (Intel SDM vol. 2B, SYSCALL). Interrupts are off by IA32_FMASK.
    .globl syscall_entry
    .type syscall_entry, @function
syscall_entry:
    swapgs
    movq %rsp, %gs:CPU_SCRATCH
    movq %gs:CPU_KERNEL_STACK, %rsp
    pushq $(USER_DATA | RPL_MASK)
    pushq %gs:CPU_SCRATCH
    pushq %r11
    pushq $(USER_CODE | RPL_MASK)
    pushq %rcx
    pushq $0
    pushq $VECTOR_SYSCALL_INSTRUCTION
    jmp trap_with_kernel_gs
    .size syscall_entry, . - syscall_entry

    .section .note.GNU-stack, "", @progbits
