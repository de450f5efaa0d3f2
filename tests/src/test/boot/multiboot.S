/*
 * A Multiboot kernel that prints what its loader told it, on COM1: the command line; the string and the content (a C
 * string) of each module; base, length and type of each memory range in hexadecimal, low halves only; and a line with
 * mem_lower, mem_upper and the first word of its BSS. It ends by writing 0x10 to the debug-exit port, 0x01 if EAX was
 * not the loader's magic.
 */
#define HEADER_FLAGS 3                          /* modules at page boundaries, memory information */
#include "multiboot.inc"

        .set    LOADER_MAGIC, 0x2badb002
        .set    MEM_LOWER, 4
        .set    MEM_UPPER, 8
        .set    MODS_COUNT, 20
        .set    MODS_ADDR, 24
        .set    MMAP_LENGTH, 44
        .set    MMAP_ADDR, 48

        .globl  _start
_start:
        movl    $stack, %esp
        movl    %ebx, %edi
        cmpl    $LOADER_MAGIC, %eax
        movb    $0x01, %al
        jne     exit

        movl    COMMAND_LINE(%edi), %esi
        call    print_line

        movl    MODS_COUNT(%edi), %ecx
        movl    MODS_ADDR(%edi), %ebp
next_module:
        jecxz   memory_map
        movl    8(%ebp), %esi
        call    print_line
        movl    (%ebp), %esi
        call    print_line
        addl    $16, %ebp
        decl    %ecx
        jmp     next_module

memory_map:
        movl    MMAP_ADDR(%edi), %ebp
        movl    MMAP_LENGTH(%edi), %ecx
        addl    %ebp, %ecx
next_range:
        movl    4(%ebp), %eax
        call    print_hex
        movl    12(%ebp), %eax
        call    print_hex
        movl    20(%ebp), %eax
        call    print_hex
        call    end_line
        addl    (%ebp), %ebp
        addl    $4, %ebp
        cmpl    %ecx, %ebp
        jb      next_range

        movl    MEM_LOWER(%edi), %eax
        call    print_hex
        movl    MEM_UPPER(%edi), %eax
        call    print_hex
        movl    bss_word, %eax
        call    print_hex
        call    end_line
        movb    $0x10, %al
        jmp     exit

/* Prints the string at ESI and ends the line. */
print_line:
        call    print
end_line:
        movw    $COM1, %dx
        movb    $'\n', %al
        outb    %al, %dx
        ret

/* Prints EAX in eight digits, and a space. */
print_hex:
        pushl   %ecx
        movl    $8, %ecx
        movw    $COM1, %dx
1:      roll    $4, %eax
        pushl   %eax
        andl    $0xf, %eax
        movb    digits(%eax), %al
        outb    %al, %dx
        popl    %eax
        loop    1b
        movb    $' ', %al
        outb    %al, %dx
        popl    %ecx
        ret

digits: .ascii  "0123456789abcdef"

        .bss
        .balign 4
bss_word:
        .skip   4

        .section .note.GNU-stack, "", @progbits
