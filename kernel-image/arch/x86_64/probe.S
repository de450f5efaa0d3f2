// Functions of x86_64/probe.h. A probe that nothing stops returns PROBE_NO_TRAP.
#include "x86_64/extable.h"
#include "x86_64/registers.h"

    .macro FUNCTION name
    .globl \name
    .type \name, @function
\name:
    pushq %rbp
    movq %rsp, %rbp
    .endm

    .macro END name
    movq $-1, %rax
1000:
    popq %rbp
    ret
    .size \name, . - \name
    .endm

    .text

FUNCTION probe_read
1:  movb (%rdi), %al
    RECOVER 1b, 1000f
END probe_read

FUNCTION probe_write
1:  movb (%rdi), %al
2:  movb %al, (%rdi)
    RECOVER 1b, 1000f
    RECOVER 2b, 1000f
END probe_write

FUNCTION probe_execute
    call *%rdi
1:  RECOVER 1b, 1000f
END probe_execute

FUNCTION probe_divide_by_zero
    xorl %edx, %edx
    xorl %ecx, %ecx
    movl $1, %eax
1:  divl %ecx
    RECOVER 1b, 1000f
END probe_divide_by_zero

FUNCTION probe_single_step
    pushfq
    orq $RFLAGS_TF, (%rsp)
    popfq
    nop                                 // TF traps after the instruction that follows POPF
1:  RECOVER 1b, 1000f
END probe_single_step

FUNCTION probe_nmi
    int $2
1:  RECOVER 1b, 1000f
END probe_nmi

FUNCTION probe_breakpoint
    int3
1:  RECOVER 1b, 1000f
END probe_breakpoint

FUNCTION probe_invalid_opcode
1:  ud2
    RECOVER 1b, 1000f
END probe_invalid_opcode

FUNCTION probe_segment_load
1:  movl %edi, %es
    RECOVER 1b, 1000f
END probe_segment_load

    .section .note.GNU-stack, "", @progbits
