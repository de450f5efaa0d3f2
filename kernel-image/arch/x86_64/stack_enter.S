    .text
    .cfi_sections .debug_frame

// void stack_enter(virt_addr top, void (*function)(void)): x86_64/stack.h. Debuggers, like backtraces, end here: nothing on the new stack
// tells where the old one was.
    .globl stack_enter
    .type stack_enter, @function
stack_enter:
    .cfi_startproc
    .cfi_undefined rip
    movq %rdi, %rsp
    xorl %ebp, %ebp
    call *%rsi
    ud2
    .cfi_endproc
    .size stack_enter, . - stack_enter

    .section .note.GNU-stack, "", @progbits
