/*
 * A Multiboot kernel that boots in two stages, and then fails in the way that the last letter of its command line names, or not at all.
 */
        .set    HEADER_MAGIC, 0x1badb002
        .set    COM1, 0x3f8
        .set    DEBUG_EXIT, 0xf4
        .set    COMMAND_LINE, 16                # in the boot information

        .code32
        .text
        .balign 4
        .long   HEADER_MAGIC, 0, -HEADER_MAGIC

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
        jne     leave
        movb    $1, %al
        .size   _start, . - _start

        .type   leave, @function
leave:
        movl    $DEBUG_EXIT, %edx
        outb    %al, %dx
        hlt
        .size   leave, . - leave

        .type   wrong, @function
wrong:
        movl    $twist, %esi
        call    print
        movb    $0x10, %al
        jmp     leave
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

/* Prints the text at ESI. */
        .type   print, @function
print:
        movl    $COM1, %edx
1:      lodsb
        testb   %al, %al
        jz      2f
        outb    %al, %dx
        jmp     1b
2:      ret
        .size   print, . - print

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

        .bss
        .balign 16
        .skip   4096
stack:
