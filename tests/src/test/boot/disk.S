/*
 * A Multiboot kernel that lets a virtio disk write code: it reads each of the first 64 sectors to the same address and
 * calls what came, twice. Sector n holds a function that returns n. It drives the first block device on PCI bus 0 by the
 * legacy interface in ports (Virtio 1.2, 4.1.4.10), polling. It ends by writing 0x10 to the debug-exit port if the sum is
 * right, 0x01 if not, 0x02 if there is no disk, 0x03 if a read failed.
 */
        .set    HEADER_MAGIC, 0x1badb002
        .set    DEBUG_EXIT, 0xf4
        .set    SECTORS, 64
        .set    EXPECTED, 2 * (SECTORS * (SECTORS - 1) / 2)

        .set    CONFIG_ADDRESS, 0xcf8
        .set    CONFIG_DATA, 0xcfc
        .set    TRANSITIONAL_BLOCK, 0x10011af4

        .set    DRIVER_FEATURES, 4
        .set    QUEUE_ADDRESS, 8
        .set    QUEUE_SELECT, 14
        .set    QUEUE_NOTIFY, 16
        .set    DEVICE_STATUS, 18
        .set    NEXT, 1
        .set    WRITE, 2

        .code32
        .text
        .balign 4
        .long   HEADER_MAGIC, 0, -HEADER_MAGIC

        .globl  _start
_start:
        movl    $stack_top, %esp
        movl    $0x80000000, %esi
find:
        call    pci_read
        cmpl    $TRANSITIONAL_BLOCK, %eax
        je      found
        addl    $0x800, %esi
        cmpl    $0x80010000, %esi
        jb      find
        movb    $0x02, %al
        jmp     exit

found:
        addl    $4, %esi
        call    pci_read
        orl     $7, %eax                        /* ports, memory, bus master */
        outl    %eax, %dx
        addl    $0xc, %esi
        call    pci_read
        andl    $-4, %eax
        movl    %eax, %ebp                      /* the device's ports */

        movb    $0, %al
        call    set_status
        movb    $3, %al
        call    set_status
        leal    DRIVER_FEATURES(%ebp), %edx
        xorl    %eax, %eax
        outl    %eax, %dx
        leal    QUEUE_SELECT(%ebp), %edx
        outw    %ax, %dx
        leal    QUEUE_ADDRESS(%ebp), %edx
        movl    $queue, %eax
        shrl    $12, %eax
        outl    %eax, %dx
        movb    $7, %al
        call    set_status

        xorl    %ebx, %ebx                      /* the sector */
        xorl    %edi, %edi                      /* the sum */
next_sector:
        movl    %ebx, header + 8
        movb    $0xff, status
        incw    available + 2
        leal    QUEUE_NOTIFY(%ebp), %edx
        xorl    %eax, %eax
        outw    %ax, %dx
wait:
        pause
        movw    available + 2, %ax
        cmpw    used + 2, %ax
        jne     wait
        movb    $0x03, %al
        cmpb    $0, status
        jne     exit
        call    code
        addl    %eax, %edi
        call    code
        addl    %eax, %edi
        incl    %ebx
        cmpl    $SECTORS, %ebx
        jb      next_sector
        movb    $0x01, %al
        cmpl    $EXPECTED, %edi
        jne     exit
        movb    $0x10, %al
exit:
        outb    %al, $DEBUG_EXIT
        hlt
        jmp     exit

/* Reads the configuration register that ESI names; leaves the data port in DX. */
pci_read:
        movl    $CONFIG_ADDRESS, %edx
        movl    %esi, %eax
        outl    %eax, %dx
        movl    $CONFIG_DATA, %edx
        inl     %dx, %eax
        ret

set_status:
        leal    DEVICE_STATUS(%ebp), %edx
        outb    %al, %dx
        ret

        .data
        .balign 16
header: .long   0, 0, 0, 0
status: .byte   0

/* A queue of 256 entries, as both QEMU and Trapframe have it. */
        .balign 4096
queue:  .long   header, 0, 16, NEXT | 1 << 16
        .long   code, 0, 512, (WRITE | NEXT) | 2 << 16
        .long   status, 0, 1, WRITE
        .org    queue + 4096
available:
        .short  1, 0                            /* no interrupts */
        .org    queue + 8192
used:
        .org    queue + 12288
code:   .fill   4096, 1, 0xf4

        .bss
        .balign 16
stack:  .fill   1024
stack_top:
