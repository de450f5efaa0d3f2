    .text
    .cfi_sections .debug_frame

// Where a program begins: the stack holds the arguments and the environment as the kernel laid them out (proc/spawn.c).
    .globl _start
    .type _start, @function
_start:
    .cfi_startproc
    .cfi_undefined rip
    xorl %ebp, %ebp
    movq %rsp, %rdi
    call start
    ud2
    .cfi_endproc
    .size _start, . - _start

// int64_t system_call(uint64_t number, ...) with up to six arguments, the last one on the stack: abi/syscall.h.
    .macro SYSTEM_CALL name, instruction:vararg
    .globl \name
    .type \name, @function
\name:
    .cfi_startproc
    movq %rdi, %rax
    movq %rsi, %rdi
    movq %rdx, %rsi
    movq %rcx, %rdx
    movq %r8, %r10
    movq %r9, %r8
    movq 8(%rsp), %r9
    \instruction
    ret
    .cfi_endproc
    .size \name, . - \name
    .endm

    SYSTEM_CALL system_call, syscall
    SYSTEM_CALL system_call_by_interrupt, int $0x80

    .section .note.GNU-stack, "", @progbits
