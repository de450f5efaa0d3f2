/*
 * A Multiboot kernel that writes one text to a virtio disk, across the end of sector 2047, says "written" on COM1, and ends by the debug-exit
 * port: 0x10 if all went well, 0x02 if there is no disk, 0x03 if a request failed.
 */
        .set    LAST_SECTOR, 2048

#include "virtio-disk.inc"

        .globl  _start
_start:
        movl    $stack, %esp
        cld
        xorl    %eax, %eax
        call    open_disk
        movb    $0x02, %al
        jnz     exit

        movl    $text, %esi
        movl    $middle - text, %ecx
        movl    $data + 512, %edi
        subl    %ecx, %edi
        rep movsb
        movl    $LAST_SECTOR - 1, header + SECTOR
        call    write_data

        movl    $end - middle, %ecx
        movl    $data, %edi
        movl    $middle, %esi
        rep movsb
        movl    $LAST_SECTOR, header + SECTOR
        call    write_data

        movl    $said, %esi
        call    print
        movb    $0x10, %al
        jmp     exit

write_data:
        movl    $WRITE_SECTOR, header
        movw    $WRITE_CHAIN, %ax
        call    request
        movb    $0x03, %al
        jnz     exit
        ret

        .data
text:   .ascii  "written by"
middle: .ascii  " the guest"
end:
said:   .asciz  "written\n"
