/*
 * A Multiboot kernel that boots in two stages, and then fails in the way that the last letter of its command line names, or not at all.
 */
#include "multiboot.inc"

        .globl  _start
        .type   _start, @function
_start:
        movl    $stack, %esp
        movl    COMMAND_LINE(%ebx), %edi
1:      movb    (%edi), %al
        testb   %al, %al
        jz      2f
        movb    %al, %bl
        incl    %edi
        jmp     1b
2:      movl    $one, %esi
        call    print
        cmpb    $'w', %bl
        je      wrong
        cmpb    $'p', %bl
        je      panic
        cmpb    $'t', %bl
        je      triple
        cmpb    $'h', %bl
        je      halt
        cmpb    $'s', %bl
        je      busy
        movl    $two, %esi
        call    print
        movb    $0x10, %al
        cmpb    $'f', %bl
        jne     exit
        movb    $1, %al
        jmp     exit
        .size   _start, . - _start

        .type   wrong, @function
wrong:
        movl    $twist, %esi
        call    print
        movb    $0x10, %al
        jmp     exit
        .size   wrong, . - wrong

        .type   panic, @function
panic:
        movl    $luck, %esi
        call    print
        call    halt
        .size   panic, . - panic

        .type   triple, @function
triple:
        lidt    nothing
        ud2
        .size   triple, . - triple

        .type   halt, @function
halt:
        cli
        hlt
        jmp     halt
        .size   halt, . - halt

/* Has something to say for ever, so that nobody can say that it hangs. */
        .type   busy, @function
busy:
        movl    $dot, %esi
        call    print
        jmp     busy
        .size   busy, . - busy

        .data
one:    .asciz  "stage one\n"
two:    .asciz  "stage two\n"
twist:  .asciz  "stage twisted\n"
luck:   .asciz  "panic: out of luck\nsaid the kernel\n"
dot:    .asciz  "."
        .balign 8
nothing:
        .word   0
        .long   0
