// Where the processor enters the kernel: 256 stubs, one per vector, that make the frames of all vectors alike.

// Vectors 8, 10-14, 17 and 21 push an error code (Intel SDM vol. 3A, table 6-1).
#define ERROR_CODE_VECTORS 0x00227d00

#define TRAP_FRAME_SIZE 176

// The frame stays in memory below RSP while it is popped, and nothing overwrites it with interrupts off: the rules for the registers hold.
    .macro POP_REGISTER name
    popq %\name
    .cfi_adjust_cfa_offset -8
    .endm

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
    subq $16, %rax                      // a frame record is below every frame
    cmpq %rax, %rsp
    je 1f
    movq %rax, %rsp                     // another task's frame, on its stack: it is that one's turn
    movq %rax, %rbp
    call sched_finish_switch
1:  addq $16, %rsp
    .cfi_def_cfa rsp, TRAP_FRAME_SIZE

    POP_REGISTER r15
    POP_REGISTER r14
    POP_REGISTER r13
    POP_REGISTER r12
    POP_REGISTER r11
    POP_REGISTER r10
    POP_REGISTER r9
    POP_REGISTER r8
    POP_REGISTER rbp
    POP_REGISTER rdi
    POP_REGISTER rsi
    POP_REGISTER rdx
    POP_REGISTER rcx
    POP_REGISTER rbx
    POP_REGISTER rax
    addq $16, %rsp                      // vector and error code
    .cfi_adjust_cfa_offset -16
    iretq
    .cfi_endproc
    .size trap_common, . - trap_common

    .section .note.GNU-stack, "", @progbits
