/*
 * A Multiboot kernel whose clock ticks each millisecond, long after it is done. It looks at the clock twice, again and again, and fails if that moved in
 * between. With the command line "s" it waits for what is typed before that.
 */
#include "multiboot.inc"

        .set    LINE_STATUS, COM1 + 5
        .set    PIC, 0x20
        .set    PIC_DATA, 0x21
        .set    PIT_CHANNEL_0, 0x40
        .set    PIT_COMMAND, 0x43
        .set    DIVISOR, 1193
        .set    VECTOR, 0x20
        .set    LOOKS, 50

        .macro  write port, value
        movb    $\value, %al
        outb    %al, $\port
        .endm

        .globl  _start
        .type   _start, @function
_start:
        movl    $stack, %esp
        movl    COMMAND_LINE(%ebx), %edi
        movb    (%edi), %bl
1:      movb    (%edi), %al
        testb   %al, %al
        jz      2f
        movb    %al, %bl
        incl    %edi
        jmp     1b
2:      movl    $tick, %eax
        movw    %ax, idt + 8 * VECTOR
        shrl    $16, %eax
        movw    %ax, idt + 8 * VECTOR + 6
        movw    %cs, idt + 8 * VECTOR + 2
        movw    $0x8e00, idt + 8 * VECTOR + 4
        lidt    idt_pointer
        write   PIC, 0x11
        write   PIC_DATA, VECTOR
        write   PIC_DATA, 4
        write   PIC_DATA, 1
        write   PIC_DATA, 0xfe
        write   PIT_COMMAND, 0x34
        write   PIT_CHANNEL_0, DIVISOR & 0xff
        write   PIT_CHANNEL_0, DIVISOR >> 8
        sti
        movl    $ready, %esi
        call    print
        cmpb    $'s', %bl
        jne     look
        movl    $LINE_STATUS, %edx
1:      inb     %dx, %al
        testb   $1, %al
        jz      1b
        .size   _start, . - _start

        .type   look, @function
look:
        movl    $LOOKS, %ecx
1:      movl    count, %eax
        cmpl    count, %eax
        jne     late
        loop    1b
        .size   look, . - look

        .type   done, @function
done:
        movl    $well, %esi
        call    print
        movb    $0x10, %al
        jmp     exit
        .size   done, . - done

        .type   late, @function
late:
        movl    $moved, %esi
        call    print
        cli
1:      hlt
        jmp     1b
        .size   late, . - late

        .type   tick, @function
tick:
        pushl   %eax
        incl    count
        write   PIC, 0x20
        popl    %eax
        iret
        .size   tick, . - tick

        .data
ready:  .asciz  "ready\n"
well:   .asciz  "done\n"
moved:  .asciz  "panic: the clock moved\n"
        .balign 4
count:  .long   0
idt_pointer:
        .word   8 * (VECTOR + 1) - 1
        .long   idt

        .bss
        .balign 16
idt:    .skip   8 * (VECTOR + 1)
