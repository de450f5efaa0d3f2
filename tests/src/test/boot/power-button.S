/*
 * A Multiboot kernel that says "ready" on COM1, waits for ACPI's power button (ACPI 6.5, 4.8.3.2.2.1), and switches the machine
 * off.
 */
        .set    HEADER_MAGIC, 0x1badb002
        .set    COM1, 0x3f8
        .set    PM1_STATUS, 0x600
        .set    PM1_CONTROL, 0x604
        .set    POWER_BUTTON, 1 << 8
        .set    SLEEP_ENABLE, 1 << 13

        .code32
        .text
        .balign 4
        .long   HEADER_MAGIC, 0, -HEADER_MAGIC

        .globl  _start
_start:
        movl    $ready, %esi
        movl    $ready_end - ready, %ecx
        movl    $COM1, %edx
        cld
        rep outsb
        movl    $PM1_STATUS, %edx
1:      pause
        inw     %dx, %ax
        testl   $POWER_BUTTON, %eax
        jz      1b
        movl    $PM1_CONTROL, %edx
        movl    $SLEEP_ENABLE, %eax
        outw    %ax, %dx
        hlt

        .data
ready:  .ascii  "ready\r\n"
ready_end:
