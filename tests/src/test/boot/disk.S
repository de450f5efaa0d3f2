/*
 * A Multiboot kernel that lets a virtio disk write code: it reads each of the first 64 sectors to the same address and
 * calls what came, twice. Sector n holds a function that returns n. It ends by writing 0x10 to the debug-exit port if the
 * sum is right, 0x01 if not, 0x02 if there is no disk, 0x03 if a read failed.
 */
        .set    SECTORS, 64
        .set    EXPECTED, 2 * (SECTORS * (SECTORS - 1) / 2)

#include "virtio-disk.inc"

        .globl  _start
_start:
        movl    $stack, %esp
        xorl    %eax, %eax
        call    open_disk
        movb    $0x02, %al
        jnz     exit

        xorl    %ebx, %ebx                      /* the sector */
        xorl    %edi, %edi                      /* the sum */
next_sector:
        movl    %ebx, header + SECTOR
        movw    $READ_CHAIN, %ax
        call    request
        movb    $0x03, %al
        jnz     exit
        call    data
        addl    %eax, %edi
        call    data
        addl    %eax, %edi
        incl    %ebx
        cmpl    $SECTORS, %ebx
        jb      next_sector
        movb    $0x01, %al
        cmpl    $EXPECTED, %edi
        jne     exit
        movb    $0x10, %al
        jmp     exit
