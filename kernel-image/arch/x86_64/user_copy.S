#include "x86_64/extable.h"

    .text
    .cfi_sections .debug_frame

// STAC and CLAC are invalid on processors without SMAP.
    .macro IF_SMAP instruction
    cmpb $0, smap_on
    je 1000f
    \instruction
1000:
    .endm

// bool user_copy(void *to, const void *from, size_t size): x86_64/user_copy.h. A fault leaves its vector in RAX.
    .globl user_copy
    .type user_copy, @function
user_copy:
    .cfi_startproc
    pushq %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_offset rbp, -16
    movq %rsp, %rbp
    .cfi_def_cfa_register rbp
    IF_SMAP stac
    movq %rdx, %rcx
    shrq $3, %rcx
1:  rep movsq
    movl %edx, %ecx
    andl $7, %ecx
2:  rep movsb
    xorl %eax, %eax
3:  IF_SMAP clac
    RECOVER 1b, 3b
    RECOVER 2b, 3b
    testl %eax, %eax
    sete %al
    popq %rbp
    .cfi_def_cfa rsp, 8
    ret
    .cfi_endproc
    .size user_copy, . - user_copy

    .section .note.GNU-stack, "", @progbits
