// A function with call frame information of its own, in assembler.
    .text
    .globl assembled
    .type assembled, @function
assembled:
    .cfi_startproc
    pushq %rbx
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset rbx, 0
    movl %edi, %ebx
    subq $24, %rsp
    .cfi_adjust_cfa_offset 24
    call leaf
    addl %ebx, %eax
    addq $24, %rsp
    .cfi_adjust_cfa_offset -24
    popq %rbx
    .cfi_adjust_cfa_offset -8
    .cfi_restore rbx
    ret
    .cfi_endproc
    .size assembled, . - assembled

    .section .note.GNU-stack, "", @progbits
