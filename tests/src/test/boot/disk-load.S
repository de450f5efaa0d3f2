/*
 * A Multiboot kernel that writes a virtio disk without end. In round n, from 1 on, it fills sector n % 64 with n, and reads
 * back the sector that it wrote two rounds before. With a command line that ends with "flush" it flushes every 8 rounds. After
 * round 1,000 it says "busy" on COM1. It ends only when something is wrong, by the debug-exit port: 0x01 if other bytes came
 * back than were written, 0x02 if there is no disk, 0x03 if a request failed.
 */
        .set    SECTORS, 64
        .set    FLUSH_FEATURE, 1 << 9

#include "virtio-disk.inc"

        .globl  _start
_start:
        movl    $stack, %esp
        movl    COMMAND_LINE(%ebx), %esi
1:      movb    %al, last
        lodsb
        testb   %al, %al
        jnz     1b
        movl    $FLUSH_FEATURE, %eax
        call    open_disk
        movb    $0x02, %al
        jnz     exit

        xorl    %ebx, %ebx                      /* the round */
round:
        incl    %ebx
        movl    $data, %edi
        movl    %ebx, %eax
        movl    $128, %ecx
        cld
        rep stosl
        movl    $WRITE_SECTOR, header
        call    to_sector
        movw    $WRITE_CHAIN, %ax
        call    request
        jnz     failed

        cmpl    $2, %ebx
        jbe     round
        subl    $2, %ebx
        movl    $READ_SECTOR, header
        call    to_sector
        movw    $READ_CHAIN, %ax
        call    request
        jnz     failed
        movl    $data, %edi
        movl    %ebx, %eax
        movl    $128, %ecx
        repe scasl
        movb    $0x01, %al
        jne     exit
        addl    $2, %ebx

        cmpl    $1000, %ebx
        jne     1f
        movl    $busy, %esi
        call    print
1:      cmpb    $'h', last
        jne     round
        testl   $7, %ebx
        jnz     round
        movl    $FLUSH, header
        movl    $0, header + SECTOR
        movw    $FLUSH_CHAIN, %ax
        call    request
        jz      round
failed:
        movb    $0x03, %al
        jmp     exit

to_sector:
        movl    %ebx, %eax
        andl    $SECTORS - 1, %eax
        movl    %eax, header + SECTOR
        ret

        .data
last:   .byte   0
busy:   .asciz  "busy\n"
