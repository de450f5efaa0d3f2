// Where the processor enters the kernel: 256 stubs, one per vector, that make the frames of all vectors alike.

// Vectors 8, 10-14, 17 and 21 push an error code (Intel SDM vol. 3A, table 6-1).
#define ERROR_CODE_VECTORS 0x00227d00

#define TRAP_FRAME_SIZE 176

    .text
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
    jmp trap_common
    vector = vector + 1
    .endr
    .size trap_stubs, . - trap_stubs

    .type trap_common, @function
trap_common:
    .cfi_sections .debug_frame
    .cfi_startproc simple
    .cfi_signal_frame
    pushq %rax
    pushq %rbx
    pushq %rcx
    pushq %rdx
    pushq %rsi
    pushq %rdi
    pushq %rbp
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    cld                                 // the ABI wants it clear, the interrupted code may have it set
    movq %rsp, %rdi

    // A frame record as a call from the interrupted instruction would make it, so that backtraces go through.
    pushq 136(%rdi)
    pushq %rbp
    movq %rsp, %rbp
    .cfi_def_cfa rbp, TRAP_FRAME_SIZE + 16
    .cfi_offset rip, -40
    .cfi_offset rsp, -16
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
    call trap_dispatch
    addq $16, %rsp

    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rbp
    popq %rdi
    popq %rsi
    popq %rdx
    popq %rcx
    popq %rbx
    popq %rax
    addq $16, %rsp                      // vector and error code
    iretq
    .cfi_endproc
    .size trap_common, . - trap_common

    .section .note.GNU-stack, "", @progbits
